//! `cooee doctor --watch`: what appears and what is gone, until Ctrl-C or for a time.
//!
//! In:  the events of a watch.
//! Out: each finding when it appears, one line when it is gone; as JSON one object for each change.

use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime};

use cooee::{Diagnose, DiagnoseError, Diagnosis, DiagnosisEvent, Finding};
use serde::Serialize;

use super::{BOLD, DoctorLine, GOOD, counted, failure, push, push_finding};
use crate::escape::escape;
use crate::failure::Failure;
use crate::out::Out;
use crate::quiescence::after;
use crate::signals::Signals;
use crate::traffic::{clock, since_epoch};
use crate::watch::{Mapped, Next, Watch};

/// An item of the streams.
enum WatchItem {
    Event(Result<DiagnosisEvent, DiagnoseError>),
    Signal,
}

/// Watches. Returns whether nothing stands at the end.
pub(super) fn run<W: Write>(
    diagnose: Diagnose,
    limit: Option<Duration>,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let end = limit.map(|limit| after(Instant::now(), limit));
    let mut watch = Watch::new();
    watch.add(Mapped::new(Signals::new()?, |()| Some(WatchItem::Signal)));
    let events = diagnose.watch().map_err(failure)?;
    watch.add(Mapped::new(events, |event| Some(WatchItem::Event(event))));
    let mut shown = WatchReport {
        standing: Vec::new(),
        rounds: 0,
        start: Instant::now(),
    };
    while end.is_none_or(|end| Instant::now() < end) {
        match watch.next(end) {
            Next::Item(WatchItem::Event(event)) => shown.event(event.map_err(failure)?, out)?,
            Next::Item(WatchItem::Signal) | Next::TimeUp | Next::Ended => break,
        }
        out.flush()?;
    }
    shown.end(out)?;
    Ok(shown.problems() == 0)
}

/// What was shown.
struct WatchReport {
    standing: Vec<Finding>,
    rounds: u64,
    start: Instant,
}

impl WatchReport {
    fn event<W: Write>(&mut self, event: DiagnosisEvent, out: &mut Out<W>) -> io::Result<()> {
        match event {
            DiagnosisEvent::Appeared(finding) => {
                if out.is_json() {
                    out.object(&Change::new(DoctorLine::of(&finding)))?;
                } else {
                    let mut text = format!("{} ", clock(now()));
                    push_finding(&mut text, &finding);
                    out.writer().write_all(text.as_bytes())?;
                }
                self.standing.push(finding);
                Ok(())
            }
            DiagnosisEvent::Gone(finding) => {
                self.standing.retain(|known| !known.is_same(&finding));
                if out.is_json() {
                    return out.object(&Change::new(Gone::of(&finding)));
                }
                let (at, code, title) = (clock(now()), finding.code, escape(&finding.title));
                let writer = out.writer();
                writeln!(writer, "{at} {GOOD}gone[{code}]{GOOD:#}: {title}\n")
            }
            DiagnosisEvent::Round(diagnosis) => self.round(&diagnosis, out),
            _ => Ok(()),
        }
    }

    /// Says after the first round that it goes on.
    fn round<W: Write>(&mut self, diagnosis: &Diagnosis, out: &mut Out<W>) -> io::Result<()> {
        self.rounds = self.rounds.saturating_add(1);
        if self.rounds > 1 || out.is_json() {
            return Ok(());
        }
        let mut text = String::new();
        super::push_checks(&mut text, diagnosis);
        push(&mut text, format_args!("watching; Ctrl-C ends it\n\n"));
        out.writer().write_all(text.as_bytes())
    }

    fn problems(&self) -> usize {
        let standing = self.standing.iter();
        standing.filter(|finding| finding.is_problem()).count()
    }

    fn end<W: Write>(&self, out: &mut Out<W>) -> io::Result<()> {
        let (standing, watched) = (self.problems(), self.start.elapsed());
        if out.is_json() {
            out.object(&DoctorLine::Diagnosis {
                healthy: standing == 0,
                findings: self.standing.len(),
                observed: watched.as_secs_f64(),
                version: env!("CARGO_PKG_VERSION"),
            })?;
        } else {
            let stands = match standing {
                0 => "no problem stands".to_owned(),
                standing => format!("{} left", counted(standing, "problem")),
            };
            let rounds = counted(usize::try_from(self.rounds).unwrap_or_default(), "round");
            let watched = crate::hindrance::tenths(watched);
            writeln!(
                out.writer(),
                "{BOLD}{stands}{BOLD:#} after {rounds} in {watched}"
            )?;
        }
        out.flush()
    }
}

/// A line of JSON with the time of day.
#[derive(Serialize)]
struct Change<T> {
    #[serde(flatten)]
    line: T,
    time: f64,
}

/// A finding that is gone; docs/JSON.md describes it.
#[derive(Serialize)]
struct Gone<'a> {
    event: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    title: &'a str,
}

impl<T> Change<T> {
    fn new(line: T) -> Self {
        let time = since_epoch(now()).as_secs_f64();
        Self { line, time }
    }
}

impl<'a> Gone<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            event: "gone",
            code: finding.code.as_str(),
            interface: finding.interface.as_deref(),
            family: finding.family.map(|family| family.to_string()),
            title: &finding.title,
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the time of day is shown, and decides nothing"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
