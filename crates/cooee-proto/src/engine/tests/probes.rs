//! How much a probe proposes, and in how many bytes.

use core::net::Ipv6Addr;

use super::lan::*;
use super::sending::is_probe;

/// What the MTU of the tests' link leaves for a message.
const BUDGET: usize = 1_500 - 48;

fn addresses(owner: &str, host: u8, v4: u8, v6: u16) -> RecordSet {
    let a = (0..v4).map(|n| RData::A(Ipv4Addr::new(10, 1, host, n)));
    let aaaa = (0..v6).map(|n| RData::Aaaa(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, host.into(), n)));
    let records = a.chain(aaaa).map(|data| record(owner, 120, true, data));
    RecordSet {
        claim: Some(name(owner)),
        records: records.collect(),
        ..RecordSet::default()
    }
}

/// Returns a TXT record of some length, in bytes.
fn long_text(len: usize) -> RData {
    let strings: Vec<Vec<u8>> = (0..len / 250).map(|_| vec![b'x'; 249]).collect();
    RData::Txt(TxtData::from_strings(strings.iter().map(Vec::as_slice)).unwrap())
}

/// Returns the lengths of the probes, and the records that each proposes.
fn probes(lan: &Lan) -> Vec<(usize, Vec<RecordType>)> {
    let probes = lan.sent.iter().filter(|sent| is_probe(sent));
    let of_probe = |sent: &Sent| {
        let message = Message::parse(&sent.bytes).unwrap();
        let proposed = message.authorities().map(|record| record.unwrap().rtype);
        (sent.bytes.len(), proposed.collect())
    };
    probes.map(of_probe).collect()
}

#[test]
fn more_addresses_than_a_packet_holds_are_proposed_as_far_as_they_fit() {
    let mut lan = Lan::new(1);
    let id = lan.register(0, &addresses("host.local", 1, 60, 40));
    lan.run_until(at_ms(10_000));
    let probes = probes(&lan);
    assert_eq!(probes.len(), 3);
    for (len, proposed) in &probes {
        assert!(*len <= BUDGET, "{len} bytes");
        assert!(proposed.len() > 70, "{} records", proposed.len());
        let v4 = proposed.iter().filter(|rtype| **rtype == RecordType::A);
        assert_eq!(v4.count(), 60, "those that are compared first");
    }
    assert!(lan.hosts[0].is_announced(id));
    assert!(lan.sent.iter().all(|sent| sent.bytes.len() <= BUDGET));
    let answers = lan.take_answers();
    let announced = answers.iter().filter(|(_, rtype, section)| {
        *section == Section::Answer && (*rtype == RecordType::A || *rtype == RecordType::AAAA)
    });
    assert!(announced.count() >= 2 * 100, "all of them are announced");
}

#[test]
fn a_probe_is_filled_with_whole_services_by_the_length_of_their_compressed_names() {
    let mut lan = Lan::new(1);
    for n in 0..60 {
        let label = alloc::format!("{}-{n}", "a".repeat(1 + n % 40));
        lan.register(0, &service_set(&label, 80, "a=1"));
    }
    lan.run_until(at_ms(10_000));
    let mut lens = Vec::new();
    for sent in lan.sent.iter().filter(|sent| is_probe(sent)) {
        assert!(sent.bytes.len() <= BUDGET, "{} bytes", sent.bytes.len());
        lens.push(sent.bytes.len());
        let message = Message::parse(&sent.bytes).unwrap();
        let owners: Vec<Name> = message
            .authorities()
            .map(|record| record.unwrap().to_record().unwrap().name)
            .collect();
        for question in message.questions() {
            let asked = question.unwrap().name.to_name().unwrap();
            let proposed = owners.iter().filter(|owner| **owner == asked);
            assert_eq!(proposed.count(), 2, "{asked}");
        }
    }
    lens.sort_unstable();
    assert_eq!(lens.len(), 3 * 3, "{lens:?}");
    assert!(lens[3..].iter().all(|len| BUDGET - len < 50), "{lens:?}");
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//= type=test
//# A Multicast DNS packet larger than the interface MTU, which is sent
//# using fragments, MUST NOT contain more than one resource record.
#[test]
fn a_record_that_no_probe_has_room_for_is_left_out_unless_there_is_no_other() {
    let mut lan = Lan::new(1);
    let mut set = service_set("web", 80, "a=1");
    set.records[2].data = long_text(6_000);
    lan.register(0, &set);
    lan.run_until(at_ms(5_000));
    for (len, proposed) in probes(&lan) {
        assert!(len <= BUDGET, "{len} bytes");
        assert_eq!(proposed, [RecordType::SRV]);
    }
    lan.sent.clear();
    let mut alone = host_set("alone.local", 0);
    alone.records[0].data = long_text(6_000);
    lan.register(0, &alone);
    lan.register(0, &host_set("other.local", 0));
    lan.run_until(at_ms(10_000));
    let probes = probes(&lan);
    assert_eq!(probes.len(), 6, "each in its own packets");
    for (len, proposed) in probes {
        assert_eq!(
            proposed.len(),
            1,
            "no other record in a packet of {len} bytes"
        );
    }
}

/// Each compares what both have sent.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# However, for tiebreaking to work correctly in all
//# cases, the Authority Section must contain *all* the records and
//# proposed rdata being probed for uniqueness.
#[test]
fn of_two_hosts_with_more_addresses_than_fit_one_wins_and_one_yields() {
    let mut lan = Lan::new(2);
    for host in [0, 1] {
        let last = u8::try_from(host).unwrap();
        lan.register(host, &addresses("host.local", last, 60, 60));
    }
    lan.run_until(at_ms(60_000));
    let of = |wanted: ClaimChange| {
        let of_kind = lan.events.iter().filter(|(_, change)| *change == wanted);
        of_kind.map(|(host, _)| *host).collect::<Vec<_>>()
    };
    assert_eq!(of(ClaimChange::Established), [1], "{:?}", lan.events);
    assert_eq!(of(ClaimChange::Lost), [0], "{:?}", lan.events);
}

#[test]
fn more_addresses_of_a_name_than_others_keep_are_an_error_that_says_so() {
    let mut lan = Lan::new(1);
    let set = addresses("host.local", 1, 64, 64);
    assert!(lan.hosts[0].register(lan.now, &set).is_ok());
    let set = addresses("other.local", 1, 0, 65);
    let refused = lan.hosts[0].register(lan.now, &set).unwrap_err();
    assert_eq!(
        alloc::format!("{refused}"),
        "`other.local` has more than 64 addresses of one family"
    );
}
