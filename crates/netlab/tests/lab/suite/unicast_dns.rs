//! The DNS server of `cooeed`, asked by programs that know only unicast DNS.
//!
//! In:  services of Avahi and of Cooee on one link, askers on another one.
//! Out: whether `dig`, a statically linked program of musl, glibc, c-ares, Java and a forwarding
//!      dnsmasq find them, and whether nobody else is served.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use netlab::avahi::Service;
use netlab::clock::{monotonic, wait_until};
use netlab::cooeed::Cooeed;
use netlab::error::Context;
use netlab::lab::Families;
use netlab::program::{Finished, Running};
use netlab::{Error, Node, Result, cooee, ensure};

use super::setup::{ONCE_LIMIT, Pair, service};

/// How long any of the programs may take.
const PROGRAM_LIMIT: Duration = Duration::from_secs(20);

/// The daemon with its DNS server on a second link, and an asker there.
pub(super) struct Pod {
    pub(super) pair: Pair,
    pub(super) asker: Node,
    pub(super) server: Ipv4Addr,
}

impl Pod {
    pub(super) fn new() -> Result<Self> {
        let mut pair = Pair::new()?;
        let pods = pair.lab.segment()?;
        let asker = pair.lab.node("asker")?;
        let port = pair.lab.plug(&pair.here, &pods, "pod0", Families::V4Only)?;
        pair.lab.plug(&asker, &pods, "eth0", Families::V4Only)?;
        let server = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
        Ok(Self {
            pair,
            asker,
            server,
        })
    }

    /// Starts the daemon with further settings of its DNS server.
    pub(super) fn start(&self, more: &str) -> Result<Cooeed> {
        let daemon = Cooeed::start_with(&self.pair.here, "here", "lan1", &self.settings(more))?;
        daemon.wait_log("this host is here.local")?;
        daemon.wait_log("the DNS server listens on")?;
        Ok(daemon)
    }

    pub(super) fn settings(&self, more: &str) -> String {
        format!("[dns]\nlisten = [\"{}:53\"]\n{more}", self.server)
    }

    /// Has `dig` ask from a host.
    pub(super) fn dig(&self, from: &Node, arguments: &[&str]) -> Result<Dug> {
        dig(from, &self.server.to_string(), arguments)
    }
}

/// What `dig` has shown.
#[derive(Debug)]
pub(super) struct Dug {
    /// Such as `NOERROR`.
    pub(super) status: String,
    /// The flags of the reply.
    pub(super) flags: String,
    /// The records of all sections, their fields separated by one space.
    pub(super) records: Vec<String>,
}

impl Dug {
    /// Returns whether a record of the reply ends with a text.
    pub(super) fn shows(&self, end: &str) -> bool {
        self.records.iter().any(|record| record.ends_with(end))
    }
}

/// Has `dig` ask a server.
pub(super) fn dig(from: &Node, server: &str, arguments: &[&str]) -> Result<Dug> {
    let server = format!("@{server}");
    let options = [&server, "+tries=1", "+time=10", "+nostats"];
    let shown = from.run("dig", &[&options[..], arguments].concat(), PROGRAM_LIMIT)?;
    let text = shown.stdout_text();
    let between = |start: &str, end: char| {
        let rest = text.split(start).nth(1).unwrap_or_default();
        rest.split(end).next().unwrap_or_default().to_owned()
    };
    let records = text
        .lines()
        .filter(|line| !line.starts_with(';') && !line.is_empty());
    Ok(Dug {
        status: between("status: ", ','),
        flags: between(";; flags: ", ';'),
        records: records
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect(),
    })
}

pub(crate) fn asked_by_dig() -> Result<()> {
    let pod = Pod::new()?;
    let many = (1..=80).map(|number| Service {
        service_type: "_many._tcp".to_owned(),
        ..service(&format!("One of many {number}"), number)
    });
    let services = [service("Web Site", 80)].into_iter().chain(many).collect();
    let _avahi = pod.pair.avahi(services)?;
    let nas = cooee::start(&pod.pair.peer, &["publish-host", "nas", "10.77.0.7"])?;
    nas.wait_stdout(ONCE_LIMIT, |line| line.contains("host-registered"))?;
    let daemon = pod.start("")?;
    answers(&pod)?;
    absences(&pod)?;
    refusals(&pod, &daemon)?;
    let [udp, tcp] =
        ["+ignore", "+tcp"].map(|way| pod.dig(&pod.asker, &[way, "_many._tcp.local", "PTR"]));
    let (udp, tcp) = (udp?, tcp?);
    ensure!(
        udp.flags.contains("tc") && udp.records.len() < 80,
        "over UDP: {udp:?}"
    );
    ensure!(
        !tcp.flags.contains("tc") && tcp.records.len() == 80,
        "over TCP: {tcp:?}"
    );
    reloads(&pod, &daemon)
}

