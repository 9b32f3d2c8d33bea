//! The engine's reports about what it publishes: when it was announced, and what was withdrawn
//! where.

use super::lan::*;

const FORBIDDEN: Delivery = Delivery {
    v4: Fate::Failed(SendFailure::Forbidden),
    v6: Fate::Unsuited,
};

const BY_V4: Delivery = Delivery {
    v4: Fate::Left,
    v6: Fate::Unsuited,
};

/// Returns the goodbyes for some records in one datagram.
fn one_datagram(records: usize) -> [GoodbyesOn; 1] {
    [GoodbyesOn {
        link: LINK,
        datagrams: 1,
        records,
    }]
}

#[test]
fn a_registration_is_announced_once_it_has_left() {
    let mut lan = Lan::new(1);
    let id = lan.register(0, &service_set("web", 80, "a=1"));
    lan.run_until(at_ms(740));
    lan.way_out = |now| match now < at_ms(1_500) {
        true => FORBIDDEN,
        false => BY_V4,
    };
    lan.run_until(at_ms(1_400));
    assert_eq!(lan.events, [(0, ClaimChange::Established)]);
    assert_eq!(lan.announced, [], "nothing leaves");
    lan.run_until(at_ms(60_000));
    assert_eq!(lan.announced, [(0, id)], "not again with the second packet");
}

#[test]
fn a_change_is_announced_when_the_last_of_its_records_has_left() {
    let (mut lan, id) = settled();
    lan.announced.clear();
    lan.hosts[0]
        .update(lan.now, id, &service_set("web", 81, "a=2"))
        .unwrap();
    assert_eq!(lan.announced, []);
    lan.run_until(at_ms(60_001));
    assert_eq!(lan.announced, [(0, id)]);
    lan.hosts[0]
        .update(lan.now, id, &service_set("web", 81, "a=2"))
        .unwrap();
    lan.run_until(at_ms(60_002));
    assert_eq!(lan.announced, [(0, id), (0, id)], "there is nothing to do");
}

#[test]
fn what_many_registrations_share_is_announced_for_all_of_them() {
    let mut lan = Lan::new(1);
    let labels = ["one", "two", "three", "four"];
    let ids = labels.map(|label| lan.register(0, &service_set(label, 80, "a=1")));
    lan.run_until(at_ms(60_000));
    let announced: Vec<_> = lan.announced.iter().map(|&(_, id)| id).collect();
    assert_eq!(announced.len(), 4);
    assert!(ids.iter().all(|id| announced.contains(id)));
    assert!(ids.iter().all(|id| lan.hosts[0].is_announced(*id)));
}

#[test]
fn a_withdrawal_says_what_has_left_and_nothing_else() {
    let (mut lan, id) = settled();
    lan.way_out = |_| BY_V4;
    let withdrawal = lan.hosts[0].unregister(id);
    lan.run_until(at_ms(60_001));
    let (_, withdrawn) = lan.withdrawn.pop().unwrap();
    assert_eq!(withdrawn.id, withdrawal);
    assert_eq!(withdrawn.goodbyes, one_datagram(3));
    let again = lan.hosts[0].unregister(id);
    lan.run_until(at_ms(60_002));
    let (_, nothing) = lan.withdrawn.pop().unwrap();
    assert_eq!((nothing.id, nothing.goodbyes), (again, vec![]));
}

#[test]
fn a_withdrawal_does_not_wait_for_goodbyes_that_do_not_leave() {
    let (mut lan, id) = settled();
    let other = lan.register(0, &service_set("other", 80, "a=1"));
    lan.run_until(at_ms(70_000));
    lan.way_out = |now| match now < at_ms(80_000) {
        true => FORBIDDEN,
        false => BY_V4,
    };
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(70_001));
    let (_, withdrawn) = lan.withdrawn.pop().unwrap();
    assert_eq!(withdrawn.goodbyes, [], "it was refused");
    lan.hosts[0].unregister(other);
    lan.transmit_all();
    let (_, withdrawn) = lan.withdrawn.pop().unwrap();
    assert_eq!(withdrawn.goodbyes, [], "the link takes nothing now");
    lan.run_until(at_ms(100_000));
    assert_eq!(lan.withdrawn, [], "what is said later is no news");
    let goodbyes = lan.sent.iter().flat_map(|sent| {
        let message = Message::parse(&sent.bytes).unwrap();
        let ttls: Vec<Ttl> = message
            .answers()
            .map(|record| record.unwrap().ttl)
            .collect();
        ttls
    });
    assert!(goodbyes.filter(|ttl| *ttl == Ttl::ZERO).count() >= 5);
}

#[test]
fn a_withdrawal_ends_with_its_link() {
    let (mut lan, id) = settled();
    lan.hosts[0].unregister(id);
    lan.hosts[0].handle_link(lan.now, LinkChange::Down { link: LINK });
    lan.transmit_all();
    let (_, withdrawn) = lan.withdrawn.pop().unwrap();
    assert_eq!(withdrawn.goodbyes, []);
}

#[test]
fn the_rest_of_a_set_owes_its_announcement_until_it_is_sent_again() {
    let mut lan = Lan::new(1);
    let mut set = host_set("host.local", 0);
    let other = record("host.local", 120, true, RData::A(ip(8)));
    set.records.push(other);
    let id = lan.register(0, &set);
    lan.run_until(at_ms(60_000));
    assert!(lan.hosts[0].is_announced(id));
    lan.hosts[0]
        .update(lan.now, id, &host_set("host.local", 0))
        .unwrap();
    assert!(!lan.hosts[0].is_announced(id));
    lan.run_until(at_ms(60_001));
    assert!(lan.hosts[0].is_announced(id));
}
