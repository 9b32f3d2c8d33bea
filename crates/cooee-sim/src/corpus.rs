//! The inputs that the fuzzers keep, for tests.
//!
//! In:  the name of a fuzz target.
//! Out: each of its inputs.

use std::path::Path;

/// Runs something on each input of a fuzz target.
pub(crate) fn each(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let files = std::fs::read_dir(folder.join(target)).expect("the corpus is there");
    let mut count = 0;
    for file in files {
        let path = file.expect("a file of the corpus").path();
        run(&std::fs::read(path).expect("it can be read"));
        count += 1;
    }
    assert!(count > 0);
}
