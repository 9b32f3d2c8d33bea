//! Questions that run on the links.
//!
//! In:  what to ask.
//! Out: the answer, as soon as there is one. Identical questions share a query, which goes on for a
//!      while after the last of them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::pending;
use std::net::IpAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

use cooee::{Mdns, Name, RData, RecordEvent, RecordType, Records, Ttl};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::counters::DnsCounters;
use super::progress::{HeardOnLink, PACKET_WAIT, Progress, State, is_shared};
use super::rate::Fair;
use super::scope::Scope;
use crate::task::Task;

/// The questions that run.
pub(super) struct Questions {
    mdns: Mdns,
    wait_max: Duration,
    rate: RefCell<Fair>,
    running: RefCell<HashMap<QuestionKey, Rc<RunningQuestion>>>,
    counters: Rc<DnsCounters>,
}

/// What identifies a question.
type QuestionKey = (Scope, Name, RecordType);

/// One question, for everybody who asks it.
struct RunningQuestion {
    progress: RefCell<Progress>,
    news: Notify,
    used: Cell<Instant>,
    /// How many wait for its answer.
    waiting: Cell<usize>,
    linger: Duration,
    pump: RefCell<Option<Task>>,
}

/// What the links say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Records(Vec<(HeardOnLink, Ttl)>),
    /// The name exists, but has no such record.
    Absent,
    /// Nobody has answered in time.
    Silent {
        /// Whether nobody has answered for the types either of which a host very likely has one.
        for_siblings: bool,
    },
    /// It is not known in time: there are too many other questions, or there is no link.
    Unknown,
}

/// Whether a question runs.
enum Started {
    Runs(Rc<RunningQuestion>),
    /// It may be started later.
    Later,
    /// The driver does not ask it: its link is gone.
    Refused,
}

impl Questions {
    pub(super) fn new(
        mdns: Mdns,
        wait_max: Duration,
        per_second: u32,
        counters: Rc<DnsCounters>,
    ) -> Self {
        Self {
            mdns,
            wait_max,
            rate: RefCell::new(Fair::per_second(per_second)),
            running: RefCell::default(),
            counters,
        }
    }

    /// Asks the links for somebody, or whoever asks the same already. The links are those on which an
    /// answer is expected.
    pub(super) async fn ask(&self, asker: IpAddr, key: QuestionKey, links: &[u32]) -> Heard {
        let (scope, name, rtype) = &key;
        let is_running = self.running.borrow().contains_key(&key);
        //= https://www.rfc-editor.org/rfc/rfc8766#section-5.6
        //# *  Standard DNS query; at least one answer in cache:
        //#
        //# No local mDNS queries are performed.
        if !is_running && !is_shared(name, *rtype) {
            let cached = self.cached(*scope, name, *rtype).await;
            if !cached.is_empty() {
                return Heard::Records(cached);
            }
        }
        let Some(deadline) = Instant::now().checked_add(self.wait_max) else {
            return Heard::Unknown;
        };
        let Some(question) = self.follow(asker, &key, deadline).await else {
            return Heard::Unknown;
        };
        let _waits = question.wait();
        let siblings = siblings(name, *rtype);
        let followed = siblings.iter().filter_map(|sibling| {
            let key = (*scope, name.clone(), *sibling);
            match self.follow_now(asker, &key) {
                Started::Runs(running) => Some(running),
                Started::Later | Started::Refused => None,
            }
        });
        let others: Vec<_> = followed.collect();
        let are_all = others.len() == siblings.len();
        // A question that had to wait for its turn may not be decided yet.
        let limit = deadline.checked_add(PACKET_WAIT).unwrap_or(deadline);
        let heard = timeout_at(limit, self.wait(&question, &others, links)).await;
        match heard.unwrap_or(Heard::Unknown) {
            Heard::Silent { for_siblings } => Heard::Silent {
                for_siblings: for_siblings && are_all,
            },
            heard @ (Heard::Records(_) | Heard::Absent | Heard::Unknown) => heard,
        }
    }

