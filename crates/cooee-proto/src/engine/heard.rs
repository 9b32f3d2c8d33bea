//! A message that was heard, and what is known of it.
//!
//! In:  an admitted message, and the first of its names that anybody here knows.
//! Out: the names of its questions, each looked up once.

use core::cmp::Ordering;
use core::net::SocketAddr;

use cooee_wire::{Message, QuestionRef};

use super::Engine;
use crate::link::LinkId;
use crate::names::NameId;

/// A query, and how it came.
pub(super) struct Heard<'a> {
    pub(super) link: LinkId,
    pub(super) source: SocketAddr,
    pub(super) message: &'a Message<'a>,
    /// The first question, or record if there is none, whose name anybody here knows.
    pub(super) known: Known,
    /// Whether it came to the group, not to an address of ours.
    pub(super) multicast: bool,
    /// Whether it came from an address of this host.
    pub(super) from_us: bool,
    /// Whether it is a packet of our own, come back.
    pub(super) is_echo: bool,
}

/// A name in a message, looked up; somebody holds it until the message is dealt with.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// How many questions, or records if there are no questions, come before it.
    pub(super) at: usize,
    pub(super) name: NameId,
}

impl Engine {
    /// The name of a question, if anybody here knows it; `at` is its place, `known` the first.
    pub(super) fn name_asked(
        &self,
        known: Known,
        at: usize,
        question: &QuestionRef<'_>,
    ) -> Option<NameId> {
        match at.cmp(&known.at) {
            Ordering::Less => None,
            Ordering::Equal => Some(known.name),
            Ordering::Greater => self.names.find(&question.name),
        }
    }
}
