//! `cooee monitor`: every message on the network, or in a capture.
//!
//! In:  the messages that the driver sees, or those of a file; the filters of the command line.
//! Out: a line or an object for each message, or a table of the hosts; a pcapng file if requested.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use cooee::MonitorEvent;
use cooee::observe::{Observer, Sighting};

use crate::args::{MonitorArgs, Options};
use crate::failure::Failure;
use crate::out::Out;
use crate::output::Report;
use crate::quiescence::after;
use crate::signals::Signals;
use crate::start::listen;
use crate::traffic::{ShownMessage, sighting};
use crate::watch::{Mapped, Next, Watch};

mod file;
mod filter;
mod table;

use file::CaptureFile;
use filter::Filter;

/// Executes the command. Returns whether a message was shown.
pub(crate) fn run<W: Write>(
    args: &MonitorArgs,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let file = args.pcap.as_deref().map(CaptureFile::create).transpose()?;
    let show = Show {
        observer: Observer::new(),
        filter: Filter::new(args),
        file,
        is_table: args.stats,
        is_verbose: options.verbose > 0,
        shown: 0,
        table_lines: 0,
    };
    match &args.read {
        Some(path) => replay(show, path, out),
        None => follow(show, options, out),
    }
}

/// What is shown, and how.
struct Show {
    observer: Observer,
    filter: Filter,
    file: Option<CaptureFile>,
    is_table: bool,
    is_verbose: bool,
    shown: u64,
    /// How many lines of a table are on the terminal.
    table_lines: usize,
}

/// An item of the streams.
enum Item {
    Event(MonitorEvent),
    Signal,
}

/// Shows the messages of a file.
fn replay<W: Write>(mut show: Show, path: &Path, out: &mut Out<W>) -> Result<bool, Failure> {
    let shown = path.display();
    let unread =
        |error: &dyn std::fmt::Display| Failure::Argument(format!("cannot read {shown}: {error}"));
    let bytes = std::fs::read(path).map_err(|error| unread(&error))?;
    let capture = cooee_capture::Capture::read(&bytes).map_err(|error| unread(&error))?;
    for datagram in &capture.datagrams {
        let (seen, interface) = sighting(&capture, datagram);
        show.message(&seen, interface, out)?;
    }
    show.end(out)?;
    if show.shown == 0 {
        let message = format!("no message to show in {shown}: {} frames", capture.frames);
        return Err(Failure::NotFound(message));
    }
    Ok(true)
}

/// Shows the messages of the network until the timeout or a signal.
fn follow<W: Write>(mut show: Show, options: &Options, out: &mut Out<W>) -> Result<bool, Failure> {
    let mdns = listen(options)?;
    let start = Instant::now();
    let end = options.timeout.map(|timeout| after(start, timeout));
    let mut watch = Watch::new();
    let messages = mdns.monitor().start().map_err(|error| Failure::Start {
        message: error.to_string(),
        hint: None,
    })?;
    watch.add(Mapped::new(messages, |event| Some(Item::Event(event))));
    watch.add(Mapped::new(Signals::new()?, |()| Some(Item::Signal)));
    let is_live = show.is_table && !out.is_json() && std::io::stdout().is_terminal();
    let mut redraw = is_live.then_some(start);
    let mut is_stopped = false;
    while !is_stopped && end.is_none_or(|end| Instant::now() < end) {
        if redraw.is_some_and(|at| at <= Instant::now()) {
            show.redraw(out)?;
            redraw = Some(after(Instant::now(), REDRAW_GAP));
        }
        let item = match watch.ready() {
            Some(item) => Next::Item(item),
            None => {
                show.flush(out)?;
                watch.next(redraw.into_iter().chain(end).min())
            }
        };
        match item {
            Next::Item(Item::Event(event)) => show.event(event, out)?,
            Next::Item(Item::Signal) => is_stopped = true,
            Next::TimeUp => {}
            Next::Ended => break,
        }
    }
    show.end(out)?;
    if show.shown == 0 && !is_stopped {
        let message = "no message was seen; `cooee interfaces` lists the interfaces in use";
        return Err(Failure::NotFound(message.to_owned()));
    }
    Ok(true)
}

impl Show {
    fn event<W: Write>(&mut self, event: MonitorEvent, out: &mut Out<W>) -> Result<(), Failure> {
        match event {
            MonitorEvent::Message(message) => {
                let sighting = Sighting::from(&message);
                self.message(&sighting, message.interface.name(), out)
            }
            MonitorEvent::Lagged { missed } => Ok(out.report(&Report::Lagged { missed })?),
            _ => Ok(()),
        }
    }

    fn message<W: Write>(
        &mut self,
        sighting: &Sighting<'_>,
        interface: &str,
        out: &mut Out<W>,
    ) -> Result<(), Failure> {
        // It also learns from what is not shown.
        let observation = self.observer.observe(sighting);
        if !self.filter.passes(sighting, observation.kind) {
            return Ok(());
        }
        self.shown = self.shown.saturating_add(1);
        let seen = ShownMessage {
            sighting: *sighting,
            interface,
            observation,
        };
        if let Some(file) = &mut self.file {
            file.write(&seen)?;
        }
        if self.is_table {
            return Ok(());
        }
        if out.is_json() {
            out.object(&seen.report())?;
            return Ok(());
        }
        out.writer().write_all(seen.line().as_bytes())?;
        if self.is_verbose {
            out.writer().write_all(seen.records().as_bytes())?;
        }
        Ok(())
    }

    /// Draws the table over the one before.
    fn redraw<W: Write>(&mut self, out: &mut Out<W>) -> Result<(), Failure> {
        // A line that wraps would take two, and the next table would be drawn too low.
        let table = table::text(&self.observer, LIVE_HOSTS_MAX, terminal_columns());
        self.clear(out)?;
        self.table_lines = table.lines().count();
        out.writer().write_all(table.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Removes the table from the terminal.
    fn clear<W: Write>(&mut self, out: &mut Out<W>) -> Result<(), Failure> {
        let lines = std::mem::take(&mut self.table_lines);
        if lines > 0 {
            // Up that many lines, then all below is erased.
            write!(out.writer(), "\u{1b}[{lines}A\u{1b}[J")?;
        }
        Ok(())
    }

    fn flush<W: Write>(&mut self, out: &mut Out<W>) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        Ok(out.flush()?)
    }

    /// Prints the table, if it was requested.
    fn end<W: Write>(&mut self, out: &mut Out<W>) -> Result<(), Failure> {
        self.clear(out)?;
        if self.is_table && out.is_json() {
            let hosts = table::json(&self.observer);
            hosts.iter().try_for_each(|host| out.object(host))?;
        } else if self.is_table {
            let table = table::text(&self.observer, usize::MAX, usize::MAX);
            out.writer().write_all(table.as_bytes())?;
        }
        self.flush(out)
    }
}

/// Returns the width of the terminal.
fn terminal_columns() -> usize {
    #[cfg(feature = "tui")]
    if let Ok((columns, _)) = crossterm::terminal::size() {
        return usize::from(columns);
    }
    LIVE_COLUMNS
}

/// The width of a terminal that tells none.
const LIVE_COLUMNS: usize = 80;

/// How often a table is drawn again.
const REDRAW_GAP: Duration = Duration::from_secs(1);

/// A terminal has at least 24 lines.
const LIVE_HOSTS_MAX: usize = 20;
