//! The demo on the loopback interface: real sockets, and a process that is really killed.
//!
//! In:  the steps of the script.
//! Out: the library's events; or why there is no multicast on this interface.

use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cooee::{Mdns, Registered, Registration, ServiceEvent, ServiceType, Status, StatusStream, Ttl};

use super::{Actor, CLOCK, DemoEvent, SERVICE_PORT, SERVICE_TYPE, Stage};
use crate::failure::Failure;
use crate::output::Named;
use crate::watch::{Mapped, Next, Watch};

/// The loopback interface, and the hosts on it.
pub(super) struct Loopback {
    watch: Watch<DemoEvent>,
    hosts: Vec<(&'static str, Registered, Mdns)>,
    clock: Option<KilledOnDrop>,
    // The listener is dropped last.
    _listener: Mdns,
}

impl Loopback {
    /// Opens it with a listener, if the interface carries multicast.
    pub(super) fn open() -> Result<Self, Failure> {
        let listener = host()?;
        carries_multicast(&listener)?;
        let services = listener.browse(&demo_type()?).start()?;
        let mut watch = Watch::new();
        watch.add(Mapped::new(services, seen));
        Ok(Self {
            watch,
            hosts: Vec::new(),
            clock: None,
            _listener: listener,
        })
    }
}

impl Stage for Loopback {
    fn enter(&mut self, actor: &Actor) -> Result<(), Failure> {
        if *actor == CLOCK {
            self.clock = Some(KilledOnDrop::start()?);
            return Ok(());
        }
        let mdns = host()?;
        let (held, news) = announce(&mdns, actor)?;
        self.watch.add(Mapped::new(news, renamed));
        self.hosts.push((actor.host, held, mdns));
        Ok(())
    }

    fn kill(&mut self, actor: &Actor) {
        debug_assert_eq!(*actor, CLOCK, "the others are no processes of their own");
        self.clock = None;
    }

    fn leave(&mut self, actor: &Actor) -> bool {
        let at = self.hosts.iter().position(|(host, ..)| *host == actor.host);
        let Some((_, held, mdns)) = at.map(|at| self.hosts.remove(at)) else {
            return false;
        };
        let goodbyes = held.unregister().wait();
        let _ = mdns.shutdown().wait();
        goodbyes.is_ok_and(|sent| !sent.is_empty())
    }

    fn next(&mut self, end: Instant) -> Option<DemoEvent> {
        match self.watch.next(Some(end)) {
            Next::Item(heard) => Some(heard),
            Next::TimeUp | Next::Ended => None,
        }
    }
}

/// Runs the host that dies, in a separate process, until it is killed.
pub(crate) fn play_mortal() -> Result<bool, Failure> {
    let mdns = host()?;
    let (_clock, news) = announce(&mdns, &CLOCK)?;
    // Ends with the driver, which nothing here ends.
    news.blocking().for_each(drop);
    Ok(false)
}

/// A host that can be killed: this program in a separate process.
struct KilledOnDrop(Child);

impl KilledOnDrop {
    fn start() -> Result<Self, Failure> {
        let child = std::env::current_exe().and_then(|program| {
            Command::new(program)
                .args(["demo", "--mortal"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
        });
        child.map(Self).map_err(|error: io::Error| Failure::Start {
            message: format!("a host in a process of its own cannot be started: {error}"),
            hint: None,
        })
    }
}

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        // Fails if it is dead already, which the demo will notice.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a driver only on the loopback interface, with a port that nobody else uses.
fn host() -> Result<Mdns, Failure> {
    let decisions = Mdns::builder().decisions()?;
    let mut all = decisions.iter().map(|decision| &decision.interface);
    let loopback = all
        .find(|interface| interface.flags.loopback)
        .ok_or_else(|| unusable("there is none"))?;
    let builder = Mdns::builder().interfaces([loopback.index]);
    Ok(builder.ipv4_only().port(PORT).build()?)
}

/// Tests whether packets of one host reach another.
fn carries_multicast(listener: &Mdns) -> Result<(), Failure> {
    let types = listener.browse_types().start()?;
    let witness = host()?;
    let trial = Registration::new(&parsed(TRIAL_TYPE)?, "Trial", 0).host_named("trial");
    let _trial = witness.register(trial).start()?;
    let mut types = types.blocking();
    if types.next_timeout(TRIAL_MAX).is_err() {
        return Err(unusable("it carries no multicast"));
    }
    Ok(())
}

fn unusable(why: &str) -> Failure {
    Failure::Start {
        message: why.to_owned(),
        hint: None,
    }
}

fn announce(mdns: &Mdns, actor: &Actor) -> Result<(Registered, StatusStream), Failure> {
    let ttl = Ttl(actor.ttl_secs);
    let registration = Registration::new(&demo_type()?, actor.service, SERVICE_PORT)
        .txt(("demo", "cooee"))
        .host_named(actor.host)
        .ttls(ttl, ttl);
    Ok(mdns.register(registration).start()?)
}

fn demo_type() -> Result<ServiceType, Failure> {
    parsed(SERVICE_TYPE)
}

fn parsed(service_type: &str) -> Result<ServiceType, Failure> {
    service_type
        .parse()
        .map_err(|error: cooee::ServiceTypeError| Failure::Argument(error.to_string()))
}

fn seen(event: ServiceEvent) -> Option<DemoEvent> {
    match event {
        ServiceEvent::Added(service) => Some(DemoEvent::Seen {
            service: service.name().into_owned(),
            host: Named::new(service.host()).name,
            port: service.port(),
        }),
        ServiceEvent::Removed { last, why } => Some(DemoEvent::Gone {
            service: last.name().into_owned(),
            why,
        }),
        ServiceEvent::Updated { .. } | ServiceEvent::Lagged { .. } | _ => None,
    }
}

fn renamed(status: Status) -> Option<DemoEvent> {
    let Status::Renamed { old, new } = status else {
        return None;
    };
    let (old, new) = (old.label().into_owned(), new.label().into_owned());
    Some(DemoEvent::Renamed { old, new })
}

/// Nobody else uses Multicast DNS on this port.
const PORT: u16 = 53_535;

/// Differs from the types of the script, so that the test is not part of it.
const TRIAL_TYPE: &str = "_cooee-trial._tcp";

/// How long the test may take; about a second where there is multicast.
const TRIAL_MAX: Duration = Duration::from_secs(5);
