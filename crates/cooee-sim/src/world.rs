//! The world: hosts on links under one clock and one seed.
//!
//! In:  a seed, nodes, links with their weather, actions of the test.
//! Out: every datagram and event, in a [`Recording`] that is the same for the same seed.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use cooee_proto::time::Instant;

use crate::host::{Host, Setup};
use crate::link::Link;
use crate::node::{AnyNode, Node};
use crate::queue::Queue;
use crate::recording::{Event, Recording, Sent};
use crate::rng::Rng;
use crate::seed::Seed;
use crate::weather::Weather;

pub use carry::{Foreign, Misdirected};

mod carry;
mod run;
mod topology;

/// Runs many hosts on many links in virtual time.
///
/// The same seed and the same calls give the same datagrams and the same events, to the byte. Names
/// of hosts and links that do not exist are mistakes of the test and cause a panic.
pub struct World {
    seed: Seed,
    rng: Rng,
    now: Instant,
    queue: Queue,
    hosts: Vec<Host>,
    links: Vec<Link>,
    recording: Recording,
    steps: u64,
    steps_max: u64,
    misdirected: Vec<Misdirected>,
    buffer: Vec<u8>,
}

impl World {
    /// Returns an empty world in which everything random follows from `seed`.
    pub fn new(seed: impl Into<Seed>) -> Self {
        let seed = seed.into();
        Self {
            seed,
            rng: Rng::new(seed.number()),
            now: EPOCH,
            queue: Queue::default(),
            hosts: Vec::new(),
            links: Vec::new(),
            recording: Recording::new(EPOCH),
            steps: 0,
            steps_max: STEPS_MAX,
            misdirected: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Returns the time of the one clock.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Returns a seed for something outside the world that should follow from the world's own.
    pub fn fork_seed(&mut self) -> u64 {
        self.rng.fork()
    }

    /// Creates a link of calm weather, or does nothing if there is one of that name.
    pub fn link(&mut self, name: &str) -> &mut Self {
        if !self.links.iter().any(|link| &*link.name == name) {
            self.links.push(Link::new(name));
        }
        self
    }

    /// Changes the weather of a link from now on.
    pub fn weather(&mut self, link: &str, weather: Weather) -> &mut Self {
        let link = self.link_index(link);
        self.links[link].weather = weather;
        self
    }

    /// Creates a host and the node that lives on it; attach it to links with [`HostSetup::on`].
    pub fn host<N: Node + 'static>(
        &mut self,
        name: &str,
        make: impl FnOnce(Setup<'_>) -> N,
    ) -> HostSetup<'_> {
        assert!(
            !self.hosts.iter().any(|host| &*host.name == name),
            "two hosts named {name}"
        );
        let seed = self.rng.fork();
        let node = make(Setup {
            seed,
            now: self.now,
            name,
        });
        self.hosts.push(Host::new(name, Box::new(node)));
        let host = self.hosts.len() - 1;
        self.call(host, |_, _| ());
        HostSetup { world: self, host }
    }

    /// Does something with the node of a host as its user would, and lets it act on it at once.
    pub fn with<N: Node + 'static, R>(
        &mut self,
        host: &str,
        act: impl FnOnce(&mut N, Instant) -> R,
    ) -> R {
        let host = self.host_index(host);
        let name = Rc::clone(&self.hosts[host].name);
        self.call(host, |node, now| act(downcast_mut(node, &name), now))
            .expect("the host has neither crashed nor fallen asleep")
    }

    /// Returns the node of a host.
    pub fn node<N: Node + 'static>(&self, host: &str) -> &N {
        let node = self.hosts[self.host_index(host)].node.as_deref();
        let node = node.expect("the host has not crashed");
        node.as_any()
            .downcast_ref()
            .expect("the node is of the type the test says")
    }

    /// Returns everything sent and everything that happened since the world began.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Returns what a host sent since the world began.
    pub fn sent(&self, host: &str) -> Sent<'_> {
        self.recording.sent(&self.hosts[self.host_index(host)].name)
    }

    /// Returns what happened on a host since the world began.
    pub fn events(&self, host: &str) -> Vec<&Event> {
        self.recording
            .events_of(&self.hosts[self.host_index(host)].name)
    }

    /// Returns the messages meant for a link that was down or that their sender does not have.
    pub fn misdirected(&self) -> &[Misdirected] {
        &self.misdirected
    }

    /// Returns how often a host's own deadlines have woken it since the world began.
    pub fn wakeups(&self, host: &str) -> u64 {
        self.hosts[self.host_index(host)].wakeups
    }

    /// Returns when the world began.
    pub fn began(&self) -> Instant {
        EPOCH
    }

    /// Returns how long the world has existed.
    pub fn age(&self) -> Duration {
        self.now.saturating_since(EPOCH)
    }

    fn host_index(&self, name: &str) -> usize {
        let found = self.hosts.iter().position(|host| &*host.name == name);
        found.unwrap_or_else(|| panic!("no host named {name}"))
    }

    fn link_index(&self, name: &str) -> usize {
        let found = self.links.iter().position(|link| &*link.name == name);
        found.unwrap_or_else(|| panic!("no link named {name}"))
    }
}

/// Attaches a new host to links.
pub struct HostSetup<'w> {
    world: &'w mut World,
    host: usize,
}

impl Drop for World {
    /// Returns how to repeat a run that failed, and writes any run to the folder `COOEE_SIM_DUMP`.
    #[allow(
        clippy::print_stderr,
        reason = "the lines that make a failure repeatable"
    )]
    fn drop(&mut self) {
        let thread = std::thread::current();
        let test = thread.name().unwrap_or("run");
        if let Some(folder) = std::env::var_os("COOEE_SIM_DUMP").map(PathBuf::from) {
            if let Err(error) = self.dump(&folder, test) {
                eprintln!(
                    "cannot write the recording to {}: {error}",
                    folder.display()
                );
            }
        }
        if std::thread::panicking() {
            let (seed, age) = (self.seed, self.age());
            eprintln!("seed {seed}, commit {}, {age:?} into the run", commit());
            eprintln!("replay: {}", seed.replay(test));
            eprintln!("with COOEE_SIM_DUMP=<folder> it is written as text and as pcapng");
        }
    }
}

impl World {
    /// Writes the recording as `<test>.txt` and `<test>.pcapng`.
    fn dump(&self, folder: &Path, test: &str) -> std::io::Result<()> {
        let name = test.replace("::", ".");
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(format!("{name}.txt")), self.recording.text())?;
        std::fs::write(
            folder.join(format!("{name}.pcapng")),
            self.recording.pcapng(),
        )
    }
}

fn commit() -> String {
    let asked = std::process::Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .output();
    let hash = asked
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok());
    hash.map(|hash| hash.trim().to_owned())
        .filter(|h| !h.is_empty())
        .unwrap_or("unknown".into())
}

fn downcast_mut<'n, N: 'static>(node: &'n mut dyn AnyNode, host: &str) -> &'n mut N {
    let found = node.as_any_mut().downcast_mut();
    found.unwrap_or_else(|| panic!("host {host} runs another node than the test says"))
}

/// The time at which every world begins: not zero, so that underflows show.
const EPOCH: Instant = Instant::from_nanos(86_400 * 1_000_000_000);

/// The steps after which a world is assumed never to become quiet.
const STEPS_MAX: u64 = 50_000_000;

#[cfg(test)]
mod tests;
