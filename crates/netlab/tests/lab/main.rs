//! Cooee and Avahi as hosts of one link.
//!
//! In:  the laboratory, a real Avahi, the `cooee` program.
//! Out: whether what one publishes is what the other finds.

#[cfg(target_os = "linux")]
mod suite;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    netlab::harness::main(suite::TESTS, suite::ROLES)
}

#[cfg(not(target_os = "linux"))]
fn main() {}
