//! Echoes: equal content within two seconds, nothing else.

use super::*;
use crate::time::Duration;

const MAX: usize = 100;

#[test]
fn equal_content_is_an_echo_for_two_seconds() {
    let mut echo = Echo::default();
    let start = Instant::from_nanos(1);
    echo.sent(start, content_hash(b"a question"), MAX);
    assert!(echo.is_echo(start, b"a question"));
    assert!(echo.is_echo(start, b"a question"), "a switch may repeat it");
    assert!(!echo.is_echo(start, b"A question"));
    assert!(!echo.is_echo(start, b"a question."));
    assert!(echo.is_echo(start + ECHO_WINDOW, b"a question"));
    assert!(!echo.is_echo(start + ECHO_WINDOW + Duration::from_nanos(1), b"a question"));
}

#[test]
fn trailing_zeros_are_content() {
    let mut echo = Echo::default();
    echo.sent(Instant::ZERO, content_hash(&[1, 0]), MAX);
    assert!(!echo.is_echo(Instant::ZERO, &[1]));
    assert!(!echo.is_echo(Instant::ZERO, &[1, 0, 0]));
}

#[test]
fn only_so_many_packets_are_remembered() {
    let mut echo = Echo::default();
    for n in 0..=MAX {
        echo.sent(Instant::ZERO, content_hash(&n.to_le_bytes()), MAX);
    }
    assert!(!echo.is_echo(Instant::ZERO, &0_usize.to_le_bytes()));
    assert!(echo.is_echo(Instant::ZERO, &1_usize.to_le_bytes()));
    assert_eq!((echo.known.len(), echo.forgotten), (MAX, 1));
}

#[test]
fn a_packet_comes_back_sixteen_times_for_each_time_it_was_sent() {
    let mut echo = Echo::default();
    let start = Instant::from_nanos(1);
    assert!(!echo.is_due_back(start, b"a"));
    echo.sent(start, content_hash(b"a"), MAX);
    echo.sent(start, content_hash(b"a"), MAX);
    let due = (0..100).filter(|_| echo.is_due_back(start, b"a")).count();
    assert_eq!(due, 32);
    assert!(echo.is_echo(start, b"a"), "it is still ours");
    assert!(!echo.is_due_back(start, b"b"));
}
