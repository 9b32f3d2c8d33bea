//! An honest host that asks now and then, and records how long it waits.
//!
//! In:  services, how often to ask for one of them.
//! Out: [`Answers`]: how many questions were answered, when, and how fast. RFC 6762 section 6.7: it
//!      asks from a port of its own, so the answers come to it alone, at once, and as often as it
//!      asks.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cooee_wire::{Class, Flags, Message, MessageBuilder, Name, RDataRef, RecordType};

use crate::capture::MDNS_PORT;
use crate::error::{Context, Error, Result};
use crate::lab::{Node, Port};

/// A service whose SRV record is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its full name.
    pub name: Name,
    /// The port where it should be found.
    pub port: u16,
}

/// A querier that asks until it is stopped, in turns for each of some services.
#[derive(Debug)]
pub struct Asker {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Answers>>,
}

/// The results of the questions.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// How many were asked.
    pub asked: u64,
    /// When each answered one was answered, counted from the first question, and how long it took.
    pub answered: Vec<(Duration, Duration)>,
    /// Answers that did not contain the wanted record.
    pub wrong: u64,
}

impl Answers {
    /// The part of the questions that was answered, 0 to 1.
    pub fn share(&self) -> f64 {
        self.answered.len() as f64 / self.asked.max(1) as f64
    }

    /// Returns how many were answered between two moments, counted from the first question.
    pub fn between(&self, from: Duration, to: Duration) -> usize {
        let within = |&&(at, _): &&(Duration, Duration)| from <= at && at < to;
        self.answered.iter().filter(within).count()
    }

    /// The time within which a share of all questions was answered; `None` if fewer were.
    pub fn within(&self, share: f64) -> Option<Duration> {
        let mut waits: Vec<Duration> = self.answered.iter().map(|(_, wait)| *wait).collect();
        waits.sort_unstable();
        let rank = (share * self.asked as f64).ceil() as usize;
        waits.get(rank.saturating_sub(1)).copied()
    }
}

/// How long an answer is waited for after the last question.
const LAST_WAIT: Duration = Duration::from_secs(1);

const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), MDNS_PORT);

impl Asker {
    /// Begins to ask on a host's interface: one question every `interval`.
    pub fn start(
        node: &Node,
        port: &Port,
        wanted: Vec<Wanted>,
        interval: Duration,
    ) -> Result<Self> {
        let own = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
        // Bound to the interface's address, it needs no route to the group.
        let socket = node.enter(move || UdpSocket::bind((own, 0)))??;
        let stop = Arc::new(AtomicBool::new(false));
        let stop_too = Arc::clone(&stop);
        let thread =
            std::thread::spawn(move || Asking::new(socket, wanted, interval).ask_until(&stop_too));
        Ok(Self { stop, thread })
    }

    /// Waits for the last answers, and returns all of them.
    pub fn stop(self) -> Result<Answers> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_err(|_| Error::new("the asker panicked"))?
    }

    /// Asks for this long.
    pub fn for_a_time(self, duration: Duration) -> Result<Answers> {
        std::thread::sleep(duration);
        self.stop()
    }
}

struct Asking {
    socket: UdpSocket,
    wanted: Vec<Wanted>,
    interval: Duration,
    start: Instant,
    /// When each question without an answer was asked, by its id.
    open: BTreeMap<u16, Instant>,
    answers: Answers,
}

impl Asking {
    fn new(socket: UdpSocket, wanted: Vec<Wanted>, interval: Duration) -> Self {
        Self {
            socket,
            wanted,
            interval,
            start: Instant::now(),
            open: BTreeMap::new(),
            answers: Answers::default(),
        }
    }

    fn ask_until(mut self, stop: &AtomicBool) -> Result<Answers> {
        let mut due = self.start;
        while !stop.load(Ordering::Relaxed) {
            self.ask()?;
            due += self.interval;
            self.hear_until(due)?;
        }
        let end = Instant::now() + LAST_WAIT;
        while !self.open.is_empty() && Instant::now() < end {
            self.hear_until(end.min(Instant::now() + Duration::from_millis(20)))?;
        }
        Ok(self.answers)
    }

    fn ask(&mut self) -> Result<()> {
        let id = self.answers.asked as u16;
        let turn = usize::from(id) % self.wanted.len().max(1);
        let Some(wanted) = self.wanted.get(turn) else {
            return Err(Error::new("nothing to ask for"));
        };
        let mut bytes = Vec::new();
        let mut message = MessageBuilder::new(&mut bytes, id, Flags::QUERY, 512);
        message
            .question(&wanted.name, RecordType::SRV, Class::IN, false)
            .context("question")?;
        message.finish();
        self.socket.send_to(&bytes, GROUP)?;
        self.open.insert(id, Instant::now());
        self.answers.asked += 1;
        Ok(())
    }

    fn hear_until(&mut self, end: Instant) -> Result<()> {
        let mut buffer = [0; 2048];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.socket.set_read_timeout(Some(left))?;
            match self.socket.recv(&mut buffer) {
                Ok(length) => self.hear(buffer.get(..length).unwrap_or_default()),
                Err(error) if is_timeout(error.kind()) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let Ok(message) = Message::parse(bytes) else {
            self.answers.wrong += 1;
            return;
        };
        let id = message.header().id;
        let Some(asked) = self.open.remove(&id) else {
            return;
        };
        let turn = usize::from(id) % self.wanted.len().max(1);
        let right = self
            .wanted
            .get(turn)
            .is_some_and(|wanted| says(&message, wanted));
        if right {
            let now = Instant::now();
            self.answers.answered.push((now - self.start, now - asked));
        } else {
            self.answers.wrong += 1;
        }
    }
}

fn is_timeout(kind: ErrorKind) -> bool {
    kind == ErrorKind::WouldBlock || kind == ErrorKind::TimedOut || kind == ErrorKind::Interrupted
}

/// Returns whether a message answers with the wanted SRV record.
fn says(message: &Message<'_>, wanted: &Wanted) -> bool {
    let mut answers = message.answers().map_while(std::result::Result::ok);
    answers.any(|record| {
        let Ok(RDataRef::Srv(srv)) = record.data() else {
            return false;
        };
        record.name.matches(&wanted.name) && srv.port == wanted.port
    })
}
