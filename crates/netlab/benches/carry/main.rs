//! Measures what a browser and a publisher make the network carry, and the memory they need.
//!
//! In:  hosts played by [`netlab::hosts`], and programs that browse or register: Cooee and others.
//! Out: a table: packets and bytes of the first 15 s and of the idle time after it, the answers that
//!      they caused, memory per instance.
//!
//! `cargo bench -p netlab --bench carry` measures everything once; `-- --help` lists the options.

#[cfg(target_os = "linux")]
mod case;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod subject;
#[cfg(target_os = "linux")]
mod table;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    run::BENCH.main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
