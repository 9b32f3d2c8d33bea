//! Which packets are accepted: own packets, unicast, other subnets, other ports, hostile bytes.

use std::net::{IpAddr, SocketAddr};

use cooee_proto::transmit::{Ignored, Verdict};
use cooee_sim::{
    Addressing, Foreign, Kind, Policy, Repeater, Responder, Rng, Weather, World, hours, ms, secs,
    seed,
};
use cooee_wire::{
    Class, Flags, Message, MessageBuilder, RData, Record, RecordFields, RecordType, Section, Ttl,
};

use crate::*;

const GROUP: &str = "224.0.0.251";

fn response(records: &[Record]) -> Vec<u8> {
    message(Flags::RESPONSE, &[], records)
}

fn message(flags: Flags, questions: &[(&str, RecordType)], records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, flags, 9_000);
    for (of, rtype) in questions {
        builder
            .question(&name(of), *rtype, Class::IN, false)
            .expect("room");
    }
    for record in records {
        let fields = RecordFields {
            cache_flush: record.cache_flush,
            ..record.into()
        };
        builder.record(Section::Answer, fields).expect("room");
    }
    builder.finish();
    bytes
}

fn inject(world: &mut World, source: &str, destination: IpAddr, bytes: &[u8]) {
    let source: SocketAddr = source.parse().expect("an address");
    world.inject(
        "lan",
        &Foreign {
            source,
            destination,
            bytes,
        },
    );
    world.run_for(ms(10));
}

fn group() -> IpAddr {
    GROUP.parse().expect("an address")
}

fn last_verdict(world: &World) -> Verdict {
    *listener(world, "me")
        .verdicts()
        .last()
        .expect("a datagram was judged")
}

