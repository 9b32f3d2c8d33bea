//! Programs of Debian, unmodified, with either daemon in the same surroundings.
//!
//! In:  the table of commands.
//! Out: whether each program gets the same from `cooeed` as from `avahi-daemon`, and
//!      `docs/AVAHI.md`, which says so.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use netlab::harness::is_required;
use netlab::served::Daemon;
use netlab::{Error, Lab, Result, ensure};

mod avahi_utils;
mod case;
mod document;
mod examples;
pub(crate) mod kde_connect;
mod nss;
mod printing;
mod services;
mod surroundings;

use case::Case;
use surroundings::{Plugged, Surroundings};

/// The commands in the order of the table. Those of one part run at the same time: what reads does
/// not see what others publish.
const PARTS: &[&[&[Case]]] = &[
    &[avahi_utils::AT_FIRST],
    &[
        avahi_utils::READING,
        nss::ALL,
        printing::READING,
        printing::DEVICES,
        examples::READING,
        services::READING,
    ],
    &[avahi_utils::AT_LAST],
    &[
        services::SERVERS,
        avahi_utils::PUBLISHING,
        examples::PUBLISHING,
        kde_connect::PUBLISHING,
        printing::SHARING,
    ],
    &[printing::QUEUES],
    &[avahi_utils::RENAMING],
];

/// All commands: those of the parts, and those that run while the daemon is started again.
fn cases() -> impl Iterator<Item = &'static Case> {
    let parts = PARTS.iter().copied().flatten().copied().flatten();
    parts.chain(avahi_utils::RESTARTING)
}

/// How many commands of one part run at the same time with each daemon.
const WORKERS: usize = 8;

type Outputs = BTreeMap<&'static str, Result<String>>;

/// What does not hold, by command.
type Faults = BTreeMap<&'static str, String>;

pub(crate) fn programs() -> Result<()> {
    let mut lab = Lab::new()?;
    let cases = runnable()?;
    let mut faults = compare(&mut lab, &cases)?;
    if !faults.is_empty() {
        // The programs race with each other, and a busy machine decides for another one. A fault of
        // the daemon is there again.
        for fault in faults.values() {
            document::tell(&format!("looked at once more: {fault}"));
        }
        let is_fault = |case: &&&Case| faults.contains_key(case.command);
        let again: Vec<&Case> = cases.iter().filter(is_fault).copied().collect();
        faults = compare(&mut lab, &again)?;
    }
    let mut faults: Vec<String> = faults.into_values().collect();
    faults.extend(document::check().err().map(|error| error.to_string()));
    let count = faults.len();
    ensure!(count == 0, "{count} faults\n\n{}", faults.join("\n\n"));
    Ok(())
}

/// Runs commands with both daemons, each on a link of its own.
fn compare(lab: &mut Lab, cases: &[&Case]) -> Result<Faults> {
    let (avahi, cooeed) = (Plugged::new(lab)?, Plugged::new(lab)?);
    let (avahi, cooeed) = thread::scope(|scope| {
        let avahi = scope.spawn(|| all(avahi, Daemon::Avahi, cases));
        let cooeed = all(cooeed, Daemon::Cooeed, cases);
        (avahi.join(), cooeed)
    });
    let avahi = avahi.map_err(|_| Error::new("a worker panicked"))??;
    let cooeed = cooeed?;
    let mut faults = Faults::new();
    for case in cases {
        let both = (avahi[case.command].clone(), cooeed[case.command].clone());
        let judged = match both {
            (Ok(avahi), Ok(cooeed)) => case.judge(&avahi, &cooeed),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        if let Err(error) = judged {
            faults.insert(case.command, error.to_string());
        }
    }
    Ok(faults)
}

/// Returns the cases whose programs are installed; all of them where the laboratory is required.
fn runnable() -> Result<Vec<&'static Case>> {
    let (installed, lacking): (Vec<&Case>, Vec<&Case>) =
        cases().partition(|case| case.is_installed());
    for case in lacking {
        let reason = format!("{}: {} is not installed", case.command, case.package);
        ensure!(!is_required(), "{reason}");
        document::tell(&format!("not run here: {reason}"));
    }
    Ok(installed)
}

/// Returns what commands print with one of the daemons.
fn all(plugged: Plugged, daemon: Daemon, cases: &[&Case]) -> Result<Outputs> {
    let mut surroundings = plugged.start(daemon)?;
    let outputs = Mutex::new(Outputs::new());
    for part in PARTS {
        let part = part.iter().copied().flatten();
        let part: Vec<&Case> = part.filter(|case| is_among(case, cases)).collect();
        together(&part, &surroundings, &outputs);
    }
    let mut outputs = outputs.into_inner().unwrap_or_else(PoisonError::into_inner);
    let restarting = avahi_utils::RESTARTING.iter();
    let restarting: Vec<&Case> = restarting.filter(|case| is_among(case, cases)).collect();
    if !restarting.is_empty() {
        outputs.extend(over_a_restart(&restarting, &mut surroundings)?);
    }
    Ok(outputs)
}

fn is_among(case: &Case, cases: &[&Case]) -> bool {
    cases.iter().any(|other| other.command == case.command)
}

/// Runs the commands of a part, some at a time.
fn together(part: &[&Case], surroundings: &Surroundings, outputs: &Mutex<Outputs>) {
    let queue = Mutex::new(part.iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(case) = next() {
            let output = case
                .start(surroundings)
                .and_then(|running| case.finish(running, surroundings));
            let mut outputs = outputs.lock().unwrap_or_else(PoisonError::into_inner);
            outputs.insert(case.command, output);
        }
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(work);
        }
    });
}

/// Runs commands while the daemon is ended and started again.
fn over_a_restart(cases: &[&Case], surroundings: &mut Surroundings) -> Result<Outputs> {
    let started: Result<Vec<_>> = cases.iter().map(|case| case.start(surroundings)).collect();
    let started = started?;
    // Long enough for each of them to find or to announce.
    thread::sleep(Duration::from_secs(3));
    surroundings.here.stop()?;
    surroundings.here.resume()?;
    let finish = |(case, running): (&&Case, _)| (case.command, case.finish(running, surroundings));
    Ok(cases.iter().zip(started).map(finish).collect())
}
