//! Announcing many services: how long it takes and what it costs.
//!
//! In:  a subject that has begun to register; what a listener on the link sees.
//! Out: when each service was announced twice, and with how many datagrams. RFC 6762 section 8.3:
//!      at least two announcements.

use std::time::Duration;

use netlab::capture::{Capture, Seen};
use netlab::clock::monotonic;
use netlab::error::Result;

use crate::query::announced;
use crate::subject::Speaker;

/// The result of announcing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Announced {
    /// How many services were announced twice.
    pub(crate) services: u32,
    /// From the first call to the last second announcement.
    pub(crate) time: Duration,
    /// The datagrams until then, probes included.
    pub(crate) datagrams: u64,
    /// The processor time of the subject, from its start.
    pub(crate) cpu: Duration,
}

/// Follows the announcements until there are two of each service, or `limit` has passed.
pub(crate) fn follow(
    speaker: &Speaker,
    capture: &Capture,
    services: u32,
    limit: Duration,
) -> Result<Announced> {
    let mut tally = Tally {
        announcements: vec![0; services as usize],
        found: Announced::default(),
        since: speaker.since,
    };
    while tally.found.services < services && monotonic() < speaker.since + limit {
        std::thread::sleep(LOOK_INTERVAL);
        for seen in capture.take() {
            tally.note(&seen, services);
        }
    }
    tally.found.cpu = speaker.cpu()?;
    Ok(tally.found)
}

struct Tally {
    announcements: Vec<u32>,
    found: Announced,
    since: Duration,
}

impl Tally {
    fn note(&mut self, seen: &Seen, services: u32) {
        if seen.outgoing || seen.at < self.since || self.found.services == services {
            return;
        }
        self.found.datagrams += 1;
        for number in announced(&seen.payload) {
            let Some(count) = self.announcements.get_mut(number as usize) else {
                continue;
            };
            *count += 1;
            if *count == ANNOUNCEMENTS {
                self.found.services += 1;
                self.found.time = seen.at.saturating_sub(self.since);
            }
        }
    }
}

const ANNOUNCEMENTS: u32 = 2;

/// How often it checks: the counted processor time may be this much too late.
const LOOK_INTERVAL: Duration = Duration::from_millis(4);
