//! The end of what was announced, as seen on the wire.
//!
//! In:  a signal; a name that another host has.
//! Out: whether every announced record is withdrawn, and how the program ends.

use std::collections::BTreeMap;
use std::time::Duration;

use cooee_wire::{Message, RecordType};
use netlab::capture::{Capture, Seen};
use netlab::clock::monotonic;
use netlab::cooee;
use netlab::error::Context;
use netlab::{Result, ensure};
use nix::sys::signal::Signal;

use super::setup::{HTTP, ONCE_LIMIT, Pair, service};

/// How long a goodbye may take, including the end of the program.
const END_LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn interrupted() -> Result<()> {
    let pair = Pair::new()?;
    let capture = Capture::start(&pair.here)?;
    let arguments = [
        "register", "Web", HTTP, "80", "a=1", "--host", "here", "--sub", "_x",
    ];
    let cooee = cooee::start(&pair.here, &arguments)?;
    cooee.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
    std::thread::sleep(Duration::from_millis(1_500));
    let left = announced(&capture.seen())?;
    ensure!(left.len() >= 6, "only {left:?} was announced");
    let at = monotonic();
    cooee.signal(Signal::SIGINT)?;
    cooee.finish(ONCE_LIMIT)?.success()?;
    let after = monotonic().saturating_sub(at);
    ensure!(after < END_LIMIT, "it ended after {after:?}");
    let left = announced(&capture.stop())?;
    ensure!(left.is_empty(), "{left:?} was never taken back");
    Ok(())
}

pub(crate) fn no_rename() -> Result<()> {
    let pair = Pair::new()?;
    let _avahi = pair.avahi(vec![service("Web", 80)])?;
    let capture = Capture::start(&pair.here)?;
    let arguments = [
        "register",
        "Web",
        HTTP,
        "81",
        "--host",
        "here",
        "--no-rename",
    ];
    let finished = cooee::start(&pair.here, &arguments)?.finish(ONCE_LIMIT)?;
    let (code, said) = (finished.status.code(), finished.stderr_text());
    ensure!(code == Some(1), "exit code {code:?}: {said}");
    ensure!(
        said.contains("Web") && said.contains("belongs to another host"),
        "it says {said:?}"
    );
    let seen = capture.stop();
    let left = announced(&seen)?;
    ensure!(left.is_empty(), "{left:?} is left announced");
    let claimed = seen.iter().filter(|seen| seen.outgoing).any(|seen| {
        Message::parse(&seen.payload).is_ok_and(|message| says_of(&message, "Web._http._tcp.local"))
    });
    ensure!(!claimed, "it spoke for a name that is another host's");
    Ok(())
}

/// Returns whether a response has a record of a name, or of a type that points to it.
fn says_of(message: &Message<'_>, name: &str) -> bool {
    let records = message.records().filter_map(std::result::Result::ok);
    let mut texts = records.map(|(_, record)| {
        record
            .to_record()
            .map(|one| format!("{} {}", one.name, one.data))
    });
    message.header().flags.is_response()
        && texts.any(|text| text.is_ok_and(|text| text.contains(name)))
}

/// The records that a host has announced, and not taken back.
fn announced(seen: &[Seen]) -> Result<BTreeMap<String, u32>> {
    let mut left = BTreeMap::new();
    for seen in seen.iter().filter(|seen| seen.outgoing) {
        let message = Message::parse(&seen.payload).context("message")?;
        if !message.header().flags.is_response() {
            continue;
        }
        for record in message.records() {
            let record = record.context("record")?.1.to_record().context("record")?;
            // What is denied needs no goodbye.
            if record.data.rtype() == RecordType::NSEC {
                continue;
            }
            let key = format!("{} {}", record.name, record.data);
            match record.ttl.as_secs() {
                0 => left.remove(&key),
                ttl => left.insert(key, ttl),
            };
        }
    }
    Ok(left)
}
