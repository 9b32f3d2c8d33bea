//! The report.
//!
//! In:  runs.
//! Out: one line for each subject, with medians.

use netlab::bench::Sorted;

use crate::race::Run;
use crate::subject::Subject;

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
    let of = |value: fn(&Run) -> f64| Sorted::new(runs.iter().map(value));
    let millis = of(|run| run.measured.time.as_secs_f64() * 1e3);
    let micros = of(|run| run.measured.cpu.as_secs_f64() * 1e6);
    let found = of(|run| f64::from(run.measured.found));
    let dropped = of(|run| run.drops.receive_buffer as f64);
    let asked = of(|run| run.hosts.question_datagrams as f64);
    let answered = of(|run| run.hosts.responses as f64);
    let late = of(|run| run.hosts.late_max.as_secs_f64() * 1e3);
    let range = format!("{:.0}-{:.0} ms", millis.least(), millis.greatest());
    format!(
        "{:<12} {:>6} {:>6} {:>7.0} {:>6.0} ms {:>15} {:>6.1} us {:>7.0} {:>7.0} {:>8.0} {:>4.0} ms",
        subject.name(),
        count,
        if terse { "no" } else { "yes" },
        found.median(),
        millis.median(),
        range,
        micros.median() / f64::from(count),
        dropped.median(),
        asked.median(),
        answered.median(),
        late.median()
    )
}
