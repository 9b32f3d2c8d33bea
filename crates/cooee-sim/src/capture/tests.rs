//! Captures of every kind are read and replayed without faults.

use std::path::PathBuf;
use std::time::Duration;

use super::{Capture, NotACapture};
use crate::replay::Report;

mod made;

/// Set to write the files instead of comparing with them.
const WRITE: &str = "COOEE_WRITE_CAPTURES";

fn path(file: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures");
    folder.join(file)
}

fn read(bytes: &[u8]) -> Capture {
    Capture::read(bytes).expect("a capture")
}

/// Compares with a committed file, or writes it.
fn assert_committed(file: &str, bytes: &[u8]) {
    let path = path(file);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, bytes).expect("it can be written");
        return;
    }
    let committed = std::fs::read(&path).unwrap_or_default();
    assert!(
        committed == bytes,
        "{} is not what is made now ({WRITE}=1 writes it):\n{}",
        path.display(),
        String::from_utf8_lossy(bytes)
    );
}

#[test]
fn the_committed_captures_are_those_that_are_made_here() {
    for (file, bytes) in made::all() {
        assert_committed(file, &bytes);
    }
}

#[test]
fn each_capture_is_played_and_shows_the_services_that_are_in_it() {
    for (file, bytes) in made::all() {
        let capture = read(&bytes);
        assert_eq!(
            (capture.cut, capture.unknown_links, capture.ends_early),
            (0, 0, false)
        );
        let report = Report::of(&capture, 1);
        assert_committed(&format!("{file}.txt"), report.findings().as_bytes());
        assert_eq!(report, Report::of(&capture, 1), "{file} twice");
    }
}

#[test]
fn a_capture_that_ends_early_is_read_as_far_as_it_goes() {
    for (file, bytes) in made::all() {
        let all = read(&bytes).datagrams;
        for length in (25..bytes.len()).step_by(7) {
            // A pcapng file may also end within the descriptions at its beginning.
            let Ok(part) = Capture::read(&bytes[..length]) else {
                panic!("{file} cut at {length}");
            };
            assert!(all.starts_with(&part.datagrams), "{file} cut at {length}");
        }
    }
}

#[test]
fn whatever_bits_of_a_capture_are_turned_it_is_read_or_refused() {
    let mut rng = crate::Rng::new(7);
    for (_, bytes) in made::all() {
        for _ in 0..2_000 {
            let mut bytes = bytes.clone();
            for _ in 0..3 {
                let bits = usize::try_from(rng.bits() >> 16).expect("48 bits");
                let at = bits / 8 % bytes.len();
                bytes[at] ^= 1 << (bits % 8);
            }
            let _ = Capture::read(&bytes);
        }
    }
}

#[test]
fn times_begin_at_nothing_and_never_go_back() {
    let capture = read(&made::all()[1].1);
    let times: Vec<Duration> = capture.datagrams.iter().map(|one| one.at).collect();
    assert_eq!(times.first(), Some(&Duration::ZERO));
    assert_eq!(times.last(), Some(&Duration::from_secs(20)));
    assert!(times.is_sorted());
}

#[test]
fn what_is_no_capture_is_refused_with_the_place() {
    let refused = |bytes: &[u8]| Capture::read(bytes).expect_err("no capture");
    assert_eq!(
        refused(b"PK\x03\x04").to_string(),
        "neither pcap nor pcapng at byte 0"
    );
    let mut file = made::all()[1].1.clone();
    // The length of the second block.
    file[28 + 4] = 3;
    assert_eq!(
        refused(&file),
        NotACapture {
            at: 28,
            what: "a block of an impossible length",
        }
    );
}
