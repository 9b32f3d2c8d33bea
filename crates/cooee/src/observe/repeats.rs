//! Which responses come again from another host.
//!
//! In:  responses.
//! Out: the host that sent the same response just before.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use super::limits::{REPETITION_WITHIN, RESPONSES_MAX};
use super::recent::Recent;
use super::sighting::LinkFamily;

/// Who has sent which response, and when; by a hash that nobody can foresee.
#[derive(Debug)]
pub(super) struct Repeats {
    keys: RandomState,
    first: Recent<(LinkFamily, u64), Option<(IpAddr, Duration)>>,
}

impl Repeats {
    pub(super) fn new() -> Self {
        Self {
            keys: RandomState::new(),
            first: Recent::new(RESPONSES_MAX, REPETITION_WITHIN),
        }
    }

    /// Notes a response. Returns the other host that has sent the same one just before.
    pub(super) fn note(
        &mut self,
        now: Duration,
        link: LinkFamily,
        source: IpAddr,
        bytes: &[u8],
    ) -> Option<IpAddr> {
        let key = (link, self.keys.hash_one(bytes));
        let first = self.first.entry(now, key)?;
        match *first {
            Some((host, at)) if host != source && now.abs_diff(at) <= REPETITION_WITHIN => {
                Some(host)
            }
            _ => {
                *first = Some((source, now));
                None
            }
        }
    }
}
