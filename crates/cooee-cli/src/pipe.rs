//! `cooee pipe`: commands in, events out, for programs in any language.
//!
//! In:  commands on standard input, as docs/PIPE.md describes them.
//! Out: one JSON object per line on standard output, flushed; at the end goodbyes, within 4 s.

pub(crate) mod command;
mod hosts;
mod input;
mod service;
mod session;
pub(crate) mod words;

use std::io::{self, BufReader, Write};
use std::time::{Duration, Instant};

use crate::args::{MemoryArgs, Options};
use crate::failure::Failure;
use crate::families::Families;
use crate::out::Out;
use crate::publish_output::PublishReport;
use crate::quiescence::after;
use crate::signals::Signals;
use crate::start::remembering;
use crate::watch::{Next, Watch, once, wait};
use command::Command;
use input::{Line, Lines, Unreadable};
use session::{Session, SessionEvent};

/// Executes commands until `quit`, the end of input, a signal or the timeout.
pub(crate) fn run<W: Write>(
    options: &Options,
    memory: &MemoryArgs,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let mut signals = Watch::new();
    signals.add(Signals::new()?);
    let mdns = remembering(options, memory)?;
    let version = env!("CARGO_PKG_VERSION");
    tell(out, &PublishReport::Ready { version })?;
    let lines = Lines::start(BufReader::new(io::stdin())).map_err(|error| Failure::Start {
        message: format!("standard input cannot be read: {error}"),
        hint: None,
    })?;
    let mut orders = Orders {
        signals,
        lines: Watch::new(),
    };
    orders.lines.add(lines);
    let end = options
        .timeout
        .and_then(|timeout| Instant::now().checked_add(timeout));
    let mut session = Session::new(mdns, Families::of(options));
    handle_all(&mut session, orders, end, out)?;
    leave(session, out)?;
    Ok(true)
}

/// What is asked of the program.
struct Orders {
    signals: Watch<()>,
    lines: Watch<Option<Line>>,
}

/// Executes commands and reports events in turn. If nobody reads the output, no more events are
/// taken from the library, which keeps the latest state; later, no more lines are read either.
/// Signals are always handled.
fn handle_all<W: Write>(
    session: &mut Session,
    mut orders: Orders,
    end: Option<Instant>,
    out: &mut Out<W>,
) -> io::Result<()> {
    loop {
        // Fails if earlier output could not be written.
        out.flush()?;
        let waiting = out.waiting();
        if orders.signals.ready().is_some() {
            return Ok(());
        }
        let line = (waiting < ANSWERS_MAX)
            .then(|| orders.lines.ready())
            .flatten();
        let reported = (waiting < NEWS_MAX)
            .then(|| session.watch.ready())
            .flatten();
        let is_idle = line.is_none() && reported.is_none();
        if let Some(line) = line {
            let goes_on = match line {
                Some(line) => handle(session, line, out)?,
                None => false,
            };
            if !goes_on {
                return Ok(());
            }
        }
        if let Some(reported) = reported {
            print_event(session, reported, out)?;
        }
        if is_idle && !wait(end) {
            return Ok(());
        }
    }
}

/// Executes a line. Returns whether to go on.
fn handle<W: Write>(session: &mut Session, line: Line, out: &mut Out<W>) -> io::Result<bool> {
    let (text, words) = match line {
        Ok(text) => {
            let words = words::split(&text).map_err(|error| error.to_string());
            (text, words)
        }
        Err(Unreadable { start, reason }) => (start, Err(reason.to_owned())),
    };
    let done = match words {
        Ok(words) if words.is_empty() => return Ok(true),
        Ok(words) => Command::parse(words),
        Err(wrong) => Err(wrong),
    };
    let done = match done {
        Ok(Command::Quit) => return Ok(false),
        Ok(Command::Metrics) => {
            tell(out, &session.metrics())?;
            return Ok(true);
        }
        Ok(command) => session.handle(command, &text),
        Err(wrong) => Err(wrong),
    };
    if let Err(message) = done {
        let command = text;
        tell(out, &PublishReport::Error { command, message })?;
    }
    Ok(true)
}

/// Reports the result of a command.
fn print_event<W: Write>(
    session: &mut Session,
    reported: SessionEvent,
    out: &mut Out<W>,
) -> io::Result<()> {
    match reported {
        SessionEvent::Reports(reports) => {
            for report in reports {
                out.report(&report)?;
            }
            out.flush()
        }
        SessionEvent::PublishReports(all) => all.iter().try_for_each(|report| tell(out, report)),
        SessionEvent::Ended { what, report } => {
            session.end(&what);
            tell(out, &report)
        }
        SessionEvent::AllEnded => Ok(()),
    }
}

/// Withdraws everything, and reports it.
fn leave<W: Write>(mut session: Session, out: &mut Out<W>) -> Result<(), Failure> {
    session.stop_listening();
    let shutdown = session.mdns.shutdown();
    session.watch.add(once(async move {
        let _ = shutdown.await;
        SessionEvent::AllEnded
    }));
    let end = after(Instant::now(), GOODBYE_WAIT_MAX);
    while let Next::Item(reported) = session.watch.next(Some(end)) {
        if matches!(reported, SessionEvent::AllEnded) {
            break;
        }
        print_event(&mut session, reported, out)?;
    }
    while let Some(reported) = session.watch.ready() {
        print_event(&mut session, reported, out)?;
    }
    Ok(())
}

fn tell<W: Write>(out: &mut Out<W>, report: &PublishReport) -> io::Result<()> {
    out.publish_report(report)?;
    out.flush()
}

/// How many bytes may wait for a reader before no more events are taken: about two hundred events.
const NEWS_MAX: usize = 64 * 1024;

/// How many bytes may wait for a reader before no further lines are read.
const ANSWERS_MAX: usize = 8 * 1024 * 1024;

/// How long the goodbyes may take; docs/PIPE.md promises an end within 4 s, with the output.
const GOODBYE_WAIT_MAX: Duration = Duration::from_millis(2_000);
