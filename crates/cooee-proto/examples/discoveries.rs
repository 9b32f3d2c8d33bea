//! Has an agent find and resolve a given number of services, for a tool that counts instructions.
//!
//! Usage: `discoveries hear service TIMES`. Run it under
//! `valgrind --tool=callgrind --toggle-collect='*work*hear*'` and divide what was collected by
//! TIMES; `cargo xtask counts` does so.

#[path = "../tests/support/weighed.rs"]
#[allow(dead_code, reason = "tests use what is not needed here")]
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let times = match words[..] {
        ["hear", "service", times] => times.parse().ok(),
        _ => None,
    };
    match times {
        Some(times) if work::Host::that_browses(times).added == times => ExitCode::SUCCESS,
        Some(_) | None => ExitCode::FAILURE,
    }
}
