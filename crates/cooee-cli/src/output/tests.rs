//! The JSON shapes that `docs/JSON.md` promises.

use cooee::{InstanceName, Txt};

use super::{Action, Deaf, Instance, Interface, Named, Record, Report, Service, txt_strings};

mod names;

pub(crate) fn service() -> Service {
    Service {
        instance: instance(),
        host: "peer.local".to_owned(),
        host_exact: None,
        port: 631,
        txt: vec!["a=1".to_owned(), "flag".to_owned()],
        txt_shown: vec!["a=1".to_owned(), "flag".to_owned()],
        txt_hex: None,
        addresses: vec!["10.0.0.33".to_owned(), "fe80::1%eth0".to_owned()],
        interfaces: vec!["eth0".to_owned()],
        on: ["10.0.0.33", "fe80::1%eth0"]
            .map(|address| ("eth0".to_owned(), address.to_owned()))
            .to_vec(),
        txt_raw: vec!["613d31".to_owned(), "666c6167".to_owned()],
    }
}

pub(crate) fn instance() -> Instance {
    named(b"My Printer", "_ipp._tcp")
}

pub(crate) fn named(label: &[u8], service_type: &str) -> Instance {
    let key = InstanceName::from_label(label, &service_type.parse().unwrap()).unwrap();
    Instance::new(&key, None)
}

pub(crate) fn full(name: &str) -> Named {
    Named::new(&name.parse().unwrap())
}

#[track_caller]
fn assert_json(report: &Report, expected: &str) {
    assert_eq!(serde_json::to_string(report).unwrap(), expected);
}

const SERVICE: &str = r#""instance":"My Printer","type":"_ipp._tcp","host":"peer.local","port":631,"txt":["a=1","flag"],"addresses":["10.0.0.33","fe80::1%eth0"],"interfaces":["eth0"]"#;

#[test]
fn a_service_comes_changes_and_goes() {
    assert_json(
        &Report::Found(instance()),
        r#"{"event":"found","instance":"My Printer","type":"_ipp._tcp"}"#,
    );
    assert_json(
        &Report::Resolved(service()),
        &format!(r#"{{"event":"resolved",{SERVICE}}}"#),
    );
    assert_json(
        &Report::Updated {
            service: service(),
            changed: vec!["txt"],
        },
        &format!(r#"{{"event":"updated",{SERVICE},"changed":["txt"]}}"#),
    );
    assert_json(
        &Report::Removed {
            service: service(),
            why: "goodbye",
        },
        &format!(r#"{{"event":"removed",{SERVICE},"why":"goodbye"}}"#),
    );
    assert_json(
        &Report::Lost {
            instance: instance(),
            why: "expired",
        },
        r#"{"event":"lost","instance":"My Printer","type":"_ipp._tcp","why":"expired"}"#,
    );
}

#[test]
fn hosts_names_types_and_records() {
    assert_json(
        &Report::Host {
            name: full("peer.local"),
            addresses: vec!["10.0.0.71".into()],
        },
        r#"{"event":"host","name":"peer.local","addresses":["10.0.0.71"]}"#,
    );
    assert_json(
        &Report::Reverse {
            address: "10.0.0.71".into(),
            names: vec!["peer.local".into()],
            names_exact: None,
        },
        r#"{"event":"reverse","address":"10.0.0.71","names":["peer.local"]}"#,
    );
    assert_json(
        &Report::Type {
            action: Action::Add,
            service_type: "_http._tcp".into(),
        },
        r#"{"event":"type","action":"add","type":"_http._tcp"}"#,
    );
    let record = Record {
        action: Action::Remove,
        name: full("x.local"),
        rtype: "HINFO".into(),
        ttl: 120,
        rdata: "03637075026f73".into(),
        text: "\"cpu\" \"os\"".into(),
        text_shown: String::new(),
        interface: "eth0".into(),
    };
    assert_json(
        &Report::Record(record),
        r#"{"event":"record","action":"remove","name":"x.local","type":"HINFO","ttl":120,"rdata":"03637075026f73","text":"\"cpu\" \"os\"","interface":"eth0"}"#,
    );
    assert_json(
        &Report::Denied {
            name: full("x.local"),
            rtype: "AAAA".into(),
        },
        r#"{"event":"denied","name":"x.local","type":"AAAA"}"#,
    );
    assert_json(
        &Report::Lagged { missed: 3 },
        r#"{"event":"lagged","missed":3}"#,
    );
}

#[test]
fn an_interface_has_a_shape_of_its_own() {
    let interface = Interface {
        name: "wg0".into(),
        index: 7,
        selected: false,
        reason: "VPN by name (wg*)".into(),
        addresses: vec!["10.9.0.1/24".into()],
        deaf: vec![],
    };
    assert_eq!(
        serde_json::to_string(&interface).unwrap(),
        r#"{"name":"wg0","index":7,"selected":false,"reason":"VPN by name (wg*)","addresses":["10.9.0.1/24"]}"#
    );
    let deaf = Deaf {
        family: "IPv6".into(),
        reason: "taken".into(),
    };
    let interface = Interface {
        deaf: vec![deaf],
        ..interface
    };
    let text = serde_json::to_string(&interface).unwrap();
    assert!(
        text.ends_with(r#","deaf":[{"family":"IPv6","reason":"taken"}]}"#),
        "{text}"
    );
}

#[test]
fn a_name_with_a_line_break_stays_on_its_line() {
    let mut instance = instance();
    instance.instance = "a\n\u{1b}[2J\"\\".to_owned();
    let line = serde_json::to_string(&Report::Found(instance)).unwrap();
    assert!(!line.contains(['\n', '\u{1b}']));
    let back: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(back["instance"], "a\n\u{1b}[2J\"\\");
}

#[test]
fn txt_that_is_not_utf8_comes_in_hexadecimal_too() {
    let txt = Txt::exactly([b"a=\xff".as_slice(), b"b"]).unwrap();
    let (text, hex) = txt_strings(&txt);
    assert_eq!(text, ["a=\u{fffd}", "b"]);
    assert_eq!(hex.unwrap(), ["613dff", "62"]);
    let txt = Txt::exactly(["a=ü".as_bytes()]).unwrap();
    assert_eq!(txt_strings(&txt).1, None);
}

#[test]
fn txt_with_an_empty_string_among_others_comes_in_hexadecimal_too() {
    let txt = Txt::exactly([b"".as_slice(), b"=x"]).unwrap();
    let (text, hex) = txt_strings(&txt);
    assert_eq!(text, ["=x"]);
    assert_eq!(hex.unwrap(), ["", "3d78"]);
    assert_eq!(txt_strings(&Txt::empty()), (Vec::new(), None));
}

#[test]
fn an_answer_is_something_that_is_there() {
    assert!(Report::Resolved(service()).is_answer());
    assert!(
        !Report::Removed {
            service: service(),
            why: "goodbye"
        }
        .is_answer()
    );
    assert!(
        !Report::Host {
            name: full("a.local"),
            addresses: vec![]
        }
        .is_answer()
    );
    assert!(
        !Report::Type {
            action: Action::Remove,
            service_type: "_a._tcp".into()
        }
        .is_answer()
    );
}
