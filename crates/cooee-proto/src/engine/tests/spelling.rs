//! In whose spelling names are sent: letters that differ in case alone make the same name.

use alloc::string::{String, ToString};

use super::lan::*;

/// Returns the names that are asked for, and the records that are probed or answered with.
fn said(lan: &Lan) -> Vec<String> {
    let mut said = Vec::new();
    for sent in &lan.sent {
        let message = Message::parse(&sent.bytes).unwrap();
        let questions = message.questions().map(Result::unwrap);
        said.extend(questions.map(|question| question.name.to_name().unwrap().to_string()));
        let is_response = message.header().flags.is_response();
        let answers = message.answers().filter(|_| is_response);
        let records = answers.chain(message.authorities());
        for record in records.chain(message.additionals()) {
            let record = record.unwrap().to_record().unwrap();
            said.push(alloc::format!("{} {:?}", record.name, record.data));
        }
    }
    said
}

fn assert_spelled(lan: &Lan, ours: &str, theirs: &[&str]) {
    let said = said(lan);
    assert!(said.iter().any(|said| said.contains(ours)), "{said:?}");
    for text in theirs {
        assert!(!said.iter().any(|said| said.contains(text)), "{said:?}");
    }
}

const PTR: RecordType = RecordType::PTR;

/// Returns a host on which a stranger has spelled all names of ours in capitals.
fn shouted_at() -> Lan {
    let mut lan = Lan::new(1);
    lan.ask_for(0, "_x._tcp.local", PTR);
    lan.ask_for(0, "x._x._tcp.local", RecordType::SRV);
    lan.run_until(at_ms(500));
    let points_to = |target: &str| record("_x._tcp.local", 4_500, false, RData::Ptr(name(target)));
    let leads_to = |target: &str| {
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: 1,
            target: name(target),
        };
        record("x._x._tcp.local", 120, true, RData::Srv(srv))
    };
    let shouted = [
        points_to("MY PRINTER._HTTP._TCP.LOCAL"),
        points_to("_HTTP._TCP.LOCAL"),
        leads_to("HOST.LOCAL"),
    ];
    let shouted = message(0, Flags::RESPONSE, &[], Section::Answer, &shouted);
    let _ = lan.hear("10.0.0.9:5353", "224.0.0.251", &shouted);
    lan.run_until(at_ms(600));
    lan.sent.clear();
    lan
}

const SHOUTED: [&str; 4] = ["PRINTER", "HTTP", "HOST", "LOCAL"];

#[test]
fn what_is_published_is_sent_in_the_spelling_of_its_user_whoever_else_mentioned_it() {
    let mut lan = shouted_at();
    lan.register(0, &host_set("host.local", 0));
    let id = lan.register(0, &service_set("My Printer", 80, "a=1"));
    lan.run_until(at_ms(10_000));
    assert_eq!(established(&lan), 2);
    let asked = query(
        &[
            ("MY PRINTER._HTTP._TCP.LOCAL", RecordType::ANY, false),
            ("_HTTP._TCP.LOCAL", PTR, false),
            ("HOST.LOCAL", RecordType::AAAA, false),
        ],
        &[],
    );
    let _ = lan.hear("10.0.0.9:5353", "224.0.0.251", &asked);
    lan.run_until(at_ms(11_000));
    lan.hosts[0].unregister(id);
    lan.run_until(at_ms(20_000));
    assert_spelled(&lan, "My Printer._http._tcp.local", &SHOUTED);
    assert_spelled(&lan, "host.local Nsec", &SHOUTED);
}

#[test]
fn a_question_is_sent_in_the_spelling_of_its_user_unless_we_publish_the_name() {
    let mut lan = shouted_at();
    lan.ask_for(0, "host.local", RecordType::A);
    lan.ask_for(0, "HOST.local", RecordType::A);
    lan.run_until(at_ms(10_000));
    assert_spelled(&lan, "host.local", &SHOUTED);
    lan.register(0, &host_set("Host.local", 0));
    lan.run_until(at_ms(15_000));
    lan.ask_for(0, "hOST.local", RecordType::AAAA);
    lan.sent.clear();
    lan.run_until(at_ms(20_000));
    assert_spelled(&lan, "Host.local", &["host", "hOST"]);
}

#[test]
fn a_user_who_spells_a_service_in_another_way_is_followed() {
    let mut lan = Lan::new(1);
    let id = lan.register(0, &service_set("My Printer", 80, "a=1"));
    lan.run_until(at_ms(10_000));
    lan.sent.clear();
    let update = service_set("my PRINTER", 80, "a=2");
    lan.hosts[0].update(lan.now, id, &update).unwrap();
    lan.run_until(at_ms(20_000));
    let question = [("_http._tcp.local", PTR, false)];
    let _ = lan.hear("10.0.0.9:5353", "224.0.0.251", &query(&question, &[]));
    lan.run_until(at_ms(21_000));
    assert_spelled(&lan, "my PRINTER._http._tcp.local", &["My Printer"]);
}
