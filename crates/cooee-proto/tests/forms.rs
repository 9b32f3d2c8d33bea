//! Text and wire forms of DNS-SD: the corpus of the fuzz target `forms`, by the same check.

#[path = "support/forms.rs"]
mod check;

#[test]
fn what_is_accepted_survives_its_own_text_and_wire_form() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/forms");
    let files = std::fs::read_dir(folder).expect("the corpus is there");
    let mut count = 0;
    for file in files {
        let path = file.expect("a file of the corpus").path();
        check::check(&std::fs::read(path).expect("it can be read"));
        count += 1;
    }
    assert!(count > 0);
}
