//! One host that registers a thousand services at once.
//!
//! In:  the library in a host; a listener on the link.
//! Out: whether each is announced twice, in few datagrams, and the link is quiet afterwards.
//! RFC 6762 sections 6.4 (aggregation), 8.1 and 8.3.

use std::collections::BTreeMap;
use std::time::Duration;

use cooee::{Mdns, Registration};
use cooee_wire::{Message, RecordType};
use netlab::capture::{Capture, Seen};
use netlab::clock::wait_until;
use netlab::error::Context;
use netlab::harness::role_command;
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Lab, Result, ensure};

/// The process that registers.
pub(crate) const ROLE: &str = "role-crowded";

const SERVICES: usize = 1000;

/// Three probes and two announcements of each service take some 300; one for each would be 5,000.
const DATAGRAMS_MAX: usize = 700;

/// Four seconds' work, with room for a busy machine.
const LIMIT: Duration = Duration::from_secs(40);

/// Longer than the second between two announcements.
const QUIET: Duration = Duration::from_millis(2500);

pub(crate) fn role() -> Result<()> {
    let mdns = Mdns::new().context("cooee")?;
    let mut held = Vec::new();
    for number in 0..SERVICES {
        let service = Registration::new("_http._tcp", format!("Service {number:04}"), 80);
        held.push(mdns.register(service).start().context("register")?);
    }
    std::thread::sleep(LIMIT + QUIET);
    drop(held);
    Ok(())
}

pub(crate) fn thousand_announced() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let [(speaker, _), (listener, _)] =
        lab.plugged(["speaker", "listener"], &segment, "eth0", Families::V4Only)?;
    let capture = Capture::start(&listener)?;
    let speaking = Running::start(role_command(&speaker, ROLE)?)?;
    let (mut announcements, mut datagrams) = (BTreeMap::new(), 0);
    let is_done = wait_until(LIMIT, || {
        for seen in capture.take() {
            datagrams += 1;
            count(&seen, &mut announcements);
        }
        announcements.len() == SERVICES && announcements.values().all(|count| *count >= 2)
    });
    ensure!(
        is_done,
        "{} services in {datagrams} datagrams: {:?}",
        announcements.len(),
        speaking.stderr()
    );
    ensure!(datagrams <= DATAGRAMS_MAX, "{datagrams} datagrams");
    std::thread::sleep(QUIET);
    let more = capture.take();
    ensure!(more.is_empty(), "{} more datagrams", more.len());
    let thrice = announcements.values().filter(|count| **count > 2).count();
    ensure!(thrice == 0, "{thrice} were announced more than twice");
    Ok(())
}

/// Counts the announcement of each SRV record that a message holds.
fn count(seen: &Seen, announcements: &mut BTreeMap<String, u32>) {
    let Ok(message) = Message::parse(&seen.payload) else {
        return;
    };
    if !message.header().flags.is_response() {
        return;
    }
    for record in message.answers().flatten() {
        if let (RecordType::SRV, Ok(name)) = (record.rtype, record.name.to_name()) {
            *announcements.entry(name.to_string()).or_default() += 1;
        }
    }
}
