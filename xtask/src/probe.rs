//! What this machine can do, checked before a test needs it.
//!
//! In:  programs on the path, rights of this process, the environment.
//! Out: the reasons why a ring of tests cannot run here, each with a remedy.

use crate::shell;

/// Returns whether nothing may be left out: `--all`, or `CI` set to anything but a negative value.
pub(crate) fn skip_nothing(arguments: &[String]) -> bool {
    let ci = std::env::var("CI").unwrap_or_default();
    arguments.iter().any(|argument| argument == "--all") || is_yes(&ci)
}

/// Why instructions cannot be counted.
pub(crate) fn counts_lacks() -> Vec<String> {
    lacks_programs(&[("valgrind", "valgrind")])
}

/// Why Windows programs cannot be built and run.
pub(crate) fn windows_lacks() -> Vec<String> {
    let mut lacks = lacks_programs(&[
        ("wine", "wine"),
        ("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64"),
    ]);
    if !namespaces() {
        lacks.push(
            "no right to make network namespaces (run as root, or allow user namespaces)"
                .to_owned(),
        );
    }
    lacks
}

/// Returns whether the better test runner is available.
pub(crate) fn nextest() -> bool {
    shell::succeeds(shell::cargo(&["nextest", "--version"]))
}

/// Returns whether a network namespace can be made, as root or as a mapped root.
fn namespaces() -> bool {
    shell::succeeds(shell::command("unshare", &["-rnm", "true"]))
        || shell::succeeds(shell::command("unshare", &["-nm", "true"]))
}

fn lacks_programs(programs: &[(&str, &str)]) -> Vec<String> {
    let missing = programs.iter().filter(|(program, _)| !shell::has(program));
    missing
        .map(|(program, package)| format!("no {program} (apt-get install {package})"))
        .collect()
}

fn is_yes(value: &str) -> bool {
    !matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "0" | "no" | "off" | "false"
    )
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn a_set_ci_variable_is_a_yes_unless_it_says_no() {
        assert!(["true", "1", "woodpecker"].into_iter().all(is_yes));
        assert!(!["", "0", "false", "False", "no"].into_iter().any(is_yes));
    }
}
