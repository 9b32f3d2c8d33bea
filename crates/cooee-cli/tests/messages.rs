//! `cooee decode` and `cooee monitor` on captures, against tshark, and in a network of their own.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn cooee(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cooee"));
    command.args(arguments).stdin(Stdio::null());
    command.env_remove("RUST_LOG").output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures");
    let files = std::fs::read_dir(folder).expect("the captures");
    let paths = files.map(|file| file.expect("a file").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|end| end != "txt"))
        .collect();
    paths.sort();
    paths
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}

/// Returns the objects that a command prints.
fn objects(arguments: &[&str]) -> Vec<Value> {
    let output = cooee(arguments);
    let printed = text(&output.stdout);
    let lines = printed.lines().map(serde_json::from_str);
    lines.map(|line| line.expect("an object")).collect()
}

/// Runs tshark; says so if it is not there.
fn tshark(test: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-o", "udp.check_checksum:TRUE"]);
    command
        .args(["-o", "ip.check_checksum:TRUE"])
        .args(arguments);
    match command.stdin(Stdio::null()).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", text(&output.stderr));
            Some(text(&output.stdout))
        }
        Err(_) => {
            netcell::skip(test, "no tshark on this machine");
            None
        }
    }
}

/// The names in a message, each with how often it is there: of questions, and of records.
type Names = (BTreeMap<String, usize>, BTreeMap<String, usize>);

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    names
        .filter(|name| !name.is_empty())
        .fold(BTreeMap::new(), |mut counts, name| {
            *counts.entry(name.to_owned()).or_default() += 1;
            counts
        })
}

fn names(object: &Value) -> Names {
    let of = |sections: &[&str]| {
        let items = sections
            .iter()
            .flat_map(|section| object[section].as_array());
        let names: Vec<&str> = items
            .flatten()
            // tshark shows the names of SRV records in other fields.
            .filter(|item| item["type"] != "SRV" || *sections == ["questions"])
            .filter_map(|item| item["name"].as_str())
            .collect();
        counted(names.into_iter())
    };
    (
        of(&["questions"]),
        of(&["answers", "authorities", "additionals"]),
    )
}

#[test]
fn decode_agrees_with_tshark_on_every_capture() {
    let fields = [
        "-T",
        "fields",
        "-E",
        "aggregator=|",
        "-e",
        "dns.qry.name",
        "-e",
        "dns.resp.name",
    ];
    for path in captures() {
        let path = shown(&path);
        let mut arguments = vec!["-r", path, "-Y", "udp.port == 5353"];
        arguments.extend(fields);
        let Some(printed) = tshark("decode_agrees_with_tshark", &arguments) else {
            return;
        };
        let theirs: Vec<Names> = printed
            .lines()
            .map(|line| {
                let (asked, answered) = line.split_once('\t').unwrap_or((line, ""));
                (counted(asked.split('|')), counted(answered.split('|')))
            })
            .collect();
        let ours = objects(&["decode", "--json", path]);
        assert_eq!(ours.len(), theirs.len(), "{path}");
        for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            // Where a message is cut short, tshark shows a part of the last record.
            if ours["fault"].is_null() {
                assert_eq!(names(ours), theirs, "{path}, message {number}: {ours}");
            }
        }
    }
}

#[test]
fn a_capture_with_a_message_that_is_cut_short_is_shown_and_fails_with_the_offset() {
    let lamp = captures()
        .into_iter()
        .find(|path| path.ends_with("lamp.pcap"));
    let lamp = lamp.expect("the capture of the lamp");
    let output = cooee(&["decode", shown(&lamp)]);
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(
        errors.contains("message 5 is malformed: ") && errors.contains(" at byte "),
        "{errors}"
    );
    let printed = text(&output.stdout);
    assert_eq!(printed.matches(";; ").count(), 6, "{printed}");
    assert!(
        printed.contains("? _http._tcp.local. IN PTR\n"),
        "{printed}"
    );
}

