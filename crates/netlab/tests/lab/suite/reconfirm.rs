//! Services of a killed daemon, reconfirmed by a program that could not connect.
//!
//! In:  `Mdns::reconfirm`, called by another process of this executable.
//! Out: whether the services disappear long before their TTL ends.

use std::time::Duration;

use cooee::{Mdns, ServiceEvent};
use netlab::clock::monotonic;
use netlab::error::Context;
use netlab::harness::role_command;
use netlab::program::Running;
use netlab::{Result, ensure};

use super::setup::{HTTP, Pair, service};

/// The process that browses with the library.
pub(crate) const ROLE: &str = "role-reconfirm";

/// How many services it waits for.
const SERVICES: usize = 5;

/// What it says when it has them all, and when the last has left.
const ALL_THERE: &str = "all there";
const ALL_GONE: &str = "all gone";

/// How long it waits before it asks, so that the test can kill the daemon.
const PAUSE: Duration = Duration::from_secs(2);

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//= type=test
//# If no response is received within ten seconds, then, even
//# though its TTL may indicate that it is not yet due to expire, that
//# record SHOULD be promptly flushed from the cache.
pub(crate) fn killed() -> Result<()> {
    let pair = Pair::new()?;
    let services = (0..SERVICES)
        .map(|number| service(&format!("No. {number}"), 80))
        .collect();
    let avahi = pair.avahi(services)?;
    let browsing = Running::start(role_command(&pair.here, ROLE)?)?;
    browsing.wait_stdout(Duration::from_secs(10), |line| line == ALL_THERE)?;
    avahi.kill();
    let at = monotonic();
    let gone = browsing.wait_stdout(Duration::from_secs(20), |line| line == ALL_GONE)?;
    let after = gone.at.saturating_sub(at);
    ensure!(
        after < PAUSE + Duration::from_secs(11),
        "the last left after {after:?}"
    );
    Ok(())
}

#[allow(clippy::print_stdout, reason = "this is how the role tells the test")]
pub(crate) fn role() -> Result<()> {
    let mdns = Mdns::new().context("start")?;
    let mut events = mdns.browse(HTTP).start().context("browse")?.blocking();
    let mut there = Vec::new();
    while there.len() < SERVICES {
        if let ServiceEvent::Added(service) = events.next_timeout(LIMIT).context("found too few")? {
            there.push(service);
        }
    }
    println!("{ALL_THERE}");
    std::thread::sleep(PAUSE);
    for service in &there {
        mdns.reconfirm(service).context("reconfirm")?;
    }
    let mut left = there.len();
    while left > 0 {
        let event = events.next_timeout(LIMIT).context("they stay")?;
        ensure!(!matches!(event, ServiceEvent::Lagged { .. }), "it lagged");
        if matches!(event, ServiceEvent::Removed { .. }) {
            left -= 1;
        }
    }
    println!("{ALL_GONE}");
    Ok(())
}

/// How long the role waits for any one event.
const LIMIT: Duration = Duration::from_secs(15);
