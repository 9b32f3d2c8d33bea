//! Measures the time until every instance on a busy link is resolved, and the cost.
//!
//! In:  hosts played by [`netlab::hosts`], and programs that browse: Cooee and others.
//! Out: a table of medians: time until all are resolved, processor time per instance, datagrams
//!      that the kernel dropped because they were not read in time.
//!
//! `cargo bench -p netlab --bench instances` measures everything five times; `-- --help` lists the
//! options.

#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod race;
#[cfg(target_os = "linux")]
mod subject;
#[cfg(target_os = "linux")]
mod table;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    race::BENCH.main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
