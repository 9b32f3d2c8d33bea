//! Whether the clock of this machine runs evenly.
//!
//! In:  two readings of its clocks.
//! Out: [`ClockChange`]: how far the time of day was set, and how long the machine slept.

use std::time::{Duration, SystemTime};

use cooee_net::Clock;

/// The clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockReading {
    /// The time of day, since 1970.
    pub(super) wall: Duration,
    /// The time since the start of the machine.
    pub(super) running: Duration,
    /// The same without the time that it slept.
    pub(super) awake: Duration,
}

/// What happened to the clocks between two readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ClockChange {
    pub(super) set: Option<ClockSet>,
    /// How long the machine slept.
    pub(super) slept: Option<Duration>,
}

/// The time of day was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClockSet {
    Forward(Duration),
    Back(Duration),
}

impl ClockReading {
    #[allow(
        clippy::disallowed_methods,
        reason = "the time of day is compared with another clock, and decides nothing else"
    )]
    pub(super) fn now() -> Self {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            wall: wall.unwrap_or_default(),
            running: Clock::now(),
            awake: Clock::awake(),
        }
    }

    /// Compares with an earlier reading.
    pub(super) fn since(&self, before: &Self) -> ClockChange {
        let running = self.running.saturating_sub(before.running);
        let awake = self.awake.saturating_sub(before.awake);
        let expected = before.wall.saturating_add(running);
        let set = if self.wall > expected {
            ClockSet::Forward(self.wall.saturating_sub(expected))
        } else {
            ClockSet::Back(expected.saturating_sub(self.wall))
        };
        let slept = running.saturating_sub(awake);
        ClockChange {
            set: Some(set).filter(|set| set.by() >= JUMP_MIN),
            slept: Some(slept).filter(|slept| *slept >= JUMP_MIN),
        }
    }
}

impl ClockSet {
    fn by(self) -> Duration {
        match self {
            Self::Forward(by) | Self::Back(by) => by,
        }
    }
}

/// A service of time corrects the clock by much less in some minutes without a jump.
const JUMP_MIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::{ClockChange, ClockReading, ClockSet};
    use std::time::Duration;

    fn after(wall: u64, running: u64, awake: u64) -> ClockChange {
        let reading = |wall, running, awake| ClockReading {
            wall: Duration::from_millis(1_000_000 + wall),
            running: Duration::from_millis(50_000 + running),
            awake: Duration::from_millis(40_000 + awake),
        };
        reading(wall, running, awake).since(&reading(0, 0, 0))
    }

    #[test]
    fn a_clock_that_was_set_is_told_from_a_machine_that_slept() {
        let even = ClockChange::default();
        assert_eq!(after(60_000, 60_000, 60_000), even);
        assert_eq!(
            after(60_900, 60_000, 60_000),
            even,
            "it is corrected slowly"
        );
        let secs = Duration::from_secs;
        let set = |set| ClockChange {
            set: Some(set),
            slept: None,
        };
        assert_eq!(
            after(3_605_000, 5_000, 5_000),
            set(ClockSet::Forward(secs(3_600)))
        );
        assert_eq!(after(1_000, 61_000, 61_000), set(ClockSet::Back(secs(60))));
        let slept = ClockChange {
            set: None,
            slept: Some(secs(3_600)),
        };
        assert_eq!(after(3_605_000, 3_605_000, 5_000), slept);
    }
}
