//! Whole commands with a DNS server on loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::thread;

use std::io::{Read, Write};

use cooee::{Name, RData, Ttl};
use cooee_wire::{Class, Flags, Message, MessageBuilder, Record, RecordFields, Section};

use super::message::DnsQuestion;
use crate::args::{Args, Verb};
use crate::failure::Failure;
use crate::out::Out;

/// A query as a server sees it.
pub(super) struct FakeQuery {
    pub(super) id: u16,
    pub(super) question: DnsQuestion,
    pub(super) has_edns: bool,
    pub(super) is_tcp: bool,
}

/// A reply in parts.
#[derive(Clone, Debug, Default)]
pub(super) struct FakeReply {
    pub(super) flags: u16,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
    pub(super) additionals: Vec<Record>,
}

impl FakeReply {
    /// Writes the reply to a query.
    pub(super) fn to(&self, query: &FakeQuery) -> Vec<u8> {
        self.write(query.id, &query.question)
    }

    pub(super) fn write(&self, id: u16, question: &DnsQuestion) -> Vec<u8> {
        let mut buffer = Vec::new();
        let flags = Flags(0x8000 | self.flags);
        let mut builder = MessageBuilder::new(&mut buffer, id, flags, 65_535).legacy();
        let (name, rtype) = (&question.name, question.rtype);
        builder.question(name, rtype, Class::IN, false).unwrap();
        for (section, records) in [
            (Section::Answer, &self.answers),
            (Section::Authority, &self.authorities),
            (Section::Additional, &self.additionals),
        ] {
            for record in records {
                builder.record(section, RecordFields::from(record)).unwrap();
            }
        }
        builder.finish();
        buffer
    }
}

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(super) fn record(owner: &str, ttl_secs: u32, data: RData) -> Record {
    Record {
        name: name(owner),
        class: Class::IN,
        ttl: Ttl(ttl_secs),
        cache_flush: false,
        data,
    }
}

/// Starts a server that answers over UDP and TCP, for as long as the test process lives.
pub(super) fn serve(
    answer: impl Fn(&FakeQuery) -> Vec<Vec<u8>> + Send + Sync + 'static,
) -> SocketAddr {
    serve_at(Ipv4Addr::LOCALHOST.into(), answer)
}

