//! A received message, and what is known about it.
//!
//! In:  an admitted message, and the first of its names that is known here.
//! Out: the names of its questions, each looked up once.

use core::cmp::Ordering;
use core::net::SocketAddr;

use cooee_wire::{Message, QuestionRef};

use super::Engine;
use crate::link::{Family, LinkId};
use crate::names::NameId;

/// A query, and how it arrived.
pub(super) struct Heard<'a> {
    pub(super) link: LinkId,
    pub(super) source: SocketAddr,
    pub(super) message: &'a Message<'a>,
    /// The first question, or record if there is none, whose name is known here.
    pub(super) known: Known,
    /// Whether it was sent to the group, not to an address of ours.
    pub(super) multicast: bool,
    /// Whether it came from an address of this host.
    pub(super) from_us: bool,
    /// Whether it is an echo of our own packet.
    pub(super) is_echo: bool,
}

/// A looked-up name in a message; it is held until the message is processed.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// The number of questions, or records if there are no questions, before it.
    pub(super) at: usize,
    pub(super) name: NameId,
}

impl Heard<'_> {
    /// Returns the family over which it came.
    pub(super) fn family(&self) -> Family {
        Family::of(self.source.ip())
    }
}

impl Engine {
    /// Returns the name of a question, if it is known here; `at` is its position, `known` the
    /// first.
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
