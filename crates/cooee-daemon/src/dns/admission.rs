//! Whose messages are read.
//!
//! In:  the source of a message, and which address it went to.
//! Out: whether it is answered, refused or dropped. Only those who may ask have a place in the table
//!      of sources, so that made-up sources of other networks cannot fill it.

use std::cell::RefCell;
use std::net::IpAddr;

use tokio::time::Instant;

use super::access::may_ask;
use super::links::Links;
use super::rate::{PerSource, Rate, Shared};
use crate::config::Prefix;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is answered.
    Answer,
    /// Its source is told that it may not ask.
    Refuse,
    /// There are too many from its source, or from all who may not ask.
    Drop,
}

/// Who may ask, and how often.
pub(super) struct Admissions {
    allow: Vec<Prefix>,
    sources: RefCell<PerSource>,
    refused: RefCell<Shared>,
}

impl Admissions {
    pub(super) fn new(allow: Vec<Prefix>, rate: Rate) -> Self {
        Self {
            allow,
            sources: RefCell::new(PerSource::new(rate)),
            refused: RefCell::new(Shared::new(rate)),
        }
    }

    /// Returns whether a source may ask an address at all.
    pub(super) fn may_ask(&self, links: &Links, source: IpAddr, asked: IpAddr) -> bool {
        may_ask(&self.allow, links, source, asked)
    }

    /// Judges a message, and counts it.
    pub(super) fn judge(
        &self,
        now: Instant,
        links: &Links,
        (source, asked): (IpAddr, IpAddr),
    ) -> Admission {
        if self.may_ask(links, source, asked) {
            match self.sources.borrow_mut().allows(source, now) {
                true => Admission::Answer,
                false => Admission::Drop,
            }
        } else {
            match self.refused.borrow_mut().allows(now) {
                true => Admission::Refuse,
                false => Admission::Drop,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Admission, Admissions};
    use std::net::{IpAddr, Ipv4Addr};

    use tokio::time::Instant;

    use super::super::links::Links;
    use super::super::rate::Rate;

    const ASKED: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

    #[tokio::test(start_paused = true)]
    async fn made_up_sources_of_other_networks_take_no_place_and_get_few_answers() {
        let allow = vec!["10.0.0.0/8".parse().unwrap()];
        let admissions = Admissions::new(allow, Rate::per_second(10));
        let (now, links) = (Instant::now(), Links::default());
        let judge = |source: Ipv4Addr| admissions.judge(now, &links, (source.into(), ASKED));
        let made_up = |number| Ipv4Addr::from_bits(u32::from_be_bytes([192, 0, 0, 0]) + number);
        let judged: Vec<Admission> = (0..10_000).map(|number| judge(made_up(number))).collect();
        let count = |wanted| judged.iter().filter(|one| **one == wanted).count();
        assert_eq!(count(Admission::Refuse), 10);
        assert_eq!(count(Admission::Drop), 10_000 - 10);
        // Each of those who may ask has a rate of its own.
        for last in 1..=100 {
            for _ in 0..10 {
                assert_eq!(judge(Ipv4Addr::new(10, 0, 0, last)), Admission::Answer);
            }
            assert_eq!(judge(Ipv4Addr::new(10, 0, 0, last)), Admission::Drop);
        }
    }
}
