//! Each rule, shown to refuse a bad sample and to accept a good one.

use super::citations::Rfcs;
use super::layers::Tables;
use super::walk::File;
use super::{Finding, check};

const RFC: &str = "preface words\n\n1.  Introduction\n\n   A host MUST shout.\n   It SHOULD be link-\n   local.\n\
\n\nCooper                       Standards Track                    [Page 1]\n\u{c}\n\
RFC 9999                     Shouting                    February 2013\n\n\n   Then it rests.\n\n\
2.1.  Quiet\n\n   A host MAY whisper.\n\nAppendix A.  Why\n\n   Because.\n";

/// Layers have separate tests.
const NO_LAYERS: Tables = Tables {
    layers: &[],
    not_held: &["x", "cooee-net", "cooee-proto"],
    double_names: &[],
};

fn findings(path: &str, text: &str) -> Vec<Finding> {
    let mut rfcs = Rfcs::default();
    rfcs.add("rfc9999", RFC);
    rfcs.add("rfc1", "no numbers, only a wise word\n");
    let mut files = vec![file(path, text)];
    files.extend(["LICENSE-MIT", "LICENSE-APACHE", "docs/DESIGN.md"].map(|path| file(path, "")));
    check(&files, &rfcs, &NO_LAYERS).0
}

fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

/// The rules that a file breaks, with the lines.
#[track_caller]
fn assert_broken(path: &str, text: &str, expected: &[(&str, usize)]) {
    let list = findings(path, text);
    let found: Vec<_> = list
        .iter()
        .map(|finding| (finding.rule, finding.line))
        .collect();
    assert_eq!(found, expected, "{list:?}");
}

#[track_caller]
fn assert_clean(path: &str, text: &str) {
    assert_broken(path, text, &[]);
}

#[test]
fn a_file_over_500_lines_is_too_long_tests_not_counted() {
    let lines = |count: usize| format!("//! Long.\n{}", "fn a() {}\n".repeat(count - 1));
    assert_clean("crates/x/src/a.rs", &lines(500));
    assert_broken("crates/x/src/a.rs", &lines(501), &[("length", 1)]);
    assert_clean("crates/x/src/a/tests.rs", &lines(501));
    let tested = format!("{}#[cfg(test)]\nmod tests {{\n}}\n", lines(500));
    assert_clean("crates/x/src/a.rs", &tested);
}

#[test]
fn a_file_opens_with_a_sentence_about_itself() {
    assert_broken("crates/x/src/a.rs", "fn a() {}\n", &[("header", 1)]);
    assert_broken("crates/x/src/a.rs", "//! placeholder\n", &[("header", 1)]);
    assert_broken("crates/x/src/a.rs", "//!\n", &[("header", 1)]);
    assert_broken("crates/x/src/a.rs", "", &[("header", 1)]);
}

#[test]
fn the_core_does_not_name_std_outside_tests() {
    let path = "crates/cooee-wire/src/a.rs";
    assert_broken(path, "//! A.\nuse std::fmt;\n", &[("core-std", 2)]);
    assert_broken(path, "//! A.\nextern crate std;\n", &[("core-std", 2)]);
    assert_broken(
        "crates/cooee-proto/src/a.rs",
        "//! A.\nfn f() { ::std::process::exit(0) }\n",
        &[("core-std", 2)],
    );
    assert_clean(
        path,
        "//! A.\n// std::fmt\nconst A: &str = \"std::\";\n#[cfg(test)]\nextern crate std;\n",
    );
    assert_clean("crates/cooee/src/a.rs", "//! A.\nuse std::fmt;\n");
    assert_clean(
        "crates/cooee-wire/src/a/tests.rs",
        "//! A.\nuse std::fmt;\n",
    );
}

