//! Arguments of calls on D-Bus: the corpus of the fuzz target `dbus_arguments`, by the same check.
#![cfg(unix)]

#[path = "support/dbus_arguments.rs"]
mod check;

#[test]
fn accepted_arguments_can_be_published_or_asked_for() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fuzz/corpus/dbus_arguments"
    );
    let files = std::fs::read_dir(folder).expect("the corpus is there");
    let mut count = 0;
    for file in files {
        let path = file.expect("a file of the corpus").path();
        check::check(&std::fs::read(path).expect("it can be read"));
        count += 1;
    }
    assert!(count > 0);
}
