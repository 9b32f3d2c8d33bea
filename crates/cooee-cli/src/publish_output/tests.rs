//! What is printed about what is published, for people and as JSON.

use anstream::adapter::strip_str;
use cooee::{Name, Status};

use super::{Ordered, Place, PublishReport, Sent, of};
use crate::output::Instance;
use crate::output::tests::{full, named};

fn instance() -> Instance {
    named(b"a\x1b", "_http._tcp")
}

#[test]
fn json_names_the_event_and_escapes_nothing_of_its_own() {
    let text = |report: &PublishReport| serde_json::to_string(report).unwrap();
    let renamed = PublishReport::Renamed {
        old: "b".to_owned(),
        old_exact: None,
        instance: instance(),
    };
    assert_eq!(
        text(&renamed),
        r#"{"event":"renamed","old":"b","instance":"a\u001b","instance_exact":"a\\027","type":"_http._tcp"}"#
    );
    let gone = PublishReport::Unregistered {
        instance: instance(),
        goodbyes: None,
    };
    assert_eq!(
        text(&gone),
        r#"{"event":"unregistered","instance":"a\u001b","instance_exact":"a\\027","type":"_http._tcp"}"#
    );
    let metrics = PublishReport::Metrics([("sent", 3)].into_iter().collect());
    assert_eq!(text(&metrics), r#"{"event":"metrics","sent":3}"#);
}

#[test]
fn a_service_is_registered_once_its_host_is_and_after_the_renames_of_both() {
    let service = |name: &str| named(name.as_bytes(), "_http._tcp");
    let registered = |name: &str| PublishReport::Registered {
        instance: service(name),
        place: None,
    };
    let host = |name: &str| PublishReport::HostRegistered {
        name: full(name),
        addresses: Vec::new(),
    };
    let moved = PublishReport::HostRenamed {
        old: "a".to_owned(),
        old_exact: None,
        name: full("b"),
    };
    let renamed = PublishReport::Renamed {
        old: "Web".to_owned(),
        old_exact: None,
        instance: service("Web (2)"),
    };
    let heard = [
        registered("Web"),
        moved.clone(),
        renamed.clone(),
        registered("Web (2)"),
        host("b"),
        registered("Web (3)"),
    ];
    let mut ordered = Ordered::default();
    let report: Vec<PublishReport> = heard
        .into_iter()
        .flat_map(|report| ordered.sort(report))
        .collect();
    let expected = [
        moved,
        renamed,
        host("b"),
        registered("Web (2)"),
        registered("Web (3)"),
    ];
    assert_eq!(report, expected);
}

#[test]
fn a_registration_tells_where_the_service_is() {
    let report = PublishReport::Registered {
        instance: named(b"Web", "_http._tcp"),
        place: Some(Place {
            host: "desk.local".to_owned(),
            host_exact: None,
            port: 80,
            addresses: vec!["10.0.0.1".to_owned(), "fe80::1%e\u{202e}0".to_owned()],
            subtypes: vec!["printer".to_owned()],
        }),
    };
    let line = report.line();
    let text = strip_str(&line).to_string();
    assert_eq!(
        text,
        "registered Web  _http._tcp\n           desk.local:80\n           10.0.0.1  fe80::1%e\\226\\128\\1740\n           subtype printer\n"
    );
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.ends_with(r#","subtypes":["printer"]}"#), "{json}");
    assert!(
        json.starts_with(
            r#"{"event":"registered","instance":"Web","type":"_http._tcp","host":"desk.local","port":80,"addresses":["#
        ),
        "{json}"
    );
}

#[test]
fn lines_for_people_are_harmless_and_name_the_goodbyes() {
    let sent = Sent {
        interface: "eth0".to_owned(),
        datagrams: 1,
        records: 4,
    };
    let gone = PublishReport::Unregistered {
        instance: instance(),
        goodbyes: Some(vec![sent]),
    };
    let line = gone.line();
    assert!(
        line.ends_with("a\\027  _http._tcp  goodbyes in 1 datagram on eth0\n"),
        "{line}"
    );
}

#[test]
fn a_rename_has_the_same_word_for_a_host_as_for_a_service() {
    let (old, new): (Name, Name) = ("a.local".parse().unwrap(), "a-2.local".parse().unwrap());
    let statuses = [
        Status::HostRenamed {
            old,
            new: new.clone(),
        },
        Status::HostRegistered(new),
    ];
    let lines = statuses.map(|status| of(&status).expect("a report").line());
    let lines = lines.map(|line| strip_str(&line).to_string());
    assert_eq!(
        lines,
        [
            "renamed    a-2.local  instead of a.local\n",
            "host       a-2.local\n"
        ]
    );
}
