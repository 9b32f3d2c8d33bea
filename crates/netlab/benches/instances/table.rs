//! The report.
//!
//! In:  runs.
//! Out: one line for each subject, with medians.

use crate::race::Run;
use crate::subject::Subject;

/// Prints a line.
#[allow(clippy::print_stdout, reason = "a bench reports on standard output")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

pub(crate) fn heading() -> String {
    format!(
        "{:<12} {:>6} {:>6} {:>7} {:>9} {:>15} {:>9} {:>7} {:>7} {:>8} {:>7}",
        "subject",
        "hosts",
        "extra",
        "found",
        "median",
        "fastest-slowest",
        "CPU each",
        "dropped",
        "asked",
        "answered",
        "late"
    )
}

pub(crate) fn row(subject: Subject, count: u32, terse: bool, runs: &[Run]) -> String {
    let millis = sorted(runs, |run| run.measured.time.as_secs_f64() * 1e3);
    let micros = sorted(runs, |run| {
        run.measured.cpu.as_secs_f64() * 1e6 / f64::from(count)
    });
    let found = sorted(runs, |run| f64::from(run.measured.found));
    let dropped = sorted(runs, |run| run.drops.receive_buffer as f64);
    let asked = sorted(runs, |run| run.hosts.question_datagrams as f64);
    let answered = sorted(runs, |run| run.hosts.responses as f64);
    let late = sorted(runs, |run| run.hosts.late_max.as_secs_f64() * 1e3);
    let range = format!("{:.0}-{:.0} ms", first(&millis), last(&millis));
    format!(
        "{:<12} {:>6} {:>6} {:>7.0} {:>6.0} ms {:>15} {:>6.1} us {:>7.0} {:>7.0} {:>8.0} {:>4.0} ms",
        subject.name(),
        count,
        if terse { "no" } else { "yes" },
        median(&found),
        median(&millis),
        range,
        median(&micros),
        median(&dropped),
        median(&asked),
        median(&answered),
        median(&late)
    )
}

fn sorted(runs: &[Run], value: impl Fn(&Run) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = runs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn first(values: &[f64]) -> f64 {
    values.first().copied().unwrap_or(f64::NAN)
}

fn last(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or(f64::NAN)
}

fn median(values: &[f64]) -> f64 {
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
