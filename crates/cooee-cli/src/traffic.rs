//! Messages on the network, as a line, as all of their records, or as JSON.
//!
//! In:  a message, its way, and what was observed of it.
//! Out: text that is safe for a terminal; or the object that docs/JSON.md describes.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use anstyle::{AnsiColor, Style};
use cooee::observe::{Breach, MessageKind, Observation, Sighting};
use cooee_capture::{Capture, Captured};
use cooee_wire::dig::Dig;
use cooee_wire::{Message, QuestionRef, RData, Record};

use crate::escape::escape;

mod json;

/// A message with what was observed of it.
pub(crate) struct ShownMessage<'a> {
    pub(crate) sighting: Sighting<'a>,
    /// The name of the interface, if it is known.
    pub(crate) interface: &'a str,
    pub(crate) observation: Observation,
}

impl ShownMessage<'_> {
    /// Returns one line: time, interface, kind, source, the beginning of the contents, and each
    /// breach with its section.
    pub(crate) fn line(&self) -> String {
        let style = style_of(self.observation.kind);
        let mut line = format!(
            "{} {:<8} {style}{:<12}{style:#} {:<15} {}",
            clock(self.sighting.at),
            escape(self.interface),
            self.observation.kind,
            self.sighting.source.ip(),
            self.summary(),
        );
        for breach in &self.observation.breaches {
            let text = breach.to_string();
            let (section, text) = (section_of(breach), escape(&text));
            // Writing to a `String` cannot fail.
            let _ = write!(line, "  {WRONG}!{section} {text}{WRONG:#}");
        }
        if let Some(other) = self.observation.repeats {
            let _ = write!(line, "  {WRONG}repeats {other}{WRONG:#}");
        }
        if let Some(other) = self.observation.reflects {
            let _ = write!(line, "  {ACROSS}reflects {other}{ACROSS:#}");
        }
        line.push('\n');
        line
    }

    /// Returns all questions and records, each on an indented line.
    pub(crate) fn records(&self) -> String {
        dig(self.sighting.bytes, "    ")
    }

    /// Returns the beginning of the contents.
    fn summary(&self) -> String {
        if let MessageKind::Malformed(error) = self.observation.kind {
            let bytes = self.sighting.bytes.len();
            return format!("{WRONG}{error}{WRONG:#} ({bytes} bytes)");
        }
        let Ok(message) = Message::parse(self.sighting.bytes) else {
            return String::new();
        };
        let counts = message.header().counts;
        let (items, count): (Vec<String>, u16) = if message.header().flags.is_response() {
            let records = message.records().flatten();
            let texts = records.filter_map(|(_, record)| record.to_record().ok());
            let texts = texts.map(|record| short_record(&record)).take(ITEMS_MAX);
            let more = counts.authorities.saturating_add(counts.additionals);
            (texts.collect(), counts.answers.saturating_add(more))
        } else {
            let questions = message.questions().flatten();
            let texts = questions.map(|question| short_question(&question));
            (texts.take(ITEMS_MAX).collect(), counts.questions)
        };
        let left = usize::from(count).saturating_sub(items.len());
        let mut text = escape(&items.join(", ")).into_owned();
        if left > 0 {
            let _ = write!(text, " +{left}");
        }
        if !message.header().flags.is_response() && counts.answers > 0 {
            let _ = write!(text, " ({} known)", counts.answers);
        }
        text
    }
}

/// Returns the section of a rule, after its RFC if that is not RFC 6762.
fn section_of(breach: &Breach) -> String {
    match breach.rfc() {
        MDNS_RFC => breach.section().to_owned(),
        rfc => format!("RFC {rfc} {}", breach.section()),
    }
}

/// Returns a datagram of a capture as the observer takes it, with the name of its interface.
pub(crate) fn sighting<'a>(
    capture: &'a Capture,
    datagram: &'a Captured,
) -> (Sighting<'a>, &'a str) {
    let sighting = Sighting {
        at: SystemTime::UNIX_EPOCH
            .checked_add(datagram.since_epoch)
            .unwrap_or(SystemTime::UNIX_EPOCH),
        source: datagram.source,
        destination: datagram.destination,
        interface: u32::try_from(datagram.interface).unwrap_or_default(),
        hop_limit: Some(datagram.hop_limit),
        bytes: &datagram.bytes,
    };
    let name = capture.interfaces.get(datagram.interface);
    let name = name.map_or("", String::as_str);
    (sighting, if name.is_empty() { "-" } else { name })
}

/// Returns a message in the text form of the codec, with something before each line.
pub(crate) fn dig(bytes: &[u8], indent: &str) -> String {
    let text = match Message::parse(bytes) {
        Ok(message) => Dig(&message).to_string(),
        Err(error) => format!("; malformed: {error}"),
    };
    let lines = text.lines();
    lines.fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "{indent}{}", escape(line));
        out
    })
}

fn short_question(question: &QuestionRef<'_>) -> String {
    let unicast = if question.unicast_response { " QU" } else { "" };
    format!("{}? {}{unicast}", question.name, question.rtype)
}

fn short_record(record: &Record) -> String {
    let (name, rtype) = (&record.name, record.rtype());
    match &record.data {
        // They may be long.
        RData::Txt(_) | RData::Nsec(_) | RData::Opaque { .. } => format!("{name} {rtype}"),
        RData::Srv(srv) => format!("{name} SRV {}:{}", srv.target, srv.port),
        data @ (RData::A(_)
        | RData::Aaaa(_)
        | RData::Ptr(_)
        | RData::Cname(_)
        | RData::Hinfo(_)
        | _) => format!("{name} {rtype} {data}"),
    }
}

/// Returns the time of day in UTC, with milliseconds.
pub(crate) fn clock(at: SystemTime) -> String {
    let since = since_epoch(at);
    let secs = since.as_secs() % SECS_PER_DAY;
    let (hours, minutes) = (secs / 3_600, secs / 60 % 60);
    let millis = since.subsec_millis();
    format!("{hours:02}:{minutes:02}:{:02}.{millis:03}", secs % 60)
}

pub(crate) fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// Returns the style of a kind of message.
fn style_of(kind: MessageKind) -> Style {
    let colour = match kind {
        MessageKind::Query | MessageKind::LegacyQuery => AnsiColor::Cyan,
        MessageKind::Probe => AnsiColor::Yellow,
        MessageKind::Announcement => AnsiColor::Green,
        MessageKind::Response => AnsiColor::Blue,
        MessageKind::Goodbye => AnsiColor::Magenta,
        MessageKind::Malformed(_) | _ => AnsiColor::Red,
    };
    colour.on_default()
}

const ACROSS: Style = AnsiColor::Yellow.on_default();
const WRONG: Style = AnsiColor::Red.on_default();
/// How many questions or records a line shows.
const ITEMS_MAX: usize = 3;
const SECS_PER_DAY: u64 = 86_400;

/// The RFC of most rules.
const MDNS_RFC: u16 = 6762;

#[cfg(test)]
mod tests;
