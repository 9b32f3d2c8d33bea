//! Cooee and Avahi on one machine, under its one host name.
//!
//! In:  both of them in one host, on one port; a third host that asks.
//! Out: whether both answer, and neither treats the other as another host with its name.
//!
//! Avahi publishes no link-local address where the host has a better one, and renames the machine
//! when another responder announces one under its name. It renames it endlessly if the reverse name
//! of its address belongs to another host.

use std::time::Duration;

use cooee_wire::{Message, RecordType};
use netlab::avahi::Avahi;
use netlab::avahi_browse::resolved;
use netlab::capture::{Capture, Seen};
use netlab::clock::wait_until;
use netlab::cooee;
use netlab::error::Context;
use netlab::lab::Families;
use netlab::program::{Line, Running};
use netlab::{Lab, Node, Port, Result, ensure};
use nix::sys::signal::Signal;

use super::changes::wait_for_names;
use super::setup::{HTTP, ONCE_LIMIT, avahi, service};

/// The machine's name.
const MACHINE: &str = "machine";

/// How long nothing may change after both are established.
const CALM: Duration = Duration::from_secs(2);

/// A machine for both, and another host.
struct Shared {
    machine: Node,
    port: Port,
    onlooker: Node,
}

impl Shared {
    fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let (machine, onlooker) = (lab.node("here")?.called(MACHINE), lab.node("onlooker")?);
        let port = lab.plug(&machine, &segment, "lan1", Families::Both)?;
        lab.plug(&onlooker, &segment, "eth0", Families::Both)?;
        Ok(Self {
            machine,
            port,
            onlooker,
        })
    }

    fn avahi(&self) -> Result<Avahi> {
        let services = vec![service("By Avahi", 81)];
        avahi(&self.machine, MACHINE, &["lan1"], services)
    }

    fn cooee(&self, options: &[&str]) -> Result<Running> {
        let arguments = [&["register", "By Cooee", HTTP, "80"], options].concat();
        cooee::start(&self.machine, &arguments)
    }

    /// Checks that both kept their names, that the third host finds all of both, and only Avahi's
    /// after Cooee has left.
    fn assert_peace(&self, avahi: &Avahi, cooee: Running, host: &str) -> Result<()> {
        cooee.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
        std::thread::sleep(CALM);
        for said in [cooee.stdout(), avahi.said()] {
            ensure!(!said.iter().any(|line| is_flight(&line.text)), "{said:?}");
        }
        let browsing = cooee::start(&self.onlooker, &["browse", HTTP])?;
        let hosts = || -> Result<Vec<(String, String, bool)>> {
            let found = cooee::services(&cooee::objects(&browsing.stdout())?)?;
            let wanted = self.port.addresses_on("eth0");
            let shown = found.into_iter().map(|(name, found)| {
                let is_complete = found.addresses.is_superset(&wanted);
                (name, found.host, is_complete)
            });
            Ok(shown.collect())
        };
        let by_avahi = ("By Avahi".to_owned(), "machine.local".to_owned(), true);
        let by_cooee = ("By Cooee".to_owned(), host.to_owned(), true);
        let both = [by_avahi.clone(), by_cooee];
        wait_until(ONCE_LIMIT, || hosts().is_ok_and(|hosts| hosts == both));
        ensure!(hosts()? == both, "a third host finds {:?}", hosts()?);
        // Cooee's goodbye does not take Avahi's addresses away.
        let capture = Capture::start(&self.onlooker)?;
        cooee.signal(Signal::SIGINT)?;
        cooee.finish(ONCE_LIMIT)?.success()?;
        std::thread::sleep(CALM);
        assert_addresses_stay(&capture.stop(), MACHINE)?;
        let is_left = hosts()? == [by_avahi];
        ensure!(is_left, "without Cooee there is {:?}", browsing.stdout());
        let said = avahi.said();
        ensure!(!said.iter().any(|line| is_flight(&line.text)), "{said:?}");
        Ok(())
    }
}

pub(crate) fn avahi_first() -> Result<()> {
    let shared = Shared::new()?;
    let avahi = shared.avahi()?;
    let cooee = shared.cooee(&[])?;
    shared.assert_peace(&avahi, cooee, "machine.local")
}

