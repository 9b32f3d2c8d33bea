//! Many futures on one thread, each polled only when it was woken.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Wakes one of the futures, by its place.
struct Turn {
    place: usize,
    woken: Arc<Mutex<Vec<usize>>>,
    thread: Thread,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.woken.lock().expect("no panic").push(self.place);
        self.thread.unpark();
    }
}

/// Waits for all of them; what they give is in no order.
pub(crate) fn join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<Option<Pin<Box<F>>>> = futures.map(|one| Some(Box::pin(one))).collect();
    let woken = Arc::new(Mutex::new((0..futures.len()).collect()));
    let mut outputs = Vec::new();
    while outputs.len() < futures.len() {
        let turns: Vec<usize> = std::mem::take(&mut *woken.lock().expect("no panic"));
        if turns.is_empty() {
            thread::park();
        }
        for place in turns {
            let waker = Waker::from(Arc::new(Turn {
                place,
                woken: Arc::clone(&woken),
                thread: thread::current(),
            }));
            let Some(future) = &mut futures[place] else {
                continue;
            };
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                outputs.push(output);
                futures[place] = None;
            }
        }
    }
    outputs
}
