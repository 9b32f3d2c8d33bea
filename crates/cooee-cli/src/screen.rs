//! The live screen of `browse` on a terminal.
//!
//! In:  the streams of the plain browse, the messages that arrive anyway, keys, signals, the time.
//! Out: frames on the terminal, at most some ten a second and only after a change; whether
//!      something was found. Nothing is asked on the network that the plain browse would not ask.

mod details;
#[cfg(all(test, feature = "demo"))]
mod picture;
mod records;
mod rows;
mod state;
mod terminal;
mod url;
mod view;

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use cooee::Mdns;

use crate::args::Options;
use crate::convert;
use crate::failure::Failure;
use crate::follow::{Follow, Heard, Order, stopped, used};
use crate::logs;
use crate::output::Report;
use crate::quiescence::after;
use crate::signals::Signals;
use crate::watch::{Mapped, Next, Watch};

use records::{Kept, Sighting, sightings};
use state::{Effect, ScreenState};
use terminal::{Keyboard, Terminal, Typed};

/// Anything that can change the screen.
pub(crate) enum Input {
    /// An item of the browse.
    Heard(Box<Heard>),
    /// The records of a message.
    Sighted(Vec<Sighting>),
    Typed(Typed),
    /// The program has to end.
    Signal,
}

impl Input {
    /// Wraps an item of the browse.
    pub(crate) fn heard(heard: Heard) -> Self {
        Self::Heard(Box::new(heard))
    }
}

/// Returns whether somebody would see the screen, and could use it.
pub(crate) fn is_wanted(options: &Options) -> bool {
    let logs_to_terminal = options.verbose > 0 && io::stderr().is_terminal();
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !options.json
        && !options.once
        && !logs_to_terminal
        && !is_dumb
        && io::stdin().is_terminal()
        && io::stdout().is_terminal()
}

/// Shows the screen until the user or a signal ends it, or the timeout has passed. `start` starts
/// the streams of the browse.
pub(crate) fn run(
    mdns: &Mdns,
    target: Option<&str>,
    options: &Options,
    start: impl FnOnce(&mut Watch<Input>) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let begun = Instant::now();
    let mut watch = Watch::new();
    watch.add(Mapped::new(Signals::new()?, |()| Some(Input::Signal)));
    let messages = mdns.monitor().start().map_err(|error| Failure::Start {
        message: error.to_string(),
        hint: None,
    })?;
    watch.add(Mapped::new(messages, |event| {
        let sightings = sightings(&event);
        (!sightings.is_empty()).then_some(Input::Sighted(sightings))
    }));
    start(&mut watch)?;
    let follow = Follow::new(Watch::new(), options, None).browse();
    let follow = if target.is_none() {
        follow.of_all()
    } else {
        follow
    };
    let mut screen = LiveScreen {
        mdns,
        state: ScreenState::new(target, &used(mdns)),
        order: Order::default(),
        begun,
        end: follow.end(),
        has_found: false,
    };
    // What is logged meanwhile is shown afterwards.
    let held = logs::hold();
    let terminal = Terminal::enter()?;
    watch.add(Mapped::new(Keyboard::start()?, |typed| {
        Some(Input::Typed(typed))
    }));
    let ended = screen.run(watch, terminal);
    drop(held);
    ended?;
    if screen.has_found {
        Ok(true)
    } else {
        Err(follow.nothing(mdns))
    }
}

/// One run of the screen.
struct LiveScreen<'m> {
    mdns: &'m Mdns,
    state: ScreenState,
    order: Order,
    begun: Instant,
    end: Option<Instant>,
    has_found: bool,
}

/// What has to be done after an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// Nothing that is visible has changed.
    Nothing,
    /// A frame, with the next ones.
    Frame,
    /// A frame at once: a user waits for it.
    FrameNow,
    End,
}

