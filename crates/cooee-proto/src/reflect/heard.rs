//! What a message says, in the form in which a reflector judges it.
//!
//! In:  a message that passed the checks at the border.
//! Out: its questions and records, each with the keys under which it is remembered.

use alloc::vec::Vec;
use core::net::SocketAddr;

use cooee_wire::{Class, Message, Name, QuestionRef, Record, RecordRef, RecordType, Section};

use super::owner::Owner;
use crate::collections::mix;
use crate::link::{Family, LinkId};

/// A link, over one address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChannelId {
    pub(super) link: LinkId,
    pub(super) family: Family,
}

/// A message from a link.
pub(super) struct HeardMessage {
    /// Its number among those that were heard.
    pub(super) number: u64,
    pub(super) channel: ChannelId,
    pub(super) source: SocketAddr,
    pub(super) is_multicast: bool,
    pub(super) id: u16,
    pub(super) is_truncated: bool,
    pub(super) questions: Vec<HeardQuestion>,
    pub(super) items: Vec<HeardRecord>,
}

/// A question.
#[derive(Clone, Debug)]
pub(super) struct HeardQuestion {
    pub(super) name: Name,
    pub(super) rtype: RecordType,
    pub(super) class: Class,
    pub(super) is_unicast: bool,
    /// The key of its name.
    name_key: u64,
    /// Of its name and type.
    pub(super) key: u64,
}

/// A record.
#[derive(Clone, Debug)]
pub(super) struct HeardRecord {
    /// The number of its message, and its place in it.
    pub(super) place: (u64, usize),
    pub(super) section: Section,
    pub(super) record: Record,
    pub(super) owner: Owner,
    pub(super) keys: Keys,
}

/// The keys of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    /// Of its name.
    pub(super) name: u64,
    /// Of its name and type.
    pub(super) set: u64,
    /// Of its name, type and data.
    pub(super) record: u64,
}

impl HeardMessage {
    /// Reads the questions and records of a message. What cannot be read is left out.
    pub(super) fn read(&mut self, key: u64, message: &Message<'_>) {
        let questions = message.questions().filter_map(Result::ok);
        let asked = questions.filter_map(|question| HeardQuestion::read(key, &question));
        for asked in asked.take(QUESTIONS_MAX) {
            if self.questions.iter().all(|known| known.key != asked.key) {
                self.questions.push(asked);
            }
        }
        let number = self.number;
        let records = message.records().filter_map(Result::ok).enumerate();
        let items = records.filter_map(|(place, (section, record))| {
            HeardRecord::read(key, (number, place), section, &record)
        });
        self.items.extend(items);
    }

    /// Returns the records of a section.
    pub(super) fn of(&self, section: Section) -> impl Iterator<Item = &HeardRecord> {
        let mut items = self.items.iter();
        core::iter::from_fn(move || items.by_ref().find(|item| item.section == section))
    }
}

impl HeardQuestion {
    fn read(key: u64, question: &QuestionRef<'_>) -> Option<Self> {
        if question.class != Class::IN && question.class != Class::ANY {
            return None;
        }
        let name = question.name.to_name().ok()?;
        let rtype = question.rtype;
        let name_key = name.fold_hash(key);
        Some(Self {
            name_key,
            key: set_key(name_key, rtype),
            name,
            rtype,
            class: question.class,
            is_unicast: question.unicast_response,
        })
    }
}

impl HeardQuestion {
    /// Returns the keys of those records that answer it.
    pub(super) fn known_answers<'i>(
        &self,
        items: impl Iterator<Item = &'i HeardRecord>,
    ) -> Vec<u64> {
        let answers = items.filter(|item| self.is_answered_by(item));
        answers.map(|item| item.keys.record).collect()
    }

    /// Returns whether a record answers it.
    pub(super) fn is_answered_by(&self, item: &HeardRecord) -> bool {
        let is_type = self.rtype == RecordType::ANY || self.rtype == item.record.rtype();
        item.keys.name == self.name_key && is_type
    }
}

impl HeardRecord {
    fn read(
        key: u64,
        place: (u64, usize),
        section: Section,
        record: &RecordRef<'_>,
    ) -> Option<Self> {
        if record.class != Class::IN || record.rtype.is_pseudo() {
            return None;
        }
        let record = record.to_record().ok()?;
        let name = record.name.fold_hash(key);
        let set = set_key(name, record.rtype());
        let keys = Keys {
            name,
            set,
            record: mix(set ^ record.data.fold_hash(key)),
        };
        let owner = Owner::of(&record.name);
        Some(Self {
            place,
            section,
            record,
            owner,
            keys,
        })
    }

    /// Returns whether it ends another record.
    pub(super) fn is_goodbye(&self) -> bool {
        self.record.ttl.is_goodbye()
    }

    /// Returns what crosses as a whole: a unique set, or one record of a shared one.
    pub(super) fn unit(&self) -> u64 {
        if self.record.cache_flush {
            self.keys.set
        } else {
            self.keys.record
        }
    }
}

/// Returns the key of a name and a type; also that of a question.
pub(super) fn set_key(name: u64, rtype: RecordType) -> u64 {
    mix(name ^ mix(u64::from(rtype.0)))
}

/// How many questions of a message are read: more than fit into a packet of Ethernet. Queries with
/// thousands of them would push those of others out of all tables.
const QUESTIONS_MAX: usize = 256;