fn answers(pod: &Pod) -> Result<()> {
    let address = |ip: Option<String>| ip.ok_or_else(|| Error::new("no address"));
    let peer = &pod.pair.peer_port;
    let v4 = address(peer.ipv4.map(|ip| ip.to_string()))?;
    let v6 = address(peer.ipv6.map(|ip| ip.to_string()))?;
    let own = address(pod.pair.here_port.ipv4.map(|ip| ip.to_string()))?;
    let octets: Vec<&str> = v4.rsplit('.').collect();
    let reverse = format!("{}.in-addr.arpa", octets.join("."));
    let web = "Web\\032Site._http._tcp.local";
    let cases = [
        ("peer.local", "A", format!("peer.local. 10 IN A {v4}")),
        ("PEER.Local", "A", format!("PEER.Local. 10 IN A {v4}")),
        ("peer.local", "AAAA", format!("peer.local. 10 IN AAAA {v6}")),
        ("here.local", "A", format!("here.local. 10 IN A {own}")),
        ("_http._tcp.local", "PTR", format!(" PTR {web}.")),
        (web, "SRV", format!("{web}. 10 IN SRV 0 0 80 peer.local.")),
        (web, "TXT", format!("{web}. 10 IN TXT \"path=/\"")),
        (
            "_services._dns-sd._udp.local",
            "PTR",
            " PTR _http._tcp.local.".to_owned(),
        ),
        ("lb._dns-sd._udp.local", "PTR", " PTR local.".to_owned()),
        ("b._dns-sd._udp.local", "PTR", " PTR local.".to_owned()),
        (&reverse, "PTR", " PTR peer.local.".to_owned()),
    ];
    for (name, rtype, wanted) in cases {
        let got = pod.dig(&pod.asker, &[name, rtype])?;
        ensure!(
            got.shows(&wanted),
            "{name} {rtype} is {got:?}, wanted {wanted}"
        );
        ensure!(
            got.status == "NOERROR" && got.flags == "qr aa rd",
            "{name} {rtype}: {got:?}"
        );
    }
    // What is known already comes along.
    let (srv, a) = (
        " SRV 0 0 80 peer.local.",
        format!("peer.local. 10 IN A {v4}"),
    );
    for (name, rtype, along) in [
        ("_http._tcp.local", "PTR", [srv, " TXT \"path=/\"", &a]),
        (web, "SRV", [srv, srv, &a]),
    ] {
        let got = pod.dig(&pod.asker, &[name, rtype])?;
        let is_whole = along.iter().all(|record| got.shows(record));
        ensure!(is_whole, "{name} {rtype} comes without {along:?}: {got:?}");
    }
    let aaaa = pod.dig(&pod.asker, &["peer.local", "AAAA"])?;
    ensure!(
        !aaaa.shows("fe80"),
        "a link-local address is shown: {aaaa:?}"
    );
    Ok(())
}

/// Names and types that do not exist, each answered in time.
fn absences(pod: &Pod) -> Result<()> {
    // The first one says itself that it has no IPv6 address; of the next ones, a record of another
    // type answers.
    let cases = [
        ("nas.local", "AAAA", "NOERROR", WAIT),
        ("peer.local", "MX", "NOERROR", WAIT),
        ("_none._tcp.local", "PTR", "NOERROR", 2 * WAIT),
        ("nobody.local", "A", "NXDOMAIN", 2 * WAIT),
        ("_dns-push-tls._tcp.local", "SRV", "NOERROR", WAIT),
    ];
    for (name, rtype, status, limit) in cases {
        let begun = monotonic();
        let got = pod.dig(&pod.asker, &[name, rtype])?;
        let after = monotonic().saturating_sub(begun);
        ensure!(got.status == status, "{name} {rtype}: {got:?}");
        ensure!(
            got.shows("SOA local. nobody.invalid. 0 7200 3600 86400 10"),
            "{name}: {got:?}"
        );
        ensure!(after < limit, "{name} {rtype}: answered after {after:?}");
    }
    Ok(())
}

/// How long the daemon waits when nobody answers.
const WAIT: Duration = Duration::from_millis(2_200);

