//! What hostile hosts make peers multicast: a limited number of packets for each of theirs.
//!
//! In:  a world in which everything is known and quiet, a kind of lie.
//! Out: a panic if peers multicast more than that, or do not know again afterwards who is there.

use super::strangers::{Lie, Telling};
use super::{LINKS, Model};
use crate::{ms, secs};

impl Lie {
    /// Returns how many multicasts one packet of this kind may cause on all hosts together, in
    /// total.
    pub(super) fn draws_max(self) -> usize {
        match self {
            // A name in dispute is probed for three times and announced twice on each link, and its
            // rightful owner answers the probes of the other.
            Self::DeniesName
            | Self::Goodbye
            | Self::OtherData
            | Self::NoAddress
            | Self::Probes
            | Self::OwnSource => 5 * LINKS.len() + 1,
            // A new name is asked for in a separate series, by each browser.
            Self::SolePointer | Self::ManyTypes | Self::ManyPointers | Self::Fleeting => 8,
            // Something to ask for, or to answer: by each browser or owner.
            Self::DeniesType
            | Self::UnheardQuestions
            | Self::Continues
            | Self::Copies
            | Self::CutQuestion
            | Self::Oversize
            | Self::KnowsAll => 3,
        }
    }
}

impl Model {
    /// Sends lies for a while in a quiet world, and counts the multicasts that they cause.
    pub(super) fn check_draws(&mut self, choice: u64) {
        let [.., kind] = choice.to_le_bytes();
        self.check_draws_of(Lie::ALL[usize::from(kind) % Lie::ALL.len()], choice);
    }

    /// The same, of one kind of lie.
    pub(super) fn check_draws_of(&mut self, lie: Lie, choice: u64) {
        let [pick, way, pace, ..] = choice.to_le_bytes();
        let telling = Telling {
            link: usize::from(pace / 4) % LINKS.len(),
            lie,
            pick,
            way,
            times: LIES,
            pause: ms([20, 100, 300, 1_000][usize::from(pace % 4)]),
        };
        let from = self.world.recording().transmissions().len();
        self.tell_lie(telling);
        self.world.run_for(secs(10));
        let new = &self.world.recording().transmissions()[from..];
        let sent = new.iter().filter(|t| t.host.is_none()).count();
        let of_peer = |host: &str| super::peer_of(host).is_some();
        let drawn = new.iter().filter(|t| t.is_multicast());
        let drawn = drawn
            .filter(|t| t.host.as_deref().is_some_and(of_peer))
            .count();
        // In this time every record may come to be refreshed, with a question and an answer.
        let bound = sent * telling.lie.draws_max() + 2 * LINKS.len() * self.records();
        assert!(
            drawn <= bound,
            "{sent} packets of a stranger drew {drawn} multicasts, bound {bound}: {telling:?}"
        );
        self.check();
        self.world.run_for(super::bounds::HEALS_WITHIN + secs(2));
        self.check();
    }
}

/// How often a hostile host lies.
const LIES: u16 = 60;
