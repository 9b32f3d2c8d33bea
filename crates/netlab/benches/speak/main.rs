//! Measures the cost of publishing: registering many services, and answering for them.
//!
//! In:  programs that register and answer: Cooee and others, beside a bare echo.
//! Out: three tables. Announcing: time until every service was announced twice, datagrams on the
//!      wire, processor time. Legacy queries: answers per second, processor time for them. Latency:
//!      from a query for a unique record to its answer by multicast.
//!
//! `cargo bench -p netlab --bench speak` measures everything five times; `-- --help` lists the
//! options.

#[cfg(target_os = "linux")]
mod announcing;
#[cfg(target_os = "linux")]
mod latency;
#[cfg(target_os = "linux")]
mod legacy;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod query;
#[cfg(target_os = "linux")]
mod race;
#[cfg(target_os = "linux")]
mod subject;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    race::BENCH.main()
}

#[cfg(not(target_os = "linux"))]
fn main() {}
