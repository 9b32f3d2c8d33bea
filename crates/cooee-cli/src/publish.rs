//! The commands that publish: `register` and `publish-host`, until a signal or the timeout.
//!
//! In:  the parsed command line.
//! Out: what becomes of the name, on standard output; goodbyes before the end.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use cooee::{Mdns, Name, RegisterError, Registration, Status, TxtBuilder};

use crate::args::{MemoryArgs, Options, RegisterArgs};
use crate::failure::{Failure, warn};
use crate::families::Families;
use crate::follow::say;
use crate::hindrance::Hindrance;
use crate::out::Out;
use crate::output::{Instance, Named};
use crate::publish_output::{self, Ordered, Place, PublishReport};
use crate::signals::Signals;
use crate::start::remembering;
use crate::target::texts;
use crate::watch::{Mapped, Next, Watch};

/// What ends the wait, or is reported during it.
enum PublishEvent {
    Status(Status),
    Signal,
}

/// Why following something published has ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// It was to end: by a signal; or by the timeout, once its name was claimed.
    Asked(Won),
    /// The timeout has passed, and its name was not claimed.
    TimeUp,
    /// Another host uses its name.
    NameTaken(Name),
    /// It was not published at all.
    Failed(RegisterError),
    /// The driver has shut down.
    Stopped,
}

impl End {
    /// Returns what has come of the name, or the error with which the program ends.
    fn won(self, options: &Options, mdns: &Mdns) -> Result<Won, Failure> {
        match self {
            Self::Asked(won) => Ok(won),
            Self::TimeUp => {
                let hindrance = Hindrance::find(mdns, Families::of(options));
                let _ = mdns.shutdown().wait();
                let message = Hindrance::explain(hindrance.as_ref(), NOT_WON, NOT_WON_HINT);
                Err(Failure::NotFound(message))
            }
            Self::NameTaken(name) => {
                let _ = mdns.shutdown().wait();
                Err(RegisterError::NameTaken { name }.into())
            }
            Self::Failed(error) => Err(error.into()),
            Self::Stopped => Err(stopped(&cooee::DriverError::Stopped)),
        }
    }
}

/// What has come of a name.
#[derive(Debug, PartialEq, Eq)]
enum Won {
    No,
    Everywhere,
    /// By this way nothing ever left, as this tells.
    Partly(String),
}

impl Won {
    /// Returns what the program ends with.
    fn into_result(self) -> Result<bool, Failure> {
        match self {
            Self::No => Ok(false),
            Self::Everywhere => Ok(true),
            Self::Partly(message) => Err(Failure::Partly(message)),
        }
    }
}

/// The ways by which nothing leaves: an interface, or one family of it.
#[derive(Default)]
struct Unsent {
    now: BTreeSet<Way>,
    /// Those by which nothing had left when the name was won, nor since.
    since_won: BTreeSet<Way>,
}

type Way = (String, Option<String>);

impl Unsent {
    fn note(&mut self, report: &PublishReport) {
        if let PublishReport::Waiting {
            interface, family, ..
        } = report
        {
            self.now.insert((interface.clone(), family.clone()));
        }
        if let PublishReport::WaitingOver {
            interface, family, ..
        } = report
        {
            let way = (interface.clone(), family.clone());
            self.now.remove(&way);
            self.since_won.remove(&way);
        }
    }

    fn on_won(&mut self) {
        self.since_won.clone_from(&self.now);
    }

    /// Returns what has come of a name that was won.
    fn won(&self) -> Won {
        let unsent =
            |(interface, family): &Way| publish_output::unsent(interface, family.as_deref());
        let unsent: Vec<String> = self.since_won.iter().map(unsent).collect();
        match unsent.is_empty() {
            true => Won::Everywhere,
            false => Won::Partly(unsent.join("; ")),
        }
    }
}

/// Registers a service. Returns whether it got a name.
pub(crate) fn register<W: Write>(
    args: &RegisterArgs,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let mut watch = Watch::new();
    watch.add(Mapped::new(Signals::new()?, |()| {
        Some(PublishEvent::Signal)
    }));
    let registration = registration(args)?;
    warn_of_subtypes(&args.subtypes);
    let mdns = remembering(options, &args.memory)?;
    let (service, news) = mdns.register(registration).start()?;
    watch.add(Mapped::new(news, |status| {
        Some(PublishEvent::Status(status))
    }));
    let won = follow(watch, options.timeout, out, |report| {
        let PublishReport::Registered { place, .. } = report else {
            return false;
        };
        let addresses = Families::of(options).announced(&args.addresses, &mdns);
        let subtypes = texts(&args.subtypes);
        *place = Some(Place::new(
            service.host(),
            args.service.port,
            addresses,
            subtypes,
        ));
        true
    })?
    .won(options, &mdns)?;
    let instance = Instance::new(&service.instance(), None);
    let goodbyes = service
        .unregister()
        .wait()
        .map_err(|error| stopped(&error))?;
    let goodbyes = Some(publish_output::sent(&goodbyes));
    out.publish_report(&PublishReport::Unregistered { instance, goodbyes })?;
    out.flush()?;
    let _ = mdns.shutdown().wait();
    won.into_result()
}

