//! One question to servers on loopback.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cooee::{RData, RecordType};

use super::super::message::DnsQuestion;
use super::super::resolv_conf::ServerList;
use super::super::tests::{FakeQuery, FakeReply, name, record, serve, serve_at};
use super::{DnsResolver, LookedUp};

const HOST: &str = "peer.home.example";

/// Asks for an address. A server on a busy machine has many chances to answer.
fn ask(servers: &[SocketAddr]) -> Result<LookedUp, String> {
    let list = ServerList {
        servers: servers.to_vec(),
        timeout: Duration::from_millis(300),
        attempts: 50,
    };
    DnsResolver::new(list).ask(&DnsQuestion::new(&name(HOST), RecordType::A))
}

fn address(last: u8) -> RData {
    RData::A(Ipv4Addr::new(10, 9, 0, last))
}

fn found(last: u8) -> FakeReply {
    FakeReply {
        answers: vec![record(HOST, 10, address(last))],
        ..FakeReply::default()
    }
}

fn error(code: u16) -> FakeReply {
    FakeReply {
        flags: code,
        ..FakeReply::default()
    }
}

fn alias(from: &str, to: &str) -> FakeReply {
    FakeReply {
        answers: vec![record(from, 7, RData::Cname(name(to)))],
        ..FakeReply::default()
    }
}

fn data(answer: Result<LookedUp, String>) -> Vec<RData> {
    answer.unwrap().records.data
}

#[test]
fn an_answer_that_does_not_fit_is_fetched_over_tcp() {
    let server = serve(|query| {
        let reply = found(1);
        let flags = if query.is_tcp { 0 } else { 0x0200 };
        vec![FakeReply { flags, ..reply }.to(query)]
    });
    assert_eq!(data(ask(&[server])), [address(1)]);
}

#[test]
fn a_server_at_an_ipv6_address_is_asked_over_udp_and_tcp() {
    let test = "domain::resolver::tests::a_server_at_an_ipv6_address_is_asked_over_udp_and_tcp";
    netcell::run(test, "ip link set lo up", || {
        let server = serve_at(Ipv6Addr::LOCALHOST.into(), |query| {
            let flags = if query.is_tcp { 0 } else { 0x0200 };
            vec![FakeReply { flags, ..found(1) }.to(query)]
        });
        assert_eq!(data(ask(&[server])), [address(1)]);
    });
}

#[test]
fn a_reply_over_tcp_that_cannot_be_read_is_a_fault_of_the_server() {
    let cut = serve(|query| {
        let mut reply = found(1).to(query);
        if query.is_tcp {
            reply.truncate(20);
        }
        let truncated = FakeReply {
            flags: 0x0200,
            ..FakeReply::default()
        };
        vec![if query.is_tcp {
            reply
        } else {
            truncated.to(query)
        }]
    });
    let fault = ask(&[cut]).unwrap_err();
    assert!(fault.contains("malformed"), "{fault}");
}

#[test]
fn a_reply_with_another_number_or_question_is_not_the_answer() {
    let server = serve(|query| {
        let mut other = query.question.clone();
        other.name = name("other.home.example");
        vec![
            found(66).write(query.id.wrapping_add(1), &query.question),
            found(66).write(query.id, &other),
            vec![0; 5],
            found(1).to(query),
        ]
    });
    assert_eq!(data(ask(&[server])), [address(1)]);
}

#[test]
fn a_reply_from_another_source_is_not_heard() {
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    // The server sees the asker's port, and a stranger answers before it.
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = server.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((_, from)) = server.recv_from(&mut buffer) {
            let query = FakeQuery {
                id: u16::from_be_bytes([buffer[0], buffer[1]]),
                question: DnsQuestion::new(&name(HOST), RecordType::A),
                has_edns: true,
                is_tcp: false,
            };
            stranger.send_to(&found(66).to(&query), from).unwrap();
            server.send_to(&found(1).to(&query), from).unwrap();
        }
    });
    assert_eq!(data(ask(&[at])), [address(1)]);
}

#[test]
fn a_server_that_is_silent_or_not_there_is_passed_over() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let absent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let servers = [
        silent.local_addr().unwrap(),
        absent.local_addr().unwrap(),
        serve(|query| vec![error(2).to(query)]),
        serve(|query| vec![found(1).to(query)]),
    ];
    drop(absent);
    assert_eq!(data(ask(&servers)), [address(1)]);
}

