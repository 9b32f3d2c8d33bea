//! Watching: a diagnosis again and again, and what changes from one to the next.
//!
//! In:  a driver, or the options of one.
//! Out: a stream of [`DiagnosisEvent`]s. The rounds become rarer, so that the watch is quiet.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_core::Stream;

use super::facts::Facts;
use super::finding::{Diagnosis, Finding};
use super::gather::PROGRESS_PAUSE;
use super::rounds::Rounds;
use super::standing::{LinkName, RoundChanges, Standing};
use super::{Diagnose, DiagnoseError, checks};
use crate::error::{DriverError, StartError};
use crate::lock::lock;
use crate::session::blocking;

/// What a watch reports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiagnosisEvent {
    /// A problem was found that was not there before.
    Appeared(Finding),
    /// A problem that was found is gone.
    Gone(Finding),
    /// A round has ended; its findings are those that stand.
    Round(Diagnosis),
}

/// The events of a watch. Created by [`Diagnose::watch`]; dropping it ends the watch.
#[must_use = "a stream tells nothing unless it is read, and dropping it ends the watch"]
pub struct DiagnosisEvents {
    shared: Arc<WatchShared>,
    stop: Arc<AtomicBool>,
}

type Item = Result<DiagnosisEvent, DiagnoseError>;

#[derive(Default)]
struct WatchShared(Mutex<WatchState>);

#[derive(Default)]
struct WatchState {
    events: VecDeque<Item>,
    waker: Option<Waker>,
    has_ended: bool,
}

impl Diagnose {
    /// Diagnoses again and again, and reports what appears and what is gone.
    ///
    /// The pauses between the rounds grow from 10 seconds to a minute. Between them it only listens.
    /// Over time it also finds that multicasts stop after some minutes, which a switch with IGMP
    /// snooping and no querier causes. Progress is not reported.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// use cooee::DiagnosisEvent;
    ///
    /// let mut events = mdns.diagnose().watch()?;
    /// while let Some(event) = events.next().await {
    ///     match event? {
    ///         DiagnosisEvent::Appeared(finding) => println!("{finding}"),
    ///         DiagnosisEvent::Gone(finding) => println!("gone: {finding}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no threads left. Why there is no diagnosis is the last
    /// item of the stream.
    pub fn watch(self) -> Result<DiagnosisEvents, DiagnoseError> {
        let events = DiagnosisEvents {
            shared: Arc::default(),
            stop: Arc::default(),
        };
        let (shared, stop) = (Arc::clone(&events.shared), Arc::clone(&events.stop));
        let rounds = Rounds::new(self.subject, self.duration, self.wanted, Arc::clone(&stop));
        let thread = thread::Builder::new().name("cooee-diagnose".to_owned());
        let run = move || {
            if let Err(error) = run(rounds, &shared, &stop) {
                shared.push([Err(error)]);
            }
            shared.end();
        };
        thread.spawn(run).map_err(StartError::Thread)?;
        Ok(events)
    }
}

fn run(mut rounds: Rounds, shared: &WatchShared, stop: &AtomicBool) -> Result<(), DiagnoseError> {
    let start = Instant::now();
    let mut standing = Standing::default();
    let mut pause = Duration::ZERO;
    loop {
        let facts = rounds.next(pause, &mut |_| ())?;
        let (mut findings, checks) = checks::all(&facts);
        let RoundChanges { gone, appeared } =
            standing.round(start.elapsed(), heard(&facts), &mut findings);
        let gone = gone.into_iter().map(DiagnosisEvent::Gone);
        let appeared = appeared.into_iter().map(DiagnosisEvent::Appeared);
        let round = DiagnosisEvent::Round(Diagnosis {
            findings,
            checks,
            search: facts.search.map_or_else(Vec::new, |search| search.steps),
            observed: facts.observed,
        });
        shared.push(gone.chain(appeared).chain([round]).map(Ok));
        // A reader that is slow gets fewer rounds.
        while !shared.is_read() {
            if stop.load(Ordering::Relaxed) {
                return Err(DriverError::Stopped.into());
            }
            thread::sleep(PROGRESS_PAUSE);
        }
        pause = pause.saturating_mul(2).clamp(PAUSE_MIN, PAUSE_MAX);
    }
}

/// Returns the links on which multicasts of other hosts were heard.
fn heard(facts: &Facts) -> Vec<LinkName> {
    let links = facts.links.iter().filter(|link| {
        let mut peers = facts.traffic.peers.iter();
        peers.any(|((index, ip), peer)| {
            *index == link.index && link.family.contains(*ip) && peer.multicasts > 0
        })
    });
    links
        .map(|link| (link.interface.clone(), link.family))
        .collect()
}

impl WatchShared {
    fn push(&self, items: impl IntoIterator<Item = Item>) {
        let waker = {
            let mut state = lock(&self.0);
            state.events.extend(items);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn end(&self) {
        lock(&self.0).has_ended = true;
        self.push([]);
    }

    fn is_read(&self) -> bool {
        lock(&self.0).events.is_empty()
    }
}

impl DiagnosisEvents {
    /// Waits for the next event. Returns `None` after the error that ended the watch.
    pub async fn next(&mut self) -> Option<Result<DiagnosisEvent, DiagnoseError>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Waits on this thread: the blocking twin of [`DiagnosisEvents::next`].
    pub fn wait_next(&mut self) -> Option<Result<DiagnosisEvent, DiagnoseError>> {
        blocking::wait(self.next())
    }
}

impl Stream for DiagnosisEvents {
    type Item = Result<DiagnosisEvent, DiagnoseError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = lock(&self.shared.0);
        match state.events.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if state.has_ended => Poll::Ready(None),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for DiagnosisEvents {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for DiagnosisEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiagnosisEvents").finish_non_exhaustive()
    }
}

/// The pause after the first round. The next ones double, as the intervals of queries do.
const PAUSE_MIN: Duration = Duration::from_secs(10);

/// The longest pause: a finding that appears is reported within about a minute.
const PAUSE_MAX: Duration = Duration::from_secs(60);
