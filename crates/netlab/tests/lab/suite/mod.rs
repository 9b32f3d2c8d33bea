//! The table of tests.
//!
//! In:  nothing.
//! Out: each test's name, what it needs, and its body.

use netlab::harness::{Need, Test};

mod links;
mod load;
mod peers;

pub(crate) const TESTS: &[Test] = &[
    test(
        "hosts_on_a_segment_hear_each_other_and_nobody_else",
        &[],
        links::hosts_hear_each_other,
    ),
    test("an_interface_may_have_any_name", &[], links::any_name),
    test(
        "each_played_host_answers_once_after_a_delay_of_its_own",
        &[],
        load::hosts_answer,
    ),
    test(
        "avahi_holds_what_it_is_told_to",
        &[Need::Avahi],
        peers::avahi_holds,
    ),
];

const fn test(
    name: &'static str,
    needs: &'static [Need],
    body: fn() -> netlab::Result<()>,
) -> Test {
    Test { name, needs, body }
}
