//! The terminal: raw mode, the alternate screen, keys, the clipboard, and the way back.
//!
//! In:  key presses and changes of size, read on a thread of their own.
//! Out: frames; and, however the program ends short of being killed outright, a terminal as it was
//!      before.

use std::io::{self, BufWriter, Stdout, Write};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use futures_core::Stream;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

use super::state::{KeyPress, Motion, ScreenState};
use super::view;

/// The terminal while it shows the screen. Dropping it restores what was there before.
pub(crate) struct Terminal(ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>);

/// Whether the terminal has to be restored.
static IS_CHANGED: AtomicBool = AtomicBool::new(false);

impl Terminal {
    /// Takes the terminal over. A panic on any thread restores it before it reports anything.
    pub(crate) fn enter() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        IS_CHANGED.store(true, Ordering::SeqCst);
        let entered = execute!(io::stdout(), EnterAlternateScreen, Hide);
        let backend = CrosstermBackend::new(BufWriter::new(io::stdout()));
        match entered.and_then(|()| ratatui::Terminal::new(backend)) {
            Ok(terminal) => Ok(Self(terminal)),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Returns whether the screen has been taken away: something has panicked.
    pub(crate) fn is_lost() -> bool {
        !IS_CHANGED.load(Ordering::SeqCst)
    }

    /// Draws what has changed since the last frame.
    pub(crate) fn draw(&mut self, state: &ScreenState) -> io::Result<()> {
        self.0.draw(|frame| {
            let area = frame.area();
            if let Some(cursor) = view::draw(state, area, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }

    /// Returns its present size.
    pub(crate) fn size(&self) -> io::Result<Rect> {
        Ok(Rect::from((
            ratatui::layout::Position::ORIGIN,
            self.0.size()?,
        )))
    }

    /// Puts a text on the clipboard of the terminal, which may be on another machine.
    pub(crate) fn copy(&mut self, text: &str) -> io::Result<()> {
        let out = self.0.backend_mut();
        write!(out, "\u{1b}]52;c;{}\u{7}", base64(text.as_bytes()))?;
        Write::flush(out)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Restores the terminal, once.
fn restore() {
    if IS_CHANGED.swap(false, Ordering::SeqCst) {
        // If the terminal is gone, there is nothing to restore.
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

fn restore_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            report(panic);
        }));
    });
}

/// What comes from the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    Key(KeyPress),
    /// Its size has changed.
    Resized,
}

/// A stream of what comes from the terminal; it ends when nothing more can be read.
pub(crate) struct Keyboard {
    typed: Receiver<Typed>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Keyboard {
    /// Starts to read.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, typed) = channel();
        let waker = Arc::new(Mutex::new(None));
        let theirs = Arc::clone(&waker);
        thread::Builder::new()
            .name("keyboard".to_owned())
            .spawn(move || {
                read(&sender, &theirs);
                drop(sender);
                wake(&theirs);
            })?;
        Ok(Self { typed, waker })
    }
}

impl Stream for Keyboard {
    type Item = Typed;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Typed>> {
        // Set before checking, so that a key that arrives in between wakes.
        let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        *waker = Some(context.waker().clone());
        drop(waker);
        match self.typed.try_recv() {
            Ok(typed) => Poll::Ready(Some(typed)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

fn read(sender: &Sender<Typed>, waker: &Mutex<Option<Waker>>) {
    while let Ok(event) = event::read() {
        let typed = match event {
            Event::Key(event) => key(event).map(Typed::Key),
            Event::Resize(..) => Some(Typed::Resized),
            Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
            #[allow(
                unreachable_patterns,
                reason = "pasted text is an event with a feature only"
            )]
            _ => None,
        };
        if let Some(typed) = typed {
            if sender.send(typed).is_err() {
                return;
            }
            wake(waker);
        }
    }
}

fn wake(waker: &Mutex<Option<Waker>>) {
    let waker = waker.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(waker) = waker {
        waker.wake();
    }
}

fn key(event: KeyEvent) -> Option<KeyPress> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let is_plain = KeyModifiers::SHIFT.contains(event.modifiers);
    Some(match event.code {
        KeyCode::Char('c') if event.modifiers == KeyModifiers::CONTROL => KeyPress::Interrupt,
        KeyCode::Char(c) if is_plain => KeyPress::Char(c),
        KeyCode::Up => KeyPress::Move(Motion::Up),
        KeyCode::Down => KeyPress::Move(Motion::Down),
        KeyCode::Left => KeyPress::Left,
        KeyCode::Right => KeyPress::Right,
        KeyCode::PageUp => KeyPress::Move(Motion::PageUp),
        KeyCode::PageDown => KeyPress::Move(Motion::PageDown),
        KeyCode::Home => KeyPress::Move(Motion::Home),
        KeyCode::End => KeyPress::Move(Motion::End),
        KeyCode::Tab => KeyPress::Tab,
        KeyCode::BackTab => KeyPress::BackTab,
        KeyCode::Enter => KeyPress::Enter,
        KeyCode::Esc => KeyPress::Escape,
        KeyCode::Backspace => KeyPress::Backspace,
        KeyCode::Char(_)
        | KeyCode::Delete
        | KeyCode::Insert
        | KeyCode::F(_)
        | KeyCode::Null
        | KeyCode::CapsLock
        | KeyCode::ScrollLock
        | KeyCode::NumLock
        | KeyCode::PrintScreen
        | KeyCode::Pause
        | KeyCode::Menu
        | KeyCode::KeypadBegin
        | KeyCode::Media(_)
        | KeyCode::Modifier(_) => return None,
    })
}

/// Opens a URL in the program that the system has for it. No shell reads it.
pub(crate) fn open(url: &str) -> Result<(), String> {
    let [program, first @ ..] = OPENER;
    let mut command = Command::new(program);
    command.args(first).arg(url);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command
        .spawn()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    // Some of these programs run as long as what they have opened.
    let reaper = thread::Builder::new().name("opener".to_owned());
    let _ = reaper.spawn(move || child.wait());
    Ok(())
}

#[cfg(windows)]
const OPENER: [&str; 2] = ["rundll32", "url.dll,FileProtocolHandler"];
#[cfg(target_vendor = "apple")]
const OPENER: [&str; 1] = ["open"];
#[cfg(not(any(windows, target_vendor = "apple")))]
const OPENER: [&str; 1] = ["xdg-open"];

/// Returns bytes in base64 (RFC 4648 section 4), as the clipboard sequence wants them.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for chunk in bytes.chunks(3) {
        let (a, b, c) = match chunk {
            [a, b, c] => (*a, *b, *c),
            [a, b] => (*a, *b, 0),
            [a] => (*a, 0, 0),
            _ => (0, 0, 0),
        };
        let sextets = [
            a >> 2,
            (a & 3) << 4 | b >> 4,
            (b & 15) << 2 | c >> 6,
            c & 63,
        ];
        for (at, sextet) in sextets.into_iter().enumerate() {
            let digit = DIGITS.get(usize::from(sextet)).copied().unwrap_or(b'=');
            text.push(char::from(if at > chunk.len() { b'=' } else { digit }));
        }
    }
    text
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests;
