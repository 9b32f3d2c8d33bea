//! What one link reports about a service that is being resolved.
//!
//! In:  SRV and TXT records of the instance that appear and disappear on the link.
//! Out: the chosen target, the attributes, the host to look up. RFC 6763 sections 5 (SRV) and 6
//!      (TXT).

use alloc::boxed::Box;
use alloc::vec::Vec;

use cooee_wire::{Name, RData, RecordType, Srv, TxtData};

use super::asker::{Querying, Role};
use super::host::{AddressFamilies, HostLookups};
use super::host_users::HostUser;
use super::ids::{HostId, RequestId, ServiceId};
use super::service::Service;
use super::srv_choice::{SourceId, Targets};
use super::txt::Txt;
use crate::collections::{OneOrMore, SmallList, shrink_small};
use crate::engine::Engine;
use crate::event::QueryId;
use crate::link::LinkId;
use crate::queries::Types;
use crate::rng::Rng;
use crate::time::Instant;

/// What one link reports about a service.
pub(super) struct Path {
    link: LinkId,
    /// The owner of the name says that there is no TXT record.
    txt_denied: bool,
    query: QueryId,
    answers: PathRecords,
    host: Option<HostId>,
    /// The requests that need this path.
    holders: OneOrMore<RequestId>,
}

/// What the records of an instance on one link are. Many pointers lead nowhere, and nearly all
/// others lead to one record of each type.
enum PathRecords {
    None,
    /// An SRV and a TXT record of one host. The service's reported state says the same, and is
    /// given to whatever reads them.
    Reported {
        since: Instant,
        from: SourceId,
    },
    Kept(Box<TypeAnswers>),
}

/// The records of an instance on one link.
#[derive(Default)]
struct TypeAnswers {
    targets: Targets,
    /// Every TXT record, and its sender.
    txt: SmallList<(TxtData, SourceId), 1>,
}

impl TypeAnswers {
    /// Returns the TXT record that counts: the one of the host whose SRV record counts, if it has
    /// sent one, otherwise the newest. If two hosts claim a name at once, their data is not mixed.
    /// Of several records from one host, the newest counts. Records that were cached before anybody
    /// asked come in the order of their receipt, without a sender. If there are equally many of
    /// both kinds, those at the same position are assumed to be from one host.
    fn txt(&self) -> Option<&TxtData> {
        let chosen = self.targets.chosen_source();
        let of_source = chosen.and_then(|(from, place)| {
            let mut said = self.txt.iter().filter(|(_, source)| *source == from);
            let is_known = from != SourceId::default();
            match is_known || said.clone().count() != self.targets.iter().count() {
                true => said.next_back(),
                false => said.nth(place),
            }
        });
        of_source.or_else(|| self.txt.last()).map(|(txt, _)| txt)
    }
}

impl Path {
    /// Starts to ask about an instance on a link.
    pub(super) fn new(
        now: Instant,
        asker: &mut Querying,
        name: &Name,
        link: LinkId,
        service: ServiceId,
    ) -> Self {
        let role = Role::Service(service);
        Self {
            link,
            txt_denied: false,
            query: asker.ask(now, name, Types::SERVICE, Some(link), role),
            answers: PathRecords::None,
            host: None,
            holders: OneOrMore::default(),
        }
    }

    /// Stops asking.
    pub(super) fn stop(self, asker: &mut Querying, hosts: &mut HostLookups, user: HostUser) {
        asker.stop(self.query);
        if let Some(host) = self.host {
            hosts.release(asker, host, user);
        }
    }

    pub(super) fn link(&self) -> LinkId {
        self.link
    }

    /// Returns the host that the chosen target names.
    pub(super) fn host(&self) -> Option<HostId> {
        self.host
    }

    /// Adds a request that needs it.
    pub(super) fn hold(&mut self, request: RequestId) {
        if !self.is_held_by(request) {
            self.holders.push(request);
        }
    }

    /// Removes a request that needs it. Returns whether any remains.
    pub(super) fn release(&mut self, request: RequestId) -> bool {
        self.holders.remove(request);
        !self.holders.is_empty()
    }

    pub(super) fn is_held_by(&self, request: RequestId) -> bool {
        self.holders.contains(&request)
    }

    /// A record was found.
    pub(super) fn add(&mut self, now: Instant, from: SourceId, data: &RData, rng: &mut Rng) {
        let mut answers = match core::mem::replace(&mut self.answers, PathRecords::None) {
            PathRecords::Kept(answers) => answers,
            PathRecords::None | PathRecords::Reported { .. } => Box::default(),
        };
        if let RData::Srv(srv) = data {
            answers.targets.add(now, from, srv, rng);
        } else if let RData::Txt(txt) = data {
            answers.txt.push((txt.clone(), from));
            self.txt_denied = false;
        }
        self.answers = PathRecords::Kept(answers);
    }

    /// A record is gone.
    pub(super) fn remove(&mut self, now: Instant, data: &RData, rng: &mut Rng) {
        let PathRecords::Kept(answers) = &mut self.answers else {
            return;
        };
        if let RData::Srv(srv) = data {
            answers.targets.remove(now, srv, rng);
        } else if let RData::Txt(txt) = data {
            answers.txt.retain(|(other, _)| other != txt);
            shrink_small(&mut answers.txt);
        }
    }