#[test]
fn the_core_is_no_std_at_its_root() {
    let text = "//! A.\n#![forbid(unsafe_code)]\n";
    assert_broken("crates/cooee-proto/src/lib.rs", text, &[("core-std", 1)]);
    assert_clean(
        "crates/cooee-proto/src/lib.rs",
        "//! A.\n#![no_std]\n#![forbid(unsafe_code)]\n",
    );
}

#[test]
fn every_crate_root_but_one_forbids_unsafe_code() {
    for path in [
        "crates/x/src/lib.rs",
        "crates/x/src/main.rs",
        "crates/x/src/bin/y.rs",
    ] {
        assert_broken(
            path,
            "//! A.\n// #![forbid(unsafe_code)]\n",
            &[("forbid-unsafe", 1)],
        );
    }
    assert_clean("crates/cooee-net/src/lib.rs", "//! A.\n");
}

#[test]
fn unfinished_work_is_not_left_lying_about() {
    let path = "crates/x/src/a.rs";
    for word in ["FIXME", "TODO", "XXX"] {
        assert_broken(
            path,
            &format!("//! A.\n// {word}: later\n"),
            &[("unfinished", 2)],
        );
        assert_broken(
            "crates/x/tests/a.rs",
            &format!("//! A.\n/* {word} */\n"),
            &[("unfinished", 2)],
        );
        assert_broken("clippy.toml", &format!("# {word}\n"), &[("unfinished", 1)]);
    }
    for name in ["dbg", "todo", "unimplemented"] {
        assert_broken(
            path,
            &format!("//! A.\nfn f() {{ {name}!() }}\n"),
            &[("unfinished", 2)],
        );
    }
    assert_clean(
        path,
        "//! A.\nconst A: &str = \"TODO\"; // mastodons\nfn todo() {}\n",
    );
}

#[test]
fn a_timing_constant_says_where_its_number_comes_from() {
    let path = "crates/cooee-proto/src/timing.rs";
    assert_broken(
        path,
        "//! A.\npub(crate) const A: u8 = 1;\n",
        &[("timing", 2)],
    );
    assert_broken(
        path,
        "//! A.\n/// Why.\npub const A: u8 = 1;\nconst B: u8 = 1;\n",
        &[("timing", 4)],
    );
    assert_clean(
        path,
        "//! A.\n/// Why.\n#[allow(x)]\npub const A: u8 = 1;\nconst fn f() {}\n",
    );
    assert_clean(
        "crates/cooee-proto/src/a.rs",
        "//! A.\npub(crate) const A: u8 = 1;\n",
    );
}

#[test]
fn unsafe_code_says_why_it_is_sound() {
    let path = "crates/cooee-net/src/a.rs";
    assert_broken(
        path,
        "//! A.\nfn f() {\n    unsafe { g() }\n}\n",
        &[("safety", 3)],
    );
    let other = "//! A.\nfn f() {\n    // SAFETY: fine.\n    a();\n    unsafe { g() }\n}\n";
    assert_broken(path, other, &[("safety", 5)]);
    assert_clean(
        path,
        "//! A.\nfn f() {\n    // SAFETY: fine.\n    // Really.\n    let x =\n        unsafe { g() };\n}\n",
    );
    assert_clean(
        path,
        "//! A.\n/// Does.\n///\n/// # Safety\n/// Never twice.\nunsafe fn f() {}\n",
    );
    assert_clean(
        path,
        "//! A.\nfn f(g: unsafe extern \"C\" fn()) {}\nconst A: &str = \"unsafe\";\n",
    );
}

#[test]
fn an_implementation_of_an_unsafe_fn_promises_nothing_of_its_own() {
    let body = "    unsafe fn g() {\n        // SAFETY: fine.\n        unsafe { h() }\n    }\n}\n";
    let path = "crates/cooee-net/src/a.rs";
    assert_clean(
        path,
        &format!("//! A.\n// SAFETY: fine.\nunsafe impl T for S {{\n{body}"),
    );
    assert_broken(
        path,
        &format!("//! A.\nimpl S {{\n{body}"),
        &[("safety", 3)],
    );
}

