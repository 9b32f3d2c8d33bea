//! Does one piece of work a given number of times, for a tool that counts instructions.
//!
//! Usage: `counts decode|build FIXTURE TIMES` or `counts hash FIXTURE TIMES`. Run it under
//! `valgrind --tool=callgrind --toggle-collect='*work*decode*'` (or `build`, `hash`) and divide the
//! result by TIMES. `cargo xtask counts` does so for all of `benches/counts.txt`.

#[allow(dead_code, reason = "the benchmark uses more of it")]
#[path = "../benches/work/mod.rs"]
mod work;

use std::error::Error;
use std::hint::black_box;
use std::process::ExitCode;

use work::fixtures;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [kind, fixture, times] => run(kind, fixture, times),
        _ => Err("usage: counts decode|build|hash FIXTURE TIMES".into()),
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

fn run(kind: &str, fixture: &str, times: &str) -> Result<(), Box<dyn Error>> {
    let times: u32 = times.parse()?;
    let packet = fixtures::one(fixture);
    let prepared = work::prepare(&packet)?;
    let names = work::question_names(&packet)?;
    let mut buffer = Vec::with_capacity(9000);
    for _ in 0..times {
        match kind {
            "decode" => _ = black_box(work::decode(black_box(&packet))?),
            "build" => _ = black_box(work::build(black_box(&prepared), &mut buffer)?),
            "hash" => _ = black_box(work::hash(black_box(&names), 7)?),
            other => return Err(format!("no such work: {other}").into()),
        }
    }
    Ok(())
}
