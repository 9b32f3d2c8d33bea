//! Captures of every kind are read, written and read again, and whatever else is refused.

use std::path::Path;

use cooee_capture::Capture;

#[path = "support/checks.rs"]
mod checks;

fn committed() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures");
    let files = std::fs::read_dir(folder).expect("the captures");
    let paths = files.map(|file| file.expect("a file").path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end != "txt"))
        .map(|path| std::fs::read(path).expect("a capture"))
        .collect()
}

#[test]
fn every_committed_capture_survives_being_written() {
    let files = committed();
    assert!(files.len() > 5);
    for file in files {
        assert!(
            !Capture::read(&file)
                .expect("a capture")
                .datagrams
                .is_empty()
        );
        checks::read(&file);
    }
}

#[test]
fn any_bit_may_be_turned_and_any_end_be_missing() {
    for file in committed() {
        for at in 0..file.len() {
            let mut turned = file.clone();
            turned[at] ^= 1 << (at % 8);
            checks::read(&turned);
            checks::read(&file[..at]);
        }
    }
}