fn refusals(pod: &Pod, daemon: &Cooeed) -> Result<()> {
    for name in ["example.com", "1.2.0.192.in-addr.arpa", "."] {
        let got = pod.dig(&pod.asker, &[name, "A"])?;
        ensure!(
            got.status == "REFUSED" && got.flags == "qr rd",
            "{name}: {got:?}"
        );
    }
    // Another host, and this one by an address of another network.
    let elsewhere = pod
        .pair
        .here_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4 address"))?;
    let elsewhere = elsewhere.to_string();
    let got = pod.dig(&pod.pair.here, &["-b", &elsewhere, "here.local", "A"])?;
    ensure!(got.status == "REFUSED", "from another network: {got:?}");
    let status = daemon.run(&["status", "--json"])?.success()?.stdout_text();
    ensure!(status.contains("\"refused\":4,"), "status: {status}");
    let tcp = ["+tcp", "-b", &elsewhere, "here.local", "A"];
    let got = pod.dig(&pod.pair.here, &tcp)?;
    ensure!(
        got.status.is_empty(),
        "over TCP from another network: {got:?}"
    );
    // Neither other operations nor types that no record has reach the links.
    for (question, status) in [
        (["here.local", "TYPE41"], "REFUSED"),
        (["here.local", "MAILB"], "REFUSED"),
        (["+opcode=6", "here.local"], "NOTIMP"),
        (["+opcode=update", "here.local"], "NOTIMP"),
    ] {
        let got = pod.dig(&pod.asker, &question)?;
        ensure!(got.status == status, "{question:?}: {got:?}");
    }
    Ok(())
}

/// Other settings apply at once.
fn reloads(pod: &Pod, daemon: &Cooeed) -> Result<()> {
    daemon.set(&pod.settings("local = false\nreverse = false\n"))?;
    let is_refused = || {
        let got = pod.dig(&pod.asker, &["here.local", "A"]);
        got.is_ok_and(|got| got.status == "REFUSED")
    };
    ensure!(
        wait_until(PROGRAM_LIMIT, is_refused),
        "`local` is still served"
    );
    daemon.set(&pod.settings("requests-per-second = 5\n"))?;
    let is_served = || {
        let got = pod.dig(&pod.asker, &["here.local", "A"]);
        got.is_ok_and(|got| got.status == "NOERROR")
    };
    ensure!(
        wait_until(PROGRAM_LIMIT, is_served),
        "`local` is not served again"
    );
    daemon.set("")?;
    ensure!(
        wait_until(PROGRAM_LIMIT, || !is_served()),
        "the server is not closed"
    );
    Ok(())
}

/// Asks for the addresses of a host as most programs do.
const GETADDRINFO: &str = r#"
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int main(int count, char **words)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *one;
    char text[INET6_ADDRSTRLEN];
    int error = count > 1 ? getaddrinfo(words[1], "80", &hints, &found) : EAI_NONAME;
    if (error) {
        printf("%s\n", gai_strerror(error));
        return 2;
    }
    for (one = found; one; one = one->ai_next) {
        const void *address = one->ai_family == AF_INET
            ? (void *)&((struct sockaddr_in *)one->ai_addr)->sin_addr
            : (void *)&((struct sockaddr_in6 *)one->ai_addr)->sin6_addr;
        puts(inet_ntop(one->ai_family, address, text, sizeof text));
    }
    return 0;
}
"#;

/// Asks with the resolver of c-ares.
const NODE: &str = "const { Resolver } = require('dns').promises; const r = new Resolver(); \
    Promise.all([r.resolve4('peer.local'), r.resolve6('peer.local'), \
    r.resolvePtr('_http._tcp.local'), r.resolveSrv('Website._http._tcp.local')]) \
    .then(found => console.log(JSON.stringify(found)))";

