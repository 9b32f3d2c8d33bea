//! The text form of the fixtures, which is stable: it may be stored and compared.
//!
//! `COOEE_WRITE_TEXT=1 cargo test -p cooee-wire --test text` writes the files again.

mod support;

use std::path::Path;

use cooee_wire::Message;
use cooee_wire::dig::Dig;
use support::fixtures;

#[test]
fn the_text_form_of_every_fixture_is_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    for (name, packet) in fixtures::all() {
        let message = Message::parse(&packet).expect("a header");
        let text = Dig(&message).to_string();
        let path = folder.join(name).with_extension("txt");
        if std::env::var_os("COOEE_WRITE_TEXT").is_some() {
            std::fs::write(&path, &text).expect("the folder can be written to");
        }
        let known = std::fs::read_to_string(&path).expect("a text beside each packet");
        assert_eq!(text, known, "{name}");
    }
}
