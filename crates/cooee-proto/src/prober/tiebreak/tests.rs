//! Tie-breaks: the RFC's own example, sets, and every order of small sets.

use alloc::vec::Vec;
use core::net::Ipv4Addr;

use super::*;

fn a(text: &str) -> RData {
    RData::A(text.parse::<Ipv4Addr>().unwrap())
}

fn judged(ours: &[RData], theirs: &[RData]) -> TieBreak {
    let set = |data: &'_ [RData]| {
        data.iter()
            .map(|data| (Class::IN, data.clone()))
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = (set(ours), set(theirs));
    let mut ours: Vec<_> = ours.iter().map(|(class, data)| (*class, data)).collect();
    let mut theirs: Vec<_> = theirs.iter().map(|(class, data)| (*class, data)).collect();
    judge(&mut ours, &mut theirs)
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# In this case, 169.254.200.50 is lexicographically later (the third
//# byte, with value 200, is greater than its counterpart with value 99),
//# so it is deemed the winner.
#[test]
fn the_byte_200_is_later_than_99() {
    assert_eq!(
        judged(&[a("169.254.200.50")], &[a("169.254.99.200")]),
        TieBreak::Won
    );
    assert_eq!(
        judged(&[a("169.254.99.200")], &[a("169.254.200.50")]),
        TieBreak::Lost
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2.1
//= type=test
//# If both lists run out of records at the same time without any difference
//# being found, then this indicates that two devices are advertising
//# identical sets of records, as is sometimes done for fault tolerance,
//# and there is, in fact, no conflict.
#[test]
fn sets_are_compared_in_order_whatever_order_they_come_in() {
    let (low, high) = (a("10.0.0.1"), a("10.0.0.2"));
    assert_eq!(
        judged(&[low.clone(), high.clone()], &[high.clone(), low.clone()]),
        TieBreak::Same
    );
    assert_eq!(
        judged(core::slice::from_ref(&low), &[high.clone(), low.clone()]),
        TieBreak::Lost
    );
    assert_eq!(
        judged(core::slice::from_ref(&high), &[high.clone(), low.clone()]),
        TieBreak::Won
    );
    assert_eq!(judged(&[], &[low]), TieBreak::Lost);
    assert_eq!(judged(&[], &[]), TieBreak::Same);
}

#[test]
fn exactly_one_of_two_different_sets_wins_and_both_agree_who() {
    let pool = [
        a("1.0.0.0"),
        a("2.0.0.0"),
        RData::Aaaa("::1".parse().unwrap()),
        a("255.0.0.0"),
    ];
    let subset = |mask: usize| -> Vec<RData> {
        let chosen = pool
            .iter()
            .enumerate()
            .filter(|(bit, _)| mask & (1 << bit) != 0);
        chosen.map(|(_, data)| data.clone()).collect()
    };
    for mine in 0..16 {
        for other in 0..16 {
            let (us, them) = (
                judged(&subset(mine), &subset(other)),
                judged(&subset(other), &subset(mine)),
            );
            let expected = match us {
                TieBreak::Won => TieBreak::Lost,
                TieBreak::Lost => TieBreak::Won,
                TieBreak::Same => TieBreak::Same,
            };
            assert_eq!((them, us == TieBreak::Same), (expected, mine == other));
        }
    }
}
