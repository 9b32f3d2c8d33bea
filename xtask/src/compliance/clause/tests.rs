//! Reading clauses from a small report.

use std::path::Path;

use super::{Clause, Level, State, even, read};

/// A report of one section whose only line is cut into pieces, each with the quotations that hold
/// it.
fn clauses(pieces: &str) -> Vec<Clause> {
    let extracted = ".duvet/requirements/www.rfc-editor.org/rfc/rfc1/section-2.toml";
    let report = format!(
        r#"{{
            "specifications": {{"https://www.rfc-editor.org/rfc/rfc1": {{"sections": [
                {{"id": "section-1", "title": "Rest", "lines": ["nothing"]}},
                {{"id": "section-2", "title": "Shouts", "lines": ["", [{pieces}]]}}
            ]}}}},
            "annotations": [
                {{"source": "{extracted}", "type": "SPEC", "level": "MUST", "comment": "It MUST\n shout."}},
                {{"source": "src/main.rs", "line": 9}},
                {{"source": "src/tally/tests.rs", "line": 9, "type": "TEST"}},
                {{"source": "a.toml", "type": "EXCEPTION", "comment": "it has no voice"}},
                {{"source": "by-hand.toml", "type": "SPEC", "level": "SHOULD", "comment": "it should rest"}}
            ]
        }}"#
    );
    read(Path::new(env!("CARGO_MANIFEST_DIR")), &report).expect("a sound report")
}

#[track_caller]
fn assert_state(pieces: &str, expected: State) {
    let clauses = clauses(pieces);
    let states: Vec<_> = clauses.iter().map(|clause| &clause.state).collect();
    assert_eq!(states, [&expected]);
}

fn quoted(code: bool, tests: bool) -> State {
    State::Quoted { code, tests }
}

#[test]
fn a_clause_is_covered_when_quotations_hold_all_its_words() {
    assert_state(r#"[[0], 0, "It MUST shout."]"#, quoted(false, false));
    assert_state(r#"[[0, 1], 0, "It MUST shout."]"#, quoted(true, false));
    assert_state(r#"[[0, 2], 0, "It MUST shout."]"#, quoted(false, true));
    assert_state(r#"[[0, 1, 2], 0, "It MUST shout."]"#, quoted(true, true));
    assert_state(
        r#"[[0, 1], 0, "It MUST"], [[0, 1, 2], 0, " shout"], [[0], 0, "."]"#,
        quoted(true, false),
    );
}

#[test]
fn an_exception_holds_all_words_too() {
    let reason = State::Excepted("it has no voice".to_owned());
    assert_state(r#"[[0, 3], 0, "It MUST shout."]"#, reason);
    assert_state(
        r#"[[0, 3], 0, "It MUST"], [[0], 0, " shout."]"#,
        quoted(false, false),
    );
}

#[test]
fn what_is_open_is_told_from_what_is_not() {
    let open = |pieces| clauses(pieces).iter().filter(|one| one.is_open()).count();
    assert_eq!(open(r#"[[0, 1], 0, "It MUST shout."]"#), 1);
    assert_eq!(open(r#"[[0, 1, 2], 0, "It MUST shout."]"#), 0);
    assert_eq!(open(r#"[[0, 3], 0, "It MUST shout."]"#), 0);
}

#[test]
fn clauses_stand_in_the_order_of_their_words_with_their_level_as_spelt() {
    let pieces = r#"[[4], 0, "it should "], [[4, 0], 0, "rest"], [[0], 0, "It MUST shout."]"#;
    let clauses = clauses(pieces);
    let shown: Vec<_> = clauses
        .iter()
        .map(|one| (one.number(), one.level(), one.text.as_str()))
        .collect();
    let number = "2".to_owned();
    assert_eq!(
        shown,
        [
            (number.clone(), "should", "it should rest"),
            (number, "MUST", "It MUST shout.")
        ]
    );
    assert_eq!(clauses[0].level, Level::Should);
}

#[test]
fn places_are_named_code_with_its_module() {
    let clauses = clauses(r#"[[0, 1, 2], 0, "It MUST shout."]"#);
    let code: Vec<_> = clauses[0].code.iter().map(|place| &*place.path).collect();
    let tests: Vec<_> = clauses[0].tests.iter().map(|place| &*place.path).collect();
    assert_eq!(
        (code, tests),
        (vec!["src/main.rs"], vec!["src/tally/tests.rs"])
    );
    let item = &clauses[0].code.first().expect("one place").item;
    assert!(item.starts_with("main"), "{item}");
}

#[test]
fn a_word_cut_at_its_hyphen_is_joined() {
    assert_eq!(
        even("a zero-width non-\n  breaking  space"),
        "a zero-width non-breaking space"
    );
    assert_eq!(even("dots -- and\nmore"), "dots -- and more");
}
