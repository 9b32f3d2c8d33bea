//! `cooee demo`: three hosts on the loopback interface that come, meet and go, in 15 seconds.
//!
//! In:  nothing: no network, no privilege, no daemon.
//! Out: what is seen, with times; whether all of it was seen. Nothing leaves the machine: the
//!      hosts use the loopback interface and a port of their own.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cooee::{
    Event, Mdns, Registered, Registration, Removal, ServiceType, Status, StatusStream, Ttl,
};

use crate::failure::Failure;
use crate::out::Out;
use crate::watch::{Mapped, Next, Watch};

/// What happens on the stage.
enum Heard {
    Seen(Event),
    Status(Status),
}

/// The demo as it runs.
struct Demo<'o, W> {
    out: &'o mut Out<W>,
    begun: Instant,
    watch: Watch<Heard>,
}

/// Plays the demo; says whether all of it was seen.
pub(crate) fn run<W: Write>(out: &mut Out<W>) -> Result<bool, Failure> {
    let mut demo = Demo {
        out,
        begun: Instant::now(),
        watch: Watch::new(),
    };
    demo.play()?;
    demo.say("All of it was seen. `cooee browse` shows what is on your own network.")?;
    Ok(true)
}

/// Plays the host that dies, in a process of its own, until it is killed.
pub(crate) fn play_mortal() -> Result<bool, Failure> {
    let mdns = host()?;
    let (_clock, news) = announce(&mdns, "Old Clock", "clock", 3)?;
    // Ends with the driver, which nothing here ends.
    news.blocking().for_each(drop);
    Ok(false)
}

impl<W: Write> Demo<'_, W> {
    fn play(&mut self) -> Result<(), Failure> {
        self.say("Three hosts appear on the loopback interface; a fourth listens.")?;
        let listener = host()?;
        let services = listener.browse(&demo_type()?)?;
        self.watch
            .add(Mapped::new(services, |event| Some(Heard::Seen(event))));
        let printer = host()?;
        let (printer_held, _) = announce(&printer, "Printer", "printer", 120)?;
        self.expect("the printer was found and resolved", |heard| {
            added(heard, "Printer")
        })?;
        let mut clock = Mortal::start()?;
        self.expect("the clock was found and resolved", |heard| {
            added(heard, "Old Clock")
        })?;

        self.scene("A second printer comes and claims the name `Printer` too.")?;
        let rival = host()?;
        let (rival_held, news) = announce(&rival, "Printer", "rival", 120)?;
        self.watch
            .add(Mapped::new(news, |status| Some(Heard::Status(status))));
        self.expect("the second printer lost the conflict and was renamed", |heard| {
            matches!(heard, Heard::Status(Status::Renamed { new, .. }) if new.label() == "Printer (2)")
        })?;
        self.expect("the second printer was found under its new name", |heard| {
            added(heard, "Printer (2)")
        })?;

        self.scene("The clock dies without a goodbye; its records live for 3 seconds more.")?;
        clock.kill();
        self.expect("the dead clock aged out", |heard| {
            removed(heard, "Old Clock", Removal::Expired)
        })?;

        self.scene("The first printer leaves, with a goodbye.")?;
        let goodbyes = printer_held.unregister_wait();
        if !goodbyes.is_ok_and(|sent| !sent.is_empty()) {
            return Err(unseen("goodbyes were sent"));
        }
        self.expect("the first printer left with a goodbye", |heard| {
            removed(heard, "Printer", Removal::Goodbye)
        })?;
        drop(rival_held);
        for mdns in [printer, rival, listener] {
            mdns.shutdown().wait();
        }
        Ok(())
    }

    /// Opens a scene, once the last one could be read.
    fn scene(&mut self, text: &str) -> Result<(), Failure> {
        std::thread::sleep(PAUSE);
        self.say(text)
    }

    /// Tells what happens until the awaited happens, or for too long.
    fn expect(
        &mut self,
        what: &'static str,
        is_it: impl Fn(&Heard) -> bool,
    ) -> Result<(), Failure> {
        let end = Instant::now() + PATIENCE;
        while let Next::Item(heard) = self.watch.next(Some(end)) {
            if let Some(text) = text(&heard) {
                self.say(&format!("  {text}"))?;
            }
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

/// A host that can be killed: this program in a process of its own.
struct Mortal(Child);

impl Mortal {
    fn start() -> Result<Self, Failure> {
        let child = std::env::current_exe().and_then(|program| {
            Command::new(program)
                .args(["demo", "--mortal"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
        });
        child.map(Self).map_err(|error| Failure::Start {
            message: format!("a host in a process of its own cannot be started: {error}"),
            hint: None,
        })
    }

    fn kill(&mut self) {
        // Fails when it is dead already, which the demo will notice.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A driver on the loopback interface alone, by a port that nobody else uses.
fn host() -> Result<Mdns, Failure> {
    let decisions = cooee::interfaces()?;
    let mut all = decisions.iter().map(|decision| &decision.interface);
    let loopback = all
        .find(|interface| interface.flags.loopback)
        .ok_or_else(|| Failure::Start {
            message: "there is no loopback interface".to_owned(),
            hint: None,
        })?;
    let builder = Mdns::builder().interfaces([loopback.index]);
    Ok(builder.ipv4_only().port(PORT).build()?)
}

fn announce(
    mdns: &Mdns,
    name: &str,
    host: &str,
    ttl_secs: u32,
) -> Result<(Registered, StatusStream), Failure> {
    let ttl = Ttl(ttl_secs);
    let registration = Registration::new(&demo_type()?, name, 8080)
        .txt(("demo", "cooee"))
        .host_named(host)
        .ttls(ttl, ttl);
    Ok(mdns.register(registration).start()?)
}

fn demo_type() -> Result<ServiceType, Failure> {
    "_cooee-demo._tcp"
        .parse()
        .map_err(|error: cooee::ServiceTypeError| Failure::Argument(error.to_string()))
}

fn added(heard: &Heard, name: &str) -> bool {
    matches!(heard, Heard::Seen(Event::Added(service)) if service.name() == name)
}

fn removed(heard: &Heard, name: &str, reason: Removal) -> bool {
    matches!(heard, Heard::Seen(Event::Removed { last, why })
        if last.name() == name && *why == reason)
}

fn unseen(what: &str) -> Failure {
    Failure::NotFound(format!("the demo waited in vain to see that {what}"))
}

/// A line about what was seen.
fn text(heard: &Heard) -> Option<String> {
    match heard {
        Heard::Seen(Event::Added(service)) => Some(format!(
            "seen    {:<12} at {} port {}",
            service.name(),
            crate::convert::plain(service.host()),
            service.port()
        )),
        Heard::Seen(Event::Removed { last, why }) => {
            let why = match why {
                Removal::Goodbye => "it said goodbye",
                Removal::Expired => "nothing was heard of it any more",
                Removal::Replaced
                | Removal::InterfaceGone
                | Removal::Reconfirmed
                | Removal::Unanswered
                | Removal::Evicted
                | _ => "it is gone",
            };
            Some(format!("gone    {:<12} {why}", last.name()))
        }
        Heard::Status(Status::Renamed { old, new }) => Some(format!(
            "renamed {:<12} `{}` is taken",
            new.label(),
            old.label()
        )),
        Heard::Seen(_) | Heard::Status(_) => None,
    }
}

/// Nobody else speaks Multicast DNS here.
const PORT: u16 = 53_535;

/// Time to read what has happened. Nothing in the demo happens by itself in it but refreshing.
const PAUSE: Duration = Duration::from_millis(2_000);

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);
