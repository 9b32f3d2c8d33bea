//! Blocking: waits end with an event, with the deadline, or with the stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_core::Stream;

use super::{Events, NextError, wait};
use crate::session::shared::Shared;

/// Returns what it holds, then waits for ever or ends.
struct Scripted {
    items: VecDeque<u32>,
    ends: bool,
}

impl Stream for Scripted {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Option<u32>> {
        match self.items.pop_front() {
            Some(item) => Poll::Ready(Some(item)),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

fn scripted(items: impl IntoIterator<Item = u32>, ends: bool) -> Events<Scripted> {
    let alarm = cooee_net::Waiter::new().expect("it can wait").alarm();
    let scripted = Scripted {
        items: items.into_iter().collect(),
        ends,
    };
    Events::new(scripted, Arc::new(Shared::new(alarm, 1, None)))
}

#[test]
fn what_is_there_is_given_even_without_time_to_wait() {
    let mut events = scripted([1], false);
    assert_eq!(events.next_timeout(Duration::ZERO), Ok(1));
    assert_eq!(
        events.next_timeout(Duration::ZERO),
        Err(NextError::TimedOut)
    );
}

#[test]
fn an_ended_stream_ends_the_iterator_and_says_so_when_asked_with_a_timeout() {
    let mut events = scripted([1, 2], true);
    assert_eq!(events.by_ref().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(
        events.next_timeout(Duration::from_secs(60)),
        Err(NextError::Stopped)
    );
}

#[test]
fn an_iterator_with_a_time_limit_ends_at_it_however_many_events_come() {
    let started = Instant::now();
    let events = scripted([1, 2], false).for_at_most(Duration::from_millis(20));
    assert_eq!(events.collect::<Vec<_>>(), [1, 2]);
    assert!(started.elapsed() >= Duration::from_millis(20));
}

#[test]
fn a_time_limit_beyond_the_end_of_time_is_none() {
    let mut events = scripted([1], true).for_at_most(Duration::MAX);
    assert_eq!(events.next(), Some(1));
    assert_eq!(events.next(), None);
}

/// Is ready when another thread says so.
struct Handed(mpsc::Sender<Waker>, mpsc::Receiver<u32>);

impl Future for Handed {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u32> {
        if let Ok(output) = self.1.try_recv() {
            return Poll::Ready(output);
        }
        // The other end is gone once it has answered.
        let _ = self.0.send(context.waker().clone());
        Poll::Pending
    }
}

#[test]
fn a_wait_ends_when_another_thread_wakes_it() {
    let (waker_sender, wakers) = mpsc::channel::<Waker>();
    let (answer, answers) = mpsc::channel();
    let helper = thread::spawn(move || {
        let waker = wakers.recv().expect("the future is polled");
        answer.send(7).expect("the future waits");
        waker.wake();
    });
    assert_eq!(wait(Handed(waker_sender, answers)), 7);
    helper.join().expect("the helper does not panic");
}