#[test]
fn let_chains_are_found_whatever_they_look_like() {
    let path = "crates/x/src/a.rs";
    for condition in [
        "if let Some(a) = b && c {",
        "if a && let Some(b) = c {",
        "while let Some(a) = b.next()\n        && a > 1 {",
        "if let A { x, y } = b && x {",
        "} else if let Ok(a) = f(|z| { z }) && a {",
    ] {
        let text = format!("//! A.\nfn f() {{\n    {condition}\n    }}\n}}\n");
        assert_broken(path, &text, &[("let-chain", 3)]);
    }
}

#[test]
fn conditions_that_look_like_let_chains_pass() {
    let path = "crates/x/src/a.rs";
    for condition in [
        "if let Some(a) = b.filter(|c| c.d && c.e) {",
        "if a && b { let c = d && e; }",
        "if let Some(&&a) = b {",
        "if let A { x, .. } = *b { let y = x && z; }",
        "match a { b if c && d => { let e = f; } }",
        "if let Some(a) = &&b {",
        "if outlet && b {",
    ] {
        assert_clean(path, &format!("//! A.\nfn f() {{\n    {condition}\n}}\n"));
    }
}

const CITE: &str = "//= https://www.rfc-editor.org/rfc/rfc9999#";

#[test]
fn a_quotation_stands_in_its_section_across_lines_hyphens_and_pages() {
    let path = "crates/x/src/a.rs";
    for (anchor, quote) in [
        ("section-1", "//# A host\n//#   MUST shout."),
        (
            "section-1",
            "//# It SHOULD be link-local. Then it\n//# rests.",
        ),
        ("section-2.1", "//# A host MAY whisper."),
        ("appendix-A", "//# Because."),
        ("section-1", "//= type=test\n//# A host MUST shout."),
        (
            "section-1",
            "//= type=exception\n//= reason=we are shy\n//# A host MUST shout.",
        ),
    ] {
        assert_clean(
            path,
            &format!("//! A.\n{CITE}{anchor}\n{quote}\nfn f() {{}}\n"),
        );
    }
    assert_clean(
        path,
        "//! A.\n//= https://www.rfc-editor.org/rfc/rfc1\n//# only a wise word\n",
    );
}

#[test]
fn a_quotation_that_is_not_verbatim_is_refused() {
    let path = "crates/x/src/a.rs";
    for (anchor, quote, line) in [
        ("section-1", "//# A host must shout.", 3),
        ("section-2.1", "//# A host MUST shout.", 3),
        ("section-3", "//# A host MUST shout.", 3),
        ("section-1", "//= type=wish\n//# A host MUST shout.", 4),
        ("section-1", "//= type=exception\n//# A host MUST shout.", 4),
        ("section-1", "//= mood=glad\n//# A host MUST shout.", 3),
    ] {
        let text = format!("//! A.\n{CITE}{anchor}\n{quote}\nfn f() {{}}\n");
        assert_broken(path, &text, &[("citation", line)]);
    }
}

#[test]
fn a_quotation_names_a_text_that_is_here() {
    let path = "crates/x/src/a.rs";
    for target in ["rfc8888#section-1", "rfc9999", "rfc9999#"] {
        let text = format!(
            "//! A.\n//= https://www.rfc-editor.org/rfc/{target}\n//# A host MUST shout.\n"
        );
        assert_broken(path, &text, &[("citation", 3)]);
    }
    assert_broken(path, "//! A.\n//# A host MUST shout.\n", &[("citation", 2)]);
    assert_broken(path, "//! A.\n//= type=test\n", &[("citation", 2)]);
    assert_broken(
        path,
        "//! A.\n//= http://example.org/#section-1\n//# A.\n",
        &[("citation", 3)],
    );
}

