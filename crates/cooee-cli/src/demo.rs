//! `cooee demo`: three hosts that come, meet and go, in 11 seconds.
//!
//! In:  nothing: no network, no privilege, no daemon.
//! Out: what is seen, with times; whether all of it was seen. Nothing leaves the machine: the
//!      hosts use the loopback interface and a port of their own, or a link that is simulated
//!      where loopback carries no multicast.

mod loopback;
mod simulated;

use std::io::Write;
use std::time::{Duration, Instant};

use cooee::Removal;

use crate::failure::Failure;
use crate::out::Out;
use crate::quiescence::after;

use loopback::Loopback;
pub(crate) use loopback::play_mortal;
use simulated::Simulated;

/// The place where the script is played.
trait Stage {
    /// Starts a host, which announces its service.
    fn enter(&mut self, actor: &Actor) -> Result<(), Failure>;

    /// Kills a host, which sends nothing more.
    fn kill(&mut self, actor: &Actor);

    /// Lets a host leave. Returns whether goodbyes were sent.
    fn leave(&mut self, actor: &Actor) -> bool;

    /// Returns what the listener sees next, or what is reported to a host about itself; `None`
    /// after `end`.
    fn next(&mut self, end: Instant) -> Option<DemoEvent>;
}

/// A host of the script.
#[derive(Debug, PartialEq, Eq)]
struct Actor {
    service: &'static str,
    host: &'static str,
    ttl_secs: u32,
}

/// What happens in the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
enum DemoEvent {
    /// The listener has found and resolved a service.
    Seen {
        service: String,
        host: String,
        port: u16,
    },
    /// The listener has lost a service.
    Gone { service: String, why: Removal },
    /// A host learns that its service has another name.
    Renamed { old: String, new: String },
}

/// The running demo.
struct Demo<'o, W> {
    out: &'o mut Out<W>,
    begun: Instant,
}

/// Plays the demo. Returns whether all of it was seen.
pub(crate) fn run<W: Write>(out: &mut Out<W>) -> Result<bool, Failure> {
    let begun = Instant::now();
    let mut demo = Demo { out, begun };
    match Loopback::open() {
        Ok(mut stage) => {
            demo.say("Three hosts appear on the loopback interface; a fourth listens.")?;
            demo.play(&mut stage)?;
        }
        Err(failure) => {
            let why = failure.message();
            demo.say(&format!("The loopback interface cannot be used: {why}."))?;
            demo.say("Three hosts appear on a simulated link; a fourth listens.")?;
            demo.play(&mut Simulated::open()?)?;
        }
    }
    demo.say("All of it was seen. `cooee browse` shows what is on your own network.")?;
    Ok(true)
}

impl<W: Write> Demo<'_, W> {
    fn play(&mut self, stage: &mut impl Stage) -> Result<(), Failure> {
        stage.enter(&PRINTER)?;
        self.expect(stage, "the printer was found and resolved", |heard| {
            is_seen(heard, "Printer")
        })?;
        stage.enter(&CLOCK)?;
        self.expect(stage, "the clock was found and resolved", |heard| {
            is_seen(heard, "Old Clock")
        })?;

        self.scene("A second printer comes and claims the name `Printer` too.")?;
        stage.enter(&RIVAL)?;
        self.expect(
            stage,
            "the second printer lost the conflict and was renamed",
            |heard| matches!(heard, DemoEvent::Renamed { new, .. } if new == "Printer (2)"),
        )?;
        self.expect(
            stage,
            "the second printer was found under its new name",
            |heard| is_seen(heard, "Printer (2)"),
        )?;

        self.scene("The clock dies without a goodbye; its records live for 3 seconds more.")?;
        stage.kill(&CLOCK);
        self.expect(stage, "the dead clock aged out", |heard| {
            is_gone(heard, "Old Clock", Removal::Expired)
        })?;

        self.scene("The first printer leaves, with a goodbye.")?;
        if !stage.leave(&PRINTER) {
            return Err(unseen("goodbyes were sent"));
        }
        self.expect(stage, "the first printer left with a goodbye", |heard| {
            is_gone(heard, "Printer", Removal::Goodbye)
        })
    }

    /// Opens a scene, after enough time to read the last one.
    fn scene(&mut self, text: &str) -> Result<(), Failure> {
        std::thread::sleep(PAUSE);
        self.say(text)
    }

    /// Reports what happens until the awaited event, or for too long.
    fn expect(
        &mut self,
        stage: &mut impl Stage,
        what: &'static str,
        is_it: impl Fn(&DemoEvent) -> bool,
    ) -> Result<(), Failure> {
        let end = after(Instant::now(), PATIENCE);
        while let Some(heard) = stage.next(end) {
            self.say(&format!("  {}", text(&heard)))?;
            if is_it(&heard) {
                return Ok(());
            }
        }
        Err(unseen(what))
    }

    fn say(&mut self, text: &str) -> Result<(), Failure> {
        let seconds = self.begun.elapsed().as_secs_f64();
        writeln!(self.out.writer(), "{seconds:5.1} s  {text}")?;
        self.out.flush()?;
        Ok(())
    }
}

fn is_seen(heard: &DemoEvent, name: &str) -> bool {
    matches!(heard, DemoEvent::Seen { service, .. } if service == name)
}

fn is_gone(heard: &DemoEvent, name: &str, reason: Removal) -> bool {
    matches!(heard, DemoEvent::Gone { service, why } if service == name && *why == reason)
}

fn unseen(what: &str) -> Failure {
    Failure::NotFound(format!("the demo waited in vain to see that {what}"))
}

/// Returns a line about what was seen.
fn text(heard: &DemoEvent) -> String {
    match heard {
        DemoEvent::Seen {
            service,
            host,
            port,
        } => format!("seen    {service:<12} at {host} port {port}"),
        DemoEvent::Gone { service, why } => {
            let why = match why {
                Removal::Goodbye => "it sent a goodbye",
                Removal::Expired => "it expired",
                Removal::Replaced
                | Removal::InterfaceGone
                | Removal::Unconfirmed
                | Removal::Unanswered
                | Removal::Evicted
                | _ => "it is gone",
            };
            format!("gone    {service:<12} {why}")
        }
        DemoEvent::Renamed { old, new } => {
            format!("renamed {new:<12} `{old}` belongs to another host")
        }
    }
}

const PRINTER: Actor = Actor {
    service: "Printer",
    host: "printer",
    ttl_secs: 120,
};

/// Its records have short TTLs, so that its death is noticed soon.
const CLOCK: Actor = Actor {
    service: "Old Clock",
    host: "clock",
    ttl_secs: 3,
};

const RIVAL: Actor = Actor {
    service: "Printer",
    host: "rival",
    ttl_secs: 120,
};

const SERVICE_TYPE: &str = "_cooee-demo._tcp";

/// The port of the services; nobody connects to it.
const SERVICE_PORT: u16 = 8080;

/// Time to read what has happened. During this time, only refreshing happens in the demo.
const PAUSE: Duration = Duration::from_millis(2_000);

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);
