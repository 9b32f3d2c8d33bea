//! How a link treats the datagrams that cross it: delay, loss, copies, disorder.
//!
//! In:  the weather of a link, the state of one receiver, the world's random numbers.
//! Out: when (and how often, or never) one datagram reaches that receiver.

use std::time::Duration;

use crate::rng::Rng;

/// Describes how a link treats datagrams; every receiver of a multicast is treated independently.
#[derive(Clone, Debug, PartialEq)]
pub struct Weather {
    /// The least time a datagram takes.
    pub latency: Duration,
    /// The most that is added to the latency, uniformly.
    pub jitter: Duration,
    /// How datagrams are lost.
    pub loss: Loss,
    /// The probability that a datagram arrives twice.
    pub duplicates: f64,
    /// The probability that a datagram is held back by up to `reorder_by`.
    pub reorder: f64,
    /// The most a reordered datagram is held back.
    pub reorder_by: Duration,
    /// Whether the switch sends every multicast back to its sender as well.
    pub echo: bool,
}

/// Describes how a link loses datagrams, with probabilities from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Nothing is lost.
    None,
    /// Each datagram is lost with one probability, independent of the others.
    Uniform(f64),
    /// A Gilbert-Elliott channel: a good and a bad state, each with its own loss; before each
    /// datagram a receiver's channel may change state.
    Burst {
        /// The probability to go from good to bad.
        worsens: f64,
        /// The probability to go from bad to good.
        betters: f64,
        /// The loss while good.
        loss_good: f64,
        /// The loss while bad.
        loss_bad: f64,
    },
}

/// The state of one receiver's channel under [`Loss::Burst`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Channel {
    bad: bool,
}

impl Weather {
    /// Returns a wired link on a good day: 100 to 300 microseconds, nothing lost.
    pub const fn calm() -> Self {
        Self {
            latency: Duration::from_micros(100),
            jitter: Duration::from_micros(200),
            loss: Loss::None,
            duplicates: 0.0,
            reorder: 0.0,
            reorder_by: Duration::ZERO,
            echo: false,
        }
    }

    /// Returns a crowded wireless link: up to 20 ms, bursts of loss, some copies and disorder.
    pub const fn rough() -> Self {
        Self {
            latency: Duration::from_millis(1),
            jitter: Duration::from_millis(19),
            loss: Loss::Burst {
                worsens: 0.05,
                betters: 0.3,
                loss_good: 0.02,
                loss_bad: 0.7,
            },
            duplicates: 0.02,
            reorder: 0.05,
            reorder_by: Duration::from_millis(50),
            echo: false,
        }
    }

    /// Returns the same weather with each datagram lost with probability `p`.
    #[must_use]
    pub const fn losing(mut self, p: f64) -> Self {
        self.loss = Loss::Uniform(p);
        self
    }

    /// Returns the same weather with loss as described.
    #[must_use]
    pub const fn with_loss(mut self, loss: Loss) -> Self {
        self.loss = loss;
        self
    }

    /// Returns the same weather with each datagram doubled with probability `p`.
    #[must_use]
    pub const fn doubling(mut self, p: f64) -> Self {
        self.duplicates = p;
        self
    }

    /// Returns the same weather with each datagram held back by up to `by` with probability `p`.
    #[must_use]
    pub const fn reordering(mut self, p: f64, by: Duration) -> Self {
        self.reorder = p;
        self.reorder_by = by;
        self
    }

    /// Returns the same weather on a switch that sends multicasts back to their senders.
    #[must_use]
    pub const fn echoing(mut self) -> Self {
        self.echo = true;
        self
    }

    /// Draws the delays after which one datagram reaches one receiver: none, one or two of them.
    pub(crate) fn fate(&self, rng: &mut Rng, channel: &mut Channel) -> [Option<Duration>; 2] {
        let lost = self.loss.strikes(rng, channel);
        let first = self.delay(rng);
        let copy = rng.chance(self.duplicates).then(|| self.delay(rng));
        if lost {
            [None, None]
        } else {
            [Some(first), copy]
        }
    }

    fn delay(&self, rng: &mut Rng) -> Duration {
        let mut delay = self.latency + rng.between(Duration::ZERO, self.jitter);
        if rng.chance(self.reorder) {
            delay += rng.between(Duration::ZERO, self.reorder_by);
        }
        delay
    }
}

impl Default for Weather {
    fn default() -> Self {
        Self::calm()
    }
}

impl Loss {
    fn strikes(self, rng: &mut Rng, channel: &mut Channel) -> bool {
        match self {
            Self::None => false,
            Self::Uniform(p) => rng.chance(p),
            Self::Burst {
                worsens,
                betters,
                loss_good,
                loss_bad,
            } => {
                let turn = if channel.bad { betters } else { worsens };
                channel.bad ^= rng.chance(turn);
                rng.chance(if channel.bad { loss_bad } else { loss_good })
            }
        }
    }
}

#[cfg(test)]
mod tests;
