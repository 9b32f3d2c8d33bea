//! The guide: every chapter is listed, compiled and linked, and every link leads to a heading.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::CHAPTERS;

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/book/src")
}

fn read(file: &str) -> String {
    let text = fs::read_to_string(book().join(file));
    text.unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Returns the targets of a page's links, without those in its code.
fn links(text: &str) -> Vec<String> {
    prose(text)
        .iter()
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|tail| Some(tail.split_once(')')?.0.to_owned()))
        .collect()
}

/// Returns the lines that are not in a block of code.
fn prose(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push(line);
        }
    }
    lines
}

/// Returns the fragments of a page's headings, as mdBook makes them.
fn fragments(text: &str) -> BTreeSet<String> {
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            });
            kept.collect()
        })
        .collect()
}

#[test]
fn the_summary_lists_each_chapter_once_in_the_order_in_which_they_are_compiled() {
    let listed: Vec<String> = links(&read("SUMMARY.md"));
    assert_eq!(listed, CHAPTERS);
    let files = fs::read_dir(book()).expect("the book is there");
    let names = files.map(|file| file.expect("a file").file_name());
    let names: BTreeSet<String> = names.filter_map(|name| name.into_string().ok()).collect();
    let mut expected: BTreeSet<String> = CHAPTERS.iter().map(ToString::to_string).collect();
    expected.insert("SUMMARY.md".to_owned());
    assert_eq!(names, expected);
}

#[test]
fn each_link_within_the_guide_leads_to_a_chapter_or_to_its_heading() {
    let mut wrong = Vec::new();
    for chapter in CHAPTERS {
        for link in links(&read(chapter)) {
            let (file, fragment) = link.split_once('#').unwrap_or((&link, ""));
            if file.starts_with("https://") {
                continue;
            }
            let target = if file.is_empty() { chapter } else { file };
            let known = CHAPTERS.contains(&target);
            if !known || !fragment.is_empty() && !fragments(&read(target)).contains(fragment) {
                wrong.push(format!("{chapter}: {link}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// `rustdoc` takes an indented block for Rust.
#[test]
fn code_in_the_guide_is_fenced_and_names_its_language() {
    let mut wrong = Vec::new();
    for chapter in CHAPTERS {
        let text = read(chapter);
        let mut opening = true;
        for line in text.lines().filter(|line| line.starts_with("```")) {
            if opening && line == "```" {
                wrong.push(format!("{chapter}: a block has no language"));
            }
            opening = !opening;
        }
        let mut before = "";
        for line in prose(&text) {
            if line.starts_with("    ") && before.is_empty() {
                wrong.push(format!("{chapter}: {line}"));
            }
            before = line;
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
