//! Replays captures of real networks: `cargo xtask replay [--live] FILE...`.
//!
//! In:  pcap and pcapng files.
//! Out: for each a report: what could not be read, the verdicts on the rest, which services there
//!      are. Exit code 0 if nothing broke; with `--live`, also not in the real program, on a
//!      separate link.

#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    netlab::replay::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