/// A host to publish.
pub(crate) struct Host<'a> {
    pub(crate) name: &'a str,
    /// If empty, those of this machine.
    pub(crate) addresses: &'a [IpAddr],
    pub(crate) no_rename: bool,
}

/// Publishes a host. Returns whether it got a name.
pub(crate) fn publish_host<W: Write>(
    host: &Host<'_>,
    memory: &MemoryArgs,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let mut watch = Watch::new();
    watch.add(Mapped::new(Signals::new()?, |()| {
        Some(PublishEvent::Signal)
    }));
    let mdns = remembering(options, memory)?;
    let publish = mdns.register_host(host.name, host.addresses.iter().copied());
    let publish = if host.no_rename {
        publish.no_rename()
    } else {
        publish
    };
    let (published, news) = publish.start()?;
    watch.add(Mapped::new(news, |status| {
        Some(PublishEvent::Status(status))
    }));
    let won = follow(watch, options.timeout, out, |report| {
        let PublishReport::HostRegistered { addresses: own, .. } = report else {
            return false;
        };
        *own = Families::of(options).announced(host.addresses, &mdns);
        true
    })?
    .won(options, &mdns)?;
    let name = Named::new(&published.name());
    let goodbyes = published
        .unregister()
        .wait()
        .map_err(|error| stopped(&error))?;
    let goodbyes = Some(publish_output::sent(&goodbyes));
    out.publish_report(&PublishReport::HostUnregistered { name, goodbyes })?;
    out.flush()?;
    let _ = mdns.shutdown().wait();
    won.into_result()
}

/// Warns about subtypes that few will ask for.
//= https://www.rfc-editor.org/rfc/rfc6763#section-7.1
//# Subtype strings are not required to begin with an underscore, though
//# they often do.
fn warn_of_subtypes(subtypes: &[cooee::Subtype]) {
    let bare = subtypes
        .iter()
        .filter(|name| !name.as_str().starts_with('_'));
    for name in bare {
        warn(&format!(
            "the subtype `{name}` has no underscore: a browser of `_{name}` does not find it"
        ));
    }
}

fn registration(args: &RegisterArgs) -> Result<Registration, Failure> {
    let service = &args.service;
    let mut txt = TxtBuilder::default();
    for string in &service.txt {
        txt.attribute(string.as_bytes());
    }
    for string in &args.txt_strings {
        txt.string(string.as_bytes());
    }
    for bytes in &args.txt_hex {
        txt.string(&bytes.0);
    }
    let txt = txt.finish().map_err(RegisterError::from)?;
    let (name, service_type) = (service.instance.label(), service.instance.service_type());
    let mut registration = Registration::new(service_type, name, service.port).txt(txt);
    for subtype in &args.subtypes {
        registration = registration.subtype(subtype.clone());
    }
    if let Some(host) = &args.host {
        registration = registration.host_named(host);
    }
    if !args.addresses.is_empty() {
        registration = registration.addresses(args.addresses.iter().copied());
    }
    if args.no_rename {
        registration = registration.no_rename();
    }
    if args.any_type {
        registration = registration.any_type();
    }
    Ok(registration)
}

/// Reports what becomes of it until it is to end. `complete` adds to a report, and returns whether
/// the report means that the name is claimed.
fn follow<W: Write>(
    mut watch: Watch<PublishEvent>,
    timeout: Option<Duration>,
    out: &mut Out<W>,
    complete: impl Fn(&mut PublishReport) -> bool,
) -> io::Result<End> {
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let (mut won, mut order) = (false, Ordered::default());
    let mut unsent = Unsent::default();
    loop {
        out.flush()?;
        let status = match watch.next(end) {
            Next::Item(PublishEvent::Status(status)) => status,
            Next::Item(PublishEvent::Signal) | Next::TimeUp if won => {
                return Ok(End::Asked(unsent.won()));
            }
            Next::Item(PublishEvent::Signal) => return Ok(End::Asked(Won::No)),
            Next::TimeUp => return Ok(End::TimeUp),
            Next::Ended => return Ok(End::Stopped),
        };
        for mut report in publish_output::of(&status)
            .into_iter()
            .flat_map(|report| order.sort(report))
        {
            unsent.note(&report);
            let is_won = complete(&mut report);
            out.publish_report(&report)?;
            if is_won && !std::mem::replace(&mut won, true) {
                unsent.on_won();
                out.flush()?;
                say("Ctrl-C withdraws it, with goodbyes, and ends");
            }
        }
        match status {
            Status::NameTaken(name) => return Ok(End::NameTaken(name)),
            Status::Failed(error) => return Ok(End::Failed(error)),
            Status::Registered(_)
            | Status::Renamed { .. }
            | Status::HostRegistered(_)
            | Status::HostRenamed { .. }
            | Status::RecordRegistered
            | Status::Withdrawn
            | Status::Lagged { .. }
            | _ => {}
        }
    }
}

fn stopped(error: &cooee::DriverError) -> Failure {
    Failure::Start {
        message: error.to_string(),
        hint: Some("`--verbose` shows what happened before"),
    }
}

const NOT_WON: &str = "the name was not claimed in time";

const NOT_WON_HINT: &str =
    "; `cooee interfaces` shows whether there is an interface to announce it on";

#[cfg(test)]
mod tests;