/// Returns a link with `me`, which has asked for `there.local` and waited for over two seconds.
fn asking() -> (World, RequestId) {
    let mut world = alone(seed!());
    let id = query(&mut world, "me", "there.local", RecordType::A);
    world.run_for(ms(5_500));
    (world, id)
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//= type=test
//# All responses received with a destination address in the IP
//# header that is the mDNS IPv4 link-local multicast address
//# 224.0.0.251 or the mDNS IPv6 link-local multicast address
//# FF02::FB are necessarily deemed to have originated on the local
//# link, regardless of source IP address.
#[test]
fn a_multicast_response_from_another_subnet_is_taken() {
    let (mut world, id) = asking();
    let bytes = response(&[a_record("there.local", "203.0.113.9", 120)]);
    inject(&mut world, "203.0.113.9:5353", group(), &bytes);
    assert_eq!(last_verdict(&world), Verdict::Response);
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//= type=test
//# For responses received with a unicast destination address in the
//# IP header, the source IP address in the packet is checked to see
//# if it is an address on a local subnet.
//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//= type=test
//# A host sending Multicast DNS queries to a link-local destination
//# address (including the 224.0.0.251 and FF02::FB link-local multicast
//# addresses) MUST only accept responses to that query that originate
//# from the local link, and silently discard any other response packets.
#[test]
fn a_unicast_response_from_off_the_link_is_dropped_on_either_family() {
    let (mut world, id) = asking();
    world.unplug("me", "lan");
    world.plug("me", "lan");
    world.run_for(ms(200));
    let questions = world.sent("me").questions();
    assert!(
        questions.last().expect("asked anew").unicast,
        "we have asked for unicast"
    );
    let bytes = response(&[a_record("there.local", "203.0.113.9", 120)]);
    for (n, source) in ["203.0.113.9:5353", "[2001:db8::9]:5353"]
        .iter()
        .enumerate()
    {
        let mine = world.addresses("me", "lan")[n].ip;
        inject(&mut world, source, mine, &bytes);
        assert_eq!(
            last_verdict(&world),
            Verdict::Ignored(Ignored::OffLink),
            "{source}"
        );
    }
    assert!(listener(&world, "me").records(id).is_empty());
    let mine = world.addresses("me", "lan")[0].ip;
    inject(&mut world, "10.1.77.7:5353", mine, &bytes);
    assert_eq!(
        listener(&world, "me").records(id).len(),
        1,
        "one from the link is taken"
    );
}

#[test]
fn a_unicast_response_that_nobody_asked_for_is_ignored() {
    let (mut world, id) = asking();
    assert!(
        world
            .sent("me")
            .questions()
            .iter()
            .all(|asked| !asked.unicast)
    );
    let mine = world.addresses("me", "lan")[0].ip;
    let bytes = response(&[a_record("there.local", "10.1.77.7", 120)]);
    inject(&mut world, "10.1.77.7:5353", mine, &bytes);
    assert_eq!(last_verdict(&world), Verdict::Ignored(Ignored::Unsolicited));
    assert!(listener(&world, "me").records(id).is_empty());
}

#[test]
fn a_unicast_response_two_seconds_after_the_question_is_too_late() {
    let (mut world, id) = asking();
    world.unplug("me", "lan");
    world.plug("me", "lan");
    world.run_for(ms(2_500));
    let mine = world.addresses("me", "lan")[0].ip;
    let bytes = response(&[a_record("there.local", "10.1.77.7", 120)]);
    inject(&mut world, "10.1.77.7:5353", mine, &bytes);
    assert_eq!(last_verdict(&world), Verdict::Ignored(Ignored::Unsolicited));
    assert!(listener(&world, "me").records(id).is_empty());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# Multicast DNS implementations MUST silently ignore any Multicast DNS
//# responses they receive where the source UDP port is not 5353.
#[test]
fn a_response_from_another_port_is_ignored() {
    let (mut world, id) = asking();
    let bytes = response(&[a_record("there.local", "10.1.77.7", 120)]);
    for port in [0, 53, 1_024, 5_352, 5_354, 65_535] {
        inject(&mut world, &format!("10.1.77.7:{port}"), group(), &bytes);
        assert!(
            matches!(last_verdict(&world), Verdict::Ignored(_)),
            "port {port}"
        );
    }
    assert!(listener(&world, "me").records(id).is_empty());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.3
//= type=test
//# Multicast DNS messages received with an OPCODE other than
//# zero MUST be silently ignored.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.11
//= type=test
//# Multicast DNS messages received with non-zero Response
//# Codes MUST be silently ignored.
#[test]
fn an_opcode_or_rcode_other_than_zero_is_ignored() {
    let (mut world, id) = asking();
    let record = [a_record("there.local", "10.1.77.7", 120)];
    for code in 1..16 {
        for flags in [
            Flags::RESPONSE.with_opcode(code),
            Flags::RESPONSE.with_rcode(Rcode(code.into())),
        ] {
            inject(
                &mut world,
                "10.1.77.7:5353",
                group(),
                &message(flags, &[], &record),
            );
            assert_eq!(last_verdict(&world), Verdict::Ignored(Ignored::Opcode));
        }
    }
    assert!(listener(&world, "me").records(id).is_empty());
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# Multicast DNS responses MUST NOT contain any questions in the
//# Question Section.  Any questions in the Question Section of a
//# received Multicast DNS response MUST be silently ignored.
#[test]
fn a_response_with_a_question_in_it_is_taken_for_its_answers() {
    let (mut world, id) = asking();
    let records = [a_record("there.local", "10.1.77.7", 120)];
    let questions = [
        ("there.local", RecordType::A),
        ("else.local", RecordType::A),
    ];
    let bytes = message(Flags::RESPONSE, &questions, &records);
    inject(&mut world, "10.1.77.7:5353", group(), &bytes);
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
//= type=test
//# A Multicast DNS querier MUST NOT cache resource records observed in
//# the Known-Answer Section of other Multicast DNS queries.
#[test]
fn what_another_querier_says_it_knows_is_not_believed() {
    let (mut world, id) = asking();
    let records = [a_record("there.local", "10.1.77.7", 120)];
    let bytes = message(Flags::QUERY, &[("there.local", RecordType::A)], &records);
    inject(&mut world, "10.1.77.7:5353", group(), &bytes);
    assert!(listener(&world, "me").records(id).is_empty());
}

#[test]
fn own_packets_that_come_back_change_nothing() {
    let traffic = |echoing: bool| {
        let mut world = with_printer(5);
        if echoing {
            world.weather("lan", Weather::calm().echoing());
        }
        let id = query(&mut world, "me", "printer.local", RecordType::A);
        query(&mut world, "me", HTTP, RecordType::PTR);
        world.run_for(secs(600));
        assert_eq!(listener(&world, "me").records(id).len(), 1);
        assert!(listener(&world, "me").removal(id).is_none());
        let times: Vec<u128> = world
            .sent("me")
            .times()
            .iter()
            .map(|t| t.as_secs().into())
            .collect();
        times
    };
    assert_eq!(traffic(false), traffic(true));
}

#[test]
fn own_questions_that_come_back_are_not_taken_for_another_host_s() {
    // The printer is gone: if the echoes were counted as others' questions (10.5) or as duplicates
    // (7.3), the record would go early or the refreshes would stop.
    let mut world = with_printer(seed!());
    world.weather("lan", Weather::calm().echoing());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(2));
    world.crash("printer");
    world.run_for(secs(115));
    assert!(listener(&world, "me").removal(id).is_none());
    world.run_for(secs(10));
    let (_, why) = listener(&world, "me").removal(id).expect("expired");
    assert_eq!(why, cooee_proto::Removal::Expired);
}

#[test]
fn a_second_card_on_the_same_link_finds_everything_twice_and_nothing_more() {
    let mut world = with_printer(seed!());
    world.attach("me", "lan", &Addressing::Dual);
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(300));
    let records = listener(&world, "me").linked_records(id);
    assert_eq!(records.len(), 2, "once for each interface");
    assert!(listener(&world, "me").removal(id).is_none());
}

#[test]
fn a_reflector_between_two_links_of_one_host_neither_storms_nor_confuses() {
    let mut world = World::new(seed!());
    world.link("lan").link("wifi");
    listening(&mut world, "me").on("lan").on("wifi");
    world.host("mirror", Repeater::new).on("lan").on("wifi");
    world
        .host("printer", Responder::serving("_http._tcp"))
        .on("lan");
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(90));
    assert_eq!(listener(&world, "me").linked_records(id).len(), 2);
    let asked = world.sent("me").count();
    assert!(
        asked <= 8,
        "{asked} queries of one question on two links in 90 s"
    );
}

/// Builds a response header with these counts and what follows it.
fn with_counts(counts: [u16; 4], tail: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0x84, 0];
    bytes.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
    bytes.extend(tail);
    bytes
}

/// Builds a response with one record, whether it is valid or not.
fn one_record(owner: &[u8], rtype: u16, rdata: &[u8], length: u16) -> Vec<u8> {
    let mut tail = owner.to_vec();
    tail.extend(rtype.to_be_bytes());
    tail.extend([0x80, 1, 0, 0, 0, 120]);
    tail.extend(length.to_be_bytes());
    tail.extend(rdata);
    with_counts([0, 1, 0, 0], &tail)
}

const THERE: &[u8] = b"\x05there\x05local\0";

/// Names: labels of 63 and 64, names of 256, pointers to themselves, forward, into the header,
/// to each other, in a chain of hundreds.
fn hostile_names() -> Vec<Vec<u8>> {
    let label = |length: u8| [vec![length], vec![b'a'; usize::from(length)]].concat();
    let address = |owner: &[u8]| one_record(owner, 1, &[10, 0, 0, 1], 4);
    let pointer = |to: u16| (0xc000 | to).to_be_bytes();
    let chain: Vec<u8> = (0..400)
        .flat_map(|n: u16| pointer(12 + 2 * n.saturating_sub(1)))
        .collect();
    let mut all = vec![
        address(&[label(63), vec![0]].concat()),
        address(&[label(64), vec![0]].concat()),
        address(&[label(63).repeat(4), vec![0]].concat()),
        address(&[0xc0, 14, 0xc0, 12]),
        address(&[0x80, 5, 1, 0]),
        with_counts([0, 1, 0, 0], &chain),
    ];
    all.extend([12, 14, 0, 4, 200, 0x3fff].map(|to| address(&pointer(to))));
    all
}

/// Record data: past the end, too short, strings past it, pointers in it, NSEC windows of length
/// 0 and 33, overlapping and past the end; unknown types, pseudo-records.
fn hostile_data() -> Vec<Vec<u8>> {
    let fit = |rtype, rdata: &[u8]| {
        one_record(
            THERE,
            rtype,
            rdata,
            u16::try_from(rdata.len()).expect("short rdata"),
        )
    };
    let zeros = [
        (1, 5),
        (1, 3),
        (1, 0),
        (28, 15),
        (28, 17),
        (33, 5),
        (33, 7),
        (12, 0),
        (5, 0),
    ];
    let mut all: Vec<Vec<u8>> = zeros
        .iter()
        .map(|&(rtype, length)| fit(rtype, &vec![0; length]))
        .collect();
    all.push(one_record(THERE, 1, &[10, 0, 0, 1], 0xffff));
    all.push(fit(16, &[200, b'x']));
    all.push(fit(16, &[]));
    all.push(fit(33, &[0, 0, 0, 0, 0, 80, 0xc0, 12]));
    all.push(fit(33, &[0, 0, 0, 0, 0, 80, 0xc0, 200]));
    all.push(fit(12, &[0xc0, 12]));
    let windows: [&[u8]; 5] = [
        &[0, 0],
        &[0, 33],
        &[0, 1, 0x40, 0, 1, 0x40],
        &[1, 1, 1, 0, 1, 1],
        &[0, 32, 1],
    ];
    all.extend(windows.map(|windows| fit(47, &[&[0xc0, 12], windows].concat())));
    all.extend([0, 41, 249, 250, 255, 65_280, 65_535].map(|rtype| fit(rtype, &[1, 2, 3])));
    all
}

/// Datagrams from field reports and from RFC 9267.
fn hostile() -> Vec<Vec<u8>> {
    let mut all = vec![
        vec![],
        vec![0],
        vec![0; 11],
        vec![0xff; 11],
        vec![0; 9_001],
        with_counts([0xffff; 4], &[]),
        with_counts([0xffff, 0, 0, 0], &[0; 500]),
        with_counts([0, 0xffff, 0xffff, 0xffff], &[0; 3_000]),
        with_counts([0; 4], &[]),
    ];
    all.extend(hostile_names());
    all.extend(hostile_data());
    all
}

#[test]
fn hostile_datagrams_change_nothing_and_never_panic() {
    let mut world = alone(seed!());
    let id = query(&mut world, "me", "there.local", RecordType::ANY);
    world.run_for(secs(1));
    for bytes in hostile() {
        for (source, destination) in [
            ("10.1.77.7:5353", group()),
            ("10.1.77.7:0", group()),
            ("[fe80::77]:5353", "ff02::fb".parse().expect("an address")),
            ("10.1.77.7:5353", world.addresses("me", "lan")[0].ip),
            ("198.51.100.1:53", world.addresses("me", "lan")[0].ip),
        ] {
            inject(&mut world, source, destination, &bytes);
            let mut query = bytes.clone();
            if let Some(flags) = query.get_mut(2) {
                *flags = 0;
            }
            inject(&mut world, source, destination, &query);
        }
    }
    let stats = listener(&world, "me").stats();
    assert!(stats.cache_records < 30, "{stats:?}");
    world.run_for(secs(200));
    assert_eq!(
        listener(&world, "me").stats().cache_records,
        0,
        "all have ended"
    );
    // It still hears.
    let bytes = response(&[a_record("there.local", "10.1.77.7", 120)]);
    inject(&mut world, "10.1.77.7:5353", group(), &bytes);
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

/// Turns bits, cuts, doubles and fills in: a message is damaged in one to four places.
fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..=rng.below(4) {
        let at = usize::try_from(rng.below(bytes.len().max(1) as u64)).expect("small");
        match rng.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, rng.bits() as u8),
            2 => bytes.extend_from_within(at..),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << rng.below(8);
                }
            }
        }
    }
}

