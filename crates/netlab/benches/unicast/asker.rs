//! One asker: a list over TCP, and questions over UDP at an even pace.
//!
//! In:  the address of a DNS server, questions.
//! Out: the records of the list; how many questions were answered, and how fast.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use cooee_wire::{Class, Flags, Message, MessageBuilder, Name, RData, RecordType};
use netlab::clock::monotonic;
use netlab::error::{Context, Result};

/// How long to wait for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// A question: a name and a type.
pub(crate) type Question = (Name, RecordType);

/// What became of many questions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    pub(crate) asked: usize,
    /// How long each answer with records took, the fastest first.
    pub(crate) took: Vec<Duration>,
    /// Answers without records.
    pub(crate) empty: usize,
}

impl Answers {
    /// Returns the time within which a part of the answers came.
    pub(crate) fn within(&self, percent: usize) -> Duration {
        let place = self.took.len().saturating_sub(1) * percent / 100;
        self.took.get(place).copied().unwrap_or_default()
    }
}

/// Asks over TCP; returns the data of the answers.
pub(crate) fn list(server: SocketAddr, question: &Question) -> Result<Vec<RData>> {
    let mut stream = TcpStream::connect(server).context(server)?;
    stream
        .set_read_timeout(Some(ANSWER_LIMIT))
        .context(server)?;
    let message = query(1, question);
    let len = u16::try_from(message.len()).context("length")?;
    stream
        .write_all(&[&len.to_be_bytes()[..], &message].concat())
        .context(server)?;
    let mut len = [0; 2];
    stream.read_exact(&mut len).context(server)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(len))];
    stream.read_exact(&mut answer).context(server)?;
    let message = Message::parse(&answer).context("answer")?;
    let records = message.answers().flatten();
    Ok(records
        .filter_map(|record| record.to_record().ok())
        .map(|record| record.data)
        .collect())
}

/// Asks over UDP, so many times per second, each question in turn until the count is reached.
pub(crate) fn load(
    server: SocketAddr,
    questions: &[Question],
    (count, per_second): (usize, u32),
) -> Result<Answers> {
    let socket = UdpSocket::bind("0.0.0.0:0").context("socket")?;
    socket.connect(server).context(server)?;
    let mut waiting: HashMap<u16, Duration> = HashMap::new();
    let mut answers = Answers::default();
    let pause = Duration::from_secs(1) / per_second;
    let begun = monotonic();
    let mut next = begun;
    while answers.asked < count || !waiting.is_empty() {
        let now = monotonic();
        if answers.asked < count && now >= next {
            let id = (answers.asked % usize::from(u16::MAX)) as u16;
            let question = &questions[answers.asked % questions.len()];
            waiting.insert(id, now);
            // What the kernel does not take is an answer that never comes.
            let _ = socket.send(&query(id, question));
            answers.asked += 1;
            next += pause;
            continue;
        }
        waiting.retain(|_, sent| now.saturating_sub(*sent) < ANSWER_LIMIT);
        let rest = match answers.asked < count {
            true => next.saturating_sub(now),
            false => Duration::from_millis(20),
        };
        receive(&socket, rest, &mut waiting, &mut answers)?;
    }
    answers.took.sort_unstable();
    Ok(answers)
}

/// Receives one answer, if one comes in time.
fn receive(
    socket: &UdpSocket,
    limit: Duration,
    waiting: &mut HashMap<u16, Duration>,
    answers: &mut Answers,
) -> Result<()> {
    let limit = limit.max(Duration::from_micros(50));
    socket.set_read_timeout(Some(limit)).context("limit")?;
    let mut buffer = [0; 4_096];
    let len = match socket.recv(&mut buffer) {
        Ok(len) => len,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let message = Message::parse(&buffer[..len]).context("answer")?;
    if let Some(sent) = waiting.remove(&message.header().id) {
        match message.header().counts.answers {
            0 => answers.empty += 1,
            _ => answers.took.push(monotonic().saturating_sub(sent)),
        }
    }
    Ok(())
}

fn query(id: u16, (name, rtype): &Question) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, id, Flags::QUERY, 512);
    // A name is at most 256 bytes long.
    let _ = builder.question(name, *rtype, Class::IN, false);
    builder.finish();
    buffer
}
