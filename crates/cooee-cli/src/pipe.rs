//! `cooee pipe`: commands in, events out, for programs in any language.
//!
//! In:  commands on standard input, as docs/PIPE.md describes them.
//! Out: one JSON object a line on standard output, flushed; at the end goodbyes, within 4 s.

mod command;
mod input;
mod session;
mod words;

use std::io::{self, BufReader, Write};
use std::time::{Duration, Instant};

use crate::args::{MemoryArgs, Options};
use crate::failure::Failure;
use crate::out::Out;
use crate::said::Said;
use crate::settle::after;
use crate::signals::Signals;
use crate::verbs::remembering;
use crate::watch::{Mapped, Next, SourceId, Watch, once};
use command::Command;
use input::{Line, Lines};
use session::{Session, Told};

/// Obeys until `quit`, the end of input, a signal or the timeout.
pub(crate) fn run(options: &Options, memory: &MemoryArgs) -> Result<bool, Failure> {
    let mut watch = Watch::new();
    watch.add(Mapped::new(Signals::new()?, |()| Some(Told::Quit)));
    let mdns = remembering(options, memory).build()?;
    let mut out = Out::new(io::stdout().lock(), true);
    let version = env!("CARGO_PKG_VERSION");
    tell(&mut out, &Said::Ready { version })?;
    let lines = Lines::start(BufReader::new(io::stdin())).map_err(|error| Failure::Start {
        message: format!("standard input cannot be read: {error}"),
        hint: None,
    })?;
    let input = watch.add(Mapped::new(lines, |line: Option<Line>| {
        Some(line.map_or(Told::Quit, Told::Line))
    }));
    let end = options
        .timeout
        .and_then(|timeout| Instant::now().checked_add(timeout));
    let mut session = Session::new(mdns, watch);
    loop {
        match session.watch.next(end) {
            Next::Item(Told::Quit) | Next::TimeUp | Next::Ended => break,
            Next::Item(Told::Line(line)) => {
                if !obey(&mut session, line, &mut out)? {
                    break;
                }
            }
            Next::Item(told) => told_on(&mut session, told, &mut out)?,
        }
    }
    leave(session, input, &mut out)?;
    Ok(true)
}

/// Does what a line asks for; says whether to go on.
fn obey<W: Write>(session: &mut Session, line: Line, out: &mut Out<W>) -> io::Result<bool> {
    let (text, words) = match line {
        Ok(text) => {
            let words = words::split(&text).map_err(|error| error.to_string());
            (text, words)
        }
        Err(wrong) => (String::new(), Err(wrong.to_owned())),
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
        Ok(command) => session.obey(command, &text),
        Err(wrong) => Err(wrong),
    };
    if let Err(message) = done {
        let command = text;
        tell(out, &Said::Error { command, message })?;
    }
    Ok(true)
}

/// Tells what became of a command.
fn told_on<W: Write>(session: &mut Session, told: Told, out: &mut Out<W>) -> io::Result<()> {
    match told {
        Told::Reports(reports) => {
            for report in reports {
                out.report(&report)?;
            }
            out.flush()
        }
        Told::Said(said) => tell(out, &said),
        Told::Gone { what, said } => {
            session.forget(&what);
            tell(out, &said)
        }
        Told::Line(_) | Told::Quit => Ok(()),
    }
}

/// Withdraws everything, and tells so.
fn leave<W: Write>(mut session: Session, input: SourceId, out: &mut Out<W>) -> Result<(), Failure> {
    session.watch.remove(input);
    session.stop_listening();
    let shutdown = session.mdns.shutdown();
    session.watch.add(once(async move {
        let _ = shutdown.await;
        Told::Quit
    }));
    let end = after(Instant::now(), GOODBYE_WAIT_MAX);
    while let Next::Item(told) = session.watch.next(Some(end)) {
        if matches!(told, Told::Quit) {
            break;
        }
        told_on(&mut session, told, out)?;
    }
    while let Some(told) = session.watch.ready() {
        told_on(&mut session, told, out)?;
    }
    Ok(())
}

fn tell<W: Write>(out: &mut Out<W>, said: &Said) -> io::Result<()> {
    out.said(said)?;
    out.flush()
}

/// How long the goodbyes may take; docs/PIPE.md promises an end within 4 s.
const GOODBYE_WAIT_MAX: Duration = Duration::from_millis(3_000);
