//! The program in a separate network namespace: how it starts, and what it prints if it cannot.
//!
//! Where no namespace can be made, a test reports it.
#![cfg(target_os = "linux")]

use std::process::Output;

/// Runs a shell script as root of a fresh network namespace; `$COOEE` is the program.
fn in_namespace(test: &str, script: &str) -> Option<Output> {
    let script = format!("unset RUST_LOG; {script}");
    netcell::run_script(test, &script, &[("COOEE", env!("CARGO_BIN_EXE_cooee"))])
}

fn objects(lines: &[&str]) -> Vec<serde_json::Value> {
    let parsed = lines.iter().map(|line| serde_json::from_str(line));
    parsed
        .map(|object| object.expect("a line is an object"))
        .collect()
}

/// Returns the events among these lines, in order.
fn events(printed: &str) -> Vec<String> {
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    let objects = objects(&lines).into_iter();
    objects
        .map(|object| object["event"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

#[test]
fn without_an_interface_it_names_each_with_the_reason_and_exits_with_3() {
    let script = "ip link add wg0 type veth peer name eth0; $COOEE browse --once";
    let Some(output) = in_namespace("without_an_interface", script) else {
        return;
    };
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert_eq!(text(&output.stdout), "");
    for part in [
        "lo: loopback",
        "eth0: down",
        "wg0: VPN by name (wg*)",
        "hint:",
        "--interface",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

#[test]
fn on_a_silent_link_it_ends_with_1_and_says_where_it_listened() {
    let script = "ip link add eth0 type veth peer name veth9; ip link set veth9 up; \
                  ip link set eth0 up; ip addr add 10.77.0.1/24 dev eth0; \
                  $COOEE browse _http._tcp --once --json";
    let Some(output) = in_namespace("on_a_silent_link", script) else {
        return;
    };
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(text(&output.stdout), "");
    assert!(errors.contains("nothing was found on eth0"), "{errors}");
}

#[test]
fn a_timeout_ends_what_would_go_on() {
    let script = "ip link add eth0 type veth peer name veth9; ip link set veth9 up; \
                  ip link set eth0 up; ip addr add 10.77.0.1/24 dev eth0; \
                  for verb in 'types' 'host nobody' 'query nobody.local -f' 'reverse 10.77.0.9' \
                  'resolve Nobody _http._tcp -f'; do \
                  timeout 5 $COOEE $verb --timeout 0.2; echo $?; done";
    let Some(output) = in_namespace("a_timeout", script) else {
        return;
    };
    assert_eq!(
        text(&output.stdout),
        "1\n".repeat(5),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn an_interface_is_taken_by_name_and_by_index() {
    let script = "ip link add wg0 type veth peer name eth0; ip link set wg0 up; ip link set eth0 up; \
                  ip addr add 10.77.0.1/24 dev wg0; ip addr add 10.77.1.1/24 dev eth0; \
                  index=$(ip -o link show wg0 | cut -d: -f1); \
                  $COOEE interfaces --json; $COOEE interfaces --json -i wg0; \
                  $COOEE interfaces --json -i $index; $COOEE interfaces --json --all-interfaces";
    let Some(output) = in_namespace("an_interface_is_taken", script) else {
        return;
    };
    let taken: Vec<String> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|interface| interface["selected"] == true)
        .map(|interface| interface["name"].as_str().unwrap().to_owned())
        .collect();
    let (chosen, all) = taken.split_at(3);
    let mut all = all.to_vec();
    all.sort();
    assert_eq!(chosen, ["eth0", "wg0", "wg0"]);
    assert_eq!(all, ["eth0", "wg0"]);
}

/// A separate link without any other host.
const ETH0: &str = "ip link add eth0 type veth peer name veth9; ip link set veth9 up; \
                    ip link set eth0 up; ip addr add 10.77.0.1/24 dev eth0; ";

#[test]
fn the_doctor_finds_nothing_on_a_healthy_link_and_says_what_it_checked() {
    let script = format!("{ETH0} sleep 2; $COOEE doctor --timeout 2");
    let Some(output) = in_namespace("the_doctor_finds_nothing", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{printed}{errors}");
    for part in [
        "ok           interfaces: eth0 in use",
        "ok           multicast round trip: eth0 over IPv4 and eth0 over IPv6",
        "not checked  unicast answers of others: no other host",
        "no problems found in 2 s",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
}

#[test]
fn the_doctor_says_why_no_interface_can_be_used_and_exits_with_1() {
    let script = "ip link add eth0 type veth peer name veth9; $COOEE doctor; echo $?; \
                  $COOEE doctor --json";
    let Some(output) = in_namespace("the_doctor_says_why", script) else {
        return;
    };
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    for part in [
        "error[interface-down]: eth0 is switched off",
        "   = note: eth0: down",
        "   = help: switch it on: `ip link set eth0 up`",
        "1 error\n1\n",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let said = events(&printed);
    assert_eq!(said.first().map(String::as_str), Some("finding"));
    assert_eq!(said.last().map(String::as_str), Some("diagnosis"));
}

#[test]
fn the_doctor_that_watches_reports_each_change_and_exits_with_what_stands() {
    let script = "ip link add eth0 type veth peer name veth9; ip link set veth9 up; \
                  ip addr add 10.77.0.1/24 dev eth0; \
                  $COOEE doctor --watch 1s --json; echo $?; \
                  $COOEE doctor --watch 0.4m --timeout 2 --json & \
                  sleep 1; ip link set eth0 up; wait $!";
    let Some(output) = in_namespace("the_doctor_that_watches", script) else {
        return;
    };
    let printed = text(&output.stdout);
    let (stands, goes) = printed.split_once("\n1\n").expect("exit code 1");
    assert_eq!(events(stands), ["finding", "diagnosis"], "{printed}");
    assert!(stands.contains("\"code\":\"interface-down\""), "{printed}");
    assert_eq!(events(goes), ["finding", "gone", "diagnosis"], "{printed}");
    assert!(goes.contains("\"healthy\":true"), "{printed}");
    assert_eq!(output.status.code(), Some(0), "{printed}");
}

#[test]
fn completions_offer_the_interfaces_that_are_there_when_they_are_asked() {
    let script = r#"
        dir=$(mktemp -d); ln -s $COOEE $dir/cooee; export PATH=$dir:$PATH
        cooee completions bash >$dir/completions
        ip link add later0 type veth peer name 'x$(id)'
        bash -c '. $0; COMP_WORDS=(cooee browse -i ""); COMP_CWORD=3; _cooee cooee "" -i
            echo "${COMPREPLY[@]}"' $dir/completions; rm -r $dir"#;
    let Some(output) = in_namespace("completions_offer_the_interfaces", script) else {
        return;
    };
    let printed = text(&output.stdout);
    let mut offered: Vec<&str> = printed.split_whitespace().collect();
    offered.sort_unstable();
    assert_eq!(offered, ["later0", "lo"], "{}", text(&output.stderr));
}

#[test]
fn a_pipe_obeys_until_its_input_ends_and_withdraws_everything() {
    let script = format!(
        r#"{ETH0} ( echo "register 'Dr. Who' _http._tcp 80 --txt a=1 --txt-hex 6b3dff"
           echo 'register "Dr. Who" _http._tcp 81'
           printf 'a "b\n\377\n'
           echo "browse _http._tcp --resolve"; sleep 3
           echo 'update "Dr. Who" _http._tcp --port 81 --txt b'; sleep 2; echo metrics
         ) | timeout 20 $COOEE pipe -4; echo $?"#
    );
    let Some(output) = in_namespace("a_pipe_obeys", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let mut lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.pop(), Some("0"), "{printed}{}", text(&output.stderr));
    let events = objects(&lines);
    let place = |event: &str| {
        let at = events.iter().position(|other| other["event"] == event);
        at.unwrap_or_else(|| panic!("no {event}: {printed}"))
    };
    // Events of different streams come in no fixed order.
    for order in [
        &["ready", "host-registered", "registered", "unregistered"][..],
        &["found", "resolved", "updated", "metrics", "unregistered"],
        &["registered", "update-announced", "metrics"],
    ] {
        assert!(
            order.is_sorted_by_key(|event| place(event)),
            "{order:?}: {printed}"
        );
    }
    assert_eq!(events.len(), 12, "{printed}");
    let commands: Vec<&str> = events
        .iter()
        .filter_map(|event| event["command"].as_str())
        .collect();
    assert_eq!(commands[1..], ["a \"b", "\u{fffd}"], "{printed}");
    assert_eq!(events[place("found")]["instance"], "Dr. Who");
    let registered = &events[place("registered")];
    assert_eq!(
        (&registered["host"], &registered["port"]),
        (&events[place("host-registered")]["name"], &80.into())
    );
    assert_eq!(registered["addresses"], serde_json::json!(["10.77.0.1"]));
    assert_eq!(
        events[place("resolved")]["txt_hex"],
        serde_json::json!(["613d31", "6b3dff"])
    );
    // What strangers could make this host send is counted: nothing on a quiet link.
    for counter in ["queries_held", "answers_withheld"] {
        assert_eq!(events[place("metrics")][counter], 0, "{counter}: {printed}");
    }
    let updated = &events[place("updated")];
    assert_eq!(
        (&updated["port"], &updated["txt"][0]),
        (&81.into(), &"b".into())
    );
}

#[test]
fn a_registration_ends_with_a_signal_or_its_timeout_and_says_goodbye() {
    let script = format!(
        "{ETH0} $COOEE register Web _http._tcp 80 a=1 --sub _printer --json -4 & \
         sleep 2; kill -TERM $!; wait $!; echo $?; \
         $COOEE publish-host box 10.77.0.9 --json -4 --timeout 2; echo $?; \
         $COOEE register Web _http._tcp 80 =bad 2>&1 >/dev/null | grep -c '`=bad` needs a key'"
    );
    let Some(output) = in_namespace("a_registration_ends", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let events: Vec<&str> = printed
        .lines()
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(
        events,
        [
            r#"{"event":"host-registered""#,
            r#"{"event":"registered""#,
            r#"{"event":"unregistered""#,
            "0",
            r#"{"event":"host-registered""#,
            r#"{"event":"host-unregistered""#,
            "0",
            "1",
        ],
        "{printed}{}",
        text(&output.stderr)
    );
    assert!(
        printed.contains(r#""goodbyes":[{"interface":"eth0","datagrams":1,"#),
        "{printed}"
    );
}

#[test]
fn a_second_interrupt_ends_at_once_what_the_first_one_could_not() {
    // A full pipe for the log, which nobody reads: the program blocks in its first line.
    let script = format!(
        "{ETH0} dir=$(mktemp -d); mkfifo $dir/full; exec 3<>$dir/full; head -c 65536 /dev/zero >&3; \
         for verb in 'register Web _http._tcp 80' 'publish-host box'; do \
         $COOEE $verb --json -4 -vv 2>$dir/full 3<&- & sleep 2; \
         kill -INT $!; sleep 1; kill -0 $! && echo waits; kill -INT $!; wait $!; echo $?; \
         done; rm -r $dir"
    );
    let Some(output) = in_namespace("a_second_interrupt", &script) else {
        return;
    };
    let errors = text(&output.stderr);
    assert_eq!(text(&output.stdout), "waits\n130\n".repeat(2), "{errors}");
}

#[test]
fn the_demo_shows_all_of_it_on_the_loopback_interface_alone() {
    // There is no other interface, so nothing else can make it work.
    let script = "ip link set lo up; timeout 120 $COOEE demo; echo $?";
    let Some(output) = in_namespace("the_demo", script) else {
        return;
    };
    let printed = text(&output.stdout);
    let errors = text(&output.stderr);
    assert!(printed.ends_with("\n0\n"), "{printed}{errors}");
    assert!(
        !printed.contains("simulated") && !printed.contains("Trial"),
        "{printed}"
    );
    for part in [
        "seen    Printer ",
        "seen    Old Clock",
        "renamed Printer (2)",
        "gone    Old Clock    it expired",
        "gone    Printer      it sent a goodbye",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert_eq!(errors, "");
}

#[test]
fn where_loopback_has_no_multicast_the_demo_is_played_on_a_simulated_link() {
    // In a new namespace the loopback interface is down. Later it is up, and no socket is
    // available.
    let script = "timeout 120 $COOEE demo; echo $?; ip link set lo up; ulimit -n 4;
                  timeout 120 $COOEE demo; echo $?";
    let Some(output) = in_namespace("the_demo_simulated", script) else {
        return;
    };
    let printed = text(&output.stdout);
    let errors = text(&output.stderr);
    let plays: Vec<&str> = printed.split("\n0\n").collect();
    assert_eq!(plays.len(), 3, "{printed}{errors}");
    for play in plays.iter().filter(|play| !play.is_empty()) {
        for part in [
            "loopback interface cannot be used: ",
            "on a simulated link",
            "seen    Printer ",
            "seen    Old Clock",
            "renamed Printer (2)",
            "gone    Old Clock    it expired",
            "gone    Printer      it sent a goodbye",
            "All of it was seen.",
        ] {
            assert!(play.contains(part), "{part}: {play}");
        }
    }
    assert_eq!(errors, "");
}

#[test]
fn two_signals_at_once_are_one_and_goodbyes_leave() {
    // Like `timeout`: signals the program, and then its group.
    let script = format!(
        "{ETH0} for verb in 'register Web _http._tcp 80' 'publish-host box' pipe; do \
         sleep 4 | $COOEE $verb --json -4 & sleep 3; kill -TERM $!; kill -HUP $!; wait $!; echo $?; done"
    );
    let Some(output) = in_namespace("two_signals_at_once", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let ends: Vec<&str> = printed
        .lines()
        .filter(|line| !line.starts_with('{'))
        .collect();
    assert_eq!(ends, ["0"; 3], "{printed}{}", text(&output.stderr));
    let reported = events(&printed);
    for event in ["unregistered", "host-unregistered"] {
        assert!(
            reported.iter().any(|other| other == event),
            "{event}: {printed}"
        );
    }
}

#[test]
fn whoever_does_not_read_does_not_keep_a_signal_from_ending_the_program_with_goodbyes() {
    // A full pipe that nobody reads. The limits end a test that fails.
    let script = format!(
        "{ETH0} dir=$(mktemp -d); mkfifo $dir/full $dir/in; exec 3<>$dir/full 4<>$dir/in; \
         head -c 65536 /dev/zero >&3; \
         $COOEE browse _http._tcp --json -4 >$dir/seen 3<&- 4<&- & watcher=$!; \
         until_seen() {{ for _ in $(seq 300); do grep -q \"$1\" $dir/seen && return; sleep 0.1; done; echo no $1; }}; \
         ended() {{ timeout 30 tail --pid=$1 -f /dev/null || kill -KILL $1; wait $1; echo $?; }}; \
         echo 'register Web _http._tcp 80' >&4; \
         $COOEE pipe -4 <$dir/in >$dir/full 3<&- 4<&- & \
         until_seen resolved; kill -TERM $!; ended $!; until_seen '\"why\":\"goodbye\"'; \
         $COOEE register Other _http._tcp 80 --json -4 >$dir/full 3<&- 4<&- & \
         until_seen 'resolved.*Other'; kill -TERM $!; ended $!; until_seen 'Other.*goodbye'; \
         $COOEE pipe -4 </dev/null >$dir/full 3<&- 4<&- & ended $!; \
         kill $watcher; rm -r $dir"
    );
    let Some(output) = in_namespace("whoever_does_not_read", &script) else {
        return;
    };
    assert_eq!(
        text(&output.stdout),
        "0\n".repeat(3),
        "{}",
        text(&output.stderr)
    );
}

/// A second host at the other end of the cable; `$there` runs a command in it.
const PEER: &str = "unshare -n sleep 120 >/dev/null 2>&1 & peer=$!; \
                    until [ $(readlink /proc/$peer/ns/net) != $(readlink /proc/$$/ns/net) ]; \
                    do sleep 0.1; done; \
                    there=\"timeout 60 nsenter -t $peer -n\"; \
                    ip link add eth0 type veth peer name eth1 netns $peer; \
                    ip link set eth0 up; ip addr add 10.77.0.1/24 dev eth0; \
                    $there ip link set eth1 up; $there ip addr add 10.77.0.2/24 dev eth1; ";

#[test]
fn a_pipe_tells_of_hosts_that_are_renamed_and_of_services_that_cannot_be_reached_any_more() {
    // Both hosts have the name of this machine. `Web` keeps its name and loses its host.
    let script = format!(
        "{PEER} $there $COOEE register Other _http._tcp 80 --json -4 >/dev/null & other=$!; \
         ( echo 'register Web _http._tcp 80 --host box'; sleep 9 ) | $there $COOEE pipe -4 >/dev/null & \
         $there $COOEE publish-host box 10.77.0.2 --json -4 -t 8 >/dev/null & sleep 3; \
         ( echo 'register A _ipp._tcp 1'; echo 'register B _ipp._tcp 2'; \
           echo 'publish-host lamp 10.77.0.9'; \
           echo 'browse _http._tcp --resolve'; sleep 10; \
           for n in $(seq 12); do echo \"update A _ipp._tcp --txt n=$n\"; sleep 0.1; done; \
           echo 'unpublish-host lamp'; sleep 1 ) | \
         timeout 60 $COOEE pipe -4; kill $other $peer"
    );
    let Some(output) = in_namespace("a_pipe_tells_of_hosts", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let reported = events(&printed);
    for (event, times) in [
        ("host-renamed", 1),
        // Of this machine, and of the lamp.
        ("host-registered", 2),
        ("registered", 2),
        ("host-unregistered", 1),
        ("removed", 1),
        ("update-delayed", 1),
    ] {
        let count = reported.iter().filter(|other| *other == event).count();
        assert_eq!(count, times, "{event}: {printed}{}", text(&output.stderr));
    }
}

#[test]
fn a_firewall_is_suspected_only_where_no_host_answers_at_all() {
    let script = format!(
        "{PEER} $there $COOEE register Full _http._tcp 80 -4 >/dev/null & web=$!; sleep 3; \
         for words in 'browse _ipp._tcp --once' 'query nobody.local' 'browse -t 0.2 -i eth0'; do \
         echo == $words; $COOEE $words -4 2>&1; done; kill $web; wait $web; sleep 1; \
         for words in 'browse --once' 'types --once'; do \
         echo == $words; $COOEE $words -4 2>&1; done; kill $peer"
    );
    let Some(output) = in_namespace("a_firewall_is_suspected", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let parts: Vec<&str> = printed.split("== ").skip(1).collect();
    assert_eq!(parts.len(), 5, "{printed}");
    for (part, is_suspected) in parts.iter().zip([false, false, false, true, true]) {
        let hint = "no packet was received over IPv4: is UDP port 5353 open in the firewall?";
        assert_eq!(part.contains(hint), is_suspected, "{part}");
        assert_eq!(part.contains("firewall"), is_suspected, "{part}");
    }
    for specific in &parts[..2] {
        let advice = "; `cooee types --once` shows whether any host answers here\n";
        assert!(specific.contains(advice), "{specific}");
    }
}

#[test]
fn a_host_that_loses_its_name_has_one_line_for_that_and_one_for_the_next_name() {
    let script = format!(
        "{PEER} $there $COOEE publish-host Box 10.77.0.2 -4 >/dev/null & box=$!; sleep 3; \
         $COOEE register Web _http._tcp 80 --host Box -4 -t 3; echo; \
         $COOEE publish-host Box -4 -t 3; kill $box $peer"
    );
    let Some(output) = in_namespace("a_host_that_loses_its_name", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let verbs: Vec<&str> = printed.split("\n\n").collect();
    assert_eq!(verbs.len(), 2, "{printed}{}", text(&output.stderr));
    for lines in verbs {
        let count = |line: &str| {
            lines
                .lines()
                .filter(|other| other.starts_with(line))
                .count()
        };
        assert_eq!(count("host "), 1, "{lines}");
        assert_eq!(count("host       Box-2.local"), 1, "{lines}");
        assert_eq!(
            count("renamed    Box-2.local  instead of Box.local"),
            1,
            "{lines}"
        );
    }
}

#[test]
fn an_address_that_two_links_know_is_shown_once() {
    let script = format!(
        "{PEER} ip link add eth2 type veth peer name eth3 netns $peer; \
         ip link set eth2 up; ip addr add 10.78.0.1/24 dev eth2; \
         $there ip link set eth3 up; $there ip addr add 10.78.0.2/24 dev eth3; \
         $there $COOEE publish-host box 10.77.0.2 10.78.0.2 -4 >/dev/null & box=$!; sleep 3; \
         $COOEE host box -4; echo 'resolve-host box' | ( cat; sleep 2 ) | $COOEE pipe -4; \
         kill $box $peer"
    );
    let Some(output) = in_namespace("an_address_that_two_links_know", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    for address in ["10.77.0.2", "10.78.0.2"] {
        let line = format!("box.local  {address}\n");
        assert_eq!(printed.matches(&line).count(), 1, "{printed}");
    }
    let mut reported = printed.lines().filter(|line| line.contains(r#""host""#));
    let last = reported.next_back().unwrap_or_default();
    for address in ["10.77.0.2", "10.78.0.2"] {
        assert_eq!(last.matches(address).count(), 1, "{printed}");
    }
}

#[test]
fn what_hinders_is_said_in_words_that_help() {
    // The one line that an error or a warning must contain, after its cause.
    let cases = [
        ("query _http._tcp", "try `_http._tcp.local`"),
        (
            "host 10.77.0.2",
            "`cooee reverse 10.77.0.2` shows its names",
        ),
        ("browse -6 --once", "eth0: no usable IPv6 address"),
        (
            "browse -6 --once -i eth0",
            "error: nothing was found on eth0 in 1.6 s: eth0 has no usable IPv6 address\n",
        ),
        (
            "resolve Web _http._tcp -6 -i eth0 -t 1",
            "in 1 s: eth0 has no usable IPv6 address\n",
        ),
        (
            "register Web _http._tcp 80 --host 'Mein Host.x'",
            r"as `\.`",
        ),
        (
            "register Web _http._tcp 80 --sub printer -t 4",
            "warning: the subtype `printer` has no underscore",
        ),
        (
            "browse --once",
            "no packet was received: is UDP port 5353 open in the firewall?",
        ),
        (
            "register Web _http._tcp 80 --state /nonexistent/names",
            "cannot save names to /nonexistent/names: ",
        ),
        ("publish-host box --state /", "/"),
        ("pipe --state $dir/foreign", "is not a state file of cooee"),
        (
            "browse --once -i wg0",
            "warning: interface chosen: wg0: chosen by name or index, although excluded by default: VPN by name (wg*)",
        ),
    ];
    let script: String = cases.iter().fold(
        format!("{ETH0} sysctl -qw net.ipv6.conf.all.disable_ipv6=1; dir=$(mktemp -d); echo x >$dir/foreign; \
                 ip link add wg0 type veth peer name veth8; ip link set wg0 up; ip addr add 10.78.0.1/24 dev wg0; "),
        |script, (words, _)| script + &format!("timeout 20 $COOEE {words} 2>&1; echo == $?; "),
    );
    let Some(output) = in_namespace("what_hinders", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let parts: Vec<&str> = printed.split("== ").collect();
    for ((words, expected), part) in cases.iter().zip(&parts) {
        assert!(part.contains(expected), "{words}: {part}");
        let logged = ["WARN", "\u{1b}", "Ctrl-C"]
            .iter()
            .any(|mark| part.contains(mark));
        assert!(!logged, "{words}: {part}");
    }
    let codes: Vec<&str> = parts.iter().skip(1).map(|part| &part[..1]).collect();
    let expected = ["1", "2", "3", "1", "1", "2", "0", "1", "2", "2", "2", "1"];
    assert_eq!(codes, expected, "{printed}");
}

#[test]
fn one_family_shows_its_own_addresses_and_a_terminal_is_told_how_to_stop() {
    let script = format!(
        "{PEER} ip addr add fd77::1/64 dev eth0 nodad; $there ip addr add fd77::2/64 dev eth1 nodad; sleep 2; \
         $there $COOEE register Web _http._tcp 80 --host box & web=$!; sleep 4; \
         for family in 4 6; do $COOEE browse _http._tcp --once --json -$family; \
         $COOEE resolve Web _http._tcp --json -$family; \
         echo 'browse _http._tcp --resolve' | cat - $(mktemp) | ( cat; sleep 3 ) | $COOEE pipe -$family; done; \
         script -qec \"$COOEE browse _ipp._tcp --plain -t 1\" /dev/null; kill $web $peer"
    );
    let Some(output) = in_namespace("one_family", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    let resolved: Vec<_> = objects(&lines)
        .into_iter()
        .filter(|event| event["event"] == "resolved")
        .collect();
    assert_eq!(resolved.len(), 6, "{printed}{}", text(&output.stderr));
    for (place, event) in resolved.iter().enumerate() {
        let addresses: Vec<&str> = event["addresses"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|text| text.as_str())
            .collect();
        let is_v6 = place >= 3;
        assert!(
            addresses.iter().all(|text| text.contains(':') == is_v6),
            "{printed}"
        );
    }
    assert!(
        printed.contains(
            "registered Web  _http._tcp\n           box.local:80\n           10.77.0.2  fd77::2"
        ),
        "{printed}"
    );
    assert!(
        printed.contains("Browsing on eth0; Ctrl-C to stop"),
        "{printed}"
    );
}

#[test]
fn two_hosts_of_one_name_are_told_each_name_once_and_the_service_last() {
    let script = format!(
        "{PEER} for at in 1 2; do \
         if [ $at = 1 ]; then where=; else where=$there; fi; \
         timeout 20 $where $COOEE register Web _http._tcp 80 --json -4 -t 8 >$at.out & pids=\"$pids $!\"; done; \
         wait $pids; cat 1.out; echo; cat 2.out; kill $peer"
    );
    let script = format!("cd $(mktemp -d); {script}");
    let Some(output) = in_namespace("two_hosts_of_one_name", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let hosts: Vec<&str> = printed.split("\n\n").collect();
    assert_eq!(hosts.len(), 2, "{printed}{}", text(&output.stderr));
    for reported in hosts.iter().map(|part| events(part)) {
        let count = |event: &str| reported.iter().filter(|other| *other == event).count();
        assert_eq!(
            (count("host-registered"), count("host-renamed") < 2),
            (1, true),
            "{printed}"
        );
        let place = |event: &str| reported.iter().rposition(|other| other == event);
        assert!(
            place("host-renamed") < place("host-registered"),
            "{printed}"
        );
        assert!(place("host-registered") < place("registered"), "{printed}");
    }
}

#[test]
fn what_keeps_a_name_from_being_claimed_is_said_while_it_waits_and_at_the_end() {
    // A firewall that refuses packets, as the kernel reports it: EPERM.
    let script = format!(
        "{ETH0} nft add table inet f; nft 'add chain inet f out {{ type filter hook output priority 0; }}'; \
         nft add rule inet f out oifname eth0 udp dport 5353 drop || exit 77; \
         timeout 20 $COOEE register Web _http._tcp 80 -4 -t 3 2>&1; echo $?; \
         for words in 'browse --once' 'types --once' 'query a.local' 'resolve A _http._tcp -t 2' \
         'resolve A _http._tcp -4 -t 2' 'host a a -t 2' 'reverse 10.77.0.9 10.77.0.9 -t 2' \
         'publish-host box -4 -t 3'; do \
         echo == $words; timeout 20 $COOEE $words 2>&1; done; echo == pipe; \
         ( echo 'register Web _http._tcp 80'; sleep 3 ) | timeout 20 $COOEE pipe -4"
    );
    let Some(output) = in_namespace("what_keeps_a_name", &script) else {
        return;
    };
    if output.status.code() == Some(77) {
        return netcell::skip("what_keeps_a_name", "no nft, or no right to use it");
    }
    let printed = text(&output.stdout);
    assert!(
        printed.contains("waiting    until something can be sent on eth0\n"),
        "{printed}"
    );
    assert!(
        printed
            .contains("error: the name was not claimed in time: nothing could be sent on eth0\n"),
        "{printed}"
    );
    assert!(printed.contains("\n1\n"), "{printed}");
    // Each command prints it once, with the reason once.
    let mut verbs: Vec<&str> = printed.split("== ").collect();
    verbs.pop();
    assert_eq!(verbs.len(), 9, "{printed}");
    for verb in verbs {
        let count = |text: &str| verb.matches(text).count();
        assert_eq!(count("the system does not allow it"), 1, "{verb}");
        assert_eq!(count("nothing could be sent on eth0\n"), 1, "{verb}");
        assert_eq!(count("error: "), 1, "{verb}");
    }
    let reported = events(&printed);
    assert!(reported.iter().any(|event| event == "waiting"), "{printed}");
    assert!(
        !reported.iter().any(|event| event == "registered"),
        "{printed}"
    );
}

#[test]
fn a_family_that_never_worked_is_said_and_shown_by_the_exit_code() {
    // A link with both families, and a firewall that refuses what is sent over IPv6.
    let script = format!(
        "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; {ETH0} \
         nft add table inet f; nft 'add chain inet f out {{ type filter hook output priority 0; }}'; \
         nft add rule inet f out oifname eth0 meta nfproto ipv6 udp dport 5353 drop || exit 77; \
         timeout 20 $COOEE register Web _http._tcp 80 --json -t 3; printf '\nregister %s\n' $?; \
         timeout 20 $COOEE publish-host box 10.77.0.9 --json -t 3; printf '\nhost %s\n' $?; \
         timeout 20 $COOEE register Web _http._tcp 80 -4 --json -t 3; printf '\nv4 %s\n' $?; \
         ( echo 'register Web _http._tcp 80'; sleep 3; nft delete table inet f; sleep 11 ) \
         | timeout 20 $COOEE pipe; printf '\npipe %s\n' $?"
    );
    let Some(output) = in_namespace("a_family_that_never_worked", &script) else {
        return;
    };
    if output.status.code() == Some(77) {
        return netcell::skip(
            "a_family_that_never_worked",
            "no nft, or no right to use it",
        );
    }
    let (printed, errors) = (text(&output.stdout), text(&output.stderr));
    let waiting = r#""interface":"eth0","family":"IPv6","reason":"#;
    let mut parts = printed.split("\n\n");
    for (registered, code) in [
        ("registered", "register 4"),
        ("host-registered", "host 4"),
        ("registered", "v4 0"),
        ("registered", "pipe 0"),
    ] {
        let mut part = parts.next().unwrap_or_default().to_owned();
        if code != "register 4" {
            // The exit code of what came before stands first.
            part = part.split_once('\n').unwrap_or_default().1.to_owned();
        }
        let reported = events(&part);
        let place = |event: &str| reported.iter().position(|other| other == event);
        assert!(place(registered).is_some(), "{printed}{errors}");
        let is_said = part.contains(waiting) && place("waiting") < place(registered);
        assert_eq!(is_said, code != "v4 0", "{part}{errors}");
        assert_eq!(
            place("waiting-over").is_some(),
            code == "pipe 0",
            "{part}{errors}"
        );
        assert!(printed.contains(&format!("\n{code}\n")), "{printed}");
    }
    let said = "error: nothing could be sent on eth0 over IPv6\n";
    assert_eq!(errors.matches(said).count(), 2, "{errors}");
}

#[test]
fn a_port_held_by_another_program_for_one_family_is_shown_by_the_list_of_interfaces() {
    let script = format!(
        "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; {ETH0} \
         python3 -c 'import socket, time\ns = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\n\
         s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)\ns.bind((\"::\", 5353))\n\
         print(\"held\", flush=True)\ntime.sleep(30)' > held & holder=$!; \
         until grep -q held held; do kill -0 $holder || exit 77; sleep 0.1; done; \
         $COOEE interfaces --json; $COOEE interfaces -4 --json; kill $holder"
    );
    let script = format!("cd $(mktemp -d); {script}");
    let Some(output) = in_namespace("a_port_held_for_one_family", &script) else {
        return;
    };
    if output.status.code() == Some(77) {
        return netcell::skip("a_port_held_for_one_family", "no Python");
    }
    let printed = text(&output.stdout);
    let list = objects(&printed.lines().collect::<Vec<_>>());
    let eth0: Vec<_> = list.iter().filter(|one| one["name"] == "eth0").collect();
    assert_eq!(eth0.len(), 2, "{printed}{}", text(&output.stderr));
    assert_eq!(eth0[0]["deaf"][0]["family"], "IPv6", "{printed}");
    let reason = eth0[0]["deaf"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("another program"), "{printed}");
    assert_eq!(eth0[0]["deaf"].as_array().map(Vec::len), Some(1));
    assert_eq!(eth0[1].get("deaf"), None, "{printed}");
}

#[test]
fn a_pipe_tells_of_a_service_that_comes_later_on_a_host_that_has_its_name() {
    let script = format!(
        "{ETH0} ( echo 'register A _http._tcp 80 --host box'; sleep 3; \
           echo 'register B _http._tcp 81 --host box'; sleep 3 ) | timeout 20 $COOEE pipe -4"
    );
    let Some(output) = in_namespace("a_service_that_comes_later", &script) else {
        return;
    };
    let printed = text(&output.stdout);
    let reported = events(&printed);
    assert_eq!(
        reported[..4],
        ["ready", "host-registered", "registered", "registered"],
        "{printed}{}",
        text(&output.stderr)
    );
    let second = objects(&printed.lines().collect::<Vec<_>>()).remove(3);
    assert_eq!(
        (&second["instance"], &second["host"], &second["port"]),
        (&"B".into(), &"box.local".into(), &81.into())
    );
}
