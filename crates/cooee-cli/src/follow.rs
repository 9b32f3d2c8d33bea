//! Follows streams of reports until it is time to end.
//!
//! In:  a watch over streams, the user's timeout, and whether one round is enough.
//! Out: reports in a sensible order; whether something was found.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use cooee::{Ignored, InstanceName, Mdns, ServiceType, TypeEvent};

use crate::args::Options;
use crate::escape::escape;
use crate::failure::Failure;
use crate::families::Families;
use crate::hindrance::{Hindrance, tenths};
use crate::out::Out;
use crate::output::{Instance, Report, Service};
use crate::quiescence::{Quiescence, ROUND};
use crate::watch::{Next, Watch};

/// An item of a stream.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A report.
    Report(Report),
    /// A report to which there is no second answer.
    Unique(Report),
    /// A further question was sent, for a type; a list of services has nothing to report.
    #[cfg_attr(
        not(feature = "tui"),
        allow(dead_code, reason = "only the screen lists types")
    )]
    Question(TypeEvent),
}

/// One run.
pub(crate) struct Follow {
    watch: Watch<Heard>,
    start: Instant,
    end: Option<Instant>,
    quiescence: Option<Quiescence>,
    order: Option<Order>,
    /// The first answer is enough.
    is_one: bool,
    /// Every host that has a service answers.
    is_for_all: bool,
    advice: Option<String>,
    families: Families,
}

impl Follow {
    /// Follows until the timeout of `options` has passed or the round has settled; without both,
    /// for ever.
    pub(crate) fn new(
        watch: Watch<Heard>,
        options: &Options,
        quiescence: Option<Quiescence>,
    ) -> Self {
        let start = Instant::now();
        let end = options
            .timeout
            .and_then(|timeout| start.checked_add(timeout));
        Self {
            watch,
            start,
            end,
            quiescence,
            order: None,
            is_one: false,
            is_for_all: false,
            advice: None,
            families: Families::of(options),
        }
    }

    /// Ends with the first answer, or after this time.
    pub(crate) fn first(mut self, patience: Duration) -> Self {
        self.is_one = true;
        self.end = self.start.checked_add(patience);
        self
    }

    /// Expects an answer from every host that has a service.
    pub(crate) fn of_all(mut self) -> Self {
        self.is_for_all = true;
        self
    }

    /// Adds this advice if nothing is found.
    pub(crate) fn advise(mut self, advice: String) -> Self {
        self.advice = Some(advice);
        self
    }

    /// Sorts instances and services, which come from two streams.
    pub(crate) fn browse(mut self) -> Self {
        self.order = Some(Order::default());
        self
    }

    /// Returns when the timeout has passed, if there is one.
    #[cfg(feature = "tui")]
    pub(crate) fn end(&self) -> Option<Instant> {
        self.end
    }

    /// Reports until the end. Returns whether something was found.
    pub(crate) fn run<W: Write>(mut self, mdns: &Mdns, out: &mut Out<W>) -> Result<bool, Failure> {
        if self.quiescence.is_none() && !self.is_one {
            let what = if self.order.is_some() {
                "Browsing"
            } else {
                "Following"
            };
            say(&format!("{what} on {}; Ctrl-C to stop", used(mdns)));
        }
        loop {
            let heard = match self.watch.ready() {
                Some(heard) => heard,
                None => {
                    out.flush()?;
                    match self.watch.next(self.deadline()) {
                        Next::Item(heard) => heard,
                        Next::TimeUp => break,
                        Next::Ended => return Err(stopped()),
                    }
                }
            };
            self.take(heard, out)?;
            if self.is_one && out.has_answered() {
                break;
            }
            if self.deadline().is_some_and(|end| end <= Instant::now()) {
                break;
            }
        }
        if let (Some(order), false) = (&self.order, out.is_json()) {
            order.print_summary(out)?;
        }
        out.flush()?;
        if out.has_answered() {
            Ok(true)
        } else {
            Err(self.nothing(mdns))
        }
    }

