//! The live screen of `browse`, in a pseudo-terminal and a separate network namespace.
//!
//! Where no namespace can be made, a test reports it.
#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    reason = "each user of the pseudo-terminal needs a part of it"
)]

mod pty;

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pty::Pty;

const COOEE: &str = env!("CARGO_BIN_EXE_cooee");

/// A separate link without any other host.
const ETH0: &str = "ip link set lo up; ip link add eth0 type veth peer name veth9; \
                    ip link set veth9 up; ip link set eth0 up; ip addr add 10.77.0.1/24 dev eth0";

/// A service that is announced until this is dropped.
struct Announced(Child);

impl Announced {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(COOEE);
        command.arg("register").args(arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn signal(program: u32, name: &str) {
    let id = program.to_string();
    let status = Command::new("kill").args(["-s", name, &id]).status();
    assert!(status.is_ok_and(|status| status.success()));
}

#[test]
fn the_screen_starts_filters_resizes_and_quits() {
    netcell::run("the_screen_starts_filters_resizes_and_quits", ETH0, || {
        let _door = Announced::start(&["Front Door", "_http._tcp", "8080", "path=/x"]);
        let _desk = Announced::start(&["Front Desk", "_ipp._tcp", "631"]);
        let mut pty = Pty::start(&[COOEE, "browse"], 24, 80);
        pty.expect("all types on eth0");
        pty.wait("both services", |screen| {
            screen.contains("Front Door") && screen.contains("Front Desk")
        });
        pty.wait("both are resolved", |screen| {
            screen.contains(":8080") && screen.contains(":631")
        });
        assert!(pty.is_covered() && pty.is_raw());
        pty.send("/door");
        pty.wait("only the door", |screen| {
            screen.contains("filter: door") && !screen.contains("Front Desk")
        });
        pty.expect("path = /x");
        pty.expect(" left, ");
        pty.resize(50, 200);
        pty.wait("the details beside", |screen| {
            screen
                .lines()
                .next()
                .is_some_and(|line| line.trim_end().len() > 100)
        });
        pty.wait("the sender by name", |screen| {
            let mut senders = screen
                .lines()
                .filter_map(|line| line.split_once(" old, from "));
            senders.any(|(_, sender)| sender.trim_end().ends_with(".local"))
        });
        pty.resize(24, 80);
        pty.send("\r");
        pty.expect("Esc clears it");
        pty.send("Y");
        pty.expect("copied as URL");
        pty.send("?");
        pty.expect("copy the URL");
        pty.send("?q");
        let (status, written) = pty.end();
        assert_eq!(status.code(), Some(0), "{written}");
        assert!(
            written.contains("\u{1b}]52;c;aHR0cDov"),
            "no URL was copied"
        );
    });
}

#[test]
fn ctrl_c_and_signals_leave_the_terminal_clean() {
    netcell::run("ctrl_c_and_signals_leave_the_terminal_clean", ETH0, || {
        for way in ["\u{3}", "TERM", "INT", "HUP"] {
            let mut pty = Pty::start(&[COOEE, "browse", "_http._tcp"], 24, 80);
            pty.expect("Nothing was found yet.");
            assert!(pty.is_covered() && pty.is_raw(), "{way}");
            if way == "\u{3}" {
                pty.send(way);
            } else {
                signal(pty.id(), way);
            }
            let (status, written) = pty.end();
            assert_eq!(status.code(), Some(1), "{way}: {written}");
            assert!(
                written.contains("nothing was found on eth0"),
                "{way}: {written}"
            );
        }
    });
}

#[test]
fn a_key_pressed_while_the_size_changes_is_not_lost() {
    let test = "a_key_pressed_while_the_size_changes_is_not_lost";
    netcell::run(test, ETH0, || {
        let mut pty = Pty::start(&[COOEE, "browse", "_http._tcp"], 24, 80);
        pty.expect("Nothing was found yet.");
        for round in 0..50 {
            // Both may be there when the program looks.
            pty.resize(24, 80 + round);
            pty.send("?");
            pty.expect("copy the URL");
            pty.send("?");
            pty.wait("the keys again", |screen| !screen.contains("copy the URL"));
        }
        pty.send("q");
        assert_eq!(pty.end().0.code(), Some(1));
    });
}

#[test]
fn the_table_of_hosts_is_drawn_over_the_one_before() {
    let test = "the_table_of_hosts_is_drawn_over_the_one_before";
    netcell::run(test, ETH0, || {
        let mut pty = Pty::start(&[COOEE, "monitor", "--stats"], 24, 80);
        pty.expect(" PACKETS      BYTES QUESTIONS");
        let door = Announced::start(&["Front Door", "_http._tcp", "8080"]);
        let tables = |screen: &str| screen.matches("PACKETS").count();
        pty.wait("its host in the one table", |screen| {
            screen.contains("10.77.0.1") && tables(screen) == 1
        });
        drop(door);
        signal(pty.id(), "INT");
        let (status, written) = pty.end();
        assert_eq!(status.code(), Some(0), "{written}");
        let mut terminal = vt100::Parser::new(24, 80, 0);
        terminal.process(written.as_bytes());
        let screen = terminal.screen().contents();
        assert!(
            tables(&written) > 2 && tables(&screen) == 1,
            "{screen}\n{written:?}"
        );
        assert!(screen.contains("10.77.0.1"), "{screen}");
    });
}

#[test]
fn plain_json_once_and_a_pipe_give_lines() {
    netcell::run("plain_json_once_and_a_pipe_give_lines", ETH0, || {
        let _door = Announced::start(&["Front Door", "_http._tcp", "8080"]);
        for option in ["--plain", "--json", "--once"] {
            let command = [COOEE, "browse", "_http._tcp", option, "--timeout", "4"];
            let (status, written) = Pty::start(&command, 24, 80).end();
            assert_eq!(status.code(), Some(0), "{option}: {written}");
            assert!(written.contains("Front Door"), "{option}: {written}");
            assert!(!written.contains("\u{1b}[?1049h"), "{option}: {written}");
        }
        let piped = "\"$0\" browse _http._tcp --timeout 2 | cat";
        let (_, written) = Pty::start(&["sh", "-c", piped, COOEE], 24, 80).end();
        assert!(!written.contains("\u{1b}[?1049h"), "{written}");
        let (status, written) =
            Pty::start(&[COOEE, "browse", "_http._tcp", "--timeout", "2"], 24, 80).end();
        assert_eq!(status.code(), Some(0), "{written}");
        assert!(written.contains("\u{1b}[?1049h"), "{written}");
    });
}

#[test]
fn a_url_is_opened_without_a_shell() {
    netcell::run("a_url_is_opened_without_a_shell", ETH0, || {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("opener");
        std::fs::create_dir_all(&folder).unwrap();
        let (opener, opened) = (folder.join("xdg-open"), folder.join("opened"));
        let _ = std::fs::remove_file(&opened);
        let script = format!("#!/bin/sh\necho \"$#:$1\" >{}\n", opened.display());
        std::fs::write(&opener, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&opener, mode).unwrap();
        let _door = Announced::start(&["Front Door", "_http._tcp", "80", "path=/a b;$(id)"]);
        let path = format!("PATH={}:/usr/bin:/bin", folder.display());
        let mut pty = Pty::start(&["env", &path, COOEE, "browse", "_http._tcp"], 24, 80);
        pty.expect("path = /a b");
        pty.send("o");
        pty.expect("opening http://");
        pty.wait("the opener", |_| {
            std::fs::read_to_string(&opened).is_ok_and(|text| text.ends_with('\n'))
        });
        let text = std::fs::read_to_string(&opened).unwrap();
        assert!(text.starts_with("1:http://"), "{text}");
        assert!(text.ends_with(".local/a%20b%3B%24%28id%29\n"), "{text}");
        pty.send("q");
        assert_eq!(pty.end().0.code(), Some(0));
    });
}

#[test]
#[ignore = "prints what an idle screen of 5,000 services costs; nothing can fail"]
#[allow(clippy::print_stderr, reason = "a measurement is printed")]
fn five_thousand_services_leave_an_idle_screen_idle() {
    let test = "five_thousand_services_leave_an_idle_screen_idle";
    netcell::run(test, ETH0, || {
        let mut registrar = Command::new(COOEE);
        let mut registrar = registrar
            .arg("pipe")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut commands = registrar.stdin.take().unwrap();
        for number in 0..5_000 {
            let command = format!("register \"Service {number:05}\" _http._tcp 8080 --txt a=b\n");
            commands.write_all(command.as_bytes()).unwrap();
        }
        for (rows, columns) in [(24, 80), (50, 200)] {
            let mut pty = Pty::start(&[COOEE, "browse", "_http._tcp"], rows, columns);
            pty.wait("all services", |screen| screen.contains("5000 services"));
            pty.run_for(SETTLING);
            let before = processor_time(pty.id());
            pty.run_for(MEASURED);
            let used = processor_time(pty.id()) - before;
            let share = 100.0 * used.as_secs_f64() / MEASURED.as_secs_f64();
            eprintln!("{columns}x{rows}: {used:?} in {MEASURED:?}, {share:.2} % of a core");
            pty.send("q");
            assert_eq!(pty.end().0.code(), Some(0));
        }
        registrar.kill().unwrap();
        registrar.wait().unwrap();
    });
}

/// Returns the processor time that a program has used.
fn processor_time(program: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{program}/stat"));
    let stat = stat.expect("the program runs");
    // After the name in parentheses: the state is the first field, the times are the 12th and 13th.
    let (_, fields) = stat.rsplit_once(") ").expect("a name");
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks: u64 = ticks.flat_map(str::parse::<u64>).sum();
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}

/// How long after the last service the screen is idle, and how long it is measured then.
const SETTLING: Duration = Duration::from_secs(10);
const MEASURED: Duration = Duration::from_secs(30);

/// The unit of `/proc`, which is the same on every Linux.
const TICKS_PER_SECOND: u64 = 100;
