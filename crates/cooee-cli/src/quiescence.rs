//! When the first round of answers is over.
//!
//! In:  questions started, events received, the time.
//! Out: the moment after which waiting longer is not useful.
//!
//! A question is sent after 20 to 120 ms and repeated a second later. Answers take up to 120 ms, or
//! 500 ms if known answers fill several packets. So an answer that was lost after the first packet
//! comes after the second, and a link that is then silent for a while has sent all answers.

use std::time::{Duration, Instant};

/// From a question to the last answer to its repetition.
pub(crate) const ROUND: Duration = Duration::from_millis(1_600);

/// How long no event must come before the link counts as silent.
const SILENCE: Duration = Duration::from_millis(600);

/// How long something found may remain unresolved.
const PATIENCE: Duration = Duration::from_secs(3);

/// However many events there are, one round ends after this.
const LONGEST: Duration = Duration::from_secs(20);

/// The wait after the answer of the only host that can answer: its other records come with it.
const AFTERTHOUGHT: Duration = Duration::from_millis(300);

/// The state of one run of the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quiescence {
    start: Instant,
    asked: Instant,
    heard: Instant,
    /// How many are found and not resolved, and when that last changed.
    unresolved: Option<(usize, Instant)>,
    /// The last event leaves nothing to ask.
    last_word: bool,
}

impl Quiescence {
    /// Starts with a question asked now.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            start: now,
            asked: now,
            heard: now,
            unresolved: None,
            last_word: false,
        }
    }

    /// Records a further question: it gets a round of its own.
    pub(crate) fn on_question(&mut self, now: Instant) {
        self.asked = self.asked.max(now);
    }

    /// Records that something was found or changed.
    pub(crate) fn on_news(&mut self, now: Instant) {
        self.heard = self.heard.max(now);
        self.last_word = false;
    }

    /// Records an answer to which there is no second one.
    pub(crate) fn on_last_word(&mut self, now: Instant) {
        self.on_news(now);
        self.last_word = true;
    }

    /// Records how many are found and not resolved.
    pub(crate) fn on_unresolved(&mut self, now: Instant, count: usize) {
        self.unresolved = match self.unresolved {
            _ if count == 0 => None,
            Some((before, since)) if before == count => Some((count, since)),
            Some(_) | None => Some((count, now)),
        };
    }

    /// Returns when the round is over, if no more events come.
    pub(crate) fn deadline(&self) -> Instant {
        self.quiet().min(after(self.start, LONGEST))
    }

    fn quiet(&self) -> Instant {
        if self.last_word {
            return after(self.heard, AFTERTHOUGHT);
        }
        let settled = after(self.asked, ROUND).max(after(self.heard, SILENCE));
        match self.unresolved {
            Some((_, since)) => settled.max(after(since, PATIENCE)),
            None => settled,
        }
    }
}

/// Returns the moment some time after another; that moment itself where the clock ends.
pub(crate) fn after(at: Instant, wait: Duration) -> Instant {
    at.checked_add(wait).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{AFTERTHOUGHT, LONGEST, PATIENCE, Quiescence, ROUND, SILENCE};

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_silent_link_takes_one_round() {
        let start = Instant::now();
        assert_eq!(Quiescence::new(start).deadline(), start + ROUND);
    }

    #[test]
    fn early_answers_do_not_cut_the_round_short() {
        let start = Instant::now();
        let mut quiescence = Quiescence::new(start);
        quiescence.on_news(start + ms(100));
        assert_eq!(quiescence.deadline(), start + ROUND);
    }

    #[test]
    fn answers_that_still_come_in_hold_the_door() {
        let start = Instant::now();
        let mut quiescence = Quiescence::new(start);
        quiescence.on_news(start + ms(1_500));
        assert_eq!(quiescence.deadline(), start + ms(1_500) + SILENCE);
    }

    #[test]
    fn what_is_found_and_not_resolved_is_waited_for_but_not_for_ever() {
        let start = Instant::now();
        let mut quiescence = Quiescence::new(start);
        quiescence.on_unresolved(start + ms(200), 2);
        quiescence.on_unresolved(start + ms(900), 2);
        assert_eq!(quiescence.deadline(), start + ms(200) + PATIENCE);
        quiescence.on_unresolved(start + ms(1_000), 1);
        assert_eq!(quiescence.deadline(), start + ms(1_000) + PATIENCE);
        quiescence.on_unresolved(start + ms(1_100), 0);
        assert_eq!(quiescence.deadline(), start + ROUND);
    }

    #[test]
    fn the_last_word_ends_the_round_unless_another_follows() {
        let start = Instant::now();
        let mut quiescence = Quiescence::new(start);
        quiescence.on_last_word(start + ms(50));
        assert_eq!(quiescence.deadline(), start + ms(50) + AFTERTHOUGHT);
        quiescence.on_news(start + ms(60));
        assert_eq!(quiescence.deadline(), start + ROUND);
    }

    #[test]
    fn a_link_that_never_falls_silent_is_left_all_the_same() {
        let start = Instant::now();
        let mut quiescence = Quiescence::new(start);
        (0..1_000).for_each(|count| quiescence.on_news(start + ms(100 * count)));
        assert_eq!(quiescence.deadline(), start + LONGEST);
    }

    #[test]
    fn a_later_question_gets_a_round_of_its_own() {
        let start = Instant::now();
        let mut quiescence = Quiescence::new(start);
        quiescence.on_question(start + ms(300));
        quiescence.on_question(start + ms(200));
        assert_eq!(quiescence.deadline(), start + ms(300) + ROUND);
    }
}