pub(crate) fn cooee_first() -> Result<()> {
    let shared = Shared::new()?;
    let cooee = shared.cooee(&[])?;
    cooee.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
    std::thread::sleep(Duration::from_secs(2));
    let avahi = shared.avahi()?;
    shared.assert_peace(&avahi, cooee, "machine.local")
}

pub(crate) fn together() -> Result<()> {
    let shared = Shared::new()?;
    let cooee = shared.cooee(&[])?;
    let avahi = shared.avahi()?;
    shared.assert_peace(&avahi, cooee, "machine.local")
}

/// Returns the machine's addresses under one more name.
pub(crate) fn another_name() -> Result<()> {
    let shared = Shared::new()?;
    let avahi = shared.avahi()?;
    let cooee = shared.cooee(&["--host", "alias"])?;
    shared.assert_peace(&avahi, cooee, "alias.local")
}

/// Two programs of one library and a daemon, which do not know of each other.
pub(crate) fn two_beside_avahi() -> Result<()> {
    let shared = Shared::new()?;
    let avahi = shared.avahi()?;
    let registered = [("First", "80"), ("Second", "82")]
        .map(|(name, port)| cooee::start(&shared.machine, &["register", name, HTTP, port]));
    let registered = registered.into_iter().collect::<Result<Vec<_>>>()?;
    for running in &registered {
        running.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
    }
    let all = ["By Avahi", "First", "Second"];
    let nodes = [&shared.machine, &shared.machine, &shared.onlooker];
    let browsing = nodes.map(|node| cooee::start(node, &["browse", HTTP]));
    let browsing = browsing.into_iter().collect::<Result<Vec<_>>>()?;
    for running in &browsing {
        wait_for_names(running, ONCE_LIMIT, &all)?;
    }
    let found = avahi.browse(HTTP, ONCE_LIMIT)?.success()?;
    let found: Vec<String> = resolved(&found.stdout)?.into_keys().collect();
    ensure!(found == all, "Avahi finds {found:?}");
    std::thread::sleep(CALM);
    let mut said = avahi.said();
    said.extend(registered.iter().flat_map(Running::stdout));
    ensure!(!said.iter().any(|line| is_flight(&line.text)), "{said:?}");
    let went = |line: &Line| line.text.contains("\"removed\"") || line.text.contains("\"lost\"");
    let shown: Vec<Line> = browsing.iter().flat_map(Running::stdout).collect();
    ensure!(!shown.iter().any(went), "{shown:?}");
    Ok(())
}

/// Two programs of one library under the machine's name: what the first to leave shares with the
/// other stays.
pub(crate) fn two() -> Result<()> {
    let shared = Shared::new()?;
    let mut registered = Vec::new();
    for (name, port) in [("First", "80"), ("Second", "82")] {
        let running = cooee::start(&shared.machine, &["register", name, HTTP, port])?;
        running.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
        registered.push(running);
    }
    let browsing = cooee::start(&shared.onlooker, &["browse", HTTP])?;
    wait_for_names(&browsing, ONCE_LIMIT, &["First", "Second"])?;
    std::thread::sleep(CALM);
    let first = registered.remove(0);
    let capture = Capture::start(&shared.onlooker)?;
    first.signal(Signal::SIGINT)?;
    first.finish(ONCE_LIMIT)?.success()?;
    std::thread::sleep(CALM);
    assert_addresses_stay(&capture.stop(), MACHINE)?;
    wait_for_names(&browsing, ONCE_LIMIT, &["Second"])
}

/// Fails if an address of a host was withdrawn, for however short a time.
fn assert_addresses_stay(seen: &[Seen], host: &str) -> Result<()> {
    for seen in seen {
        let message = Message::parse(&seen.payload).context("message")?;
        let records = message.records().filter_map(std::result::Result::ok);
        let mut addresses = records.filter(|(_, record)| {
            matches!(record.rtype, RecordType::A | RecordType::AAAA)
                && record.name.to_string().starts_with(host)
        });
        let gone = addresses.find(|(_, record)| record.ttl.is_goodbye());
        ensure!(gone.is_none(), "{gone:?} is withdrawn");
    }
    Ok(())
}

/// Returns whether a line reports a name given up or contested.
fn is_flight(text: &str) -> bool {
    text.contains("renamed") || text.contains("conflict")
}
