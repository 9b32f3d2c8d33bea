//! The daemon `cooeed`, compared with a real avahi-daemon.
//!
//! In:  the same questions and the same files for both.
//! Out: whether others hear the same from both, and what a reload withdraws.

use std::fs;
use std::path::Path;
use std::time::Duration;

use cooee_wire::Message;
use netlab::capture::{Capture, Seen};
use netlab::clock::monotonic;
use netlab::cooee;
use netlab::cooeed::{Cooeed, ask};
use netlab::error::Context;
use netlab::lab::Families;
use netlab::{Error, Lab, Result, ensure};

use super::setup::{ONCE_LIMIT, Pair, avahi, service};

pub(crate) fn text_socket() -> Result<()> {
    let mut pair = Pair::new()?;
    let _peer = pair.avahi(Vec::new())?;
    let other = pair.lab.node("other")?;
    pair.lab
        .plug(&other, &pair.segment, "lan1", Families::Both)?;
    let _avahi = avahi(&other, "other", &["lan1"], vec![service("Web", 80)])?;
    let daemon = Cooeed::start(&pair.here, "here", "lan1", &[])?;
    daemon.wait_log("this host is here.local")?;
    let theirs = other.folder()?.join("run/socket");
    let address = pair
        .peer_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4 address"))?;
    let reverse = format!("RESOLVE-ADDRESS {address}");
    let long = [b'x'; 80];
    let lines: [&[u8]; 16] = [
        b"HELP",
        b"",
        b" \t HELP me\r",
        b"help",
        &long,
        b"A\xff\xfe",
        b"RESOLVE-HOSTNAME",
        b"RESOLVE-HOSTNAME peer",
        b"RESOLVE-HOSTNAME 10.0.0.1",
        b"RESOLVE-ADDRESS 10.0.0",
        b"BROWSE-DNS-SERVERS x",
        b"RESOLVE-HOSTNAME-IPV4 peer.local",
        b"RESOLVE-HOSTNAME-IPV4 PEER.Local",
        b"RESOLVE-HOSTNAME-IPV6 peer.local",
        reverse.as_bytes(),
        b"RESOLVE-HOSTNAME nobody.local",
    ];
    for line in lines {
        let (wanted, got) = (ask(&theirs, line)?, ask(&daemon.socket(), line)?);
        let (wanted, got) = (without_numbers(&wanted), without_numbers(&got));
        let line = line.escape_ascii();
        ensure!(
            got == wanted,
            "{line}: {got:?}, where Avahi says {wanted:?}"
        );
    }
    let own = ask(&daemon.socket(), b"RESOLVE-HOSTNAME-IPV4 here.local")?;
    ensure!(own.starts_with(b"+ "), "here.local: {}", own.escape_ascii());
    Ok(())
}

/// Returns an answer without the interface's index and the family of the packets: the first one
/// differs from host to host, the second one is that of whichever packet comes first.
fn without_numbers(answer: &[u8]) -> String {
    let text = answer.escape_ascii().to_string();
    let mut words: Vec<&str> = text.split(' ').collect();
    let is_found = words.len() > 3 && words[0] == "+" && words[1].parse::<u32>().is_ok();
    if is_found {
        words.drain(1..3);
    }
    words.join(" ")
}

pub(crate) fn nothing_there() -> Result<()> {
    let pair = Pair::with(Families::V4Only)?;
    let _peer = pair.avahi(Vec::new())?;
    let daemon = Cooeed::start(&pair.here, "here", "lan1", &[])?;
    daemon.wait_log("this host is here.local")?;
    let found = ask(&daemon.socket(), b"RESOLVE-HOSTNAME-IPV4 peer.local")?;
    ensure!(found.starts_with(b"+ "), "{}", found.escape_ascii());
    let nas = cooee::start(&pair.peer, &["publish-host", "nas", "10.77.0.7"])?;
    nas.wait_stdout(ONCE_LIMIT, |line| line.contains("host-registered"))?;
    // The first one says itself that it has no IPv6 address.
    let names = [
        ("nas.local", SILENCE),
        ("peer.local", AVAHIS_WAIT),
        ("nobody.local", AVAHIS_WAIT),
    ];
    for (name, limit) in names {
        let line = format!("RESOLVE-HOSTNAME-IPV6 {name}");
        let begun = monotonic();
        let answer = ask(&daemon.socket(), line.as_bytes())?;
        let after = monotonic().saturating_sub(begun);
        let answer = answer.escape_ascii().to_string();
        ensure!(answer == "-15 Timeout reached\\n", "{name}: {answer}");
        ensure!(after < limit, "{name}: answered after {after:?}");
    }
    Ok(())
}

/// How long cooeed waits if nobody says anything.
const SILENCE: Duration = Duration::from_millis(2_200);

/// How long avahi-daemon waits before it answers that there is nothing.
const AVAHIS_WAIT: Duration = Duration::from_secs(5);

pub(crate) fn no_interface() -> Result<()> {
    let mut lab = Lab::new()?;
    let here = lab.node("here")?;
    let daemon = Cooeed::launch(&here, "here", "lan1", &[])?;
    daemon.wait_log("waiting for an interface")?;
    let help = ask(&daemon.socket(), b"HELP")?;
    ensure!(help.starts_with(b"+ Avail"), "{}", help.escape_ascii());
    let answer = ask(&daemon.socket(), b"RESOLVE-HOSTNAME here.local")?;
    ensure!(answer.starts_with(b"-15 "), "{}", answer.escape_ascii());
    let segment = lab.segment()?;
    lab.plug(&here, &segment, "lan1", Families::Both)?;
    daemon.wait_log("this host is here.local")?;
    let answer = ask(&daemon.socket(), b"RESOLVE-HOSTNAME here.local")?;
    ensure!(answer.starts_with(b"+ "), "{}", answer.escape_ascii());
    Ok(())
}

