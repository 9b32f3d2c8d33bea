//! Each rule about layers, shown to refuse a bad sample and to accept a good one.

use super::{Tables, check};
use crate::tidy::source::Source;

const TABLES: Tables = Tables {
    layers: &[("x", &["verb", "model store", "base"])],
    not_held: &["loose"],
    double_names: &[("loose", &["Twice"])],
};

/// Checks crate `x`: its root declares the four modules of the table, and `files` are added.
fn findings_in(files: &[(&str, &str)]) -> Vec<String> {
    let mut sources = vec![Source::new(
        "crates/x/src/lib.rs",
        "mod base;\nmod model;\nmod store;\nmod verb;\n",
    )];
    for (file, text) in files {
        let path = format!("crates/x/src/{file}");
        sources.retain(|source| source.path != path);
        sources.push(Source::new(&path, text));
    }
    let findings = check(&sources, &TABLES);
    findings
        .iter()
        .map(|finding| format!("{}:{}: {}", finding.path, finding.line, finding.message))
        .collect()
}

#[track_caller]
fn assert_broken(files: &[(&str, &str)], expected: &[&str]) {
    let found = findings_in(files);
    let expected: Vec<String> = expected
        .iter()
        .map(|text| format!("crates/x/src/{text}"))
        .collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn assert_clean(files: &[(&str, &str)]) {
    assert_broken(files, &[]);
}

#[test]
fn imports_that_point_downwards_are_in_order() {
    assert_clean(&[
        (
            "verb.rs",
            "use crate::base::Thing;\nuse crate::{model, store::Store};\n",
        ),
        (
            "model.rs",
            "fn f() -> crate::base::Thing { crate::base::thing() }\n",
        ),
        ("store.rs", "pub struct Store;\nuse std::fmt;\n"),
        ("base.rs", "pub struct Thing;\n"),
    ]);
}

#[test]
fn an_import_upwards_is_refused() {
    let above = "`base` imports `model`, which stands above it";
    for text in [
        "\nuse crate::model::Thing;\n",
        "\nuse super::model::Thing;\n",
        "\nuse crate::{model::{Thing as Other}, base::X};\n",
        "\npub use crate::model;\n",
        "\nfn f() { let x = crate::model::thing(); }\n",
        "\nimpl super::model::Thing for u8 {}\n",
        "\nfn f() { use crate::model::*; }\n",
    ] {
        assert_broken(&[("base.rs", text)], &[&format!("base.rs:2: {above}")]);
    }
    assert_broken(
        &[(
            "base/deep/part.rs",
            "use super::super::super::model::Thing;\n",
        )],
        &[&format!("base/deep/part.rs:1: {above}")],
    );
}

#[test]
fn an_import_from_the_same_row_is_refused() {
    assert_broken(
        &[("model.rs", "use crate::store::Store;\n")],
        &["model.rs:1: `model` imports `store`, which stands beside it"],
    );
}

#[test]
fn an_import_from_the_crate_root_is_followed_to_where_the_thing_is_defined() {
    let root = "mod base;\nmod model;\nmod store;\nmod verb;\npub use base::Thing;\npub use model::Model;\nconst N: u8 = 1;\n";
    assert_clean(&[("lib.rs", root), ("store.rs", "use crate::Thing;\n")]);
    assert_broken(
        &[("lib.rs", root), ("base.rs", "use crate::Model;\n")],
        &["base.rs:1: `base` imports `model`, which stands above it"],
    );
    assert_broken(
        &[("lib.rs", root), ("base.rs", "use crate::N;\n")],
        &["base.rs:1: `base` imports from the crate root, which stands above it"],
    );
}

#[test]
fn tests_comments_and_other_crates_count_for_nothing() {
    assert_clean(&[
        ("base/tests.rs", "use crate::verb::Verb;\n"),
        (
            "base.rs",
            "//! See [`crate::verb`].\nuse other::verb::Verb;\n#[cfg(test)]\nmod tests {\n    use crate::verb::Verb;\n}\npub(in crate::base) struct A;\n",
        ),
    ]);
}

#[test]
fn a_circle_between_parts_of_a_module_is_refused() {
    let whole = "mod one;\nmod three;\nmod two;\npub use three::Three;\n";
    assert_broken(
        &[
            ("model.rs", whole),
            ("model/one.rs", "use super::two::Two;\n"),
            ("model/two.rs", "use super::Three;\n"),
            ("model/three.rs", "use crate::model::one::One;\n"),
        ],
        &["model/one.rs:1: a circle of imports: `one` -> `two` -> `three` -> `one`"],
    );
    assert_clean(&[
        ("model.rs", whole),
        ("model/one.rs", "use super::two::Two;\nuse super::Three;\n"),
        ("model/two.rs", "use super::Three;\n"),
    ]);
}

#[test]
fn a_circle_through_files_deeper_down_is_refused() {
    assert_broken(
        &[
            ("model.rs", "mod one;\nmod two;\n"),
            ("model/one.rs", "mod inner;\n"),
            ("model/one/inner.rs", "fn f() { crate::model::two::f() }\n"),
            ("model/two.rs", "\nuse super::one::One;\n"),
        ],
        &["model/one/inner.rs:1: a circle of imports: `one` -> `two` -> `one`"],
    );
}

#[test]
fn a_part_may_name_what_the_file_around_it_defines() {
    assert_clean(&[
        (
            "model.rs",
            "mod part;\nuse part::Part;\npub struct Whole(Part);\n",
        ),
        ("model/part.rs", "use super::Whole;\npub struct Part;\n"),
    ]);
}

#[test]
fn the_table_names_each_module_and_nothing_else() {
    assert_broken(
        &[(
            "lib.rs",
            "mod base;\nmod fresh;\nmod model;\nmod store;\n#[cfg(test)]\nmod lab;\n",
        )],
        &[
            "lib.rs:1: module `fresh` has no place in the table of layers",
            "lib.rs:1: the table of layers names `verb`, which is no module",
        ],
    );
}

#[test]
fn a_crate_without_a_table_is_refused() {
    let findings = check(&[Source::new("crates/y/src/main.rs", "")], &TABLES);
    let messages: Vec<&str> = findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(messages, ["no table of layers names `y`"]);
}

#[test]
fn a_type_name_stands_for_one_thing_within_a_crate() {
    assert_broken(
        &[
            ("base.rs", "pub(crate) struct Link(u8);\n"),
            ("model.rs", "\npub type Link = u8;\n"),
        ],
        &["model.rs:2: `Link` is also a type at crates/x/src/base.rs:1: rename one"],
    );
    assert_clean(&[
        (
            "base.rs",
            "struct Link;\nimpl Iterator for Link { type Item = u8; }\n",
        ),
        (
            "model.rs",
            "trait Walk { type Item; }\nfn f() { struct Link; }\n",
        ),
        ("model/tests.rs", "struct Link;\n"),
    ]);
}

#[test]
fn parts_for_one_platform_each_may_define_the_same_type() {
    assert_clean(&[
        (
            "base.rs",
            "#[cfg(unix)]\nmod unix;\n#[cfg(windows)]\nmod windows;\n",
        ),
        ("base/unix.rs", "pub struct Socket;\n"),
        ("base/windows.rs", "pub struct Socket;\n"),
        (
            "model.rs",
            "#[cfg(a)]\nstruct Mode;\n#[cfg(not(a))]\nstruct Mode;\n",
        ),
    ]);
}

#[test]
fn the_list_of_double_names_shrinks() {
    let root = Source::new("crates/loose/src/lib.rs", "mod a;\nmod b;\n");
    let a = Source::new("crates/loose/src/a.rs", "struct Twice;\n");
    let b = Source::new("crates/loose/src/b.rs", "struct Twice;\n");
    let sources = [root, a, b];
    assert_eq!(check(&sources, &TABLES), []);
    let findings = check(&sources[..2], &TABLES);
    let messages: Vec<&str> = findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(
        messages,
        ["`Twice` has one meaning now: take it off the list of double names"]
    );
}