impl LiveScreen<'_> {
    /// Runs until the end, and restores the terminal.
    fn run(&mut self, mut watch: Watch<Input>, mut terminal: Terminal) -> Result<(), Failure> {
        let now = Instant::now();
        // The next second, the earliest time for a frame, and whether one is due.
        let (mut second, mut earliest, mut is_due) = (now, now, true);
        self.resize(&terminal)?;
        loop {
            let now = Instant::now();
            if Terminal::is_lost() {
                return Err(stopped());
            }
            if self.end.is_some_and(|end| end <= now) {
                return Ok(());
            }
            if second <= now {
                let received = self.mdns.metrics().sockets.received;
                self.state
                    .tick(now.saturating_duration_since(self.begun), received);
                self.recall();
                second = after(now, SECOND);
                is_due = true;
            }
            if is_due && earliest <= now {
                terminal.draw(&self.state)?;
                is_due = false;
                earliest = after(now, FRAME_TIME);
            }
            let mut deadline = if is_due { second.min(earliest) } else { second };
            deadline = self.end.map_or(deadline, |end| end.min(deadline));
            let input = match watch.next(Some(deadline)) {
                Next::Item(input) => input,
                Next::TimeUp => continue,
                Next::Ended => return Err(stopped()),
            };
            match self.take(input, &mut terminal)? {
                After::Nothing => {}
                After::Frame => is_due = true,
                After::FrameNow => {
                    is_due = true;
                    earliest = earliest.min(after(now, KEY_TIME));
                }
                After::End => return Ok(()),
            }
        }
    }

    /// Looks up the age of records whose messages were not seen.
    fn recall(&mut self) {
        for unseen in self.state.unseen() {
            // Without the driver, the streams end too.
            let found = self.mdns.cached(&unseen.name, unseen.rtype).wait();
            let found: Vec<Kept> = found.into_iter().flatten().map(Kept::from).collect();
            self.state.recall(unseen, &found);
        }
    }

    fn take(&mut self, input: Input, terminal: &mut Terminal) -> Result<After, Failure> {
        let now = self.begun.elapsed();
        Ok(match input {
            Input::Signal => After::End,
            Input::Heard(heard) => {
                self.hear(*heard, now);
                After::Frame
            }
            Input::Sighted(sightings) => {
                // The next second shows them.
                self.state.hear(sightings, now);
                After::Nothing
            }
            Input::Typed(Typed::Resized) => {
                self.resize(terminal)?;
                After::FrameNow
            }
            Input::Typed(Typed::Key(key)) => match self.state.key(key) {
                None => After::FrameNow,
                Some(Effect::Quit) => After::End,
                Some(Effect::Copy { text, what }) => {
                    terminal.copy(&text)?;
                    self.state
                        .say(format!("copied as {what}, if the terminal allows it"));
                    After::FrameNow
                }
                Some(Effect::Open(url)) => {
                    let message = match terminal::open(&url) {
                        Ok(()) => format!("opening {url}"),
                        Err(message) => message,
                    };
                    self.state.say(message);
                    After::FrameNow
                }
            },
        })
    }

    fn hear(&mut self, heard: Heard, now: Duration) {
        match heard {
            Heard::Question(event) => {
                // Only types: a list of them that lags says nothing about services.
                if let Some(report @ Report::Type { .. }) = convert::type_event(event) {
                    self.state.take(report, now);
                }
            }
            Heard::Report(report) | Heard::Unique(report) => {
                for report in self.order.sort(report) {
                    self.has_found |= report.is_answer();
                    self.state.take(report, now);
                }
            }
        }
    }

    fn resize(&mut self, terminal: &Terminal) -> Result<(), Failure> {
        let size = terminal.size()?;
        let room = view::room(size, self.state.has_types);
        self.state.set_room(room);
        Ok(())
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// The least time between frames, and between a frame and one that a key asks for.
const FRAME_TIME: Duration = Duration::from_millis(100);
const KEY_TIME: Duration = Duration::from_millis(20);
