//! Names as devices use them, from a separate host: what the program prints, it accepts.
//!
//! Where no namespace can be made, a test reports it.
#![cfg(target_os = "linux")]

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use cooee_proto::wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, Section, Srv, Ttl, TxtData,
};

/// Set where this program is the peer of a test.
const PEER: &str = "COOEE_NAMES_PEER";

/// `$COOEE` in one namespace, and in another, on the other end of a cable, the peer.
const SETUP: &str = r#"
    unset RUST_LOG; ulimit -c 0
    unshare -n sleep 60 & there=$!
    while [ "$(readlink /proc/$there/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.1; done
    ip link add eth0 type veth peer name peer0 netns $there
    ip link set eth0 up; ip addr add 10.77.0.1/24 dev eth0
    nsenter -t $there -n sh -c 'ip link set peer0 up; ip addr add 10.77.0.2/24 dev peer0;
        ip route add 224.0.0.0/4 dev peer0'
    COOEE_NAMES_PEER=1 nsenter -t $there -n "$PEER" --exact the_peer --nocapture >/dev/null & peer=$!
    trap 'kill $peer $there' EXIT
"#;

fn with_peer(test: &str, script: &str) -> Option<Vec<String>> {
    let program = std::env::current_exe().expect("a running program has a path");
    let variables = [
        ("COOEE", env!("CARGO_BIN_EXE_cooee")),
        ("PEER", program.to_str().expect("its path is text")),
    ];
    let output = netcell::run_script(test, &format!("{SETUP}{script}"), &variables)?;
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).expect("output is UTF-8");
    Some(printed.lines().map(str::to_owned).collect())
}

fn labels(labels: &[&[u8]]) -> Name {
    Name::from_labels(labels.iter().copied()).expect("a name")
}

/// Two instances whose labels differ in a byte that is not text, of a type that breaks the rules
/// and is listed without its domain, on a host with a dot in its label; and one that is not
/// available.
fn packet() -> Vec<u8> {
    let of: [&[u8]; 3] = [b"_dyson_mqtt", b"_tcp", b"local"];
    let instance = |label: &[u8]| labels(&[label, of[0], of[1], of[2]]);
    let host = labels(&[b"a.b c", b"local"]);
    let meta = labels(&[b"_services", b"_dns-sd", b"_udp", b"local"]);
    let mut records = vec![
        (meta, false, RData::Ptr(labels(&of[..2]))),
        (host.clone(), true, RData::A(Ipv4Addr::new(10, 77, 0, 2))),
    ];
    for (label, target) in [
        (&b"caf\xc8x"[..], &host),
        (b"caf\xc9x", &host),
        (b"Off", &Name::root()),
    ] {
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: 80,
            target: target.clone(),
        };
        let txt = TxtData::from_strings([b"a=1".as_slice()]).expect("a TXT record");
        records.push((labels(&of), false, RData::Ptr(instance(label))));
        records.push((instance(label), true, RData::Srv(srv)));
        records.push((instance(label), true, RData::Txt(txt)));
    }
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
    for (name, cache_flush, data) in &records {
        let fields = RecordFields {
            name,
            class: Class::IN,
            cache_flush: *cache_flush,
            ttl: Ttl(120),
            data,
        };
        builder
            .record(Section::Answer, fields)
            .expect("there is room");
    }
    builder.finish();
    bytes
}

/// The other host, when this program is run as one: it sends all its records repeatedly.
#[test]
fn the_peer() {
    if std::env::var_os(PEER).is_none() {
        return;
    }
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 5_353)).expect("a port of its own");
    // One byte more than a message may have (RFC 6762 section 17).
    let (packet, too_long, start) = (packet(), [0; 9_001], Instant::now());
    while start.elapsed() < Duration::from_secs(50) {
        for bytes in [&packet[..], &too_long] {
            socket
                .send_to(bytes, (Ipv4Addr::new(224, 0, 0, 251), 5_353))
                .expect("there is a cable");
        }
        std::thread::sleep(Duration::from_millis(150));
    }
}