/// The same, at an address. What it sends over TCP comes byte by byte.
pub(super) fn serve_at(
    ip: IpAddr,
    answer: impl Fn(&FakeQuery) -> Vec<Vec<u8>> + Send + Sync + 'static,
) -> SocketAddr {
    let (udp, tcp) = loop {
        let tcp = TcpListener::bind((ip, 0)).unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().unwrap();
    let answer = Arc::new(answer);
    let over_udp = Arc::clone(&answer);
    thread::spawn(move || {
        let mut buffer = [0; 4_096];
        while let Ok((len, from)) = udp.recv_from(&mut buffer) {
            for reply in over_udp(&read_query(&buffer[..len], false)) {
                udp.send_to(&reply, from).unwrap();
            }
        }
    });
    thread::spawn(move || {
        while let Ok((mut stream, _)) = tcp.accept() {
            stream.set_nodelay(true).unwrap();
            let mut len = [0; 2];
            stream.read_exact(&mut len).unwrap();
            let mut query = vec![0; u16::from_be_bytes(len).into()];
            stream.read_exact(&mut query).unwrap();
            for reply in answer(&read_query(&query, true)) {
                let len = u16::try_from(reply.len()).unwrap().to_be_bytes();
                for byte in len.iter().chain(&reply) {
                    // An asker that waits no longer has closed it.
                    let _ = stream.write_all(&[*byte]);
                }
            }
        }
    });
    address
}

fn read_query(bytes: &[u8], is_tcp: bool) -> FakeQuery {
    let message = Message::parse(bytes).unwrap();
    let question = message.questions().next().unwrap().unwrap();
    FakeQuery {
        id: message.header().id,
        question: DnsQuestion::new(&question.name.to_name().unwrap(), question.rtype),
        has_edns: message.additionals().next().is_some(),
        is_tcp,
    }
}

/// The zone of a server with two services, one of which is incomplete.
fn zone(query: &FakeQuery) -> Vec<Vec<u8>> {
    let all = [
        ("_services._dns-sd._udp", "PTR", "_http._tcp"),
        ("_services._dns-sd._udp", "PTR", "_ipp._tcp"),
        ("_http._tcp", "PTR", r"Web\032Site._http._tcp"),
        ("_sub._sub._http._tcp", "PTR", r"Web\032Site._http._tcp"),
        ("_ipp._tcp", "PTR", "Desk._ipp._tcp"),
        (r"Web\032Site._http._tcp", "SRV", "peer"),
        (r"Web\032Site._http._tcp", "TXT", "path=/"),
        ("peer", "A", "10.9.0.2"),
        ("peer", "AAAA", "fd00::2"),
    ];
    let full = |name: &str| format!("{name}.eth0.home.example");
    let asked = all.iter().filter(|(owner, rtype, _)| {
        name(&full(owner)) == query.question.name && *rtype == query.question.rtype.to_string()
    });
    let answers: Vec<Record> = asked
        .map(|(owner, rtype, text)| {
            let data = match *rtype {
                "PTR" => RData::Ptr(name(&full(text))),
                "SRV" => RData::Srv(cooee::Srv {
                    priority: 0,
                    weight: 0,
                    port: 80,
                    target: name(&full(text)),
                }),
                "TXT" => RData::Txt(cooee::TxtData::from_strings([text.as_bytes()]).unwrap()),
                _ => RData::from(text.parse::<IpAddr>().unwrap()),
            };
            record(&full(owner), 10, data)
        })
        .collect();
    let flags = if answers.is_empty() { 3 } else { 0 };
    let reply = FakeReply {
        flags,
        answers,
        ..FakeReply::default()
    };
    vec![reply.to(query)]
}

/// Runs a command, with the server for `SERVER`.
fn run(line: &str, server: SocketAddr) -> (Result<bool, Failure>, String) {
    let words = line.split(' ').map(|word| match word {
        "SERVER" => server.to_string().into(),
        word => word.into(),
    });
    let args = Args::parse(words).unwrap();
    let mut bytes = Vec::new();
    let mut out = Out::new(&mut bytes, args.options.json);
    let result = crate::commands::run(args.verb, &args.options, &mut out);
    (result, String::from_utf8(bytes).unwrap())
}

#[test]
fn a_domain_is_browsed_as_the_link_would_be() {
    let server = serve(zone);
    let (found, printed) = run(
        "cooee browse _http._tcp --domain eth0.home.example --server SERVER --once --json",
        server,
    );
    assert!(found.unwrap());
    assert_eq!(
        printed,
        "{\"event\":\"found\",\"instance\":\"Web Site\",\"type\":\"_http._tcp\"}\n\
         {\"event\":\"resolved\",\"instance\":\"Web Site\",\"type\":\"_http._tcp\",\
         \"host\":\"peer.eth0.home.example\",\"port\":80,\"txt\":[\"path=/\"],\
         \"addresses\":[\"fd00::2\",\"10.9.0.2\"],\"interfaces\":[]}\n"
    );
}

#[test]
fn every_type_a_subtype_and_one_family_can_be_wanted() {
    let server = serve(zone);
    let domain = "--domain eth0.home.example --server SERVER --once";
    let (_, all) = run(&format!("cooee browse {domain}"), server);
    assert!(
        all.contains("Web Site") && all.contains("found") && all.contains("Desk"),
        "{all}"
    );
    let (_, one) = run(&format!("cooee browse _http._tcp,_sub -4 {domain}"), server);
    assert!(
        one.contains("10.9.0.2") && !one.contains("fd00::2"),
        "{one}"
    );
    let (_, types) = run(&format!("cooee types --json {domain}"), server);
    assert_eq!(
        types,
        "{\"event\":\"type\",\"action\":\"add\",\"type\":\"_http._tcp\"}\n\
         {\"event\":\"type\",\"action\":\"add\",\"type\":\"_ipp._tcp\"}\n"
    );
}

#[test]
fn a_service_is_resolved_or_it_is_said_what_is_missing() {
    let server = serve(zone);
    let domain = "--domain eth0.home.example --server SERVER";
    let (found, printed) = run(
        &format!(r"cooee resolve Web\032Site _http._tcp {domain}"),
        server,
    );
    assert!(
        found.unwrap() && printed.contains("peer.eth0.home.example:80"),
        "{printed}"
    );
    let (found, printed) = run(&format!("cooee resolve Desk _ipp._tcp {domain}"), server);
    let message = found.unwrap_err().message();
    assert!(printed.is_empty(), "{printed}");
    assert!(
        message.contains("`Desk._ipp._tcp.eth0.home.example` does not exist"),
        "{message}"
    );
}

#[test]
fn a_server_that_refuses_is_named_with_its_reason() {
    let refuse = |query: &FakeQuery| {
        let flags = 5;
        vec![
            FakeReply {
                flags,
                ..FakeReply::default()
            }
            .to(query),
        ]
    };
    let server = serve(refuse);
    let line = "cooee browse --domain home.example --server SERVER --once";
    let message = run(line, server).0.unwrap_err().message();
    assert!(
        message.ends_with(&format!("{server} refuses to answer (REFUSED)")),
        "{message}"
    );
}

#[test]
fn options_of_links_are_refused_for_a_domain_and_servers_for_the_link() {
    for (line, part) in [
        ("browse --domain home.example -i eth0", "`--interface`"),
        (
            "--all-interfaces types --domain home.example",
            "`--all-interfaces`",
        ),
        (
            "browse --rate-limit 5 --domain home.example",
            "`--rate-limit`",
        ),
        (
            "resolve a _b._tcp --same-subnet --domain home.example",
            "`--same-subnet`",
        ),
        ("types --domain local --server 10.0.0.1", "`--server`"),
        ("types --server 10.0.0.1", "--domain <ZONE>"),
    ] {
        let words = format!("cooee {line}");
        let error = Args::parse(words.split(' ').map(Into::into)).unwrap_err();
        assert!(error.to_string().contains(part), "{line}: {error}");
    }
    let args = Args::parse(
        "cooee browse --domain LOCAL. -i eth0"
            .split(' ')
            .map(Into::into),
    );
    let Verb::Browse { domain, .. } = args.unwrap().verb else {
        panic!("not browse")
    };
    assert!(domain.unicast().is_none());
}
