//! What a host sent, viewed as a whole: kinds, times, gaps.

use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_wire::{Message, Name, Record, RecordType, Section};

use super::kind::{self, Asked, Kind};
use crate::recording::{Recording, Transmission, text};

/// Views a choice of messages, in the order of sending.
#[derive(Clone, Debug)]
pub struct Sent<'r> {
    recording: &'r Recording,
    chosen: Vec<&'r Transmission>,
}

impl<'r> Sent<'r> {
    pub(crate) fn new(recording: &'r Recording, chosen: Vec<&'r Transmission>) -> Self {
        Self { recording, chosen }
    }

    /// Returns the messages.
    pub fn messages(&self) -> &[&'r Transmission] {
        &self.chosen
    }

    /// Returns how many messages there are.
    pub fn count(&self) -> usize {
        self.chosen.len()
    }

    /// Returns those sent at `from` or later.
    #[must_use]
    pub fn since(self, from: Instant) -> Self {
        self.only(|t| t.at >= from)
    }

    /// Returns those after the first `count`.
    #[must_use]
    pub fn after(mut self, count: usize) -> Self {
        self.chosen.drain(..count.min(self.chosen.len()));
        self
    }

    /// Returns those sent on a link.
    #[must_use]
    pub fn on(self, link: &str) -> Self {
        self.only(|t| &*t.link == link)
    }

    /// Returns those for which `wanted` holds.
    #[must_use]
    pub fn only(mut self, mut wanted: impl FnMut(&Transmission) -> bool) -> Self {
        self.chosen.retain(|t| wanted(t));
        self
    }

    /// Returns those of a kind.
    #[must_use]
    pub fn of_kind(self, kind: Kind) -> Self {
        let recording = self.recording;
        self.only(|t| kind::of(t, recording) == kind)
    }

    /// Returns the kind of each message.
    pub fn kinds(&self) -> Vec<Kind> {
        self.chosen
            .iter()
            .map(|t| kind::of(t, self.recording))
            .collect()
    }

    /// Returns every question, in the order of asking.
    pub fn questions(&self) -> Vec<Asked> {
        self.chosen
            .iter()
            .flat_map(|t| kind::questions(t, self.recording))
            .collect()
    }

    /// Returns the questions for a name, such as `_http._tcp.local`, and a type.
    ///
    /// # Panics
    /// When `name` is no name.
    pub fn questions_for(&self, name: &str, rtype: RecordType) -> Vec<Asked> {
        let name: Name = name.parse().expect("a name");
        let mut questions = self.questions();
        questions.retain(|asked| asked.name == name && asked.rtype == rtype);
        questions
    }

    /// Returns the records of the answer section of each message: in a query, the known answers.
    pub fn answers(&self) -> Vec<Record> {
        self.records(Section::Answer)
    }

    /// Returns the records of one section of each message.
    pub fn records(&self, section: Section) -> Vec<Record> {
        let messages = self
            .chosen
            .iter()
            .filter_map(|t| Message::parse(t.bytes()).ok());
        let records = messages.flat_map(|message| message.records().flatten());
        let chosen = records.filter(|(of, _)| *of == section);
        chosen
            .filter_map(|(_, record)| record.to_record().ok())
            .collect()
    }

    /// Returns the time of each message since the world began.
    pub fn times(&self) -> Vec<Duration> {
        self.chosen
            .iter()
            .map(|t| self.recording.age(t.at))
            .collect()
    }

    /// Returns the time between each message and the next.
    pub fn gaps(&self) -> Vec<Duration> {
        self.chosen
            .windows(2)
            .map(|pair| pair[1].at.saturating_since(pair[0].at))
            .collect()
    }

    /// Returns the messages as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for transmission in &self.chosen {
            text::transmission(&mut out, self.recording, transmission);
        }
        out
    }
}