    /// Returns an error that says on which interfaces nothing was found, and the possible reason.
    pub(crate) fn nothing(&self, mdns: &Mdns) -> Failure {
        let waited = self.start.elapsed();
        let guess = match &self.advice {
            Some(advice) => format!("; {advice}"),
            None if !is_silent(mdns) => String::new(),
            None => self.silence(waited),
        };
        let (used, time) = (used(mdns), tenths(waited));
        let what = format!("nothing was found on {used} in {time}");
        let hindrance = Hindrance::find(mdns, self.families);
        Failure::NotFound(Hindrance::explain(hindrance.as_ref(), &what, &guess))
    }

    /// Returns what it may mean that no packet was received. A question that concerns few hosts, or
    /// a short wait, is no reason to suspect a firewall.
    fn silence(&self, waited: Duration) -> String {
        if !self.is_for_all {
            return "; `cooee types --once` shows whether any host answers here".to_owned();
        }
        if waited < ROUND {
            return String::new();
        }
        let over = self.families.only();
        let over = over.map_or(String::new(), |family| format!(" over {family}"));
        format!("; no packet was received{over}: is UDP port 5353 open in the firewall?")
    }

    fn deadline(&self) -> Option<Instant> {
        let settled = self.quiescence.as_ref().map(Quiescence::deadline);
        match (self.end, settled) {
            (Some(end), Some(settled)) => Some(end.min(settled)),
            (end, settled) => end.or(settled),
        }
    }

    fn take<W: Write>(&mut self, heard: Heard, out: &mut Out<W>) -> Result<(), Failure> {
        let now = Instant::now();
        let (report, unique) = match heard {
            Heard::Question(_) => {
                if let Some(quiescence) = &mut self.quiescence {
                    quiescence.on_question(now);
                }
                return Ok(());
            }
            Heard::Report(report) => (report, false),
            Heard::Unique(report) => (report, true),
        };
        if let Some(quiescence) = &mut self.quiescence {
            if unique {
                quiescence.on_last_word(now)
            } else {
                quiescence.on_news(now)
            }
        }
        let Some(order) = &mut self.order else {
            out.report(&report)?;
            return Ok(());
        };
        order.print(report, self.quiescence.is_some(), out)?;
        if let Some(quiescence) = &mut self.quiescence {
            quiescence.on_unresolved(now, order.open);
        }
        Ok(())
    }
}

/// Keeps `found` before `resolved`, in whatever order the two streams are read. Names that differ
/// only in case are the same.
#[derive(Debug, Default)]
pub(crate) struct Order {
    found: BTreeMap<Key, Known>,
    /// How many are not resolved.
    open: usize,
    /// The name of each type in reports.
    types: BTreeMap<ServiceType, String>,
    /// The latest state of each service.
    held: BTreeMap<Key, Service>,
}

/// A type and an instance of it, in the order of a summary.
type Key = (ServiceType, InstanceName);

/// What is known about an instance that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Open,
    Resolved,
    Unavailable,
}

impl Order {
    /// Prints an item. With `--once`, a person gets the final list sorted, at the end, without the
    /// steps to it.
    pub(crate) fn print<W: Write>(
        &mut self,
        report: Report,
        is_once: bool,
        out: &mut Out<W>,
    ) -> io::Result<()> {
        for report in self.sort(report) {
            let step = is_once || matches!(report, Report::Found(_) | Report::Lost { .. });
            if out.is_json() || !step {
                out.report(&report)?;
            } else if is_once {
                self.hold(report);
            }
        }
        Ok(())
    }

    /// Prints the final list.
    pub(crate) fn print_summary<W: Write>(&self, out: &mut Out<W>) -> io::Result<()> {
        self.summary().try_for_each(|report| out.report(&report))
    }

