//! What it costs to be attacked.
//!
//! In:  thousands of hostile packets a second, and programs that register and browse beside them.
//! Out: a table: memory before and at its peak, processor time for each hostile packet, how many
//!      honest questions were answered and how fast, what is right afterwards.
//!
//! `cargo bench -p netlab --bench hostile` attacks each for a minute; `-- --help` tells what can be
//! chosen.

#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod siege;
#[cfg(target_os = "linux")]
mod subject;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    siege::BENCH.main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
