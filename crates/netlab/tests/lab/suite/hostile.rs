//! Cooee under attack.
//!
//! In:  thousands of hostile packets per second, beside honest hosts.
//! Out: whether memory stays limited, honest hosts are served, and everything is right afterwards.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use cooee_wire::Name;
use netlab::asker::{Answers, Asker, Wanted};
use netlab::clock::{monotonic, wait_until};
use netlab::cooee::{self, Found};
use netlab::drops::Drops;
use netlab::error::Context;
use netlab::hostile::{Attack, Family, Report, Sources, Target, attack_from};
use netlab::lab::Families;
use netlab::process::Memory;
use netlab::program::Running;
use netlab::{Lab, Node, Port, Result, Segment, ensure};

use super::setup::{HTTP, ONCE_LIMIT};

/// How long the link is attacked.
const DURATION: Duration = Duration::from_secs(8);

/// How many packets a second that are.
const RATE: u32 = 10_000;

/// How many of them a busy machine must manage to send, or else nothing was tested.
const SENT_MIN: u64 = 20_000;

/// By how much the memory of the program under attack may grow.
const GROWTH_MAX: u64 = 16 << 20;

/// How often an honest host asks.
const ASKING: Duration = Duration::from_millis(50);

/// How often a host asks that asks much, but not too much.
const CALM: Duration = Duration::from_millis(20);

/// How often a host asks that asks ten times as much as is answered, and for how long.
const NOISY: Duration = Duration::from_millis(1);
const NOISY_DURATION: Duration = Duration::from_secs(4);

/// The part that must be answered of the honest questions that the kernel had room for.
const SERVED_MIN: f64 = 0.7;

/// How long it may take until changes after the attack are known.
const AFTER_LIMIT: Duration = Duration::from_secs(10);

/// Services of the victim, and of the honest host.
const OWN: u16 = 5;
const OWN_PORT: u16 = 8000;
const THEIRS: u16 = 3;
const THEIR_PORT: u16 = 9000;

/// A link with a victim, two honest hosts, and an attacker.
struct HostileRun {
    lab: Lab,
    segment: Segment,
    here: Node,
    victim: Running,
    victim_port: Port,
    honest: Running,
    asker: Node,
    asker_port: Port,
}

/// The result of an attack.
struct Seen {
    report: Report,
    answers: Answers,
    /// Datagrams that the kernel had no room for: the machine was busy with something else.
    dropped: u64,
}

impl Seen {
    fn are_served(&self) -> bool {
        let kept = 1.0 - self.dropped as f64 / self.report.sent as f64;
        self.answers.share() >= SERVED_MIN * kept && self.answers.wrong == 0
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}, of which {} were dropped; {} of {} questions were answered, {} wrongly",
            self.report,
            self.dropped,
            self.answers.answered.len(),
            self.answers.asked,
            self.answers.wrong
        )
    }
}

impl HostileRun {
    fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let names = ["victim", "honest", "asker"];
        let [(here, victim_port), (there, _), (asker, asker_port)] =
            lab.plugged(names, &segment, "eth0", Families::Both)?;
        let honest = cooee::start_pipe(&there)?;
        let victim = cooee::start_pipe(&here)?;
        for number in 0..THEIRS {
            let port = THEIR_PORT + number;
            honest.tell(&format!(
                "register 'Honest {number}' {HTTP} {port} --host honest"
            ))?;
        }
        for number in 0..OWN {
            let port = OWN_PORT + number;
            victim.tell(&format!(
                "register 'Own {number}' {HTTP} {port} --host victim"
            ))?;
        }
        victim.tell(&format!("browse {HTTP} --resolve"))?;
        let hostile = Self {
            lab,
            segment,
            here,
            victim,
            victim_port,
            honest,
            asker,
            asker_port,
        };
        hostile.wait_until_right(THEIRS)?;
        Ok(hostile)
    }

    /// Asks for the victim's services until stopped.
    fn ask(&self, interval: Duration) -> Result<Asker> {
        Self::ask_from(&self.asker, &self.asker_port, interval)
    }

    fn ask_from(node: &Node, port: &Port, interval: Duration) -> Result<Asker> {
        let wanted = |number: u16| -> Result<Wanted> {
            let name: Name = format!("Own\\ {number}.{HTTP}.local")
                .parse()
                .context("name")?;
            let port = OWN_PORT + number;
            Ok(Wanted { name, port })
        };
        let wanted: Result<Vec<_>> = (0..OWN).map(wanted).collect();
        Asker::start(node, port, wanted?, interval)
    }

    /// Is attacked, while honest hosts ask for its services.
    fn endure(&mut self, families: Vec<Family>) -> Result<Seen> {
        let before = Drops::of(&self.here)?;
        let asking = self.ask(ASKING)?;
        let report = self.attack(families)?;
        Ok(Seen {
            report,
            answers: asking.stop()?,
            dropped: Drops::of(&self.here)?.since(before).receive_buffer,
        })
    }

    /// Sends hostile packets to the end.
    fn attack(&mut self, families: Vec<Family>) -> Result<Report> {
        let [(attacker, port)] =
            self.lab
                .plugged(["attacker"], &self.segment, "eth0", Families::Both)?;
        let instances = (0..OWN).map(|number| format!("Own {number}"));
        let attack = Attack {
            interface: port.interface,
            network: self.segment.network(),
            target: Target::of(&self.victim_port, HTTP, instances.collect())?,
            families,
            sources: Sources::Many,
            rate: RATE,
            duration: DURATION,
            seed: 1,
        };
        let sent = attack_from(&attacker, attack)?;
        ensure!(sent.sent >= SENT_MIN, "too little was sent: {sent:?}");
        Ok(sent)
    }

    /// Waits until the victim shows the services of both correctly.
    fn wait_until_right(&self, theirs: u16) -> Result<()> {
        let right = wait_until(AFTER_LIMIT, || self.is_right(theirs).is_ok());
        if right { Ok(()) } else { self.is_right(theirs) }
    }

    fn is_right(&self, theirs: u16) -> Result<()> {
        let found = self.found()?;
        let shows = |name: String, port: u16, host: &str| -> Result<()> {
            let found = found.get(&name);
            let right = found.is_some_and(|found| {
                found.port == u64::from(port) && found.host == host && !found.addresses.is_empty()
            });
            ensure!(right, "{name} is shown as {found:?}");
            Ok(())
        };
        (0..OWN).try_for_each(|number| {
            shows(format!("Own {number}"), OWN_PORT + number, "victim.local")
        })?;
        (0..theirs).try_for_each(|number| {
            shows(
                format!("Honest {number}"),
                THEIR_PORT + number,
                "honest.local",
            )
        })
    }

    /// Returns the honest services, as the victim shows them.
    fn found(&self) -> Result<BTreeMap<String, Found>> {
        cooee::services(&self.events()?)
    }

    /// Returns the victim's events about the honest services.
    fn events(&self) -> Result<Vec<serde_json::Value>> {
        let means_well = |text: &str| text.contains("\"Own ") || text.contains("\"Honest ");
        let mut lines = self.victim.stdout();
        lines.retain(|line| means_well(&line.text));
        cooee::objects(&lines)
    }

    /// Fails if anything honest was renamed, lost or changed.
    fn nothing_happened(&self) -> Result<()> {
        let odd = self.events()?.into_iter().find(|event| {
            !matches!(
                event["event"].as_str(),
                Some("registered" | "found" | "resolved")
            )
        });
        ensure!(odd.is_none(), "without a reason it said {odd:?}");
        Ok(())
    }
}

