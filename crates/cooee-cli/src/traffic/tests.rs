//! How messages look.

use std::time::{Duration, SystemTime};

use cooee::observe::{Observer, Sighting};

use super::ShownMessage;

const QUERY: &[u8] = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x05_http\x04_tcp\x05local\0\0\x0c\x80\x01";

fn seen(bytes: &[u8]) -> (String, String, String) {
    let sighting = Sighting {
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(86_400_000 * 2 + 3_723_004),
        source: "10.0.0.9:5353".parse().unwrap(),
        destination: "224.0.0.251:5353".parse().unwrap(),
        interface: 2,
        hop_limit: Some(255),
        bytes,
    };
    let seen = ShownMessage {
        sighting,
        interface: "eth0",
        observation: Observer::new().observe(&sighting),
    };
    let json = serde_json::to_string(&seen.report()).unwrap();
    (plain(&seen.line()), plain(&seen.records()), json)
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn a_query_is_a_line_and_all_of_it_several() {
    let (line, records, json) = seen(QUERY);
    assert_eq!(
        line,
        "01:02:03.004 eth0     query        10.0.0.9        _http._tcp.local? PTR QU\n"
    );
    assert!(
        records.ends_with("    ? _http._tcp.local. IN,unicast PTR\n"),
        "{records}"
    );
    assert_eq!(
        json,
        "{\"event\":\"message\",\"time\":176523.004,\"interface\":\"eth0\",\
         \"source\":\"10.0.0.9:5353\",\"destination\":\"224.0.0.251:5353\",\"hop_limit\":255,\
         \"kind\":\"query\",\"size\":34,\"id\":0,\"opcode\":0,\"rcode\":0,\"flags\":[],\
         \"questions\":[{\"name\":\"_http._tcp.local\",\"type\":\"PTR\",\"class\":\"IN\",\
         \"unicast\":true}],\"answers\":[],\"authorities\":[],\"additionals\":[]}"
    );
}

#[test]
fn a_breach_is_on_the_line_with_its_section_and_in_the_json() {
    let mut bytes = QUERY.to_vec();
    bytes[2] = 0x84;
    let (line, _, json) = seen(&bytes);
    assert!(
        line.ends_with("  !6 a response with a question\n"),
        "{line}"
    );
    assert!(
        json.contains("\"section\":\"6\",\"rule\":\"question_in_response\""),
        "{json}"
    );
}

#[test]
fn a_repetition_names_the_host_that_was_first_on_its_link_and_on_another_one() {
    let sighting = Sighting {
        at: SystemTime::UNIX_EPOCH,
        source: "10.0.0.9:5353".parse().unwrap(),
        destination: "224.0.0.251:5353".parse().unwrap(),
        interface: 2,
        hop_limit: Some(255),
        bytes: b"\0\0\x84\0\0\0\0\x01\0\0\0\0\x01x\x05local\0\0\x01\x80\x01\0\0\0\x78\0\x04\x0a\0\0\x09",
    };
    let mut observer = Observer::new();
    observer.observe(&sighting);
    let sighting = Sighting {
        source: "10.0.0.7:5353".parse().unwrap(),
        ..sighting
    };
    let shown = ShownMessage {
        sighting,
        interface: "eth0",
        observation: observer.observe(&sighting),
    };
    let line = plain(&shown.line());
    assert!(line.ends_with("  repeats 10.0.0.9\n"), "{line}");
    let json = serde_json::to_string(&shown.report()).unwrap();
    assert!(json.ends_with(",\"repeats\":\"10.0.0.9\"}"), "{json}");
    let across = Sighting {
        source: "10.1.0.1:5353".parse().unwrap(),
        interface: 3,
        ..sighting
    };
    let shown = ShownMessage {
        sighting: across,
        interface: "eth1",
        observation: observer.observe(&across),
    };
    let line = plain(&shown.line());
    assert!(line.ends_with("  reflects 10.0.0.9\n"), "{line}");
    let json = serde_json::to_string(&shown.report()).unwrap();
    assert!(json.ends_with(",\"reflects\":\"10.0.0.9\"}"), "{json}");
}

#[test]
fn what_is_malformed_says_where() {
    let (line, records, json) = seen(&QUERY[..20]);
    assert!(
        line.contains("malformed") && line.contains("at byte 12"),
        "{line}"
    );
    assert!(records.contains("; malformed: "), "{records}");
    assert!(json.contains("\"fault\":{\"offset\":12,"), "{json}");
}

#[test]
fn nothing_from_the_network_steers_the_terminal() {
    // A TXT record with an escape sequence and a change of direction.
    let text = "\u{1b}[2Jk=\u{202e}";
    let mut bytes =
        b"\0\0\x84\0\0\0\0\x01\0\0\0\0\x03\x1b[J\x05local\0\0\x10\x80\x01\0\0\0\x78".to_vec();
    let length = u8::try_from(text.len()).unwrap();
    bytes.extend([0, length + 1, length]);
    bytes.extend(text.as_bytes());
    let (line, records, _) = seen(&bytes);
    for text in [line, records] {
        let is_steering = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(is_steering), "{text:?}");
        assert!(text.contains("\\027[J"), "{text}");
    }
}