const FILE: &str = r#"<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name replace-wildcards="yes">Box &amp; Co. on %h</name>
  <service>
    <txt-record>path=/a=b</txt-record>
    <txt-record value-format="binary-hex">id=00ff</txt-record>
    <txt-record value-format="binary-base64">key=AP8=</txt-record>
    <txt-record>flag</txt-record>
    <port>8080</port>
    <subtype>_printer._sub._http._tcp</subtype>
    <type>_http._tcp</type>
  </service>
  <service><type>_ssh._tcp</type><port>22</port></service>
  <service><type>_ftp._tcp</type><port>21</port><host-name>peer.local</host-name></service>
</service-group>
"#;

pub(crate) fn service_files() -> Result<()> {
    let mut pair = Pair::new()?;
    let theirs = pair.avahi(Vec::new())?;
    let folder = pair.peer.folder()?;
    fs::write(folder.join("avahi/services/box.service"), FILE).context("service file")?;
    let daemon = Cooeed::start(&pair.here, "here", "lan1", &[("box.service", FILE)])?;
    daemon.wait_log("\"Box & Co. on here\" is established")?;
    let watcher = pair.lab.node("watcher")?;
    pair.lab
        .plug(&watcher, &pair.segment, "lan2", Families::Both)?;
    let types = [
        ("_http._tcp", "here.local"),
        ("_ssh._tcp", "here.local"),
        // The host of this one is named in the file.
        ("_ftp._tcp", "peer.local"),
    ];
    for (of_type, host) in types {
        let limit = ["browse", of_type, "--once"];
        let events = cooee::run(&watcher, &limit, ONCE_LIMIT)?;
        let services = cooee::services(&events)?;
        ensure!(services.len() == 2, "{of_type}: {services:?}");
        let (one, other) = (
            &services["Box & Co. on peer"],
            &services["Box & Co. on here"],
        );
        ensure!(one.txt == other.txt, "{of_type}: {one:?} and {other:?}");
        ensure!(one.port == other.port, "{of_type}: {one:?} and {other:?}");
        ensure!(other.host == host, "{of_type}: {other:?}");
    }
    let subtype = ["browse", "_http._tcp,_printer", "--once"];
    let services = cooee::services(&cooee::run(&watcher, &subtype, ONCE_LIMIT)?)?;
    ensure!(services.len() == 2, "of the subtype: {services:?}");
    let browsed = theirs.browse("_ssh._tcp", ONCE_LIMIT)?.stdout_text();
    ensure!(browsed.contains("here.local"), "avahi-browse: {browsed}");
    Ok(())
}

pub(crate) fn reload() -> Result<()> {
    let pair = Pair::new()?;
    let (stays, changes) = (file("Stays", 80), file("Changes", 81));
    let files = [("a.service", stays.as_str()), ("b.service", &changes)];
    let daemon = Cooeed::start(&pair.here, "here", "lan1", &files)?;
    for name in ["Stays", "Changes"] {
        daemon.wait_log(&format!("\"{name}\" is established"))?;
    }
    let capture = Capture::start(&pair.here)?;
    // Touched, replaced by the same text, and changed.
    let write = |name: &str, text: &str| fs::write(daemon.service_file(name), text).context(name);
    write("a.service", &stays)?;
    write("b.service", &file("Changed", 82))?;
    write("c.service", "<service-group><name>half")?;
    daemon.run(&["--reload"])?.success()?;
    daemon.wait_log("\"Changed\" is established")?;
    daemon.wait_log("c.service: line 1")?;
    let gone = withdrawn(&capture.stop())?;
    ensure!(
        gone.iter().any(|record| record.contains("Changes")),
        "nothing of the changed file was withdrawn: {gone:?}"
    );
    let others: Vec<&String> = gone
        .iter()
        .filter(|record| !record.contains("Changes"))
        .collect();
    ensure!(others.is_empty(), "{others:?} were withdrawn");
    let status = daemon.run(&["status", "--json"])?.success()?.stdout_text();
    ensure!(status.contains("\"name\":\"Stays\""), "status: {status}");
    let ended = daemon.run(&["--kill"])?;
    ensure!(ended.status.success(), "{}", ended.stderr_text());
    ensure!(!Path::new(&daemon.socket()).exists(), "its socket is left");
    Ok(())
}

fn file(name: &str, port: u16) -> String {
    format!(
        "<service-group><name>{name}</name><service><type>_http._tcp</type><port>{port}</port>\
         </service></service-group>"
    )
}

/// Returns the records for which a host has sent goodbyes.
fn withdrawn(seen: &[Seen]) -> Result<Vec<String>> {
    let mut gone = Vec::new();
    for seen in seen.iter().filter(|seen| seen.outgoing) {
        let message = Message::parse(&seen.payload).context("message")?;
        for record in message.records() {
            let record = record.context("record")?.1;
            if let Ok(record) = record.to_record() {
                if record.ttl.as_secs() == 0 && message.header().flags.is_response() {
                    gone.push(format!("{} {}", record.name, record.data));
                }
            }
        }
    }
    Ok(gone)
}
