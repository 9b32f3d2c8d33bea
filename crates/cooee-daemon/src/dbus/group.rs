//! The methods of an entry group.
//!
//! In:  a call of the client that created the group.
//! Out: its reply. `StateChanged` comes before the reply to `Commit` and `Reset`, as from Avahi.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use zbus::Message;

use super::adding::Adding;
use super::clients::Clients;
use super::interface::Kind;
use super::voice::{ObjectAddress, Replies, Voice, error, reply, signal};
use crate::avahi::error::ErrorCode;
use crate::avahi::state::GroupState;
use crate::publish::group::{EntryGroup, Progress};
use crate::task::Task;

/// Answers a call to a group.
pub(super) fn answer(
    clients: &mut Clients,
    (client, number): (u32, u32),
    call: &Message,
    member: &str,
) -> Replies {
    let house = Rc::clone(&clients.house);
    let voice = clients.voice.clone();
    let Some(client) = clients.numbered(client) else {
        return Vec::new();
    };
    let address = client.address_of(number, Kind::EntryGroup);
    let Some(object) = client.object(number, Kind::EntryGroup) else {
        return Vec::new();
    };
    let Some(group) = object.as_group().map(Rc::clone) else {
        return Vec::new();
    };
    let own_host = match house.own_host() {
        Ok(own_host) => own_host,
        Err(code) => return one(error(call, code)),
    };
    let mut told = None;
    let done = match member {
        "GetState" => return one(reply(call, &group.borrow().state().number())),
        "IsEmpty" => return one(reply(call, &group.borrow().is_empty())),
        "Reset" => {
            let changed = group.borrow_mut().reset();
            told = changed.then_some(GroupState::Uncommitted);
            Ok(())
        }
        "Commit" => {
            let started = group.borrow_mut().commit(&own_host);
            started.map(|progress| {
                told = Some(GroupState::Registering);
                let mut follower = Follower {
                    group: Rc::downgrade(&group),
                    progress,
                    voice,
                    address: address.clone(),
                };
                object.follow(Task::spawn(async move { follower.run().await }));
            })
        }
        _ => Adding {
            group: &mut group.borrow_mut(),
            own_host: &own_host,
            is_permitted: house.publishes,
            calls: &mut object.calls,
            calls_max: house.limits.get().entries_per_group_max,
        }
        .answer(call, member),
    };
    let told = told.and_then(|state| state_changed(&address, state));
    let answer = match done {
        Ok(()) => reply(call, &()),
        Err(code) => error(call, code),
    };
    told.into_iter().chain(answer).collect()
}

/// Tells the client what becomes of a committed group.
struct Follower {
    group: Weak<RefCell<EntryGroup>>,
    progress: Progress,
    voice: Voice,
    address: ObjectAddress,
}

impl Follower {
    async fn run(&mut self) {
        while let Some(state) = self.progress.next().await {
            // First, so that what is told is still so when it is sent.
            self.voice.room(&self.address.client).await;
            let Some(group) = self.group.upgrade() else {
                return;
            };
            let changed = group.borrow_mut().turn(self.progress.generation, state);
            drop(group);
            let signal = changed.then(|| state_changed(&self.address, state));
            if let Some(signal) = signal.flatten() {
                self.voice.send(signal).await;
            }
        }
    }
}

fn state_changed(address: &ObjectAddress, state: GroupState) -> Option<Message> {
    let error = match state {
        GroupState::Collision => ErrorCode::Collision,
        GroupState::Failure => ErrorCode::Failure,
        GroupState::Uncommitted | GroupState::Registering | GroupState::Established => {
            ErrorCode::Success
        }
    };
    let body = (state.number(), error.dbus_name());
    signal(address, "StateChanged", &body)
}

fn one(message: Option<Message>) -> Replies {
    message.into_iter().collect()
}
