//! What goes to standard error while the program runs.
//!
//! In:  `--verbose`, `RUST_LOG`, the library's log.
//! Out: warnings, one sentence per line; with `-v` decisions, with `-vv` every packet, as a log.
//!      All of it is safe for a terminal.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::escape::escape;

/// Starts logging. `RUST_LOG`, such as `cooee_net=trace`, overrides `verbose`.
pub(crate) fn start(verbose: u8) {
    let asked = std::env::var("RUST_LOG").ok();
    let filter = filter(verbose, asked.as_deref());
    let lines = tracing_subscriber::fmt::layer().with_ansi(false);
    let lines = if verbose > 0 || asked.is_some() {
        let log = || LogLines::new(Stderr, None);
        lines.with_writer(log).boxed()
    } else {
        let warnings = || LogLines::new(Stderr, Some(WARNING));
        let plain = debug_fn(|writer, field, value| match field.name() {
            "message" => write!(writer, "{value:?}"),
            // The name is enough for people.
            "index" => Ok(()),
            _ => write!(writer, ": {value:?}"),
        });
        lines
            .without_time()
            .with_level(false)
            .with_target(false)
            .fmt_fields(plain)
            .with_writer(warnings)
            .boxed()
    };
    // A second subscriber in one process: only tests could cause that.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init();
}

/// Standard error; or what is written to it later, if a screen covers it.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *held() {
            Some(held) if held.len() < HELD_MAX => held.extend_from_slice(bytes),
            Some(_) => {}
            None => io::stderr().write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// What waits until the screen is gone, if there is one.
static HELD: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// How many bytes wait at most; what is logged after them is lost.
const HELD_MAX: usize = 256 * 1024;

fn held() -> MutexGuard<'static, Option<Vec<u8>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds back what is logged to a terminal, until this is dropped.
#[cfg(feature = "tui")]
pub(crate) struct Hold;

/// Begins to hold back.
#[cfg(feature = "tui")]
pub(crate) fn hold() -> Hold {
    if io::IsTerminal::is_terminal(&io::stderr()) {
        held().get_or_insert_default();
    }
    Hold
}

#[cfg(feature = "tui")]
impl Drop for Hold {
    fn drop(&mut self) {
        let lines = held().take().unwrap_or_default();
        // If it fails, nobody reads it.
        let _ = io::stderr().write_all(&lines);
    }
}

/// Log lines, each written whole, escaped, and marked with its kind.
struct LogLines<W> {
    writer: W,
    mark: Option<&'static str>,
}

impl<W> LogLines<W> {
    fn new(writer: W, mark: Option<&'static str>) -> Self {
        Self { writer, mark }
    }
}

impl<W: Write> Write for LogLines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let mark = self.mark.unwrap_or_default();
        let text = escape(text.trim_end());
        self.writer
            .write_all(format!("{mark}{text}\n").as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

const WARNING: &str = "warning: ";

fn filter(verbose: u8, asked: Option<&str>) -> Targets {
    if let Some(targets) = asked.and_then(|text| text.parse().ok()) {
        return targets;
    }
    Targets::new().with_default(match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    })
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use std::io::Write;

    use super::{LogLines, WARNING, filter};

    #[test]
    fn a_warning_is_a_line_that_says_so_and_steers_no_terminal() {
        let mut bytes = Vec::new();
        let mut lines = LogLines::new(&mut bytes, Some(WARNING));
        lines
            .write_all(b"interface chosen: w\x1b[2Jg0: VPN\n")
            .unwrap();
        assert_eq!(bytes, b"warning: interface chosen: w\\027[2Jg0: VPN\n");
    }

    #[test]
    fn the_variable_wins_over_the_switch_unless_it_makes_no_sense() {
        assert_eq!(filter(0, None).default_level(), Some(LevelFilter::WARN));
        assert_eq!(filter(1, None).default_level(), Some(LevelFilter::DEBUG));
        assert_eq!(
            filter(9, Some("error")).default_level(),
            Some(LevelFilter::ERROR)
        );
        assert_eq!(
            filter(2, Some("x=what")).default_level(),
            Some(LevelFilter::TRACE)
        );
    }
}
