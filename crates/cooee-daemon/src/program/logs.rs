//! The log.
//!
//! In:  what the daemon and the library report.
//! Out: lines on standard error, or to syslog.

use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;

use tracing_subscriber::filter::LevelFilter;

/// Starts logging.
pub(super) fn start(debug: bool, syslog: bool) {
    let level = match debug {
        true => LevelFilter::DEBUG,
        false => LevelFilter::INFO,
    };
    let lines = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_target(debug)
        .without_time();
    let started = match syslog {
        true => lines.with_writer(Syslog::connect).try_init(),
        false => lines.with_writer(io::stderr).try_init(),
    };
    // Fails only for a second log in one process.
    let _ = started;
}

/// One line to syslog.
struct Syslog(Option<UnixDatagram>);

impl Syslog {
    fn connect() -> Self {
        let socket = UnixDatagram::unbound().and_then(|socket| {
            socket.connect("/dev/log")?;
            Ok(socket)
        });
        Self(socket.ok())
    }
}

impl Write for Syslog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(socket) = &self.0 {
            let head = format!("<{DAEMON_INFO}>cooeed[{}]: ", std::process::id());
            socket.send(&[head.as_bytes(), line.trim_ascii_end()].concat())?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Facility `daemon`, severity `info` (RFC 5424 section 6.2.1).
const DAEMON_INFO: u8 = 3 * 8 + 6;
