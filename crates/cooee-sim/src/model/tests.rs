//! Random histories, the same in every run; more with `COOEE_MODEL_STEPS`.

use super::letter::Letter;
use super::steps::Step;
use super::*;
use crate::{Seed, ms};

mod flaws;
mod lies;
mod measured;

/// Runs random histories until they have had an eighth of a million steps in all.
fn run_steps(seed: Seed) {
    let asked = std::env::var("COOEE_MODEL_STEPS").ok();
    let wanted = asked.map_or(STEPS, |steps| steps.parse().expect("a number of steps"));
    let (mut done, mut seed) = (0, seed.number());
    while done < wanted {
        done += run(seed, &random_history(seed, HISTORY_BYTES));
        seed = seed.wrapping_add(1);
    }
    assert!(done >= wanted, "{done} steps of {wanted}");
}

/// A million steps, in tests that run in parallel.
macro_rules! eighths {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            run_steps(Seed::at(env!("CARGO_PKG_NAME"), stringify!($name), line!()));
        }
    )*};
}

eighths! {
    whatever_happens_rules_are_kept_and_the_truth_is_known
    whatever_happens_in_the_second_eighth
    whatever_happens_in_the_third_eighth
    whatever_happens_in_the_fourth_eighth
    whatever_happens_in_the_fifth_eighth
    whatever_happens_in_the_sixth_eighth
    whatever_happens_in_the_seventh_eighth
    whatever_happens_in_the_last_eighth
}

#[test]
fn a_history_of_nothing_is_fine() {
    assert_eq!(run(1, &[]), 0);
}

#[test]
fn a_new_browse_on_a_link_that_was_refused_may_wait_for_the_next_attempt_there() {
    let mut model = Model::new(1, None);
    for step in [
        Step::Refuse(0, 0, 3),
        Step::Wait(secs(40)),
        Step::Refuse(0, 0, 0),
        Step::StopBrowse(0, 0),
        Step::Browse(0),
        Step::Wait(secs(20)),
    ] {
        model.act(step);
        model.check();
    }
    let asked = model
        .traffic
        .first_asked(0, 0, model.world.now() - secs(20));
    assert!(asked.is_some(), "the link was tried again");
}

#[test]
fn an_address_that_is_near_on_no_link_may_be_reported_with_one_where_a_lie_was_told() {
    let mut model = Model::new(1, None);
    let act = |model: &mut Model, step| {
        model.act(step);
        model.check();
    };
    for step in [
        Step::Readdress(0, 1, 1),
        Step::Unplug(1, 0),
        Step::Publish(1, 0),
        Step::Wait(secs(10)),
    ] {
        act(&mut model, step);
    }
    // What the owner has announced on the second link is said on the first one too.
    let sent = model.world.recording().transmissions();
    let mut of_owner = sent.iter().filter(|t| t.host.as_deref() == Some("p1"));
    let announced = of_owner.next_back().expect("it has announced its service");
    let letter = Letter::new(announced.bytes().to_vec());
    model.post(0, 0, &letter);
    for step in [Step::Wait(secs(2)), Step::Browse(2), Step::Wait(secs(20))] {
        act(&mut model, step);
    }
    let owner = model.living().into_iter().next().expect("the service");
    assert!(model.knows_right(0, 1, &owner));
}

#[test]
fn what_an_owner_sends_before_it_tries_a_refused_family_again_need_not_be_known() {
    let mut model = Model::new(1, None);
    for step in [
        Step::Readdress(0, 0, 0),
        Step::Refuse(2, 0, 1),
        Step::Publish(2, 0),
        Step::Wait(secs(120)),
        Step::Refuse(2, 0, 0),
        Step::Wait(secs(2)),
        // Its answer to a new browse goes over IPv6 alone, and the browser has only IPv4.
        Step::Browse(1),
        Step::Wait(ms(200)),
        Step::Wait(ms(3_200)),
        Step::Wait(secs(60)),
    ] {
        model.act(step);
        model.check();
    }
    let owner = model.living().into_iter().next().expect("the service");
    assert!(model.knows_right(0, 0, &owner));
}

/// Repeats a run that failed: the command it printed names the history.
#[test]
fn a_given_history() {
    let Ok(hex) = std::env::var("COOEE_MODEL_HISTORY") else {
        return;
    };
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    let bytes: Vec<u8> = (0..hex.len() / 2).map(|n| digit(2 * n)).collect();
    run(crate::seed!().number(), &bytes);
}

#[test]
fn the_fuzzer_s_histories_hold() {
    crate::corpus::each("history", |bytes| {
        run(1, bytes);
    });
}

/// The steps of each of the eight tests.
const STEPS: usize = 1_000_000 / 8;
/// The bytes of a random history.
const HISTORY_BYTES: usize = 1_500;
