//! One kind of lie at a time, in many forms, in a small network where all is known: each heals, and
//! causes a limited number of multicasts.

use super::super::strangers::{Lie, Telling};
use super::super::*;
use crate::{Rng, Seed, ms};

/// A network in which everything is known, to which a hostile host lies: a peer with two addresses
/// of one family, two that want one name, services that exist, that appear later, that go and
/// return.
fn assert_heals(lie: Lie) {
    let seed = Seed::at(env!("CARGO_PKG_NAME"), &format!("{lie:?}"), line!()).number();
    let mut rng = Rng::new(seed);
    for nth in 0..FORMS {
        let [link, pick, way, pace, ..] = rng.bits().to_le_bytes();
        let telling = Telling {
            link: usize::from(link) % LINKS.len(),
            lie,
            pick,
            way,
            times: [1, 1, 2, 16][usize::from(pace / 4 % 4)],
            pause: ms([1, 100, 350, 1_100][usize::from(pace % 4)]),
        };
        let mut model = known(seed.wrapping_add(nth));
        let note = Note(seed.wrapping_add(nth), telling);
        model.act(Step::Lie(telling));
        model.check();
        for step in after() {
            model.act(step);
            model.check();
        }
        model.check_draws_of(lie, rng.bits());
        std::mem::forget(note);
    }
}

/// Reports which lie it was, if the run fails.
struct Note(u64, Telling);

impl Drop for Note {
    fn drop(&mut self) {
        eprintln!("world {}: {:?}", self.0, self.1);
    }
}

/// Returns a network in which all know each other.
fn known(seed: u64) -> Model {
    let mut model = Model::new(seed, None);
    for step in [
        Step::Readdress(0, 0, TWINS),
        Step::Publish(0, 0),
        Step::Publish(1, 0),
        Step::Browse(2),
        Step::Foreign(0, ForeignStep::Publish(0)),
        Step::Foreign(1, ForeignStep::Publish(0)),
        Step::Wait(secs(20)),
        Step::Publish(2, 1),
        Step::Foreign(1, ForeignStep::Publish(1)),
        Step::Wait(secs(15)),
    ] {
        model.act(step);
        model.check();
    }
    model
}

/// Returns what happens after a lie: a service comes, another goes and returns, and time passes.
fn after() -> [Step; 8] {
    [
        Step::Wait(ms(2_000)),
        Step::Foreign(1, ForeignStep::Publish(2)),
        Step::Browse(1),
        Step::Wait(secs(30)),
        Step::Foreign(1, ForeignStep::Withdraw(0)),
        Step::Wait(secs(5)),
        Step::Foreign(1, ForeignStep::Publish(0)),
        Step::Wait(bounds::HEALED_WITHIN + secs(10)),
    ]
}

macro_rules! lies {
    ($($name:ident $lie:ident)*) => {$(
        #[test]
        fn $name() {
            assert_heals(Lie::$lie);
        }
    )*};
}

lies! {
    pointers_that_deny_all_others_heal SolePointer
    a_denial_of_all_instances_heals DeniesType
    a_denial_of_a_name_heals DeniesName
    records_of_many_types_heal ManyTypes
    questions_that_the_owner_does_not_hear_heal UnheardQuestions
    a_goodbye_of_another_heals Goodbye
    other_data_of_a_name_heals OtherData
    packets_full_of_pointers_heal ManyPointers
    addresses_that_no_host_can_have_heal NoAddress
    instances_that_last_a_second_heal Fleeting
    a_question_without_end_delays_its_answer_and_no_more Continues
    a_question_that_is_cut_off_heals CutQuestion
    messages_that_are_too_long_heal Oversize
    a_question_that_knows_all_heals KnowsAll
    probes_that_win_every_tie_break_heal Probes
    copies_of_an_answer_delay_it_until_it_is_asked_for_again Copies
    a_smaller_set_from_an_own_address_heals OwnSource
}

/// How many forms of each lie are tried.
const FORMS: u64 = 12;
