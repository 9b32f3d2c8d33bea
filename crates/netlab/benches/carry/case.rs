//! One subject on a link of its own.
//!
//! In:  the subject, what it does, how many hosts there are or services it registers.
//! Out: what it sent in the first 15 s and after, what the hosts sent, its memory.

use std::collections::BTreeSet;
use std::time::Duration;

use cooee_wire::{Message, RecordType};
use netlab::capture::{Capture, Seen};
use netlab::clock::{monotonic, wait_until};
use netlab::error::Result;
use netlab::hosts::{Config, Played};
use netlab::lab::Families;
use netlab::{Lab, Node, Segment};

use crate::subject::{Agent, Subject, Task};

/// A subject that is still at work.
pub(crate) struct Case {
    subject: Subject,
    task: Task,
    count: u32,
    agent: Agent,
    capture: Capture,
    played: Option<Played>,
    nodes: [Node; 2],
    /// When the first part was over.
    settled: Duration,
    resident: u64,
    found: usize,
}

/// The result of one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried {
    pub(crate) subject: Subject,
    pub(crate) task: Task,
    pub(crate) count: u32,
    /// Instances that it reported, or registered, in the first part.
    pub(crate) found: usize,
    /// What it sent in the first part.
    pub(crate) asked: Traffic,
    /// What others sent in the first part.
    pub(crate) answered: Traffic,
    /// What it sent afterwards.
    pub(crate) asked_idle: Traffic,
    /// What others sent afterwards.
    pub(crate) answered_idle: Traffic,
    /// Bytes of resident memory at the end of the first part.
    pub(crate) resident: u64,
}

/// Some packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) packets: u64,
    /// Bytes of DNS in them.
    pub(crate) bytes: u64,
}

impl Case {
    /// Begins on a new link, and returns when the first part is over.
    pub(crate) fn begin(lab: &mut Lab, subject: Subject, task: Task, count: u32) -> Result<Self> {
        let segment = lab.segment()?;
        let [_, number, ..] = segment.network().octets();
        let node = lab.node(&format!("agent{number}"))?;
        let crowd = lab.node(&format!("crowd{number}"))?;
        let port = lab.plug(&node, &segment, INTERFACE, Families::V4Only)?;
        node.ip(&["route", "add", "224.0.0.0/4", "dev", INTERFACE])?;
        let hosts = if task == Task::Register { 0 } else { count };
        let played = play(lab, &crowd, &segment, hosts)?;
        let capture = Capture::start(&node)?;
        let agent = subject.begin(task, &node, &port, count)?;
        let found = match task {
            Task::Names | Task::Services => {
                let end = agent.since + FIRST;
                std::thread::sleep(end.saturating_sub(monotonic()));
                agent.found(task)
            }
            Task::Register => registered(&capture, agent.since),
        };
        Ok(Self {
            subject,
            task,
            count,
            settled: monotonic(),
            resident: agent.memory()?.resident,
            agent,
            capture,
            played,
            nodes: [node, crowd],
            found,
        })
    }

    /// Waits until it has been idle for this long, and ends it.
    pub(crate) fn end(self, idle: Duration) -> Result<Carried> {
        let idle = if self.task == Task::Register {
            Duration::ZERO
        } else {
            idle
        };
        let end = self.settled + idle;
        std::thread::sleep(end.saturating_sub(monotonic()));
        let seen = self.capture.stop();
        let (since, settled) = (self.agent.since, self.settled);
        drop(self.agent);
        if let Some(played) = self.played {
            played.stop()?;
        }
        self.nodes.into_iter().try_for_each(Node::remove)?;
        let of = |outgoing, from: Duration, to: Duration| {
            let wanted = |seen: &&Seen| {
                let is_then = (from..to).contains(&seen.at);
                // A copy for programs of the same host goes over its loopback interface.
                is_then && seen.outgoing == outgoing && seen.interface == INTERFACE
            };
            Traffic::of(seen.iter().filter(wanted))
        };
        Ok(Carried {
            subject: self.subject,
            task: self.task,
            count: self.count,
            found: self.found,
            asked: of(true, since, settled),
            answered: of(false, since, settled),
            asked_idle: of(true, settled, end),
            answered_idle: of(false, settled, end),
            resident: self.resident,
        })
    }
}

impl Traffic {
    fn of<'a>(seen: impl Iterator<Item = &'a Seen>) -> Self {
        seen.fold(Self::default(), |sum, seen| Self {
            packets: sum.packets + 1,
            bytes: sum.bytes + seen.payload.len() as u64,
        })
    }
}

fn play(lab: &mut Lab, node: &Node, segment: &Segment, count: u32) -> Result<Option<Played>> {
    if count == 0 {
        return Ok(None);
    }
    let port = lab.plug(node, segment, INTERFACE, Families::V4Only)?;
    let config = Config {
        interface: port.interface,
        count,
        network: segment.network(),
        ipv6: false,
        additional: true,
        seed: u64::from(segment.network().to_bits()),
    };
    Played::start(node, config).map(Some)
}

/// Waits until it has stopped sending, and returns how many services it announced. It may need long
/// before it begins.
fn registered(capture: &Capture, since: Duration) -> usize {
    let quiet = || {
        let last = capture.last_outgoing().filter(|last| *last > since);
        last.is_some_and(|last| monotonic() > last + QUIET)
    };
    wait_until(REGISTER_LIMIT, quiet);
    let seen = capture.seen();
    let sent = seen.iter().filter(|seen| seen.outgoing);
    let names: BTreeSet<Vec<u8>> = sent.flat_map(|seen| announced(&seen.payload)).collect();
    names.len()
}

/// Returns the owners of the SRV records in a response.
fn announced(payload: &[u8]) -> Vec<Vec<u8>> {
    let Ok(message) = Message::parse(payload) else {
        return Vec::new();
    };
    if !message.header().flags.is_response() {
        return Vec::new();
    }
    let records = message.answers().map_while(std::result::Result::ok);
    let services = records.filter(|record| record.rtype == RecordType::SRV);
    let names = services.filter_map(|record| record.name.to_name().ok());
    names
        .filter_map(|name| name.labels().next().map(<[u8]>::to_vec))
        .collect()
}

/// The one interface of each host beside its loopback.
const INTERFACE: &str = "eth0";

/// The first part of a browse: the first questions of RFC 6762 section 5.2.
const FIRST: Duration = Duration::from_secs(15);

/// Longer than any pause between probes and announcements.
const QUIET: Duration = Duration::from_secs(5);

/// How long registering may take.
const REGISTER_LIMIT: Duration = Duration::from_secs(120);
