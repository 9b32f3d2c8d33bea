//! What a host sent, looked at as a whole: kinds, times, gaps.

use std::time::Duration;

use cooee_proto::time::Instant;

use crate::recording::{Recording, Transmission, text};

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Questions only.
    Query,
}

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