#[test]
fn what_is_found_is_told_apart_listed_resolved_and_asked_for() {
    let script = r#"
        $COOEE types --once -4
        $COOEE browse --once -4 --json | sort
        $COOEE browse _dyson_mqtt._tcp.local. --once -4 | grep -c 'caf.20[01]x '
        $COOEE resolve 'caf\200x' _dyson_mqtt._tcp -4 --json
        $COOEE resolve 'caf\200x._dyson_mqtt._tcp.local' -4 --json
        $COOEE resolve off _dyson_mqtt._tcp --json 2>/dev/null; echo $?
        $COOEE resolve off _dyson_mqtt._tcp -4 >/dev/null; echo $?
        $COOEE host 'A\.b C' -4; $COOEE query 'A\.B c.local' A -4
        ( printf '%s\n' "resolve --escaped 'caf\201x' _dyson_mqtt._tcp"; sleep 2 ) |
            $COOEE pipe -4 | tail -n 1
    "#;
    let Some(lines) = with_peer("what_is_found_is_told_apart", script) else {
        return;
    };
    let service = |exact: &str| {
        format!(
            r#"{{"event":"resolved","instance":"caf{}x","instance_exact":"caf\\{exact}x","type":"_dyson_mqtt._tcp","host":"a.b c.local","host_exact":"a\\.b c.local","port":80,"txt":["a=1"],"addresses":["10.77.0.2"],"interfaces":["eth0"]}}"#,
            '\u{fffd}'
        )
    };
    let found = |exact: &str| {
        format!(
            r#"{{"event":"found","instance":"caf{}x","instance_exact":"caf\\{exact}x","type":"_dyson_mqtt._tcp"}}"#,
            '\u{fffd}'
        )
    };
    let off = |event: &str| {
        format!(r#"{{"event":"{event}","instance":"Off","type":"_dyson_mqtt._tcp"}}"#)
    };
    let expected = [
        "added    _dyson_mqtt._tcp".to_owned(),
        off("found"),
        found("200"),
        found("201"),
        service("200"),
        service("201"),
        off("unavailable"),
        "2".to_owned(),
        service("200"),
        service("200"),
        off("unavailable"),
        "1".to_owned(),
        "1".to_owned(),
        r"a\.b c.local  10.77.0.2".to_owned(),
        r"added    a\.b c.local  120  A  10.77.0.2  eth0".to_owned(),
        service("201"),
        "error: `Off._dyson_mqtt._tcp.local` is not available: its SRV record names no host"
            .to_owned(),
    ];
    assert_eq!(lines, expected, "{}", lines.join("\n"));
}

#[test]
fn a_datagram_of_more_than_9000_bytes_is_counted_as_too_long_and_as_nothing_else() {
    let script = r#"
        ( sleep 2; echo metrics; sleep 1 ) | $COOEE pipe -4 |
            grep -oE '"(too_long|malformed)":[0-9]+'
    "#;
    let Some(mut lines) = with_peer("a_datagram_of_more_than_9000", script) else {
        return;
    };
    lines.sort();
    let counted = |line: &str| line.rsplit(':').next()?.parse::<u64>().ok();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], r#""malformed":0"#);
    assert!(lines[1].starts_with(r#""too_long""#), "{lines:?}");
    assert!(counted(&lines[1]) > Some(0), "{lines:?}");
}

#[test]
fn a_type_that_breaks_the_rules_is_published_only_on_request_and_a_txt_record_exactly() {
    let script = r#"
        $COOEE register Fan _dyson_mqtt._tcp 80 -4; echo $?
        $COOEE register Fan _dyson_mqtt._tcp 80 -4 a=1 a=2; echo $?
        $COOEE register Fan _dyson_mqtt._tcp 80 -4 --any-type -t 5 a=1 --txt-string a=2 \
            --txt-string =x >/dev/null &
        sleep 2; $COOEE resolve Fan _dyson_mqtt._tcp -4 --json | grep -o '"txt":[^]]*.'
        wait $!
    "#;
    let Some(lines) = with_peer("a_type_that_breaks_the_rules", script) else {
        return;
    };
    let text = lines.join("\n");
    assert!(
        lines.starts_with(&["2".to_owned(), "2".to_owned()]),
        "{text}"
    );
    assert!(text.contains(r#""txt":["a=1","a=2","=x"]"#), "{text}");
    assert!(
        text.contains("letters, digits and hyphens after the underscore; `--any-type` allows it"),
        "{text}"
    );
    assert!(text.contains("`a` is given more than once"), "{text}");
}
