//! Measures the DNS server of `cooeed`: many services on a link, many questions by unicast.
//!
//! In:  hosts played by [`netlab::hosts`] on one link, one asker on another one.
//! Out: a table: what was answered and how fast, processor time and memory of the daemon, and how
//!      many packets it sent on the link.
//!
//! `cargo bench -p netlab --bench unicast` measures everything once; `-- --help` lists the options.

#[cfg(target_os = "linux")]
mod asker;
#[cfg(target_os = "linux")]
mod run;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::BENCH.main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