#[test]
fn when_no_server_answers_each_is_named_with_what_it_did() {
    let codes = [
        (2, "SERVFAIL"),
        (4, "NOTIMP"),
        (5, "REFUSED"),
        (9, "error code 9"),
    ];
    for (code, text) in codes {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let server = serve(move |query| {
            count.fetch_add(1, Ordering::Relaxed);
            vec![error(code).to(query)]
        });
        let fault = ask(&[server]).unwrap_err();
        assert!(
            fault.contains(&server.to_string()) && fault.contains(text),
            "{fault}"
        );
        assert_eq!(asked.load(Ordering::Relaxed), 1, "{text}");
    }
    let refers = |query: &FakeQuery| {
        let referral = RData::Opaque {
            rtype: RecordType::NS,
            bytes: Arc::from(*b"\x02ns\0"),
        };
        let authorities = vec![record("home.example", 60, referral)];
        vec![
            FakeReply {
                authorities,
                ..FakeReply::default()
            }
            .to(query),
        ]
    };
    let fault = ask(&[serve(refers)]).unwrap_err();
    assert!(fault.contains("not a resolver"), "{fault}");
}

#[test]
fn a_server_that_does_not_know_edns_is_asked_without() {
    let server = serve(|query| {
        let reply = if query.has_edns { error(1) } else { found(1) };
        vec![reply.to(query)]
    });
    assert_eq!(data(ask(&[server])), [address(1)]);
    // It may be unable to repeat the question.
    let server = serve(|query| {
        let mut bare = error(1).to(query);
        bare.truncate(12);
        bare[5] = 0;
        vec![if query.has_edns {
            bare
        } else {
            found(1).to(query)
        }]
    });
    assert_eq!(data(ask(&[server])), [address(1)]);
}

#[test]
fn a_name_that_is_absent_is_told_from_a_type_that_is() {
    let soa = || {
        let mut bytes = b"\0\0".to_vec();
        bytes.extend_from_slice(&[0; 16]);
        bytes.extend_from_slice(&20_u32.to_be_bytes());
        let rtype = RecordType::SOA;
        record(
            "home.example",
            30,
            RData::Opaque {
                rtype,
                bytes: bytes.into(),
            },
        )
    };
    for (flags, authorities, name_exists, ttl_secs) in [
        (3, Vec::new(), false, 10),
        (0, Vec::new(), true, 10),
        (3, vec![soa()], false, 20),
        (0, vec![soa()], true, 20),
    ] {
        let reply = FakeReply {
            flags,
            authorities,
            ..FakeReply::default()
        };
        let records = ask(&[serve(move |query| vec![reply.to(query)])])
            .unwrap()
            .records;
        assert!(records.data.is_empty());
        assert_eq!(
            (records.name_exists, records.ttl_secs),
            (name_exists, ttl_secs)
        );
    }
}

#[test]
fn an_alias_is_followed_in_the_answer_and_by_asking() {
    let in_answer = serve(|query| {
        let mut reply = alias(HOST, "b.example");
        reply.answers.push(record("b.example", 10, address(1)));
        vec![reply.to(query)]
    });
    let by_asking = serve(|query| {
        let mut reply = alias(HOST, "b.example");
        if query.question.name == name("b.example") {
            reply.answers = vec![record("b.example", 10, address(1))];
        }
        vec![reply.to(query)]
    });
    for server in [in_answer, by_asking] {
        let records = ask(&[server]).unwrap().records;
        assert_eq!((records.data, records.ttl_secs), (vec![address(1)], 7));
    }
}

#[test]
fn aliases_in_a_circle_are_given_up() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let server = serve(move |query| {
        *count.lock().unwrap() += 1;
        let mut reply = alias(HOST, "b.example");
        reply.answers.extend(alias("b.example", HOST).answers);
        vec![reply.to(query)]
    });
    let fault = ask(&[server]).unwrap_err();
    assert!(fault.contains("alias of too many others"), "{fault}");
    assert_eq!(*asked.lock().unwrap(), 8);
}
