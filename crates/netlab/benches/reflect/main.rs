//! Measures reflectors between two links: `cooeed`, `avahi-daemon` and `mdns-repeater`.
//!
//! In:  hosts played by [`netlab::hosts`] on one link, a browser on the other one.
//! Out: a table: what was found and how soon, packets on both links, processor time, memory.
//!
//! `cargo bench -p netlab --bench reflect` measures everything once; `-- --help` lists the options.

#[cfg(target_os = "linux")]
mod browser;
#[cfg(target_os = "linux")]
mod case;
#[cfg(target_os = "linux")]
mod chatter;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod router;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod table;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::BENCH.main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
