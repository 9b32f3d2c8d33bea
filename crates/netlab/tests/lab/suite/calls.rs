//! Every call of Avahi's interface on D-Bus, made to both daemons.
//!
//! In:  `peers/avahi_calls.py`, which prints a line for each call, with what it led to.
//! Out: whether the lines are the same, save for the listed differences.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use netlab::avahi::{Avahi, Settings};
use netlab::error::Context;
use netlab::foreign::python;
use netlab::lab::{Families, Port};
use netlab::program::Running;
use netlab::served::{Daemon, Served};
use netlab::{Error, Lab, Node, Result, ensure};

use self::differences::{DIFFERENCES, Difference};
use super::setup;

mod differences;

/// The program, and the modules that it imports.
const FILES: [(&str, &str); 3] = [
    (
        "avahi_calls.py",
        include_str!("../../../peers/avahi_calls.py"),
    ),
    (
        "avahi_checks.py",
        include_str!("../../../peers/avahi_checks.py"),
    ),
    ("avahi_bus.py", include_str!("../../../peers/avahi_bus.py")),
];

/// What the program is told to do, and the changes of the configuration in which it does it.
const MODES: [(&str, &[(&str, &str)]); 4] = [
    ("everything", &[]),
    (
        "limits",
        &[
            ("clients-max=4096", "clients-max=3"),
            ("objects-per-client-max=4096", "objects-per-client-max=4"),
            (
                "entries-per-entry-group-max=64",
                "entries-per-entry-group-max=3",
            ),
        ],
    ),
    (
        "refused",
        &[("[publish]", "[publish]\ndisable-publishing=yes")],
    ),
    (
        "refused",
        &[
            ("[server]", "[server]\nbrowse-domains=example.com"),
            (
                "[publish]",
                "[publish]\ndisable-user-service-publishing=yes",
            ),
        ],
    ),
];

/// How long all calls of a mode may take.
const CALLS_LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn same_answers() -> Result<()> {
    let mut lab = Lab::new()?;
    let places = [
        Place::new(&mut lab, Daemon::Avahi)?,
        Place::new(&mut lab, Daemon::Cooeed)?,
    ];
    let mut comparison = Comparison::default();
    for (mode, changes) in MODES {
        let [theirs, ours] = places.each_ref().map(|place| place.begin(mode, changes));
        let (theirs, ours) = (theirs?, ours?);
        comparison.add(&theirs.lines()?, &ours.lines()?)?;
    }
    comparison.finish()
}

/// A host with a daemon, and another host on its link.
struct Place {
    daemon: Daemon,
    here: Node,
    peer: Avahi,
    masks: Vec<String>,
}

impl Place {
    fn new(lab: &mut Lab, daemon: Daemon) -> Result<Self> {
        let segment = lab.segment()?;
        let name = format!("{daemon:?}");
        let (here, peer) = (
            lab.node(&format!("here{name}"))?,
            lab.node(&format!("peer{name}"))?,
        );
        let here_port = lab.plug(&here, &segment, "lan1", Families::Both)?;
        let peer_port = lab.plug(&peer, &segment, "eth0", Families::Both)?;
        let folder = here.folder()?;
        for (name, text) in FILES {
            fs::write(folder.join(name), text).context(name)?;
        }
        Ok(Self {
            daemon,
            here,
            peer: setup::avahi(&peer, "peer", &["eth0"], Vec::new())?,
            masks: [masks(&here_port, "HERE"), masks(&peer_port, "PEER")].concat(),
        })
    }

    /// Starts the daemon and the program.
    fn begin(&self, mode: &str, changes: &[(&str, &str)]) -> Result<Run> {
        let settings = Settings {
            host_name: "here".to_owned(),
            interfaces: vec!["lan1".to_owned()],
            services: Vec::new(),
        };
        let served = Served::start_with(&self.here, self.daemon, &settings, changes)?;
        let mut command = served.command(python());
        command.arg("-B").arg(self.here.folder()?.join(FILES[0].0));
        command.args([mode, &served.bus().address(), &self.peer.bus().address()]);
        command.args(&self.masks);
        let program = Running::start(command)?;
        Ok(Run {
            program,
            _served: served,
        })
    }
}

/// What differs from link to link, each with the text in its place.
fn masks(port: &Port, name: &str) -> Vec<String> {
    let addresses = [
        (port.ipv4.map(|address| address.to_string()), "4"),
        (port.ipv6.map(|address| address.to_string()), "6"),
        (port.link_local.map(|address| address.to_string()), "LL"),
    ];
    let known = addresses
        .into_iter()
        .filter_map(|(address, kind)| Some(format!("{}={name}{kind}", address?)));
    known.collect()
}

/// The program, which makes its calls to a daemon.
struct Run {
    program: Running,
    _served: Served,
}

impl Run {
    /// Returns each call and what it led to, in order.
    fn lines(self) -> Result<Vec<(String, String)>> {
        let finished = self.program.finish(CALLS_LIMIT)?.success()?;
        let lines = finished.stdout.iter().map(|line| {
            let split = line.text.split_once(" => ");
            let (call, answer) = split.ok_or_else(|| Error::new(line.text.clone()))?;
            Ok((call.to_owned(), answer.to_owned()))
        });
        lines.collect()
    }
}

/// What was compared.
#[derive(Default)]
struct Comparison {
    calls: usize,
    seen: BTreeSet<usize>,
    unlisted: Vec<String>,
}

impl Comparison {
    fn add(&mut self, theirs: &[(String, String)], ours: &[(String, String)]) -> Result<()> {
        self.calls += theirs.len();
        let ours: BTreeMap<&str, &str> = pairs(ours).collect();
        let calls: BTreeSet<&str> = pairs(theirs).map(|(call, _)| call).collect();
        let further = ours.keys().filter(|call| !calls.contains(*call));
        self.unlisted
            .extend(further.map(|call| format!("only cooeed was asked: {call}")));
        for (call, avahi) in pairs(theirs) {
            let cooeed = ours.get(call).copied().unwrap_or("(was not asked)");
            if avahi == cooeed {
                continue;
            }
            match DIFFERENCES
                .iter()
                .position(|listed| listed.is(call, avahi, cooeed))
            {
                Some(listed) => drop(self.seen.insert(listed)),
                None => self
                    .unlisted
                    .push(format!("{call}\n  avahi  {avahi}\n  cooeed {cooeed}")),
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let unlisted = self.unlisted.join("\n");
        ensure!(unlisted.is_empty(), "differences:\n{unlisted}");
        let gone: Vec<&Difference> = (0..)
            .zip(DIFFERENCES)
            .filter_map(|(at, listed)| (!self.seen.contains(&at)).then_some(listed))
            .collect();
        ensure!(gone.is_empty(), "listed, but no difference: {gone:#?}");
        ensure!(self.calls > CALLS_MIN, "{} calls", self.calls);
        Ok(())
    }
}

fn pairs(lines: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    lines
        .iter()
        .map(|(call, answer)| (call.as_str(), answer.as_str()))
}

/// How many calls there are at least.
const CALLS_MIN: usize = 1_000;