    /// Returns what to report for an item.
    pub(crate) fn sort(&mut self, report: Report) -> Vec<Report> {
        match &report {
            Report::Found(instance) => {
                if self.found.contains_key(&key(instance)) {
                    return Vec::new();
                }
                self.find(instance, Known::Open);
            }
            Report::Resolved(Service { instance, .. }) => {
                if self.find(instance, Known::Resolved) {
                    return vec![Report::Found(instance.clone()), report];
                }
            }
            Report::Unavailable(instance) => {
                if self.find(instance, Known::Unavailable) {
                    return vec![Report::Found(instance.clone()), report];
                }
            }
            Report::Lost { instance, .. } => {
                if !self.lose(instance) {
                    return Vec::new();
                }
            }
            Report::Lagged { .. } => *self = Self::default(),
            Report::Updated { .. }
            | Report::Removed { .. }
            | Report::Type { .. }
            | Report::Host { .. }
            | Report::Reverse { .. }
            | Report::Record(_)
            | Report::Denied { .. } => {}
        }
        vec![report]
    }

    /// Stores a report for the summary.
    fn hold(&mut self, report: Report) {
        match report {
            Report::Resolved(service) | Report::Updated { service, .. } => {
                self.held.insert(key(&service.instance), service);
            }
            Report::Removed { service, .. } => {
                self.held.remove(&key(&service.instance));
            }
            Report::Found(_)
            | Report::Unavailable(_)
            | Report::Lost { .. }
            | Report::Type { .. }
            | Report::Host { .. }
            | Report::Reverse { .. }
            | Report::Record(_)
            | Report::Denied { .. }
            | Report::Lagged { .. } => {}
        }
    }

    /// Returns the stored reports, sorted, then the instances that were not resolved.
    fn summary(&self) -> impl Iterator<Item = Report> + '_ {
        let held = self.held.values().cloned().map(Report::Resolved);
        let found = self
            .found
            .iter()
            .filter_map(|((service_type, name), known)| {
                let service_type = self.types.get(service_type).map(String::as_str);
                let instance = Instance::new(name, service_type);
                match known {
                    Known::Open => Some(Report::Found(instance)),
                    Known::Unavailable => Some(Report::Unavailable(instance)),
                    Known::Resolved => None,
                }
            });
        held.chain(found)
    }

    /// Records an instance as found, and what is known about it. Returns whether it is new.
    fn find(&mut self, instance: &Instance, known: Known) -> bool {
        let key = key(instance);
        if !self.types.contains_key(&key.0) {
            let named = instance.service_type.clone();
            self.types.insert(key.0.clone(), named);
        }
        let before = self.found.insert(key, known);
        let open = self.open.saturating_add(usize::from(known == Known::Open));
        self.open = open.saturating_sub(usize::from(before == Some(Known::Open)));
        before.is_none()
    }

    /// Records an instance as lost. Returns whether it was found.
    fn lose(&mut self, instance: &Instance) -> bool {
        let before = self.found.remove(&key(instance));
        let was_open = usize::from(before == Some(Known::Open));
        self.open = self.open.saturating_sub(was_open);
        before.is_some()
    }
}

fn key(instance: &Instance) -> Key {
    (instance.key.service_type().clone(), instance.key.clone())
}

/// Returns whether nothing but our own packets was received.
fn is_silent(mdns: &Mdns) -> bool {
    let metrics = mdns.metrics();
    metrics.sockets.received <= metrics.engine.ignored.count(Ignored::OwnEcho)
}

/// Returns the error of a driver that is gone.
pub(crate) fn stopped() -> Failure {
    let message = "the Multicast DNS driver has ended unexpectedly".to_owned();
    Failure::Start {
        message,
        hint: Some("`--verbose` shows what happened before"),
    }
}

/// Returns the names of the interfaces in use.
pub(crate) fn used(mdns: &Mdns) -> String {
    let decisions = mdns.interfaces();
    let used = decisions.iter().filter(|decision| decision.selected);
    let names: Vec<&str> = used
        .map(|decision| decision.interface.name.as_str())
        .collect();
    if names.is_empty() {
        "no interface".to_owned()
    } else {
        names.join(", ")
    }
}

/// Prints something to standard error, if that is a terminal.
pub(crate) fn say(text: &str) {
    let mut stderr = anstream::stderr();
    if io::stderr().is_terminal() {
        // If it fails, nobody reads it.
        let _ = writeln!(stderr, "{}", escape(text));
    }
}

#[cfg(test)]
mod tests;