pub(crate) fn everything() -> Result<()> {
    let mut hostile = HostileRun::new()?;
    let before = Memory::of(hostile.victim.pid())?;
    let seen = hostile.endure(Family::mix())?;
    let after = Memory::of(hostile.victim.pid())?;
    let grown = after.peak.saturating_sub(before.resident);
    ensure!(
        grown < GROWTH_MAX,
        "memory grew by {grown} bytes, from {before:?} to {after:?} under {seen}"
    );
    ensure!(seen.are_served(), "too few were served under {seen}");
    hostile.wait_until_right(THEIRS)?;
    hostile.nothing_happened()?;
    // A host that comes afterwards is found, and the end is proper.
    let port = THEIR_PORT + THEIRS;
    hostile.honest.tell(&format!(
        "register 'Honest {THEIRS}' {HTTP} {port} --host honest"
    ))?;
    hostile.wait_until_right(THEIRS + 1)?;
    hostile.victim.tell("quit")?;
    hostile.victim.finish(ONCE_LIMIT)?.success()?;
    Ok(())
}

pub(crate) fn forged_sources() -> Result<()> {
    let mut hostile = HostileRun::new()?;
    let kinds = vec![
        Family::Queries,
        Family::UnicastWanted,
        Family::Legacy,
        Family::Truncated,
        Family::Probes,
    ];
    let seen = hostile.endure(kinds)?;
    ensure!(seen.are_served(), "too few were served under {seen}");
    hostile.wait_until_right(THEIRS)?;
    hostile.nothing_happened()
}

pub(crate) fn one_source() -> Result<()> {
    let mut hostile = HostileRun::new()?;
    let node = hostile.lab.node("noisy")?;
    let port = hostile
        .lab
        .plug(&node, &hostile.segment, "eth0", Families::Both)?;
    let (start, calm) = (monotonic(), hostile.ask(CALM)?);
    let noisy = HostileRun::ask_from(&node, &port, NOISY)?.for_a_time(NOISY_DURATION)?;
    let lasted = monotonic().saturating_sub(start);
    let calm = calm.stop()?;
    // The burst, then the rate per second.
    let allowed = 500 + 100 * (lasted.as_secs() + 1);
    let answered = noisy.answered.len() as u64;
    ensure!(
        noisy.asked > 2 * allowed && (400..=allowed).contains(&answered),
        "{answered} of {} questions were answered in {lasted:?}",
        noisy.asked
    );
    ensure!(
        calm.share() >= 0.9 && calm.wrong == 0,
        "beside it {} of {} were answered",
        calm.answered.len(),
        calm.asked
    );
    // It is quiet for a second at least, while its last answers are waited for.
    let again = HostileRun::ask_from(&node, &port, ASKING)?.for_a_time(NOISY_DURATION)?;
    ensure!(
        again.share() >= 0.9,
        "afterwards {} of its {} were answered",
        again.answered.len(),
        again.asked
    );
    hostile.nothing_happened()
}