#[test]
fn the_finding_says_where_a_misplaced_quotation_stands() {
    let text = format!("//! A.\n{CITE}section-2.1\n//# A host MUST shout.\n");
    let found = findings("crates/x/src/a.rs", &text);
    assert_eq!(
        found[0].message,
        "stands in rfc9999 section-1, not in section-2.1"
    );
}

fn manifest(name: &str, rest: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nlicense.workspace = true\nrust-version.workspace = true\n\
         [lints]\nworkspace = true\n{rest}"
    )
}

#[test]
fn crates_lean_one_way() {
    let path = "crates/x/Cargo.toml";
    let wrong = [
        (
            "cooee-wire",
            "[dependencies]\ncooee-proto.workspace = true\n",
        ),
        (
            "cooee-proto",
            "[dependencies]\ncooee-net = { path = \"../cooee-net\" }\n",
        ),
        (
            "cooee-net",
            "[target.'cfg(unix)'.dependencies]\ncooee-wire.workspace = true\n",
        ),
        ("cooee-cli", "[dependencies.cooee-net]\nworkspace = true\n"),
        ("cooee", "[build-dependencies]\nxtask = \"1\"\n"),
    ];
    for (name, rest) in wrong {
        assert_broken(path, &manifest(name, rest), &[("manifest", 8)]);
    }
    assert_clean(
        path,
        &manifest(
            "cooee-wire",
            "[dev-dependencies]\ncooee-proto.workspace = true\n",
        ),
    );
    assert_clean(
        path,
        &manifest(
            "cooee-proto",
            "[dependencies]\ncooee-wire.workspace = true\n",
        ),
    );
}

#[test]
fn the_core_takes_little_from_outside_and_no_default_features() {
    let path = "crates/x/Cargo.toml";
    assert_broken(
        path,
        &manifest("cooee-wire", "[dependencies]\nlibc = \"1\"\n"),
        &[("manifest", 8)],
    );
    assert_broken(
        path,
        &manifest("cooee-proto", "[dependencies]\nslab = \"1\"\n"),
        &[("manifest", 8)],
    );
    let off = "[dependencies]\nslab = { version = \"1\", default-features = false }\n";
    assert_clean(path, &manifest("cooee-proto", off));
    let table = "[dependencies.slab]\nversion = \"1\"\ndefault-features = false\n";
    assert_clean(path, &manifest("cooee-proto", table));
}

#[test]
fn foreign_dns_crates_are_for_tests() {
    let path = "crates/x/Cargo.toml";
    let text = manifest("cooee-net", "[dependencies]\nhickory-proto = \"1\"\n");
    assert_broken(path, &text, &[("manifest", 8)]);
    assert_clean(
        path,
        &manifest("cooee-net", "[dev-dependencies]\nhickory-proto = \"1\"\n"),
    );
}

#[test]
fn a_package_says_its_licence_compiler_and_lints() {
    let path = "crates/x/Cargo.toml";
    let text = "[package]\nname = \"cooee\"\nlicense = \"GPL-3.0\"\n";
    assert_broken(path, text, &[("manifest", 1); 3]);
    assert_broken(path, &manifest("stranger", ""), &[("manifest", 1)]);
}

#[test]
fn the_licence_texts_are_there() {
    let (found, _) = check(&[file("LICENSE-MIT", "")], &Rfcs::default(), &NO_LAYERS);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("LICENSE-APACHE"));
}

#[test]
fn a_link_to_a_file_leads_somewhere() {
    assert_broken("README.md", "see\n[a](docs/NONE.md#x)\n", &[("link", 2)]);
    assert_broken(
        "docs/A.md",
        "[a](DESIGN.md) [b](../docs/) [c](../..//x)\n",
        &[("link", 1)],
    );
    assert_clean(
        "README.md",
        "[a](docs/DESIGN.md#why) [b](https://x.org) [c](#d)\n```\n[a](NONE.md)\n```\n",
    );
}