#[test]
fn damaged_real_traffic_never_panics_and_state_stays_bounded() {
    let mut world = with_hosts(
        seed!(),
        8,
        Policy {
            nsec: true,
            ..Policy::default()
        },
    );
    query(&mut world, "me", HTTP, RecordType::PTR);
    query(&mut world, "me", "h0.local", RecordType::ANY);
    query(&mut world, "me", "h1.local", RecordType::AAAA);
    world.run_for(secs(20));
    let real: Vec<Vec<u8>> = world
        .recording()
        .transmissions()
        .iter()
        .map(|t| t.bytes().to_vec())
        .collect();
    let mut rng = Rng::new(world.fork_seed());
    for n in 0..20_000_u64 {
        let mut bytes = real[usize::try_from(n).expect("small") % real.len()].clone();
        damage(&mut rng, &mut bytes);
        let source = SocketAddr::new("10.1.77.7".parse().expect("an address"), 5_353);
        world.inject(
            "lan",
            &Foreign {
                source,
                destination: group(),
                bytes: &bytes,
            },
        );
        world.run_for(ms(1));
    }
    world.run_for(secs(60));
    let stats = listener(&world, "me").stats();
    assert!(stats.malformed_records > 100, "{stats:?}");
    assert!(stats.cache_records < 20_000, "{stats:?}");
    assert!(
        listener(&world, "me").stats().questions < 20_000,
        "{stats:?}"
    );
}