#[test]
fn monitor_shows_a_capture_without_a_network_and_marks_breaches() {
    let lamp = captures()
        .into_iter()
        .find(|path| path.ends_with("lamp.pcap"));
    let lamp = lamp.expect("the capture of the lamp");
    let show = |more: &[&str]| {
        let mut arguments = vec!["monitor", "--read", shown(&lamp)];
        arguments.extend(more);
        let output = cooee(&arguments);
        (output.status.code(), text(&output.stdout))
    };
    let (code, printed) = show(&[]);
    assert_eq!((code, printed.lines().count()), (Some(0), 6), "{printed}");
    let flushing: Vec<&str> = printed
        .lines()
        .filter(|line| line.contains("!10.2 "))
        .collect();
    assert!(!flushing.is_empty(), "{printed}");
    assert!(
        flushing.iter().all(|line| line.contains("192.168.7.22")),
        "{printed}"
    );
    for (filter, count) in [
        (&["--kind", "query"][..], 1),
        (&["--kind", "malformed", "--kind", "query"], 2),
        (&["--host", "192.168.7.22"], 3),
        (&["--host", "gate"], 3),
        (&["--name", "front gate"], 2),
        (&["--type", "NSEC"], 1),
        (&["--type", "_http._tcp", "--kind", "query"], 1),
    ] {
        let (_, printed) = show(filter);
        assert_eq!(printed.lines().count(), count, "{filter:?}: {printed}");
    }
    assert_eq!(show(&["--name", "nobody"]).0, Some(1));
    let (_, records) = show(&["-v", "--kind", "query"]);
    assert!(
        records.ends_with("    ? _http._tcp.local. IN PTR\n"),
        "{records}"
    );
    let (_, table) = show(&["--stats"]);
    let first = table.lines().nth(1).unwrap_or_default();
    assert!(
        first.contains("192.168.7.22") && first.contains("lamp-5a.local"),
        "{table}"
    );
}

#[test]
fn what_is_no_capture_is_refused() {
    let path = env!("CARGO_MANIFEST_DIR").to_owned() + "/Cargo.toml";
    for arguments in [
        &["monitor", "--read", &path][..],
        &["monitor", "--read", "nosuchfile"],
        &["decode", &path],
        &["decode", "zz"],
    ] {
        let output = cooee(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

/// Two interfaces of one namespace: `eth0` with a host that registers, and this host's `veth9`.
const LINK: &str = "ip link set lo up; ip link add eth0 type veth peer name eth1; \
    ip link set eth0 up; ip link set eth1 up; \
    ip addr add 10.77.0.1/24 dev eth0; ip addr add 10.77.0.2/24 dev eth1; sleep 2; ";

#[test]
fn what_monitor_writes_is_right_for_tshark_and_shows_the_same_lines_again() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("monitored.pcapng");
    let path = shown(&path);
    let script = format!(
        "{LINK} $COOEE monitor --pcap {path} --timeout 6 & \
         sleep 1; timeout 3 $COOEE register Door _http._tcp 80 path=/ >&2; \
         timeout 1 $COOEE browse _http._tcp --once >&2; wait %1 || exit $?; \
         echo ====; $COOEE monitor --read {path}"
    );
    let test = "what_monitor_writes";
    let program = ("COOEE", env!("CARGO_BIN_EXE_cooee"));
    let Some(output) = netcell::run_script(test, &script, &[program]) else {
        return;
    };
    let (printed, errors) = (text(&output.stdout), text(&output.stderr));
    let (live, read) = printed
        .split_once("====\n")
        .unwrap_or_else(|| panic!("{printed}{errors}"));
    for kind in ["probe", "announcement", "goodbye", "query"] {
        assert!(live.contains(kind), "no {kind}: {live}{errors}");
    }
    assert_eq!(live, read);
    let wrong = "_ws.malformed || _ws.expert.severity == error || udp.checksum.status == \"Bad\" \
                 || ip.checksum.status == \"Bad\" || !mdns";
    let Some(wrong) = tshark(test, &["-r", path, "-Y", wrong]) else {
        return;
    };
    assert_eq!(wrong, "");
    let fields = [
        "-r",
        path,
        "-T",
        "fields",
        "-e",
        "frame.interface_name",
        "-e",
        "ip.ttl",
    ];
    let interfaces = tshark(test, &fields).unwrap_or_default();
    assert!(
        interfaces.lines().any(|line| line == "eth0\t255"),
        "{interfaces}"
    );
}

#[test]
fn monitor_ends_properly_with_a_signal_and_prints_the_table() {
    let script = format!(
        "{LINK} $COOEE monitor --stats --json & monitor=$!; sleep 1; \
         timeout 2 $COOEE browse _http._tcp >&2; kill -INT $monitor; wait $monitor; echo code $?"
    );
    let program = ("COOEE", env!("CARGO_BIN_EXE_cooee"));
    let Some(output) = netcell::run_script("monitor_ends_properly", &script, &[program]) else {
        return;
    };
    let printed = text(&output.stdout);
    assert!(
        printed.ends_with("code 0\n"),
        "{printed}{}",
        text(&output.stderr)
    );
    assert!(
        printed.contains("\"event\":\"host_traffic\",\"address\":\"10.77.0."),
        "{printed}"
    );
}