    async fn wait(
        &self,
        question: &RunningQuestion,
        others: &[Rc<RunningQuestion>],
        links: &[u32],
    ) -> Heard {
        loop {
            let news = question.news.notified();
            let until = {
                let progress = question.progress.borrow();
                let exists = others
                    .iter()
                    .filter_map(|other| other.progress.borrow().heard())
                    .min();
                match progress.judge(Instant::now(), links, exists, self.wait_max) {
                    State::Complete => {
                        let records = progress.records();
                        let records = records.map(|(record, ttl)| (record.clone(), ttl));
                        return Heard::Records(records.collect());
                    }
                    State::Absent => return Heard::Absent,
                    State::Silent => {
                        let now = Instant::now();
                        let is_silent = |other: &Rc<RunningQuestion>| {
                            other.progress.borrow().is_silent(now, self.wait_max)
                        };
                        return Heard::Silent {
                            for_siblings: others.iter().all(is_silent),
                        };
                    }
                    State::WaitUntil(until) => until,
                }
            };
            tokio::select! {
                () = news => {}
                () = news_of(others) => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// Returns what the driver knows of a name.
    pub(super) async fn cached(
        &self,
        scope: Scope,
        name: &Name,
        rtype: RecordType,
    ) -> Vec<(HeardOnLink, Ttl)> {
        let cached = self.mdns.cached(name.clone(), rtype).await;
        let cached = cached.unwrap_or_default().into_iter();
        let on_link = cached.filter(|cached| match scope {
            Scope::All => true,
            Scope::One(index) => cached.interface.index() == index,
            Scope::None => false,
        });
        let left = |time: Duration| Ttl(u32::try_from(time.as_secs()).unwrap_or(u32::MAX));
        on_link
            .map(|cached| {
                let heard = HeardOnLink {
                    link: cached.interface.index(),
                    name: cached.record.name,
                    data: cached.record.data,
                };
                (heard, left(cached.remaining))
            })
            .collect()
    }

    /// Returns the aliases that lead from one name to another, in order.
    pub(super) async fn aliases(
        &self,
        scope: Scope,
        from: &Name,
        to: &Name,
    ) -> Vec<(HeardOnLink, Ttl)> {
        let mut chain = Vec::new();
        let mut name = from.clone();
        while name != *to && chain.len() < ALIASES_MAX {
            let mut cached = self
                .cached(scope, &name, RecordType::CNAME)
                .await
                .into_iter();
            let Some((alias, ttl)) = cached.next() else {
                break;
            };
            if let RData::Cname(target) = &alias.data {
                name = target.clone();
            }
            chain.push((alias, ttl));
        }
        chain
    }

    /// Returns the question that runs already, or starts it as soon as that is allowed. `None` if
    /// it cannot be started in time.
    async fn follow(
        &self,
        asker: IpAddr,
        key: &QuestionKey,
        deadline: Instant,
    ) -> Option<Rc<RunningQuestion>> {
        loop {
            match self.follow_now(asker, key) {
                Started::Runs(running) => return Some(running),
                Started::Later if Instant::now() < deadline => sleep(RATE_PAUSE).await,
                Started::Later | Started::Refused => return None,
            }
        }
    }

    /// Returns the question that runs already, or starts it if that is allowed now.
    fn follow_now(&self, asker: IpAddr, key: &QuestionKey) -> Started {
        let now = Instant::now();
        let running = self.running.borrow().get(key).cloned();
        if let Some(running) = running {
            running.used.set(now);
            return Started::Runs(running);
        }
        // Room is made only for a question that starts.
        if !self.rate.borrow_mut().allows(asker, now) || !self.has_room(now) {
            return Started::Later;
        }
        match self.start(key, now) {
            Some(running) => Started::Runs(running),
            None => Started::Refused,
        }
    }

    fn start(&self, key: &QuestionKey, now: Instant) -> Option<Rc<RunningQuestion>> {
        let (scope, name, rtype) = key;
        let query = self.mdns.query(name.clone(), *rtype);
        let query = match scope {
            Scope::All => query,
            Scope::One(index) => query.interface(*index),
            Scope::None => return None,
        };
        let records = query.start().ok()?;
        let running = Rc::new(RunningQuestion {
            progress: RefCell::new(Progress::begin(now, name, *rtype)),
            news: Notify::new(),
            used: Cell::new(now),
            waiting: Cell::new(0),
            linger: match is_shared(name, *rtype) {
                true => BROWSE_LINGER,
                false => LINGER,
            },
            pump: RefCell::new(None),
        });
        // The task holds the question weakly, so that dropping the question ends the task.
        let pump = Task::spawn(pump(records, Rc::downgrade(&running)));
        running.pump.replace(Some(pump));
        self.running
            .borrow_mut()
            .insert(key.clone(), Rc::clone(&running));
        self.count();
        Some(running)
    }

    /// Ends questions that nobody has asked for a while.
    pub(super) fn end_unused(&self, now: Instant) {
        let wait_max = self.wait_max;
        self.running
            .borrow_mut()
            .retain(|_, running| running.is_kept(now, wait_max));
        self.count();
    }

    /// Makes room, if there is none: of the questions for which nobody waits, the one that was asked
    /// least recently ends.
    fn has_room(&self, now: Instant) -> bool {
        if self.running.borrow().len() < QUESTIONS_MAX {
            return true;
        }
        self.end_unused(now);
        let mut running = self.running.borrow_mut();
        if running.len() < QUESTIONS_MAX {
            return true;
        }
        let idle = running
            .iter()
            .filter(|(_, running)| running.waiting.get() == 0);
        let oldest = idle.min_by_key(|(_, running)| running.used.get());
        match oldest.map(|(key, _)| key.clone()) {
            Some(key) => running.remove(&key).is_some(),
            None => false,
        }
    }

    fn count(&self) {
        self.counters.on_links.set(self.running.borrow().len());
    }
}

impl RunningQuestion {
    /// Returns whether it is kept. Once nobody has answered in time, it is not asked any more.
    //= https://www.rfc-editor.org/rfc/rfc8766#section-5.6
    //# If after six seconds no relevant Multicast DNS answers have been
    //# received, cancel the mDNS query and return a negative response to
    //# the remote client.
    fn is_kept(&self, now: Instant, wait_max: Duration) -> bool {
        let silent_from = self.progress.borrow().silent_from(wait_max);
        let silence = silent_from.and_then(|from| now.checked_duration_since(from));
        if self.waiting.get() > 0 {
            return true;
        }
        if let Some(silence) = silence {
            self.pump.replace(None);
            return silence < NEGATIVE_LINGER;
        }
        now.saturating_duration_since(self.used.get()) < self.linger
    }

    /// Counts one who waits, until the result is dropped.
    fn wait(&self) -> Waits<'_> {
        self.waiting.set(self.waiting.get().saturating_add(1));
        Waits(&self.waiting)
    }
}

/// One who waits.
struct Waits<'w>(&'w Cell<usize>);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// Waits for news of any of some questions; for ever if there are none.
async fn news_of(questions: &[Rc<RunningQuestion>]) {
    match questions {
        [] => pending().await,
        [one, others @ ..] => tokio::select! {
            () = one.news.notified() => {}
            () = Box::pin(news_of(others)) => {}
        },
    }
}

/// Takes over the events of a query.
async fn pump(mut records: Records, question: Weak<RunningQuestion>) {
    while let Some(event) = records.next().await {
        let Some(question) = question.upgrade() else {
            return;
        };
        apply(&mut question.progress.borrow_mut(), event);
        question.news.notify_waiters();
    }
}

fn apply(progress: &mut Progress, event: RecordEvent) {
    match event {
        RecordEvent::Added { record, interface } => {
            let heard = HeardOnLink {
                link: interface.index(),
                name: record.name,
                data: record.data,
            };
            progress.on_heard(Instant::now(), heard, record.ttl);
        }
        RecordEvent::Removed {
            record, interface, ..
        } => progress.on_gone(&HeardOnLink {
            link: interface.index(),
            name: record.name,
            data: record.data,
        }),
        RecordEvent::Denied { interface, .. } => progress.on_denied(interface.index()),
        RecordEvent::Lagged { .. } => progress.on_lost(Instant::now()),
        _ => {}
    }
}

/// Returns the types of which a host that has the name very likely has one.
fn siblings(name: &Name, rtype: RecordType) -> &'static [RecordType] {
    let is_host = name.label_count() == 2;
    match rtype {
        RecordType::A => &[RecordType::AAAA],
        RecordType::AAAA => &[RecordType::A],
        RecordType::SRV => &[RecordType::TXT],
        RecordType::TXT if !is_host => &[RecordType::SRV],
        RecordType::PTR | RecordType::ANY => &[],
        _ if is_host => &[RecordType::A, RecordType::AAAA],
        _ => &[],
    }
}

/// How many questions run at once. One more ends the one that was asked least recently.
const QUESTIONS_MAX: usize = 4_096;

/// How long a question goes on after it was asked last. A resolver that caches the answer asks again
/// after ten seconds.
const LINGER: Duration = Duration::from_secs(20);

/// The same for questions that several hosts may answer. A client that looks once a minute finds
/// the answer complete.
const BROWSE_LINGER: Duration = Duration::from_secs(150);

/// How long it is remembered that nobody has answered: as long as a resolver may remember it.
const NEGATIVE_LINGER: Duration = Duration::from_secs(10);

/// How long to wait before trying again to start a question.
const RATE_PAUSE: Duration = Duration::from_millis(20);

/// How many aliases are followed, as by the driver.
const ALIASES_MAX: usize = 8;

#[cfg(test)]
mod tests;
