//! Ctrl-C and its like: the first ends in good order, the second at once.
//!
//! In:  SIGINT, SIGTERM, SIGHUP; on Windows Ctrl-C, Ctrl-Break and closing the console.
//! Out: a stream of one item for the first; exit code 130 for the second.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::failure::Failure;

/// The first word that the program is to end.
pub(crate) struct Signals(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    came: bool,
    told: bool,
    waker: Option<Waker>,
}

impl Signals {
    /// Takes the signals over from the system. Once per program.
    pub(crate) fn new() -> Result<Self, Failure> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        ctrlc::set_handler(move || on_signal(&shared)).map_err(|error| Failure::Start {
            message: format!("signals cannot be handled: {error}"),
            hint: None,
        })?;
        Ok(Self(state))
    }
}

fn on_signal(state: &Mutex<State>) {
    let waker = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.came {
            std::process::exit(INTERRUPTED);
        }
        state.came = true;
        state.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Stream for Signals {
    type Item = ();

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.came && !state.told {
            state.told = true;
            return Poll::Ready(Some(()));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// What shells call a program that was interrupted: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;
