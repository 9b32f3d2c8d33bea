//! One run of one subject on a quiet link.
//!
//! In:  options.
//! Out: measurements, printed as a table.

use std::time::Duration;

use netlab::bench::{Bench, Sorted, say};
use netlab::capture::Capture;
use netlab::error::{Error, Result};
use netlab::process::{keep_on_first_processor, keep_thread_on_first_processor};
use netlab::{Lab, Node};

use crate::announcing::{self, Announced};
use crate::latency;
use crate::legacy::{self, Answered};
use crate::options::{HELP, Options, What};
use crate::subject::{self, Subject};

/// The bench.
pub(crate) const BENCH: Bench<Options> = Bench {
    help: HELP,
    read: Options::read,
    prepare: |_| Ok(()),
    measure,
    subject: subject::main,
};

/// The result of one run.
#[derive(Clone, Debug, Default)]
struct Run {
    announced: Option<Announced>,
    answered: Option<Answered>,
    latencies: Vec<Duration>,
}

fn measure(options: &Options) -> Result<()> {
    let mut lab = Lab::new()?;
    say(&heading());
    for services in &options.services {
        for subject in &options.subjects {
            if let Some(why) = subject.missing() {
                say(&format!("{:<10} not measured: {why}", subject.name()));
                continue;
            }
            let mut runs = Vec::new();
            for _ in 0..options.runs {
                runs.push(run(&mut lab, options, *subject, *services)?);
            }
            say(&row(*subject, *services, &runs));
        }
    }
    Ok(())
}

/// Creates a new link, lets the subject publish on it, and removes it.
fn run(lab: &mut Lab, options: &Options, subject: Subject, services: u32) -> Result<Run> {
    let segment = lab.segment()?;
    let [(asker, _), (host, port)] =
        lab.plugged(["asker", "speaker"], &segment, "eth0", options.families)?;
    let address = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
    for node in [&asker, &host] {
        node.ip(&["route", "add", "224.0.0.0/4", "dev", "eth0"])?;
    }
    let capture = Capture::start(&asker)?;
    let speaker = subject.speak(&host, services)?;
    let mut run = Run::default();
    if !subject.is_echo() {
        let announced = announcing::follow(&speaker, &capture, services, options.limit)?;
        run.announced = Some(announced);
    }
    drop(capture);
    if run.announced.is_none_or(|all| all.services == services) {
        std::thread::sleep(QUIET);
        if options.what.contains(&What::Legacy) {
            let (load, before) = (options.load, speaker.cpu()?);
            let any = subject.is_echo();
            let asked = asker.enter(move || legacy::ask(services, &load, address, any))?;
            let mut answered = asked?;
            answered.cpu = speaker.cpu()?.saturating_sub(before);
            run.answered = Some(answered);
        }
        if options.what.contains(&What::Latency) {
            keep_on_first_processor(speaker.pid())?;
            run.latencies = ping(&asker, subject, services)?;
        }
    }
    drop(speaker);
    asker.remove()?;
    host.remove()?;
    Ok(run)
}

fn ping(asker: &Node, subject: Subject, services: u32) -> Result<Vec<Duration>> {
    let any = subject.is_echo();
    asker.enter(move || {
        keep_thread_on_first_processor()?;
        latency::ping(services, any)
    })?
}

fn heading() -> String {
    format!(
        "{:<10} {:>8} | {:>9} {:>8} {:>14} {:>9} {:>8} | {:>9} {:>6} {:>8} | {:>8} {:>8} {:>6}",
        "subject",
        "services",
        "announced",
        "median",
        "least-most",
        "datagrams",
        "CPU",
        "answers/s",
        "lost",
        "CPU/100k",
        "latency",
        "90 %",
        "pings"
    )
}

fn row(subject: Subject, services: u32, runs: &[Run]) -> String {
    format!(
        "{:<10} {services:>8} | {} | {} | {}",
        subject.name(),
        announced_columns(runs),
        answered_columns(runs),
        latency_columns(runs)
    )
}

fn announced_columns(runs: &[Run]) -> String {
    let runs: Vec<Announced> = runs.iter().filter_map(|run| run.announced).collect();
    if runs.is_empty() {
        return format!("{:>9} {:>8} {:>14} {:>9} {:>8}", "-", "-", "-", "-", "-");
    }
    let of = |value: fn(&Announced) -> f64| Sorted::new(runs.iter().map(value));
    let time = of(|run| run.time.as_secs_f64());
    format!(
        "{:>9.0} {:>6.2} s {:>14} {:>9.0} {:>5.0} ms",
        of(|run| f64::from(run.services)).median(),
        time.median(),
        format!("{:.2}-{:.2} s", time.least(), time.greatest()),
        of(|run| run.datagrams as f64).median(),
        of(|run| run.cpu.as_secs_f64() * 1e3).median()
    )
}

fn answered_columns(runs: &[Run]) -> String {
    let runs: Vec<Answered> = runs.iter().filter_map(|run| run.answered).collect();
    if runs.is_empty() {
        return format!("{:>9} {:>6} {:>8}", "-", "-", "-");
    }
    let of = |value: fn(&Answered) -> f64| Sorted::new(runs.iter().map(value));
    format!(
        "{:>9.0} {:>6.0} {:>5.0} ms",
        of(|run| run.answers as f64 / run.time.as_secs_f64()).median(),
        of(|run| run.lost as f64).median(),
        of(|run| run.cpu.as_secs_f64() * 1e8 / run.answers as f64).median()
    )
}

fn latency_columns(runs: &[Run]) -> String {
    let all: Vec<f64> = runs
        .iter()
        .flat_map(|run| &run.latencies)
        .map(|time| time.as_secs_f64() * 1e6)
        .collect();
    let count = all.len() / runs.len().max(1);
    let all = Sorted::new(all);
    format!(
        "{:>5.1} us {:>5.1} us {:>6}",
        all.median(),
        all.at(0.9),
        count
    )
}

/// Between announcing and asking: a record is multicast at most once per second.
const QUIET: Duration = Duration::from_millis(1500);
