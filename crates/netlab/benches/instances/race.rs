//! One run of one subject on a link full of hosts.
//!
//! In:  options.
//! Out: measurements, printed as a table.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use netlab::drops::Drops;
use netlab::error::{Error, Result};
use netlab::harness::{inside_command, is_inside, missing_namespaces};
use netlab::hosts::{self, Config, Report};
use netlab::lab::Families;
use netlab::{Lab, Node, Segment};

use crate::options::Options;
use crate::subject::{self, Measured, Subject};
use crate::table;

/// The first argument of the process that is one subject.
pub(crate) const SUBJECT: &str = "--subject";

/// What one run showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) measured: Measured,
    pub(crate) drops: Drops,
    pub(crate) hosts: Report,
}

pub(crate) fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first() {
        Some(first) if first == SUBJECT => subject::main(&arguments),
        _ if is_inside() => Options::read(&arguments).and_then(|options| race(&options)),
        _ => Options::read(&arguments).and_then(|options| go_inside(&options, &arguments)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn go_inside(options: &Options, arguments: &[String]) -> Result<()> {
    if let Some(why) = missing_namespaces() {
        return Err(Error::new(why));
    }
    for subject in &options.subjects {
        subject.prepare()?;
    }
    let status = inside_command("bench", arguments)?.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::new(status.to_string()))
    }
}

fn race(options: &Options) -> Result<()> {
    let mut lab = Lab::new()?;
    table::say(&table::heading());
    for terse in &options.terse {
        for count in &options.instances {
            for subject in &options.subjects {
                measure(&mut lab, options, *subject, *count, *terse)?;
            }
        }
    }
    Ok(())
}

fn measure(
    lab: &mut Lab,
    options: &Options,
    subject: Subject,
    count: u32,
    terse: bool,
) -> Result<()> {
    if let Some(why) = subject.missing() {
        table::say(&format!("{:<12} not measured: {why}", subject.name()));
        return Ok(());
    }
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        runs.push(run(lab, options, subject, count, terse)?);
    }
    table::say(&table::row(subject, count, terse, &runs));
    Ok(())
}

/// Makes a fresh link, fills it, lets the subject browse it and takes it away again.
fn run(lab: &mut Lab, options: &Options, subject: Subject, count: u32, terse: bool) -> Result<Run> {
    let segment = lab.segment()?;
    let (asker, crowd) = (lab.node("asker")?, lab.node("crowd")?);
    lab.plug(&asker, &segment, "eth0", Families::V4Only)?;
    let players = Players::start(lab, &crowd, &segment, count, terse)?;
    let before = Drops::of(&asker)?;
    let measured = subject.measure(&asker, count, options.limit)?;
    let drops = Drops::of(&asker)?.since(before);
    let hosts = players.stop()?;
    asker.remove()?;
    crowd.remove()?;
    Ok(Run {
        measured,
        drops,
        hosts,
    })
}

struct Players {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Result<Report>>>,
}

impl Players {
    fn start(
        lab: &mut Lab,
        node: &Node,
        segment: &Segment,
        count: u32,
        terse: bool,
    ) -> Result<Self> {
        let port = lab.plug(node, segment, "eth0", Families::V4Only)?;
        let config = Config {
            interface: port.interface,
            count,
            network: segment.network(),
            ipv6: false,
            additional: !terse,
            seed: u64::from(segment.network().to_bits()),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (node, stop_too) = (node.clone(), Arc::clone(&stop));
        let thread =
            std::thread::spawn(move || node.enter(move || hosts::play(&config, &stop_too)));
        // The frames of all hosts are made before the first question may come.
        std::thread::sleep(Duration::from_millis(200));
        Ok(Self { stop, thread })
    }

    fn stop(self) -> Result<Report> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_err(|_| Error::new("the generator panicked"))??
    }
}
