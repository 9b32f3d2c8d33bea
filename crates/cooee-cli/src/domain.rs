//! Services in a domain of unicast DNS, as a discovery proxy or a DNS server shows them.
//!
//! In:  a domain, DNS servers, what is wanted.
//! Out: the reports that the same command prints of a link. RFC 6763 with unicast DNS, RFC 8766.

mod follower;
mod message;
mod resolv_conf;
mod resolver;
mod services;
mod slot;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use cooee::{InstanceName, ResolveError};

use self::follower::{ZoneFollower, ZoneGoal};
use self::message::DnsQuestion;
use self::resolv_conf::ServerList;
use self::resolver::{DnsResolver, LookedUp};
use crate::args::{BrowsingDomain, DomainArgs, Options};
use crate::failure::{Failure, warn};
use crate::families::Families;
use crate::follow::{Order, say};
use crate::hindrance::tenths;
use crate::out::Out;
use crate::quiescence::after;
use crate::target::BrowseTarget;

/// Prints the services of a domain, of one type or of every type.
pub(crate) fn browse<W: Write>(
    (domain, args): (&BrowsingDomain, &DomainArgs),
    target: Option<&BrowseTarget>,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let goal = target.cloned().map_or(ZoneGoal::All, ZoneGoal::Type);
    let mut session = ZoneSession::new(domain, args, goal, options)?;
    session.order = Some(Order::default());
    session.run(out)
}

/// Prints the types of the services of a domain.
pub(crate) fn types<W: Write>(
    (domain, args): (&BrowsingDomain, &DomainArgs),
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    ZoneSession::new(domain, args, ZoneGoal::Types, options)?.run(out)
}

/// Prints one service of a domain, by default as soon as it is complete or known not to be; after
/// `patience` at the latest.
pub(crate) fn resolve<W: Write>(
    (domain, args): (&BrowsingDomain, &DomainArgs),
    instance: InstanceName,
    patience: Duration,
    options: &Options,
    out: &mut Out<W>,
) -> Result<bool, Failure> {
    let goal = ZoneGoal::Instance(instance);
    let mut session = ZoneSession::new(domain, args, goal, options)?;
    if !options.follow {
        session.is_once = true;
        session.end = Some(after(session.start, patience));
    }
    let found = session.run(out)?;
    match session.follower.unavailable() {
        Some(instance) if session.is_once => Err(ResolveError::Unavailable { instance }.into()),
        Some(_) | None => Ok(found),
    }
}

/// One run.
struct ZoneSession {
    domain: BrowsingDomain,
    follower: ZoneFollower,
    resolver: Arc<DnsResolver>,
    start: Instant,
    end: Option<Instant>,
    /// The first round is enough.
    is_once: bool,
    order: Option<Order>,
}

/// A question, and what became of it.
type Outcome = (DnsQuestion, Result<LookedUp, String>);

impl ZoneSession {
    fn new(
        domain: &BrowsingDomain,
        args: &DomainArgs,
        goal: ZoneGoal,
        options: &Options,
    ) -> Result<Self, Failure> {
        let list = ServerList::of(&args.servers, Path::new(RESOLV_CONF))?;
        let start = Instant::now();
        let families = Families::of(options);
        let follower = ZoneFollower::new(domain.clone(), goal, families, start);
        if follower.deadline().is_none() {
            let message = format!("the name is too long in `{}`", domain.name());
            return Err(Failure::Argument(message));
        }
        Ok(Self {
            follower,
            domain: domain.clone(),
            resolver: Arc::new(DnsResolver::new(list)),
            start,
            end: options.timeout.map(|timeout| after(start, timeout)),
            is_once: options.once,
            order: None,
        })
    }

    /// Reports until the end. Returns whether something was found.
    fn run<W: Write>(&mut self, out: &mut Out<W>) -> Result<bool, Failure> {
        if !self.is_once {
            say(&format!("Following {}; Ctrl-C to stop", self.domain.name()));
        }
        let (sender, receiver) = channel();
        let mut running = 0_usize;
        loop {
            self.print(out)?;
            let now = Instant::now();
            let is_over = self.is_once && self.follower.is_round_over();
            if is_over || self.end.is_some_and(|end| end <= now) {
                break;
            }
            while running < QUESTIONS_MAX {
                let Some(question) = self.follower.next_question(now) else {
                    break;
                };
                self.start(question, &sender)?;
                running = running.saturating_add(1);
            }
            if let Some((question, answer)) = self.wait(&receiver, running < QUESTIONS_MAX) {
                running = running.saturating_sub(1);
                self.follower.on_answer(Instant::now(), &question, answer);
            }
        }
        if let (Some(order), false) = (&self.order, out.is_json()) {
            order.print_summary(out)?;
        }
        out.flush()?;
        if !out.has_answered() {
            return Err(self.nothing());
        }
        self.warn();
        Ok(true)
    }

    /// Asks a question on a thread of its own, which ends after the timeouts of the servers.
    fn start(&self, question: DnsQuestion, sender: &Sender<Outcome>) -> Result<(), Failure> {
        let (resolver, sender) = (Arc::clone(&self.resolver), sender.clone());
        let ask = move || {
            let answer = resolver.ask(&question);
            // If nobody waits any more, nobody needs it.
            let _ = sender.send((question, answer));
        };
        let thread = thread::Builder::new()
            .name("question".to_owned())
            .spawn(ask);
        thread.map(drop).map_err(|error| Failure::Start {
            message: format!("a thread cannot be started: {error}"),
            hint: None,
        })
    }

    /// Waits for an answer, or until there is something else to do.
    fn wait(&self, answers: &Receiver<Outcome>, may_ask: bool) -> Option<Outcome> {
        let due = self.follower.deadline().filter(|_| may_ask);
        let until = match (due, self.end) {
            (Some(due), Some(end)) => Some(due.min(end)),
            (due, end) => due.or(end),
        };
        let Some(until) = until else {
            return answers.recv().ok();
        };
        let left = until.saturating_duration_since(Instant::now());
        answers.recv_timeout(left).ok()
    }

    fn print<W: Write>(&mut self, out: &mut Out<W>) -> Result<(), Failure> {
        while let Some(report) = self.follower.next_report() {
            match &mut self.order {
                Some(order) => order.print(report, self.is_once, out)?,
                None => out.report(&report)?,
            }
        }
        if !self.is_once {
            self.warn();
        }
        Ok(out.flush()?)
    }

    fn warn(&mut self) {
        while let Some(warning) = self.follower.next_warning() {
            warn(&warning);
        }
    }

    fn nothing(&self) -> Failure {
        let (name, time) = (self.domain.name(), tenths(self.start.elapsed()));
        let why = self.follower.why_nothing();
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        Failure::NotFound(format!("nothing was found in `{name}` in {time}{why}"))
    }
}

/// Where the system has its DNS servers.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// How many questions are asked at the same time.
const QUESTIONS_MAX: usize = 16;

#[cfg(test)]
mod tests;
