//! The measured subjects.
//!
//! In:  a host on the link.
//! Out: how many instances it resolved, in what time, for how much processor time.

use std::process::Command;
use std::time::Duration;

use netlab::Node;
use netlab::avahi::{self, Avahi, Settings};
use netlab::bench::{self, SUBJECT, children_cpu, cpu_of, say};
use netlab::clock::monotonic;
use netlab::error::{Context, Error, Result};
use netlab::foreign::{self, Package};
use netlab::program::Running;

mod cooee_peer;
mod floor;
mod mdns_sd_peer;

/// The type that the hosts offer.
pub(crate) const SERVICE_TYPE: &str = "_bench._tcp";

/// A program that browses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A bare loop that reads datagrams and counts them: the cost of the kernel alone.
    Floor,
    /// The library `cooee`.
    Cooee,
    /// The program `cooee`, including the printing of JSON.
    CooeeProgram,
    /// The crate `mdns-sd`.
    MdnsSd,
    /// `zeroconf` for Python.
    Zeroconf,
    /// `avahi-daemon` with `avahi-browse`.
    Avahi,
}

/// What a subject achieved.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Instances resolved: host, port, TXT and an address.
    pub(crate) found: u32,
    /// From the call that browses to the last instance.
    pub(crate) time: Duration,
    /// Processor time in that time, of user and kernel.
    pub(crate) cpu: Duration,
}

impl Subject {
    pub(crate) const ALL: [Self; 6] = [
        Self::Floor,
        Self::Cooee,
        Self::CooeeProgram,
        Self::MdnsSd,
        Self::Zeroconf,
        Self::Avahi,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Cooee => "cooee",
            Self::CooeeProgram => "cooee-cli",
            Self::MdnsSd => "mdns-sd",
            Self::Zeroconf => "zeroconf",
            Self::Avahi => "avahi",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        bench::named(&Self::ALL, Self::name, "subject", name)
    }

    /// Builds what it needs, before the namespaces are entered.
    pub(crate) fn prepare(self) -> Result<()> {
        match self {
            Self::CooeeProgram => netlab::cooee::build().map(drop),
            Self::Floor | Self::Cooee | Self::MdnsSd | Self::Zeroconf | Self::Avahi => Ok(()),
        }
    }

    /// Returns why it cannot be measured here; `None` if it can.
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Self::Floor | Self::Cooee | Self::CooeeProgram | Self::MdnsSd => None,
            Self::Zeroconf => Package::Zeroconf.missing(),
            Self::Avahi => avahi::missing(),
        }
    }

    /// Lets it browse in `node` until it has `count` instances or `limit` has passed.
    pub(crate) fn measure(self, node: &Node, count: u32, limit: Duration) -> Result<Measured> {
        let (number, seconds) = (count.to_string(), limit.as_secs().to_string());
        match self {
            Self::CooeeProgram => measure_program(node, count, limit),
            Self::Floor | Self::Cooee | Self::MdnsSd => {
                let mut command = node.command(std::env::current_exe()?);
                command.args([SUBJECT, self.name(), &number, &seconds]);
                read_measured(command, limit)
            }
            Self::Zeroconf => {
                let mut command = node.command(foreign::python());
                let script = concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/benches/instances/subject/zeroconf_peer.py"
                );
                command.args([script, &number, &seconds]);
                read_measured(command, limit)
            }
            Self::Avahi => measure_avahi(node, limit),
        }
    }
}

/// The process that is one subject: `NAME COUNT SECONDS`.
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let [name, count, seconds] = arguments else {
        return Err(Error::new("--subject what?"));
    };
    let count = count.parse().context(count)?;
    let limit = Duration::from_secs(seconds.parse().context(seconds)?);
    let measured = match Subject::named(name)? {
        Subject::Floor => floor::browse(count, limit)?,
        Subject::MdnsSd => mdns_sd_peer::browse(count, limit)?,
        Subject::Cooee => cooee_peer::browse(count, limit)?,
        Subject::CooeeProgram | Subject::Zeroconf | Subject::Avahi => {
            return Err(Error::new("a program of its own"));
        }
    };
    let (found, time, cpu) = (
        measured.found,
        measured.time.as_nanos(),
        measured.cpu.as_nanos(),
    );
    say(&format!("{found} {time} {cpu}"));
    Ok(())
}

/// Runs a subject that prints `found nanoseconds nanoseconds`.
fn read_measured(command: Command, limit: Duration) -> Result<Measured> {
    let finished = Running::start(command)?
        .finish(limit + Duration::from_secs(10))?
        .success()?;
    let text = finished.stdout_text();
    let numbers: Vec<u64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [found, time, cpu] = numbers[..] else {
        return Err(Error::new(text));
    };
    Ok(Measured {
        found: u32::try_from(found).context(found)?,
        time: Duration::from_nanos(time),
        cpu: Duration::from_nanos(cpu),
    })
}

/// From the start of the process to the line of the last instance; the whole process's time.
fn measure_program(node: &Node, count: u32, limit: Duration) -> Result<Measured> {
    let (start, cpu) = (monotonic(), children_cpu());
    let arguments = ["browse", SERVICE_TYPE, "--once"];
    let finished = netlab::cooee::start(node, &arguments)?.finish(limit)?;
    let cpu = children_cpu().saturating_sub(cpu);
    let resolved: Vec<_> = finished
        .stdout
        .iter()
        .filter(|line| line.text.contains("\"resolved\""))
        .collect();
    let last = resolved.get(..count as usize).and_then(<[_]>::last);
    Ok(Measured {
        found: u32::try_from(resolved.len()).context("found")?,
        time: last.map_or(limit, |line| line.at.saturating_sub(start)),
        cpu,
    })
}

fn measure_avahi(node: &Node, limit: Duration) -> Result<Measured> {
    let settings = Settings {
        host_name: "asker".to_owned(),
        interfaces: vec!["eth0".to_owned()],
        services: Vec::new(),
    };
    let daemon = Avahi::start(node, &settings)?;
    let (start, cpu) = (monotonic(), cpu_of(daemon.pid())?);
    let browsing = daemon.start_browse(SERVICE_TYPE)?;
    let lines = match browsing.finish(limit) {
        Ok(finished) => finished.stdout,
        // It was still resolving; what it had written is lost with it.
        Err(_) => Vec::new(),
    };
    let resolved: Vec<_> = lines
        .iter()
        .filter(|line| line.text.starts_with('='))
        .collect();
    let end = resolved.last().map_or(start + limit, |line| line.at);
    Ok(Measured {
        found: u32::try_from(resolved.len()).context("found")?,
        time: end.saturating_sub(start),
        cpu: cpu_of(daemon.pid())?.saturating_sub(cpu),
    })
}