#[test]
fn a_flood_of_records_stays_within_the_limits_and_keeps_what_is_asked_about() {
    let mut world = with_printer(seed!());
    world.crash("me");
    world.restart("me", |setup| {
        let mut config = cooee_proto::Config::default();
        config.limits.cache_records_max = 500;
        Listener::with(setup, config)
    });
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(1));
    for n in 0..300 {
        // One relevant name admits a hundred irrelevant ones.
        let mut records = vec![a_record("printer.local", "10.1.0.2", 120)];
        records.extend((0..20).map(|k| a_record(&format!("x{n}-{k}.local"), "10.9.9.9", 4_500)));
        inject(&mut world, "10.1.77.7:5353", group(), &response(&records));
    }
    let stats = listener(&world, "me").stats();
    assert!(stats.cache_records <= 500, "{stats:?}");
    assert!(stats.evicted >= 5_000, "{stats:?}");
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    assert!(listener(&world, "me").removal(id).is_none());
}

#[test]
fn a_record_told_anew_with_another_ttl_each_time_is_one_record() {
    let (mut world, id) = asking();
    for n in 0..2_000 {
        let record = a_record("there.local", "10.1.77.7", 1 + n * 7_919 % 4_500);
        inject(&mut world, "10.1.77.7:5353", group(), &response(&[record]));
    }
    assert_eq!(listener(&world, "me").news().len(), 1);
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    let stats = listener(&world, "me").stats();
    assert_eq!(stats.cache_records, 1, "{stats:?}");
}

