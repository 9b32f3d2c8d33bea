//! A pcapng file that we write is read back by another program.

use std::process::Command;

use cooee_capture::write::checksum;

use super::*;
use crate::recording::Transmission;
use cooee_proto::time::Instant;

fn packet(source: &str, destination: &str, bytes: &[u8]) -> Packet {
    Packet {
        source: source.parse().expect("an address"),
        destination: destination.parse().expect("an address"),
        bytes: bytes.into(),
    }
}

const QUERY: &[u8] = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x05_http\x04_tcp\x05local\0\0\x0c\0\x01";

fn recording() -> Recording {
    let mut recording = Recording::new(Instant::ZERO);
    let packets = [
        packet("10.1.0.1:5353", "224.0.0.251:5353", QUERY),
        packet("[fe80::1:1]:5353", "[ff02::fb]:5353", QUERY),
    ];
    for (nanos, link, packet) in [(1, "lan", 0), (2_000_000_001, "wifi", 1)] {
        recording.transmissions.push(Transmission {
            at: Instant::from_nanos(nanos),
            host: Some("a".into()),
            link: link.into(),
            packets: vec![Rc::new(packets[packet].clone())],
            off_link: false,
        });
    }
    recording
}

#[test]
fn checksums_of_the_well_known_example_and_of_odd_lengths() {
    // RFC 1071 section 3: 0001 f203 f4f5 f6f7 sum to ddf2 before the complement.
    assert_eq!(
        checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]),
        !0xddf2
    );
    assert_eq!(checksum(&[0x12]), !0x1200);
}

#[test]
fn a_frame_verifies_against_its_own_checksums() {
    let v4 = frame(&packet("10.1.0.1:5353", "224.0.0.251:5353", b"odd"));
    assert_eq!(&v4[..6], [0x01, 0x00, 0x5e, 0, 0, 0xfb]);
    assert_eq!(checksum(&v4[14..34]), 0);
    let mut pseudo = v4[26..34].to_vec();
    pseudo.extend([0, 17, 0, 11]);
    pseudo.extend(&v4[34..]);
    assert_eq!(checksum(&pseudo), 0);
}

#[test]
fn blocks_are_padded_and_carry_their_length_twice() {
    let file = recording().pcapng();
    let mut rest = &file[..];
    let mut kinds = Vec::new();
    while !rest.is_empty() {
        let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().expect("four bytes"));
        let (kind, length) = (word(0), word(4) as usize);
        assert_eq!(length % 4, 0);
        assert_eq!(word(length - 4) as usize, length);
        kinds.push(kind);
        rest = &rest[length..];
    }
    assert_eq!(kinds, [0x0a0d_0d0a, 1, 6, 1, 6]);
}

#[test]
fn tshark_reads_links_times_checksums_and_questions() {
    if Command::new("tshark").arg("--version").output().is_err() {
        return skip("no tshark on this machine");
    }
    let path = std::env::temp_dir().join(format!("cooee-sim-{}.pcapng", std::process::id()));
    std::fs::write(&path, recording().pcapng()).expect("a temporary file");
    let fields = "frame.interface_name frame.time_epoch udp.checksum.status dns.qry.name";
    let mut tshark = Command::new("tshark");
    tshark.args([
        "-n",
        "-o",
        "udp.check_checksum:TRUE",
        "-o",
        "ip.check_checksum:TRUE",
    ]);
    tshark.arg("-r").arg(&path).args(["-T", "fields"]);
    tshark.args(fields.split(' ').flat_map(|field| ["-e", field]));
    let output = tshark.output().expect("tshark runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let _ = std::fs::remove_file(&path);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "lan\t0.000000001\t1\t_http._tcp.local",
            "wifi\t2.000000001\t1\t_http._tcp.local",
        ]
    );
}

/// Reports that nothing was tested and why, or fails where nothing may be skipped.
fn skip(reason: &str) {
    use std::io::Write as _;
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    println!("SKIPPED tshark_reads_links_times_checksums_and_questions: {reason}");
    if let Some(path) = std::env::var_os("COOEE_SKIP_LOG") {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path);
        let mut log = log.expect("the log of skipped tests can be written");
        writeln!(
            log,
            "tshark_reads_links_times_checksums_and_questions: {reason}"
        )
        .expect("written");
    }
}
