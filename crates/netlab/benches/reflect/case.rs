//! One reflector between two links of its own.
//!
//! In:  the reflector, how many services there are.
//! Out: what each phase carried and cost: all are found, another browser asks, all leave.

use std::thread::sleep;
use std::time::Duration;

use netlab::bench::cpu_of;
use netlab::capture::{Capture, Seen};
use netlab::error::{Error, Result};
use netlab::hosts::{Config, Played};
use netlab::lab::Families;
use netlab::process::Memory;
use netlab::{Lab, Node};

use crate::browser::Browser;
use crate::chatter::chatter;
use crate::router::{DEVICES, Kind, OFFICE, Router};

/// One reflector, the hosts, and the browser.
pub(crate) struct Case {
    router: Router,
    capture: Capture,
    played: Option<Played>,
    /// Where the second browser is.
    asker: Node,
    office: Node,
    /// Removed at the end, besides these two.
    others: [Node; 2],
    count: u32,
}

/// What a phase carried and cost.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    /// How many services the browser has at its end.
    pub(crate) found: usize,
    /// How long the browser needed, if it came so far.
    pub(crate) took: Option<Duration>,
    pub(crate) devices: Link,
    pub(crate) office: Link,
    pub(crate) cpu: Duration,
    pub(crate) memory: Memory,
}

/// The packets on a link, as the router sees them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Link {
    /// What the router sent.
    pub(crate) sent: Traffic,
    /// What it received.
    pub(crate) received: Traffic,
}

/// Some packets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) packets: u64,
    /// Bytes of DNS in them.
    pub(crate) bytes: u64,
}

impl Case {
    pub(crate) fn begin(lab: &mut Lab, kind: Kind, count: u32) -> Result<Self> {
        let (devices, office) = (lab.segment()?, lab.segment()?);
        let names = ["router", "hosts", "asker", "office"];
        let [router, hosts, asker, browser] = names.map(|name| lab.node(name));
        let (router, hosts, asker, browser) = (router?, hosts?, asker?, browser?);
        lab.plug(&router, &devices, DEVICES, Families::V4Only)?;
        lab.plug(&router, &office, OFFICE, Families::V4Only)?;
        for (node, link) in [(&hosts, &devices), (&asker, &devices), (&browser, &office)] {
            lab.plug(node, link, INTERFACE, Families::V4Only)?;
            node.ip(&["route", "add", "224.0.0.0/4", "dev", INTERFACE])?;
        }
        let played = Config {
            interface: INTERFACE.to_owned(),
            count,
            network: devices.network(),
            ipv6: false,
            additional: true,
            seed: 1,
        };
        let played = Played::start(&hosts, played)?;
        let capture = Capture::start(&router)?;
        let running = kind.start(&router)?;
        // It has announced its own name by then.
        sleep(SETTLE);
        running.check()?;
        Ok(Self {
            router: running,
            capture,
            played: Some(played),
            asker,
            office: browser,
            others: [router, hosts],
            count,
        })
    }

    /// Goes through all phases.
    pub(crate) fn run(mut self, duration: Duration) -> Result<Vec<Phase>> {
        drop(self.capture.take());
        let count = self.count as usize;
        let browser = Browser::start(&self.office)?;
        let find = self.phase("find", &browser, |_| {
            let took = browser.wait(count, FIND_LIMIT);
            sleep(AFTER);
            Ok(took)
        })?;
        let talk = self.phase("chatter", &browser, |case| {
            chatter(&case.asker, duration).map(|()| None)
        })?;
        let leave = self.phase("leave", &browser, |case| {
            let played = case.played.take();
            played.ok_or_else(|| Error::new("no hosts"))?.leave()?;
            let took = browser.wait(0, LEAVE_LIMIT);
            sleep(AFTER);
            Ok(took)
        })?;
        self.router.check()?;
        drop((browser, self.router, self.capture));
        let nodes = self.others.into_iter().chain([self.asker, self.office]);
        nodes.into_iter().try_for_each(Node::remove)?;
        Ok(vec![find, talk, leave])
    }

    fn phase(
        &mut self,
        name: &'static str,
        browser: &Browser,
        work: impl FnOnce(&mut Self) -> Result<Option<Duration>>,
    ) -> Result<Phase> {
        let pid = self.router.pid()?;
        let before = cpu_of(pid)?;
        let took = work(self)?;
        let cpu = cpu_of(pid)?.saturating_sub(before);
        let seen = self.capture.take();
        Ok(Phase {
            name,
            found: browser.found()?,
            took,
            devices: Link::of(&seen, DEVICES),
            office: Link::of(&seen, OFFICE),
            cpu,
            memory: Memory::of(pid)?,
        })
    }
}

impl Phase {
    /// Returns how many packets the router received on both links.
    pub(crate) fn received(&self) -> u64 {
        self.devices.received.packets + self.office.received.packets
    }
}

impl Link {
    fn of(seen: &[Seen], interface: &str) -> Self {
        let mut link = Self::default();
        for seen in seen.iter().filter(|seen| seen.interface == interface) {
            let traffic = if seen.outgoing {
                &mut link.sent
            } else {
                &mut link.received
            };
            traffic.packets += 1;
            traffic.bytes += seen.payload.len() as u64;
        }
        link
    }
}

/// The one interface of each host beside its loopback.
const INTERFACE: &str = "eth0";

/// How long it is quiet before a measurement begins.
const SETTLE: Duration = Duration::from_secs(4);

/// How long the browser may take to find everything.
const FIND_LIMIT: Duration = Duration::from_secs(30);

/// How long the browser may take to lose everything.
const LEAVE_LIMIT: Duration = Duration::from_secs(15);

/// How long a phase goes on after its aim, with the browser's next questions.
const AFTER: Duration = Duration::from_secs(5);
