//! Rules about Markdown: links to files of the repository must lead to a file.
//!
//! In:  a page and the list of all files.
//! Out: the links that lead nowhere.

use super::Finding;
use super::walk::File;

/// Checks the relative links of one page.
pub(super) fn check(page: &File, files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fenced = false;
    for (index, line) in page.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for target in targets(line).filter(|target| !leads_somewhere(&page.path, target, files)) {
            findings.push(Finding {
                path: page.path.clone(),
                line: index + 1,
                rule: "link",
                message: format!("`{target}` leads nowhere"),
            });
        }
    }
    findings
}

/// Returns the targets of a line's links to files, without fragments.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|tail| {
        let (target, _) = tail.split_once(')')?;
        let file = target.split('#').next()?;
        (!file.is_empty() && !file.contains(':')).then_some(file)
    })
}

fn leads_somewhere(page: &str, target: &str, files: &[File]) -> bool {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." | "" => {}
            ".." => {
                if parts.pop().is_none() {
                    return false;
                }
            }
            name => parts.push(name),
        }
    }
    let path = parts.join("/");
    let folder = format!("{path}/");
    files
        .iter()
        .any(|file| file.path == path || file.path.starts_with(&folder))
}
