//! Each task with each daemon, on a link of its own.
//!
//! In:  options.
//! Out: the table.

use std::thread::sleep;
use std::time::Duration;

use netlab::avahi::{self, Service, Settings};
use netlab::bench::{Bench, cpu_of, say};
use netlab::error::{Error, Result};
use netlab::hostile::{Attack, Family, Sources, Target, attack_from};
use netlab::hosts::{Config, Played};
use netlab::lab::Families;
use netlab::process::{Memory, wake_ups_of};
use netlab::served::{Daemon, Served};
use netlab::{Lab, Node, Port, Segment, cooeed};

use crate::options::{HELP, Options, name_of};
use crate::task::{Load, Task};

/// The bench.
pub(crate) const BENCH: Bench<Options> = Bench {
    help: HELP,
    read: Options::read,
    prepare,
    measure,
    subject: |_| Err(Error::new("no subject is a process of this program")),
};

fn prepare(options: &Options) -> Result<()> {
    if options.daemons.contains(&Daemon::Cooeed) {
        cooeed::build()?;
    }
    match avahi::missing() {
        Some(why) if options.daemons.contains(&Daemon::Avahi) => Err(Error::new(why)),
        Some(_) | None => Ok(()),
    }
}

/// What a task cost.
struct Cost {
    /// How long it took, or how far it got.
    took: std::result::Result<f64, String>,
    cpu: Duration,
    wake_ups: u64,
    memory: Memory,
    /// When the clients have left.
    at_rest: Memory,
}

fn measure(options: &Options) -> Result<()> {
    let mut lab = Lab::new()?;
    say(
        "task      daemon      seconds      CPU ms    wake-ups   memory kB     peak kB  \
         private kB     rest kB  rest private kB",
    );
    for task in &options.tasks {
        for daemon in &options.daemons {
            let cost = cost(&mut lab, options, *task, *daemon)?;
            let took = match &cost.took {
                Ok(seconds) => format!("{seconds:.2}"),
                Err(so_far) => so_far.clone(),
            };
            say(&format!(
                "{:<9} {:<8} {took:>10} {:>11.1} {:>11} {:>11} {:>11} {:>11} {:>11} {:>16}",
                task.name(),
                name_of(*daemon),
                cost.cpu.as_secs_f64() * 1e3,
                cost.wake_ups,
                cost.memory.resident / 1024,
                cost.memory.peak / 1024,
                cost.memory.private / 1024,
                cost.at_rest.resident / 1024,
                cost.at_rest.private / 1024,
            ));
        }
    }
    Ok(())
}

/// Makes a link with a host for the daemon, and one for everybody else.
fn cost(lab: &mut Lab, options: &Options, task: Task, daemon: Daemon) -> Result<Cost> {
    let segment = lab.segment()?;
    let names = ["daemon", "others"];
    let [here, others] = lab.plugged(names, &segment, "eth0", Families::Both)?;
    let hosts = Config {
        interface: "eth0".to_owned(),
        count: options.services,
        network: segment.network(),
        ipv6: false,
        additional: true,
        seed: 1,
    };
    let hosts = match task.needs_hosts() {
        true => Some(Played::start(&others.0, hosts)?),
        false => None,
    };
    let settings = Settings {
        host_name: "bench".to_owned(),
        interfaces: vec!["eth0".to_owned()],
        services: (0..OWN_SERVICES).map(own_service).collect(),
    };
    let served = Served::start(&here.0, daemon, &settings)?;
    let load = Load::start(&served, task, options.services, options.clients)?;
    // What it says when it starts, it has said.
    sleep(SETTLE);
    let cost = observe(options, task, &served, load, || {
        attack(options, &segment, &others, &here.1)
    });
    drop((served, hosts));
    for (node, _) in [here, others] {
        node.remove()?;
    }
    cost
}

fn observe(
    options: &Options,
    task: Task,
    served: &Served,
    load: Option<Load>,
    attack: impl FnOnce() -> Result<()>,
) -> Result<Cost> {
    let pid = served.pid()?;
    let before = (cpu_of(pid)?, wake_ups_of(pid)?);
    let took = match (task, &load) {
        (_, Some(load)) => load.run(options.limit)?,
        (Task::Hostile, None) => {
            attack()?;
            Ok(options.quiet.as_secs_f64())
        }
        (_, None) => {
            sleep(options.quiet);
            Ok(options.quiet.as_secs_f64())
        }
    };
    let (cpu, wake_ups) = (cpu_of(pid)?, wake_ups_of(pid)?);
    let memory = Memory::of(pid)?;
    drop(load);
    sleep(LEAVING);
    Ok(Cost {
        took,
        cpu: cpu.saturating_sub(before.0),
        wake_ups: wake_ups.saturating_sub(before.1),
        memory,
        at_rest: Memory::of(pid)?,
    })
}

/// Sends hostile packets of every kind from `attacker` to the host of the daemon.
fn attack(
    options: &Options,
    segment: &Segment,
    (attacker, from): &(Node, Port),
    to: &Port,
) -> Result<()> {
    let instances = (0..OWN_SERVICES).map(|n| own_service(n).instance);
    let attack = Attack {
        interface: from.interface.clone(),
        network: segment.network(),
        target: Target::of(to, SERVICE_TYPE, instances.collect())?,
        families: Family::mix(),
        sources: Sources::Many,
        rate: HOSTILE_RATE,
        duration: options.quiet,
        seed: 1,
    };
    let report = attack_from(attacker, attack)?;
    say(&format!("          {} hostile packets", report.sent));
    Ok(())
}

/// Returns a service that the daemon publishes from a file.
fn own_service(number: u16) -> Service {
    Service {
        instance: format!("own {number}"),
        service_type: SERVICE_TYPE.to_owned(),
        port: 9_000 + number,
        txt: vec![format!("number={number}")],
    }
}

/// The type of the daemon's own services.
const SERVICE_TYPE: &str = "_own._tcp";

const OWN_SERVICES: u16 = 10;

/// Hostile packets per second.
const HOSTILE_RATE: u32 = 5_000;

/// How long it is quiet before a measurement begins.
const SETTLE: Duration = Duration::from_secs(6);

/// How long after its clients have left a daemon is at rest.
const LEAVING: Duration = Duration::from_secs(6);
