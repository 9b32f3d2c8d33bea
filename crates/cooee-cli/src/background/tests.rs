//! A reader that reads, one that does not, and one that is gone.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use super::Background;

/// Accepts a write only when it is allowed to.
struct Slow {
    allowed: Receiver<()>,
    taken: Sender<Vec<u8>>,
}

fn slow() -> (Slow, SyncSender<()>, Receiver<Vec<u8>>) {
    let (allow, allowed) = sync_channel(16);
    let (taken, written) = channel();
    (Slow { allowed, taken }, allow, written)
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let allowed = self.allowed.recv();
        allowed.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        self.taken.send(bytes.to_vec()).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const LEN: usize = 100_000;

/// Returns a time limit that no machine reaches.
fn long() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[test]
fn whoever_does_not_read_does_not_stop_the_writer_who_learns_how_much_waits() {
    let (reader, allow, written) = slow();
    let mut output = Background::start(reader).unwrap();
    assert!(output.wait(long()));
    output.write_all(&vec![b'x'; LEN]).unwrap();
    output.write_all(b"end").unwrap();
    output.flush().unwrap();
    assert_eq!(output.waiting(), LEN + 3);
    assert!(!output.wait(Instant::now()), "nothing is written");
    (0..2).for_each(|_| allow.send(()).unwrap());
    assert!(output.wait(long()));
    assert_eq!(output.waiting(), 0);
    let all: Vec<u8> = written.try_iter().flatten().collect();
    assert_eq!(all.len(), LEN + 3);
    assert!(all.ends_with(b"xend"));
}

#[test]
fn whoever_waits_for_a_reader_is_woken() {
    let (reader, allow, _written) = slow();
    let mut output = Background::start(reader).unwrap();
    output.write_all(&vec![b'x'; LEN]).unwrap();
    let helper = std::thread::spawn(move || allow.send(()));
    let end = long();
    while output.waiting() > 0 {
        assert!(crate::watch::wait(Some(end)), "not woken");
    }
    helper.join().unwrap().unwrap();
}

#[test]
fn a_reader_that_is_gone_is_an_error_of_the_next_write() {
    let (reader, allow, _written) = slow();
    let mut output = Background::start(reader).unwrap();
    drop(allow);
    output.write_all(b"x").unwrap();
    assert!(!output.wait(long()));
    for _ in 0..2 {
        let error = output.write(b"y").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
    assert_eq!(output.waiting(), 0, "nobody waits for what will not come");
}
