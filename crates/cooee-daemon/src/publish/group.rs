//! An entry group: entries that are published together, and fail together.
//!
//! In:  entries, commit, reset; what the library reports about what is published.
//! Out: the group's state, as avahi-daemon would report it.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use cooee::{RegisterError, Status, StatusStream, Txt};
use futures_core::Stream;

use super::claim::Owner;
use super::claimed::Publication;
use super::entry::{Entry, OwnHost};
use super::publisher::Publisher;
use super::registry::Held;
use crate::avahi::check::{Record, ServiceRef};
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::PublishFlags;
use crate::avahi::state::GroupState;

/// A group of entries. Dropping it withdraws them.
pub(crate) struct EntryGroup {
    publisher: Rc<Publisher>,
    owner: Owner,
    members: Vec<Member>,
    entries_max: usize,
    state: GroupState,
    /// Counts commits and resets, so that what is reported late concerns nobody.
    generation: u64,
    /// Why an entry could not be published.
    refusal: Option<String>,
}

/// An entry of a group.
struct Member {
    /// Shared with what is published.
    entry: Rc<Entry>,
    held: Held,
    /// `None` unless the group is committed.
    publication: Option<Publication>,
}

/// What is reported about all entries of a committed group.
pub(crate) struct Progress {
    pub(crate) generation: u64,
    /// Why it failed.
    pub(crate) failure: Option<String>,
    is_established: bool,
    /// Each with whether it has said that it is registered.
    streams: Vec<(StatusStream, bool)>,
}

impl EntryGroup {
    pub(crate) fn new(publisher: &Rc<Publisher>, owner: Owner, entries_max: usize) -> Self {
        Self {
            publisher: Rc::clone(publisher),
            owner,
            members: Vec::new(),
            entries_max,
            state: GroupState::Uncommitted,
            generation: 0,
            refusal: None,
        }
    }

    /// Returns why it could not be committed.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    pub(crate) fn state(&self) -> GroupState {
        self.state
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Adds entries, all or none.
    pub(crate) fn add(&mut self, entries: Vec<Entry>, own_host: &OwnHost) -> Result<(), ErrorCode> {
        self.may_change()?;
        if self.members.len().saturating_add(entries.len()) > self.entries_max {
            return Err(ErrorCode::TooManyEntries);
        }
        let mut added = Vec::with_capacity(entries.len());
        for entry in entries {
            let entry = self.with_cookie(entry);
            let claims = entry.claims(self.owner, own_host);
            added.push(Member {
                held: Held::new(&self.publisher.registry, claims)?,
                entry: Rc::new(entry),
                publication: None,
            });
        }
        if self.members.is_empty() {
            // Most groups have one entry.
            self.members.reserve_exact(added.len());
        }
        self.members.extend(added);
        Ok(())
    }

    /// Adds a subtype to a service of the group; `false` if it has no such service.
    pub(crate) fn add_subtype(
        &mut self,
        named: &ServiceRef,
        label: &str,
    ) -> Result<bool, ErrorCode> {
        self.may_change()?;
        let mut entries = self.members.iter_mut().map(|member| &mut member.entry);
        let service = entries.find_map(|entry| {
            entry.as_named_service(named)?;
            Rc::make_mut(entry).as_service_mut()
        });
        let Some(service) = service else {
            return Ok(false);
        };
        service.subtypes.push(label.to_owned());
        Ok(true)
    }

    /// Replaces the attributes of a service, whether or not it is published.
    pub(crate) fn update_txt(
        &mut self,
        named: &ServiceRef,
        txt: Txt,
        own_host: &OwnHost,
    ) -> Result<(), ErrorCode> {
        let mut members = self.members.iter();
        let at = members.position(|member| member.entry.as_named_service(named).is_some());
        let at = at.ok_or(ErrorCode::NotFound)?;
        let member = self.members.get(at).ok_or(ErrorCode::NotFound)?;
        let mut entry = Entry::clone(&member.entry);
        if let Entry::Service(service) = &mut entry {
            service.txt = txt;
            service.service.flags = named.flags;
        }
        self.replace(at, self.with_cookie(entry), own_host)
    }

    /// Replaces a record, whether or not it is published: the newest one of the same name, type and
    /// scope.
    pub(crate) fn update_record(
        &mut self,
        new: &Record,
        own_host: &OwnHost,
    ) -> Result<(), ErrorCode> {
        let mut members = self.members.iter().enumerate().rev();
        let found = members.find_map(|(at, member)| Some((at, member.entry.updated(new)?)));
        let (at, entry) = found.ok_or(ErrorCode::NotFound)?;
        self.replace(at, entry, own_host)
    }

    fn replace(&mut self, at: usize, entry: Entry, own_host: &OwnHost) -> Result<(), ErrorCode> {
        let member = self.members.get_mut(at).ok_or(ErrorCode::NotFound)?;
        let entry = Rc::new(entry);
        let claims = entry.claims(self.owner, own_host);
        member.held.check_replacement(&claims)?;
        let is_same_claim = entry.claimed_name(own_host) == member.entry.claimed_name(own_host);
        if let Some(publication) = &member.publication {
            if is_same_claim {
                let updated = publication.update(&self.publisher.mdns, &entry);
                updated.map_err(|error| {
                    tracing::debug!(%error, "an entry cannot be changed");
                    ErrorCode::InvalidRecord
                })?;
            } else {
                member.publication = None;
                let started = self.publisher.names.publish(&entry, own_host);
                let (publication, _) = started.map_err(|error| unpublished(&error))?;
                member.publication = Some(publication);
            }
        }
        member.held.replace(claims);
        member.entry = entry;
        Ok(())
    }

