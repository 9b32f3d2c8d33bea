//! Who sent what last, and who asked for the services of the model.
//!
//! In:  every message to a group, once.
//! Out: times.

use std::collections::BTreeMap;

use cooee_proto::time::Instant;
use cooee_wire::{Message, Name, RecordRef, RecordType};

use super::keys::{KEY, mixed};
use super::letter::type_name;

/// A link, a name (with its data for pointers, which several hosts have), and a type.
pub(super) type Topic = (usize, u64, u16);

/// What was said and asked by multicast.
pub(super) struct Voices {
    type_name: Name,
    /// When each host last said something.
    said: BTreeMap<Topic, BTreeMap<usize, Instant>>,
    /// When any record of a name was last said, by each host.
    named: BTreeMap<(usize, u64), BTreeMap<usize, Instant>>,
    /// When each peer asked for the services of the model.
    asked: BTreeMap<(usize, usize), Vec<Instant>>,
}

impl Default for Voices {
    fn default() -> Self {
        Self {
            type_name: type_name(),
            said: BTreeMap::new(),
            named: BTreeMap::new(),
            asked: BTreeMap::new(),
        }
    }
}

impl Voices {
    /// Takes a message of a host of the world.
    pub(super) fn take(
        &mut self,
        at: Instant,
        link: usize,
        host: Option<usize>,
        message: &Message<'_>,
    ) {
        let Some(host) = host else { return };
        if message.header().flags.is_response() {
            for (_, record) in message.records().flatten() {
                self.hear(at, link, host, &record);
            }
            return;
        }
        let mut questions = message.questions().flatten();
        let name = &self.type_name;
        if questions.any(|asked| asked.rtype == RecordType::PTR && asked.name.matches(name)) {
            self.asked.entry((host, link)).or_default().push(at);
        }
    }

    /// Returns when a host last said a record.
    pub(super) fn said(&self, host: usize, topic: Topic) -> Option<Instant> {
        self.said.get(&topic)?.get(&host).copied()
    }

    /// Returns when any host but one last said a record of a name.
    pub(super) fn others_on(&self, link: usize, name: u64, owner: usize) -> Option<Instant> {
        let voices = self.named.get(&(link, name))?.iter();
        let others = voices.filter(|(host, _)| **host != owner);
        others.map(|(_, at)| *at).max()
    }

    /// Returns when a peer first asked for services on a link, from a time on.
    pub(super) fn first_asked(&self, peer: usize, link: usize, from: Instant) -> Option<Instant> {
        let asked = self.asked.get(&(peer, link))?;
        asked.get(asked.partition_point(|at| *at < from)).copied()
    }

    fn hear(&mut self, at: Instant, link: usize, host: usize, record: &RecordRef<'_>) {
        if record.ttl.is_goodbye() {
            return;
        }
        let Ok(name) = record.name.fold_hash(KEY) else {
            return;
        };
        let mut topic = name;
        if record.rtype == RecordType::PTR {
            let data = record.data().ok().and_then(|data| data.fold_hash(KEY).ok());
            topic = mixed(name, data.unwrap_or_default());
        }
        let of_topic = self.said.entry((link, topic, record.rtype.0)).or_default();
        of_topic.insert(host, at);
        self.named.entry((link, name)).or_default().insert(host, at);
    }
}
