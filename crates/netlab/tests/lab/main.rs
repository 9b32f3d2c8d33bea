//! Cooee and other responders as hosts of one link.
//!
//! In:  the laboratory, a real Avahi, the `cooee` program.
//! Out: whether the others find what one publishes.

#[cfg(target_os = "linux")]
mod suite;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    netlab::harness::main(suite::TESTS, suite::ROLES)
}

#[cfg(not(target_os = "linux"))]
fn main() {}
