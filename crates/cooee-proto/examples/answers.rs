//! Has the engine answer a given number of questions, for a tool that counts instructions.
//!
//! Usage: `answers answered FIXTURE TIMES`, where FIXTURE is `legacy-srv`, `legacy-a` or
//! `multicast-srv`. Run it under `valgrind --tool=callgrind --toggle-collect='*work*answered*'`
//! and divide what was collected by TIMES; `cargo xtask counts` does so for all of
//! `benches/counts.txt`.

#[path = "../benches/work/mod.rs"]
mod work;

use std::error::Error;
use std::hint::black_box;
use std::process::ExitCode;

use cooee_proto::time::{Duration, Instant};
use cooee_proto::wire::RecordType;

/// How many services the host has that answers.
const SERVICES: usize = 1_000;
/// From where a question comes that is answered by multicast, and by unicast.
const MDNS_PORT: u16 = 5_353;
const LEGACY_PORT: u16 = 40_000;
/// How far apart the questions are. A record that is asked for again a second later can be
/// multicast again.
const GAP: Duration = Duration::from_millis(2);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["answered", fixture, times] => run(fixture, times),
        _ => Err("usage: answers answered FIXTURE TIMES".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

#[allow(
    clippy::print_stderr,
    reason = "a program says on standard error why it failed"
)]
fn report(error: &dyn Error) {
    eprintln!("{error}");
}

fn run(fixture: &str, times: &str) -> Result<(), Box<dyn Error>> {
    let times: usize = times.parse()?;
    let (port, rtype) = match fixture {
        "legacy-srv" => (LEGACY_PORT, RecordType::SRV),
        "legacy-a" => (LEGACY_PORT, RecordType::A),
        "multicast-srv" => (MDNS_PORT, RecordType::SRV),
        other => return Err(format!("no such fixture: {other}").into()),
    };
    let mut engine = work::engine();
    work::announced(&mut engine, &work::sets(SERVICES));
    let asked = |n| match rtype {
        RecordType::A => work::name("host.local"),
        _ => work::instance(n),
    };
    let queries: Vec<Vec<u8>> = (0..SERVICES)
        .map(|n| work::query(&asked(n), rtype))
        .collect();
    let mut now = Instant::ZERO + Duration::from_secs(10);
    let mut buffer = Vec::with_capacity(9000);
    for bytes in queries.iter().cycle().take(times) {
        now = now + GAP;
        let bytes = black_box(bytes);
        black_box(work::answered(&mut engine, (now, port), bytes, &mut buffer));
    }
    Ok(())
}
