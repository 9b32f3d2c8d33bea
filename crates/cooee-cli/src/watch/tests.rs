//! Streams that are ready, late, busy or at their end.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_core::Stream;

use super::{Mapped, Next, Watch, once};

/// Returns its items, then pends for ever or ends.
struct Fixed {
    items: VecDeque<u32>,
    ends: bool,
}

fn fixed(items: impl IntoIterator<Item = u32>, ends: bool) -> Fixed {
    Fixed {
        items: items.into_iter().collect(),
        ends,
    }
}

impl Stream for Fixed {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        match self.items.pop_front() {
            Some(item) => Poll::Ready(Some(item)),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

#[test]
fn nothing_to_read_is_an_end() {
    assert_eq!(Watch::<u32>::new().next(None), Next::Ended);
}

#[test]
fn every_stream_is_read_to_its_end() {
    let mut watch = Watch::new();
    watch.add(fixed([1, 2], true));
    watch.add(fixed([], true));
    watch.add(fixed([3], true));
    let mut items = Vec::new();
    while let Next::Item(item) = watch.next(None) {
        items.push(item);
    }
    items.sort_unstable();
    assert_eq!(items, [1, 2, 3]);
}

#[test]
fn time_ends_a_wait_but_what_is_there_comes_first() {
    let mut watch = Watch::new();
    watch.add(fixed([7], false));
    let past = Some(Instant::now());
    assert_eq!(watch.next(past), Next::Item(7));
    assert_eq!(watch.next(past), Next::TimeUp);
}

#[test]
fn a_busy_stream_does_not_starve_the_others() {
    let mut watch = Watch::new();
    watch.add(fixed(0..1_000, false));
    watch.add(fixed([5_000], false));
    let first: Vec<_> = (0..4).map(|_| watch.next(None)).collect();
    assert!(first.contains(&Next::Item(5_000)), "{first:?}");
}

#[test]
fn a_stream_woken_from_another_thread_is_read() {
    let (sender, receiver) = std::sync::mpsc::channel::<std::task::Waker>();
    struct Late(Option<std::sync::mpsc::Sender<std::task::Waker>>);
    impl Stream for Late {
        type Item = u32;
        fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<u32>> {
            match self.0.take() {
                Some(sender) => {
                    sender.send(context.waker().clone()).unwrap();
                    Poll::Pending
                }
                None => Poll::Ready(Some(9)),
            }
        }
    }
    let waking = std::thread::spawn(move || receiver.recv().unwrap().wake());
    let mut watch = Watch::new();
    watch.add(Late(Some(sender)));
    assert_eq!(watch.next(None), Next::Item(9));
    waking.join().unwrap();
}

#[test]
fn a_future_is_a_stream_of_one_item() {
    let mut watch = Watch::new();
    watch.add(once(async { 4 }));
    assert_eq!(watch.ready(), Some(4));
    assert_eq!(watch.next(None), Next::Ended);
}

#[test]
fn a_mapped_stream_leaves_out_what_has_no_counterpart() {
    let mut watch = Watch::new();
    watch.add(Mapped::new(fixed([1, 2, 3, 4], true), |n| {
        (n % 2 == 0).then_some(n * 10)
    }));
    assert_eq!(watch.next(None), Next::Item(20));
    assert_eq!(watch.next(None), Next::Item(40));
    assert_eq!(watch.next(None), Next::Ended);
}
