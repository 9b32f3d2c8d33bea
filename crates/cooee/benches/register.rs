//! How long many concurrent registrations take, until each is announced, in one process.
//!
//! Runs on `lo` of a network namespace that it makes. 10,000 should take less than 12 times as long
//! as 1,000: each has the same work, however many there are.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and ends when something fails"
)]

#[cfg(unix)]
#[path = "../tests/support/join.rs"]
mod support;

#[cfg(unix)]
fn main() {
    if std::env::var_os(INSIDE).is_some() {
        return unix::measure();
    }
    let program = std::env::current_exe().expect("a running program has a path");
    let script = format!("ip link set lo up && exec {}", program.display());
    let output = netcell::run_script("register bench", &script, &[(INSIDE, "yes")]);
    if let Some(output) = output {
        print!("{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.status.success(), "it ran to its end");
    }
}

#[cfg(windows)]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::future::IntoFuture;
    use std::time::{Duration, Instant};

    use cooee::{Mdns, Registered, Registration, ServiceType};

    use super::support::join;

    pub(super) fn measure() {
        let [few, many] = [1_000, 10_000].map(|services| {
            let [registering, withdrawing] = once(services);
            println!(
                "{services:>6} services: registered and announced in {:.2} s, withdrawn in {:.2} s",
                registering.as_secs_f64(),
                withdrawing.as_secs_f64(),
            );
            registering
        });
        let times = many.as_secs_f64() / few.as_secs_f64();
        println!("10,000 take {times:.1} times as long as 1,000");
    }

    fn once(services: usize) -> [Duration; 2] {
        let builder = Mdns::builder().interfaces(["lo"]).ipv4_only();
        let mdns = builder.build().expect("lo can be used");
        let http: ServiceType = "_http._tcp".parse().expect("a service type");
        let since = Instant::now();
        let registering = (0..services).map(|n| {
            let service = Registration::new(&http, format!("Web {n}"), 80);
            mdns.register(service.host_named("desk")).into_future()
        });
        let registered: Vec<Registered> = join(registering)
            .into_iter()
            .map(|one| one.expect("it is free"))
            .collect();
        let registering = since.elapsed();
        let since = Instant::now();
        let withdrawn = join(
            registered
                .into_iter()
                .map(|held| held.unregister().into_future()),
        );
        assert!(withdrawn.iter().all(Result::is_ok), "the driver runs");
        [registering, since.elapsed()]
    }
}

/// Set inside the namespace.
#[cfg(unix)]
const INSIDE: &str = "COOEE_BENCH_INSIDE";
