//! What people see, without the styles.

use anstream::adapter::strip_str;

use super::{interfaces, render};
use crate::escape::exact;
use crate::output::tests::{full, instance, named, service};
use crate::output::{Action, Deaf, Interface, Record, Report};

fn plain(report: &Report) -> String {
    strip_str(&render(report)).to_string()
}

#[test]
fn a_service_takes_three_lines_of_80_columns() {
    let text = plain(&Report::Resolved(service()));
    assert_eq!(
        text,
        "added    My Printer                    _ipp._tcp         peer.local:631\n         \
         10.0.0.33  fe80::1%eth0\n         a=1  flag\n"
    );
    assert!(text.lines().all(|line| line.len() <= 80));
}

#[test]
fn a_service_without_attributes_takes_two() {
    let mut service = service();
    service.txt_shown.clear();
    assert_eq!(plain(&Report::Resolved(service)).lines().count(), 2);
}

#[test]
fn who_goes_takes_one_line_with_the_reason() {
    let text = plain(&Report::Removed {
        service: service(),
        why: "goodbye",
    });
    assert_eq!(
        text,
        "removed  My Printer                    _ipp._tcp         goodbye\n"
    );
    let text = plain(&Report::Lost {
        instance: instance(),
        why: "expired",
    });
    assert_eq!(
        text,
        "lost     My Printer                    _ipp._tcp         expired\n"
    );
}

#[test]
fn long_lists_are_wrapped_within_80_columns() {
    let mut service = service();
    service.addresses = (0..12).map(|n| format!("fd00::1234:5678:{n}")).collect();
    let text = plain(&Report::Resolved(service.clone()));
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert!(
        service
            .addresses
            .iter()
            .all(|address| text.contains(address.as_str()))
    );
    assert!(text.lines().count() > 4);
}

#[test]
fn the_longest_names_and_attributes_stay_within_80_columns() {
    let mut service = service();
    service.instance.instance = "n".repeat(63);
    service.host = format!("{}.local", "h".repeat(30));
    service.txt_shown = vec![
        "short=1".into(),
        format!("long={}", "v".repeat(250)),
        "last".into(),
    ];
    for report in [
        Report::Found(service.instance.clone()),
        Report::Resolved(service.clone()),
        Report::Removed {
            service: service.clone(),
            why: "goodbye",
        },
    ] {
        let text = plain(&report);
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }
    let text = plain(&Report::Resolved(service.clone()));
    let whole: String = text.split_whitespace().collect();
    assert!(
        service
            .txt_shown
            .iter()
            .all(|txt| whole.contains(txt.as_str())),
        "{text}"
    );
    let record = Report::Record(Record {
        action: Action::Add,
        name: full(&format!("{}.local", "h".repeat(63))),
        rtype: "TXT".into(),
        ttl: 4500,
        rdata: String::new(),
        text: format!("\"{}\"", "v".repeat(250)),
        text_shown: format!("\"{}\"", "v".repeat(250)),
        interface: "eth0".into(),
    });
    let text = plain(&record);
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
}

#[test]
fn the_name_of_an_interface_is_escaped_wherever_it_is_shown() {
    let mut service = service();
    service.addresses = vec!["fe80::1%e\u{202e}th".into()];
    let host = Report::Host {
        name: full("peer.local"),
        addresses: service.addresses.clone(),
    };
    let list = [Interface {
        name: "e\u{202e}th".into(),
        index: 2,
        selected: true,
        reason: "up".into(),
        addresses: vec!["10.0.0.1/24".into()],
        deaf: vec![Deaf {
            family: "IPv4".into(),
            reason: "interface e\u{202e}th".into(),
        }],
    }];
    for text in [
        plain(&Report::Resolved(service)),
        plain(&host),
        interfaces(&list),
    ] {
        assert!(!text.contains('\u{202e}'), "{text}");
        assert!(text.contains("e\\226\\128\\174th"), "{text}");
    }
}

#[test]
fn a_wide_name_pushes_the_next_column_and_never_touches_it() {
    let mut service = service();
    service.instance.instance = "\u{6771}".repeat(15);
    assert!(plain(&Report::Found(service.instance.clone())).contains("\u{6771}  _ipp"));
    service.instance.instance = "x".repeat(63);
    let text = plain(&Report::Found(service.instance));
    assert!(text.contains("x\n") && text.contains("  _ipp"), "{text}");
}

#[test]
fn a_stranger_cannot_steer_the_terminal() {
    let mut service = service();
    service.instance = named(b"\x1b[2Ja\nb", "_ipp._tcp");
    service.host_exact = full("\u{1b}[0m\u{7}").name_exact;
    service.txt_shown = vec![exact(b"k=\r\xc2\x9b\\\xff")];
    let ours = render(&Report::Resolved(crate::output::tests::service()));
    let theirs = render(&Report::Resolved(service.clone()));
    let escapes = |text: &str| text.matches(['\u{1b}', '\r', '\u{7}', '\u{9b}']).count();
    assert_eq!(escapes(&theirs), escapes(&ours), "only our own styles");
    assert_eq!(theirs.lines().count(), ours.lines().count());
    assert!(theirs.contains("\\027[2Ja\\010b"));
    assert!(theirs.contains(r"k=\013\194\155\\\255"), "{theirs}");
}

#[test]
fn a_service_that_is_not_available_says_so() {
    let text = plain(&Report::Unavailable(instance()));
    assert!(text.starts_with("found    My Printer  "), "{text}");
    assert!(text.ends_with("  not available\n"), "{text}");
}

#[test]
fn hosts_names_types_and_records_take_a_line_each() {
    let host = Report::Host {
        name: full("peer.local"),
        addresses: vec!["10.0.0.1".into(), "fe80::1%eth0".into()],
    };
    assert_eq!(
        plain(&host),
        "peer.local  10.0.0.1\npeer.local  fe80::1%eth0\n"
    );
    let host = Report::Host {
        name: full("peer.local"),
        addresses: vec![],
    };
    assert_eq!(plain(&host), "peer.local  no address\n");
    let reverse = Report::Reverse {
        address: "10.0.0.1".into(),
        names: vec!["peer.local".into()],
        names_exact: None,
    };
    assert_eq!(plain(&reverse), "10.0.0.1  peer.local\n");
    let kind = Report::Type {
        action: Action::Remove,
        service_type: "_http._tcp".into(),
    };
    assert_eq!(plain(&kind), "removed  _http._tcp\n");
    let record = Report::Record(Record {
        action: Action::Add,
        name: full("peer.local"),
        rtype: "A".into(),
        ttl: 120,
        rdata: "0a000001".into(),
        text: "10.0.0.1".into(),
        text_shown: "10.0.0.1".into(),
        interface: "eth0".into(),
    });
    assert_eq!(
        plain(&record),
        "added    peer.local  120  A  10.0.0.1  eth0\n"
    );
}

#[test]
fn interfaces_are_a_table() {
    let list = [
        ("eth0", 2, true, "up and multicast-capable"),
        ("wireguard1", 13, false, "VPN"),
    ]
    .map(|(name, index, selected, reason)| Interface {
        name: name.into(),
        index,
        selected,
        reason: reason.into(),
        addresses: vec!["10.0.0.1/24".into()],
        deaf: vec![],
    });
    let text = strip_str(&interfaces(&list)).to_string();
    assert_eq!(
        text,
        "NAME        INDEX  USED   WHY\n\
         eth0            2  yes    up and multicast-capable\n            10.0.0.1/24\n\
         wireguard1     13  no     VPN\n"
    );
}
