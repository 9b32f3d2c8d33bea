//! Standard input, line by line, on a separate thread.
//!
//! In:  bytes. Out: a stream of lines, and `None` at the end of input; a line that is too long or
//!      not UTF-8 is reported as such, with its start.

use std::io::{self, BufRead};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use futures_core::Stream;

/// A line, or what is wrong with it.
pub(crate) type Line = Result<String, Unreadable>;

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Its start: bytes that are not UTF-8 as U+FFFD, and `...` for the omitted rest.
    pub(crate) start: String,
    pub(crate) reason: &'static str,
}

/// The lines of standard input.
pub(crate) struct Lines {
    lines: Receiver<Line>,
    has_ended: bool,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Lines {
    /// Starts to read.
    pub(crate) fn start(input: impl BufRead + Send + 'static) -> io::Result<Self> {
        let (sender, lines) = sync_channel(LINES_MAX);
        let waker = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&waker);
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                read(input, &sender, &shared);
                drop(sender);
                wake(&shared);
            })?;
        Ok(Self {
            lines,
            has_ended: false,
            waker,
        })
    }
}

impl Stream for Lines {
    type Item = Option<Line>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Set before checking, so that a line that arrives in between wakes.
        *lock(&self.waker) = Some(context.waker().clone());
        match self.lines.try_recv() {
            Ok(line) => Poll::Ready(Some(Some(line))),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) if self.has_ended => Poll::Ready(None),
            Err(TryRecvError::Disconnected) => {
                self.has_ended = true;
                Poll::Ready(Some(None))
            }
        }
    }
}

fn read(mut input: impl BufRead, lines: &SyncSender<Line>, waker: &Mutex<Option<Waker>>) {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let line = match read_line(&mut input, &mut bytes) {
            Ok(Some(fits)) => text(&bytes, fits),
            Ok(None) | Err(_) => return,
        };
        if lines.send(line).is_err() {
            return;
        }
        wake(waker);
    }
}

/// Reads one line. Returns whether it fits; `None` at the end.
fn read_line(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Option<bool>> {
    let (mut fits, mut any) = (true, false);
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            return Ok(any.then_some(fits));
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        let room = LINE_LEN_MAX.saturating_sub(bytes.len());
        fits &= part.len() <= room;
        bytes.extend(part.iter().take(room));
        let read = part.len().saturating_add(usize::from(end.is_some()));
        input.consume(read);
        if end.is_some() {
            return Ok(Some(fits));
        }
    }
}

fn text(bytes: &[u8], fits: bool) -> Line {
    if !fits {
        return Err(Unreadable::new(
            bytes,
            "the line is longer than 65,536 bytes",
        ));
    }
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(Unreadable::new(bytes, "the line is not UTF-8")),
    }
}

impl Unreadable {
    fn new(line: &[u8], reason: &'static str) -> Self {
        let text = String::from_utf8_lossy(line);
        let mut start: String = text.chars().take(START_CHARS).collect();
        if start.len() < text.len() {
            start.push_str("...");
        }
        Self { start, reason }
    }
}

fn wake(waker: &Mutex<Option<Waker>>) {
    let waker = lock(waker).take();
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many lines are read ahead; a writer of more has to wait.
const LINES_MAX: usize = 1_024;

/// Room for a TXT record of the largest packet, in hexadecimal and quoted.
const LINE_LEN_MAX: usize = 65_536;

/// How many characters an error contains of a line that cannot be read.
const START_CHARS: usize = 200;

#[cfg(test)]
mod tests {
    use super::{Line, Unreadable, read_line, text};

    fn lines(mut input: &[u8]) -> Vec<Line> {
        let (mut all, mut bytes) = (Vec::new(), Vec::new());
        while let Some(fits) = read_line(&mut input, &mut bytes).unwrap() {
            all.push(text(&bytes, fits));
            bytes.clear();
        }
        all
    }

    #[test]
    fn lines_end_with_or_without_a_newline() {
        let read = lines(b"a\r\n\nb");
        assert_eq!(
            read,
            [Ok("a".to_owned()), Ok(String::new()), Ok("b".to_owned())]
        );
    }

    #[test]
    fn a_line_that_is_none_costs_that_line_alone() {
        let mut input = b"register 'a".to_vec();
        input.resize(100_000, b'x');
        input.extend_from_slice(b"\nupdate \xff\nc\n");
        let read = lines(&input);
        let wrong = |start: String, reason| Err(Unreadable { start, reason });
        assert_eq!(
            read,
            [
                wrong(
                    format!("register 'a{}...", "x".repeat(189)),
                    "the line is longer than 65,536 bytes"
                ),
                wrong("update \u{fffd}".to_owned(), "the line is not UTF-8"),
                Ok("c".to_owned())
            ]
        );
    }
}