    /// Handles a denial: the owner of the name says that it has no record of a type.
    pub(super) fn deny(&mut self, rtype: RecordType) {
        self.txt_denied |= rtype == RecordType::TXT;
    }

    /// Keeps its own records, which a state of the service has said until now.
    pub(super) fn expand(&mut self, reported: Option<&Service>) {
        let (PathRecords::Reported { since, from }, Some(reported)) = (&self.answers, reported)
        else {
            return;
        };
        let answers = TypeAnswers {
            targets: Targets::one(*since, *from, reported.srv()),
            txt: SmallList::from_iter([(reported.txt.data().clone(), *from)]),
        };
        self.answers = PathRecords::Kept(Box::new(answers));
    }

    /// Keeps no records of its own, if a state of the service says the same.
    pub(super) fn share(&mut self, state: &Service) {
        let PathRecords::Kept(answers) = &self.answers else {
            return;
        };
        let ([(txt, txt_from)], Some((srv, from, since))) =
            (answers.txt.as_slice(), answers.targets.only())
        else {
            return;
        };
        if *txt_from == from && txt == state.txt.data() && *srv == state.srv() {
            self.answers = PathRecords::Reported { since, from };
        }
    }

    /// Returns the host and port to connect to.
    pub(super) fn target(&self, reported: Option<&Service>) -> Option<Srv> {
        match &self.answers {
            PathRecords::None => None,
            PathRecords::Reported { .. } => reported.map(Service::srv),
            PathRecords::Kept(answers) => answers.targets.chosen().cloned(),
        }
    }

    /// Returns whether the service says that it is not available here: its target is no host.
    // RFC 2782: "A Target of "." means that the service is decidedly not available at this
    // domain."
    pub(super) fn is_unavailable(&self) -> bool {
        match &self.answers {
            PathRecords::None | PathRecords::Reported { .. } => false,
            PathRecords::Kept(answers) => {
                let chosen = answers.targets.chosen();
                chosen.is_some_and(|srv| srv.target.is_root())
            }
        }
    }

    /// Returns the attributes if they are known, or no attributes if there is no record.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-6.1
    //# DNS-SD
    //# clients MUST treat the following as equivalent:
    //#
    //# o  A TXT record containing a single zero byte.
    //#    (i.e., a single empty string.)
    //#
    //# o  An empty (zero-length) TXT record.
    //#    (This is not strictly legal, but should one be received, it should
    //#    be interpreted as the same as a single empty string.)
    //#
    //# o  No TXT record.
    //#    (i.e., an NXDOMAIN or no-error-no-answer response.)
    pub(super) fn txt(&self, reported: Option<&Service>) -> Option<Txt> {
        let heard = match &self.answers {
            PathRecords::None => None,
            PathRecords::Reported { .. } => reported.map(|reported| reported.txt.clone()),
            PathRecords::Kept(answers) => answers.txt().cloned().map(Txt::from_data),
        };
        heard.or_else(|| self.txt_denied.then(Txt::empty))
    }

    /// Looks up the host that the chosen SRV record names, and no other; none if it names none.
    pub(super) fn follow_host(
        &mut self,
        now: Instant,
        asker: &mut Querying,
        hosts: &mut HostLookups,
        user: HostUser,
    ) {
        let target = match &self.answers {
            // Nothing has changed.
            PathRecords::Reported { .. } => return,
            PathRecords::None => None,
            PathRecords::Kept(answers) => answers.targets.chosen().map(|srv| &srv.target),
        };
        let target = target.filter(|target| !target.is_root());
        let current = self.host.and_then(|host| hosts.name(host));
        if target == current {
            return;
        }
        let scope = (Some(self.link), AddressFamilies::BOTH);
        let next = target.map(|target| hosts.acquire(now, asker, target, scope, user));
        if let Some(previous) = core::mem::replace(&mut self.host, next) {
            hosts.release(asker, previous, user);
        }
    }

    /// Returns the records to reconfirm when a user reports the service.
    pub(super) fn records(
        &self,
        hosts: &HostLookups,
        engine: &Engine,
        (name, reported): (&Name, Option<&Service>),
    ) -> Vec<(LinkId, Name, RData)> {
        let own: Vec<RData> = match &self.answers {
            PathRecords::None => Vec::new(),
            PathRecords::Reported { .. } => {
                let txt = reported.map(|reported| reported.txt.data().clone());
                let srv = self.target(reported).map(RData::Srv);
                srv.into_iter().chain(txt.map(RData::Txt)).collect()
            }
            PathRecords::Kept(answers) => {
                let srv = answers.targets.iter().cloned().map(RData::Srv);
                let txt = answers.txt.iter().map(|(txt, _)| RData::Txt(txt.clone()));
                srv.chain(txt).collect()
            }
        };
        let own = own.into_iter().map(|data| (self.link, name.clone(), data));
        let host = self.host.and_then(|host| Some((host, hosts.name(host)?)));
        let addresses = host.into_iter().flat_map(|(host, name)| {
            hosts
                .addresses(host, engine)
                .map(move |address| (address.link, name.clone(), address.ip.into()))
        });
        own.chain(addresses).collect()
    }
}
