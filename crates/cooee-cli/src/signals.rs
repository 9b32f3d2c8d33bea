//! Ctrl-C and similar signals: the first ends the program properly, a later one at once.
//!
//! In:  SIGINT, SIGTERM, SIGHUP; on Windows Ctrl-C, Ctrl-Break and closing the console.
//! Out: a stream of one item for the first; exit code 130 for one that comes half a second later or
//!      more. One that comes sooner is the same request: `timeout` and terminals signal a process
//!      and its group.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_core::Stream;

use crate::failure::Failure;

/// A stream with the first signal.
pub(crate) struct Signals(Arc<Mutex<SignalState>>);

#[derive(Default)]
struct SignalState {
    first: Option<Instant>,
    reported: bool,
    waker: Option<Waker>,
}

/// The meaning of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// End properly.
    End,
    /// End at once.
    EndNow,
    /// The same request as before.
    Same,
}

impl SignalState {
    fn on_signal(&mut self, now: Instant) -> Wish {
        match self.first {
            None => {
                self.first = Some(now);
                Wish::End
            }
            Some(first) if now.saturating_duration_since(first) < SAME_WISH => Wish::Same,
            Some(_) => Wish::EndNow,
        }
    }
}

impl Signals {
    /// Takes over the signals from the system. Once per program.
    pub(crate) fn new() -> Result<Self, Failure> {
        let state = Arc::new(Mutex::new(SignalState::default()));
        let shared = Arc::clone(&state);
        ctrlc::set_handler(move || on_signal(&shared)).map_err(|error| Failure::Start {
            message: format!("signals cannot be handled: {error}"),
            hint: None,
        })?;
        Ok(Self(state))
    }
}

fn on_signal(state: &Mutex<SignalState>) {
    let waker = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.on_signal(Instant::now()) {
            Wish::EndNow => std::process::exit(INTERRUPTED),
            Wish::Same => None,
            Wish::End => state.waker.take(),
        }
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Stream for Signals {
    type Item = ();

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.first.is_some() && !state.reported {
            state.reported = true;
            return Poll::Ready(Some(()));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// The exit code that shells use for an interrupted program: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// How long after the first signal another one means the same.
const SAME_WISH: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{SignalState, Wish};

    #[test]
    fn two_signals_at_once_are_one_and_one_half_a_second_later_is_another() {
        let start = Instant::now();
        let mut state = SignalState::default();
        assert_eq!(state.on_signal(start), Wish::End);
        for (after_ms, wish) in [(0, Wish::Same), (499, Wish::Same), (500, Wish::EndNow)] {
            let now = start + Duration::from_millis(after_ms);
            assert_eq!(state.on_signal(now), wish, "{after_ms}");
        }
    }
}