pub(crate) fn asked_by_resolvers() -> Result<()> {
    let pod = Pod::new()?;
    // c-ares refuses names with spaces.
    let arguments = ["register", "Website", "_http._tcp", "80", "--host", "peer"];
    let web = cooee::start(&pod.pair.peer, &arguments)?;
    web.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
    let _daemon = pod.start("")?;
    let program = build(&pod.asker)?;
    let program = program.display().to_string();
    let dnsmasq = forward(&pod)?;
    let addresses = pod.pair.peer_port.addresses();
    let port = &pod.pair.peer_port;
    let ipv4 = port.ipv4.map(|ip| ip.to_string()).unwrap_or_default();
    let ipv6 = port.ipv6.map(|ip| ip.to_string()).unwrap_or_default();
    for server in [pod.server.to_string(), "127.0.0.1".to_owned()] {
        let found = resolving(&pod.asker, &server, &[&program, "peer.local"])?.success()?;
        let found: Vec<String> = found.stdout.into_iter().map(|line| line.text).collect();
        let are_right = found.iter().all(|address| addresses.contains(address));
        ensure!(
            found.len() == 2 && are_right,
            "musl, {server}: {found:?} of {addresses:?}"
        );
        let missing = resolving(&pod.asker, &server, &[&program, "nobody.local"])?;
        let said = missing.stdout_text();
        ensure!(said.contains("does not resolve"), "musl, {server}: {said}");
        let getent = ["getent", "-s", "hosts:dns", "ahosts", "peer.local"];
        let said = resolving(&pod.asker, &server, &getent)?
            .success()?
            .stdout_text();
        // The asker has no IPv6 address, so glibc shows no other.
        ensure!(said.contains(&ipv4), "glibc, {server}: {said}");
        let said = resolving(&pod.asker, &server, &["node", "-e", NODE])?
            .success()?
            .stdout_text();
        for wanted in [
            &ipv6,
            "\"Website._http._tcp.local\"",
            "\"name\":\"peer.local\",\"port\":80",
        ] {
            ensure!(
                said.contains(wanted),
                "c-ares, {server}: {said}, wanted {wanted}"
            );
        }
    }
    drop(dnsmasq);
    asked_by_java(&pod, &ipv4)
}

/// Asks with the resolver of Java, which knows no other file or service.
const JAVA: &str = r#"
import java.util.Hashtable;
import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.directory.InitialDirContext;

class Names {
    public static void main(String[] words) throws Exception {
        var settings = new Hashtable<String, Object>();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        settings.put(Context.PROVIDER_URL, "dns://" + words[0]);
        var dns = new InitialDirContext(settings);
        for (int at = 1; at < words.length; at += 2) {
            String[] types = {words[at + 1]};
            try {
                System.out.println(dns.getAttributes(words[at], types).get(types[0]));
            } catch (NameNotFoundException missing) {
                System.out.println(words[at] + " does not exist");
            }
        }
    }
}
"#;

fn asked_by_java(pod: &Pod, ipv4: &str) -> Result<()> {
    let source = pod.asker.folder()?.join("Names.java");
    fs::write(&source, JAVA).context(source.display())?;
    let (server, source) = (pod.server.to_string(), source.display().to_string());
    let questions = [
        [&server, "peer.local", "A"],
        ["_http._tcp.local", "PTR", "Website._http._tcp.local"],
        ["SRV", "nobody.local", "A"],
    ];
    let words = [&[source.as_str()][..], questions.as_flattened()].concat();
    let said = pod.asker.run("java", &words, PROGRAM_LIMIT)?;
    let said = said.success()?.stdout_text();
    for wanted in [
        &format!("A: {ipv4}"),
        "PTR: Website._http._tcp.local.",
        "SRV: 0 0 80 peer.local.",
        "nobody.local does not exist",
    ] {
        ensure!(said.contains(wanted), "Java: {said}, wanted {wanted}");
    }
    Ok(())
}

/// Builds the program with the C library of musl, without any other.
fn build(node: &Node) -> Result<PathBuf> {
    let folder = node.folder()?;
    let (source, program) = (folder.join("getaddrinfo.c"), folder.join("getaddrinfo"));
    fs::write(&source, GETADDRINFO).context(source.display())?;
    let mut command = Command::new("musl-gcc");
    command.args(["-static", "-o"]).args([&program, &source]);
    Running::start(command)?.finish(PROGRAM_LIMIT)?.success()?;
    Ok(program)
}

/// Starts dnsmasq on the loopback of the asker. It forwards `local`.
fn forward(pod: &Pod) -> Result<Running> {
    let mut command = pod.asker.command("dnsmasq");
    command.args([
        "--no-daemon",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
    ]);
    command.args(["--listen-address=127.0.0.1", "--bind-interfaces"]);
    command.arg(format!("--server=/local/{}", pod.server));
    let dnsmasq = Running::start(command)?;
    dnsmasq.wait_stderr(PROGRAM_LIMIT, |line| line.contains("started"))?;
    Ok(dnsmasq)
}

/// Runs a program whose `resolv.conf` names one server.
fn resolving(node: &Node, server: &str, words: &[&str]) -> Result<Finished> {
    let file = node.folder()?.join("resolv.conf");
    fs::write(&file, format!("nameserver {server}\n")).context(file.display())?;
    let script = "mount --bind \"$1\" /etc/resolv.conf && shift && exec \"$@\"";
    let mut command = node.command("unshare");
    command
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(&file);
    command.args(words);
    Running::start(command)?.finish(PROGRAM_LIMIT)
}
