//! Measures the cost of an attack.
//!
//! In:  thousands of hostile packets per second, and programs that register and browse beside them.
//! Out: a table: memory before and at its peak, processor time per hostile packet, how many honest
//!      questions were answered and how fast, what is right afterwards.
//!
//! `cargo bench -p netlab --bench hostile` attacks each for a minute; `-- --help` lists the
//! options.

#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod subject;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::BENCH.main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