    fn with_cookie(&self, mut entry: Entry) -> Entry {
        match &mut entry {
            Entry::Service(service) if !service.service.flags.has(PublishFlags::NO_COOKIE) => {
                service.txt = self.publisher.with_cookie(service.txt.clone());
            }
            Entry::Service(_) | Entry::Record(_) => {}
        }
        entry
    }

    /// Starts to publish everything in it.
    pub(crate) fn commit(&mut self, own_host: &OwnHost) -> Result<Progress, ErrorCode> {
        if !matches!(self.state, GroupState::Uncommitted | GroupState::Collision) {
            return Err(ErrorCode::BadState);
        }
        if self.members.is_empty() {
            return Err(ErrorCode::IsEmpty);
        }
        self.withdraw();
        let mut streams = Vec::with_capacity(self.members.len());
        // What is added to the name of a service is added to its claim.
        for is_service in [true, false] {
            for member in &mut self.members {
                if member.entry.as_service().is_some() != is_service {
                    continue;
                }
                let started = self.publisher.names.publish(&member.entry, own_host);
                match started {
                    Ok((publication, status)) => {
                        member.publication = Some(publication);
                        // What has no link waits for it, and the group does not.
                        let is_registered = !self.publisher.has_link(member.entry.scope());
                        streams.push((status, is_registered));
                    }
                    Err(error) => {
                        self.refusal = Some(error.to_string());
                        self.withdraw();
                        return Err(unpublished(&error));
                    }
                }
            }
        }
        self.state = GroupState::Registering;
        self.generation = self.generation.wrapping_add(1);
        Ok(Progress {
            generation: self.generation,
            failure: None,
            is_established: false,
            streams,
        })
    }

    fn withdraw(&mut self) {
        for member in &mut self.members {
            member.publication = None;
        }
    }

    /// Withdraws and forgets everything in it. Returns whether that changes its state.
    pub(crate) fn reset(&mut self) -> bool {
        self.members.clear();
        self.generation = self.generation.wrapping_add(1);
        std::mem::replace(&mut self.state, GroupState::Uncommitted) != GroupState::Uncommitted
    }

    /// Takes over what became of the entries. Returns whether it still concerns the group.
    pub(crate) fn turn(&mut self, generation: u64, state: GroupState) -> bool {
        if generation != self.generation || self.state == state {
            return false;
        }
        if state == GroupState::Failure {
            self.withdraw();
        }
        // Clients add everything again under other names, without a reset.
        if state == GroupState::Collision {
            self.members.clear();
        }
        self.state = state;
        true
    }

    fn may_change(&self) -> Result<(), ErrorCode> {
        match self.state {
            GroupState::Uncommitted | GroupState::Collision => Ok(()),
            GroupState::Registering | GroupState::Established | GroupState::Failure => {
                Err(ErrorCode::BadState)
            }
        }
    }
}

impl Progress {
    /// Waits until the state of the group changes; `None` when nothing more will come.
    pub(crate) async fn next(&mut self) -> Option<GroupState> {
        loop {
            let mut streams = self.streams.iter();
            if !self.is_established && streams.all(|(_, is_registered)| *is_registered) {
                self.is_established = true;
                return Some(GroupState::Established);
            }
            let (at, status) = self.next_status().await?;
            match status {
                Status::Registered(_) | Status::RecordRegistered => {
                    if let Some((_, is_registered)) = self.streams.get_mut(at) {
                        *is_registered = true;
                    }
                }
                Status::Renamed { .. } | Status::NameTaken(_) => {
                    return Some(self.end(GroupState::Collision));
                }
                Status::Failed(error) => {
                    self.failure = Some(error.to_string());
                    return Some(self.end(GroupState::Failure));
                }
                Status::Withdrawn => {
                    drop(self.streams.swap_remove(at));
                }
                // Says of a service only that its host has a name.
                Status::HostRegistered(_)
                | Status::HostRenamed { .. }
                | Status::UpdateDelayed { .. }
                | Status::Nameless(_)
                | Status::Waiting { .. }
                | Status::WaitingOver { .. }
                | Status::Lagged { .. }
                | _ => {}
            }
        }
    }

    /// Ends: nothing that comes later changes the state.
    fn end(&mut self, last: GroupState) -> GroupState {
        self.is_established = true;
        self.streams.clear();
        last
    }

    async fn next_status(&mut self) -> Option<(usize, Status)> {
        poll_fn(|context| {
            let mut at = 0;
            while let Some((stream, _)) = self.streams.get_mut(at) {
                match Pin::new(stream).poll_next(context) {
                    Poll::Ready(Some(status)) => return Poll::Ready(Some((at, status))),
                    Poll::Ready(None) => drop(self.streams.swap_remove(at)),
                    Poll::Pending => at = at.saturating_add(1),
                }
            }
            match self.streams.is_empty() {
                true => Poll::Ready(None),
                false => Poll::Pending,
            }
        })
        .await
    }
}

fn unpublished(error: &RegisterError) -> ErrorCode {
    tracing::debug!(%error, "an entry cannot be published");
    ErrorCode::InvalidRecord
}