#[test]
fn two_hosts_that_contradict_each_other_a_hundred_times_a_second_make_no_storm() {
    let (mut world, id) = asking();
    let before = world.sent("me").count();
    for n in 0..2_000 {
        let ip = if n % 2 == 0 { "10.1.77.7" } else { "10.1.77.8" };
        let record = a_record("there.local", ip, 120);
        inject(&mut world, "10.1.77.7:5353", group(), &response(&[record]));
    }
    // Each comes again within the second that the other's flush leaves it.
    assert_eq!(listener(&world, "me").records(id).len(), 2);
    assert_eq!(listener(&world, "me").news().len(), 2);
    assert_eq!(world.sent("me").after(before).count(), 0);
}

#[test]
fn a_flood_of_unique_names_from_spoofed_sources_leaves_room_for_what_is_asked() {
    let (mut world, id) = asking();
    for n in 0..3_000_u32 {
        let record = a_record(&format!("n{n}.local"), "10.9.9.9", 4_500);
        let source = format!("10.1.{}.{}:5353", n / 250, n % 250 + 1);
        inject(&mut world, &source, group(), &response(&[record]));
    }
    let stats = listener(&world, "me").stats();
    assert_eq!(stats.cache_records, 0, "nobody asks about them: {stats:?}");
    let asked = response(&[a_record("there.local", "10.1.77.7", 120)]);
    inject(&mut world, "10.1.77.7:5353", group(), &asked);
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

#[test]
fn a_record_set_that_grows_without_end_stays_within_the_limits() {
    let mut world = alone(seed!());
    world.crash("me");
    world.restart("me", |setup| {
        let mut config = cooee_proto::Config::default();
        config.limits.cache_records_max = 200;
        Listener::with(setup, config)
    });
    let id = query(&mut world, "me", HTTP, RecordType::PTR);
    for n in 0..200 {
        let target = |k| name(&format!("i{n}-{k}._http._tcp.local"));
        let records: Vec<Record> = (0..20)
            .map(|k| ptr_record(HTTP, target(k), 4_500))
            .collect();
        inject(&mut world, "10.1.77.7:5353", group(), &response(&records));
    }
    let stats = listener(&world, "me").stats();
    assert!(stats.cache_records <= 200, "{stats:?}");
    assert!(listener(&world, "me").records(id).len() <= 200);
    let before = world.sent("me").count();
    world.run_for(secs(60));
    let sent = world.sent("me").after(before).count();
    assert!(sent < 300, "{sent} messages in a minute");
}

#[test]
fn a_thousand_queries_a_second_are_borne_and_not_answered() {
    let mut world = with_printer(seed!());
    let id = query(&mut world, "me", "printer.local", RecordType::A);
    world.run_for(secs(1));
    let known = [a_record("printer.local", "10.1.0.2", 120)];
    let bytes = message(
        Flags::QUERY.with_truncated(true),
        &[(HTTP, RecordType::PTR)],
        &known,
    );
    let before = world.sent("me").count();
    for n in 0..3_000_u32 {
        let source = SocketAddr::new(IpAddr::from([10, 1, 78, (n % 250) as u8 + 1]), 5_353);
        world.inject(
            "lan",
            &Foreign {
                source,
                destination: group(),
                bytes: &bytes,
            },
        );
        world.run_for(ms(1));
    }
    assert!(world.sent("me").after(before).count() <= 2);
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

#[test]
fn a_ttl_beyond_reason_counts_as_a_day_at_most_and_one_with_the_top_bit_as_none() {
    let (mut world, id) = asking();
    let mut record = a_record("there.local", "10.1.77.7", 0x7fff_ffff);
    inject(
        &mut world,
        "10.1.77.7:5353",
        group(),
        &response(&[record.clone()]),
    );
    assert_eq!(listener(&world, "me").records(id).len(), 1);
    world.run_for(hours(25));
    assert!(
        listener(&world, "me").records(id).is_empty(),
        "nobody renewed it for a day"
    );
    record.ttl = Ttl(0x8000_0001);
    inject(&mut world, "10.1.77.7:5353", group(), &response(&[record]));
    assert!(listener(&world, "me").records(id).is_empty());
}

#[test]
fn records_of_other_classes_are_no_answers() {
    let (mut world, id) = asking();
    let mut record = a_record("there.local", "10.1.77.7", 120);
    record.class = Class(3);
    inject(&mut world, "10.1.77.7:5353", group(), &response(&[record]));
    assert!(listener(&world, "me").records(id).is_empty());
}

#[test]
fn names_match_whatever_their_case() {
    let (mut world, id) = asking();
    let record = a_record("THERE.Local", "10.1.77.7", 120);
    inject(&mut world, "10.1.77.7:5353", group(), &response(&[record]));
    assert_eq!(listener(&world, "me").records(id).len(), 1);
}

#[test]
fn one_bad_record_costs_that_record_only() {
    let (mut world, id) = asking();
    let bad = Record {
        data: RData::Opaque {
            rtype: RecordType::A,
            bytes: [1, 2, 3][..].into(),
        },
        ..a_record("there.local", "10.1.77.7", 120)
    };
    let bytes = response(&[bad, a_record("there.local", "10.1.77.8", 120)]);
    assert_eq!(
        Message::parse(&bytes).expect("a message").answers().count(),
        2
    );
    inject(&mut world, "10.1.77.7:5353", group(), &bytes);
    assert_eq!(
        listener(&world, "me").records(id),
        [a_record("x", "10.1.77.8", 1).data]
    );
    assert_eq!(world.sent("me").of_kind(Kind::Unreadable).count(), 0);
}
