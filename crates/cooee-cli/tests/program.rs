//! The program as a user runs it: help, wrong arguments, completions, pages.

use std::io::Read;
use std::process::{Command, Stdio};

fn cooee(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cooee"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("RUST_LOG");
    command
}

#[test]
fn help_and_errors_are_as_the_pages_show_them() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = cooee(&["completions", shell]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{shell}");
        assert!(text.contains("cooee") && text.contains("browse"), "{shell}");
        assert!(!text.contains("COOEE_INTERFACES"), "{shell}");
        // PowerShell and Elvish are offered options, but no values.
        let asks = match shell {
            "bash" => "$(cooee interfaces --json ",
            "zsh" => ":NAME|INDEX:_net_interfaces'",
            "fish" => "-a \"(__fish_print_interfaces)\"",
            _ => continue,
        };
        assert!(text.contains("_googlecast._tcp"), "{shell}");
        assert!(text.contains(asks), "{shell} offers no interface");
    }
}

#[test]
fn the_manual_has_a_page_for_every_verb() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    // It is made if it does not exist.
    let _ = std::fs::remove_dir_all(&folder);
    let status = cooee(&["man", folder.to_str().unwrap()]).status().unwrap();
    assert!(status.success());
    for page in [
        "cooee",
        "cooee-browse",
        "cooee-resolve",
        "cooee-host",
        "cooee-interfaces",
        "cooee-completions",
        "cooee-man",
    ] {
        let text = std::fs::read_to_string(folder.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    let file = folder.join("cooee.1").join("pages");
    let nowhere = cooee(&["man", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(2));
    let errors = String::from_utf8(nowhere.stderr).unwrap();
    assert!(errors.contains("/cooee.1/pages: "), "{errors}");
    let output = cooee(&["man"]).output().unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("Multicast DNS")
    );
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    for arguments in [
        &["interfaces"][..],
        &["interfaces", "--json"],
        &["completions", "bash"],
    ] {
        let mut child = cooee(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut errors = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        assert_eq!(errors, "", "{arguments:?}");
        assert!(child.wait().unwrap().success(), "{arguments:?}");
    }
}

#[test]
fn colours_are_off_where_nobody_sees_them() {
    let text = |command: &mut Command| String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(!text(&mut cooee(&["interfaces"])).contains('\u{1b}'));
    assert!(text(cooee(&["interfaces"]).env("CLICOLOR_FORCE", "1")).contains('\u{1b}'));
    let forbidden = text(cooee(&["interfaces"]).env("NO_COLOR", "1"));
    assert!(!forbidden.contains('\u{1b}'));
}

#[test]
fn interfaces_are_listed_with_the_loopback_refused() {
    let output = cooee(&["interfaces", "--json"]).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let list: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let loopback = list
        .iter()
        .find(|interface| interface["reason"] == "loopback")
        .unwrap();
    assert_eq!(loopback["selected"], false);
    assert!(loopback["index"].as_u64().unwrap() > 0);
    assert!(loopback["name"].is_string() && loopback["addresses"].is_array());
}
