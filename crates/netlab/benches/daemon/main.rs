//! Measures `cooeed` beside `avahi-daemon`, by the same clients on the same bus.
//!
//! In:  hosts played by [`netlab::hosts`], clients on D-Bus, hostile packets.
//! Out: a table: how long it took, processor time, memory, how often the daemon woke.
//!
//! `cargo bench -p netlab --bench daemon` measures everything once; `-- --help` lists the options.

#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod task;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::BENCH.main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
