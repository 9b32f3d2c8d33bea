//! A resolver without multicast DNS: `dig`.
//!
//! In:  questions of `dig -p 5353`, from a port of its own, to the group and to the host.
//! Out: whether it gets answers that it can read, and may keep only for a short time.
//!
//! Since 9.18, `dig` accepts no answer from another address than it asked, so answers of a host of
//! the group are only seen on the wire.

use std::net::SocketAddr;
use std::time::Duration;

use cooee_wire::{Message, RecordType};
use netlab::capture::{Capture, MDNS_PORT, Seen};
use netlab::error::Context;
use netlab::lab::Families;
use netlab::{Error, Lab, Node, Result, cooee, ensure};

use super::setup::{HTTP, ONCE_LIMIT};

/// Longer than `dig` waits.
const DIG_LIMIT: Duration = Duration::from_secs(5);

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# the Multicast DNS responder MUST send a UDP response
//# directly back to the querier, via unicast, to the query packet's
//# source IP address and port.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# it MUST repeat the query ID and the
//# question given in the query message.
pub(crate) fn dig() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let (here, asker) = (lab.node("here")?, lab.node("asker")?);
    let port = lab.plug(&here, &segment, "lan1", Families::Both)?;
    lab.plug(&asker, &segment, "eth0", Families::V4Only)?;
    // Without multicast DNS of its own, a host needs a route to the group.
    asker.ip(&["route", "add", "224.0.0.0/4", "dev", "eth0"])?;
    let arguments = [
        "register", "Web Site", HTTP, "80", "a=1", "--host", "here", "--sub", "_x",
    ];
    let cooee = cooee::start(&here, &arguments)?;
    cooee.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;

    let ipv4 = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
    let ipv6 = port.ipv6.ok_or_else(|| Error::new("no IPv6 address"))?;
    let [a, b, c, d] = ipv4.octets();
    let reverse = format!("{d}.{c}.{b}.{a}.in-addr.arpa");
    let (address_v4, address_v6) = (ipv4.to_string(), ipv6.to_string());
    let instance = "Web\\032Site._http._tcp.local";
    let cases = [
        ("here.local", "A", address_v4.as_str()),
        ("here.local", "AAAA", &address_v6),
        ("_http._tcp.local", "PTR", "Web\\032Site._http._tcp.local."),
        (
            "_x._sub._http._tcp.local",
            "PTR",
            "Web\\032Site._http._tcp.local.",
        ),
        ("_services._dns-sd._udp.local", "PTR", "_http._tcp.local."),
        (instance, "SRV", "0 0 80 here.local."),
        (instance, "TXT", "\"a=1\""),
        (&reverse, "PTR", "here.local."),
    ];
    for (name, rtype, wanted) in cases {
        let (answer, lines) = ask(&asker, &address_v4, name, rtype)?;
        let shows = lines.iter().any(|line| line.ends_with(wanted));
        ensure!(shows, "{name} {rtype} is {lines:?}, wanted {wanted}");
        assert_legacy(&answer)?;
    }
    // A type that the host has no record of.
    let (answer, lines) = ask(&asker, &address_v4, "here.local", "HINFO")?;
    let denies = lines
        .iter()
        .any(|line| line.contains("NSEC") && line.ends_with("here.local. A AAAA"));
    ensure!(denies, "here.local HINFO is {lines:?}");
    assert_legacy(&answer)?;
    for (name, rtype) in [
        ("here.local", "A"),
        ("_http._tcp.local", "PTR"),
        ("here.local", "HINFO"),
    ] {
        let (answer, _) = ask(&asker, "224.0.0.251", name, rtype)?;
        assert_legacy(&answer)?;
    }
    Ok(())
}

/// Has `dig` ask; returns the query with its answer as they passed, and the lines of the answer.
fn ask(asker: &Node, server: &str, name: &str, rtype: &str) -> Result<([Seen; 2], Vec<String>)> {
    let capture = Capture::start(asker)?;
    let options = ["-p", "5353", "+time=1", "+tries=1", "+noall", "+answer"];
    let server = format!("@{server}");
    let arguments = [&options[..], &[&server, name, rtype]].concat();
    let shown = asker.run("dig", &arguments, DIG_LIMIT)?;
    let lines = shown.stdout.into_iter().map(|line| line.text);
    let lines = lines.filter(|line| !line.starts_with(';')).collect();
    let seen = capture.stop();
    let is_legacy = |address: &SocketAddr| address.port() != MDNS_PORT;
    let query = seen.iter().find(|seen| is_legacy(&seen.source));
    let answer = seen.iter().find(|seen| is_legacy(&seen.destination));
    match (query, answer) {
        (Some(query), Some(answer)) => Ok(([query.clone(), answer.clone()], lines)),
        _ => Err(Error::new(format!(
            "{name} {rtype}: {} datagrams passed",
            seen.len()
        ))),
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# the cache-flush
//# bit described in Section 10.2, "Announcements to Flush Outdated Cache
//# Entries", MUST NOT be set in legacy unicast responses.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//= type=test
//# The resource record TTL given in a legacy unicast response SHOULD NOT
//# be greater than ten seconds
fn assert_legacy([query, answer]: &[Seen; 2]) -> Result<()> {
    ensure!(
        answer.destination == query.source,
        "to {}",
        answer.destination
    );
    let asked = Message::parse(&query.payload).context("query")?;
    let said = Message::parse(&answer.payload).context("answer")?;
    let (asked_id, id) = (asked.header().id, said.header().id);
    ensure!(asked_id == id, "the id is {id}, not {asked_id}");
    let question = |message: &Message<'_>| -> Result<(String, RecordType)> {
        let first = message.questions().next();
        let first = first
            .ok_or_else(|| Error::new("no question"))?
            .context("question")?;
        Ok((
            first.name.to_name().context("name")?.to_string(),
            first.rtype,
        ))
    };
    ensure!(
        question(&asked)? == question(&said)?,
        "another question is repeated"
    );
    for record in said.records() {
        let (_, record) = record.context("record")?;
        ensure!(!record.cache_flush, "the cache-flush bit is set");
        ensure!(
            record.ttl.as_secs() <= 10,
            "the TTL is {}",
            record.ttl.as_secs()
        );
    }
    Ok(())
}
