//! A discovery proxy on a campus: `cooeed` serves zones to which real DNS servers delegate.
//!
//! In:  a link with services; on another one BIND and Knot with the parents of the zones, Unbound in
//!      front of them, and clients.
//! Out: whether `dig`, `avahi-browse` and `cooee` find what is on the link, through the caching
//!      resolver, and see a service come and go.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use netlab::avahi::Settings;
use netlab::clock::wait_until;
use netlab::cooeed::Cooeed;
use netlab::error::Context;
use netlab::lab::Families;
use netlab::program::Running;
use netlab::served::{Daemon, Served};
use netlab::{Error, Node, Result, Segment, cooee, ensure};
use nix::sys::signal::Signal;

use super::setup::{HTTP, ONCE_LIMIT, Pair, service};
use super::unicast_dns::dig;

/// How long a DNS server may take to start.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long a resolver may show what has changed: the TTL of ten seconds, and time to ask.
const CHANGE_LIMIT: Duration = Duration::from_secs(25);

/// The links, the hosts on them, and the servers.
struct Campus {
    pair: Pair,
    client: Node,
    resolver: Ipv4Addr,
    _daemon: Cooeed,
    _servers: [Running; 3],
}

impl Campus {
    fn new() -> Result<Self> {
        let mut pair = Pair::new()?;
        let campus = pair.lab.segment()?;
        let proxy = plug(&mut pair, None, &campus)?.1;
        let (bind, bind_at) = plug(&mut pair, Some("bind"), &campus)?;
        let (knot, knot_at) = plug(&mut pair, Some("knot"), &campus)?;
        let (unbound, resolver) = plug(&mut pair, Some("unbound"), &campus)?;
        let (client, _) = plug(&mut pair, Some("client"), &campus)?;
        let settings = format!("[dns]\nlisten = [\"{proxy}:53\"]\nlocal = false\n{ZONES}");
        let daemon = Cooeed::start_with(&pair.here, "here", "lan1", &settings)?;
        daemon.wait_log("this host is here.local")?;
        let servers = [
            start_bind(&bind, bind_at, proxy)?,
            start_knot(&knot, knot_at)?,
            start_unbound(&unbound, resolver, bind_at, knot_at)?,
        ];
        Ok(Self {
            pair,
            client,
            resolver,
            _daemon: daemon,
            _servers: servers,
        })
    }

    /// Returns the records that the resolver gives to the client.
    fn ask(&self, name: &str, rtype: &str) -> Result<Vec<String>> {
        let got = dig(&self.client, &self.resolver.to_string(), &[name, rtype])?;
        ensure!(got.status == "NOERROR", "{name} {rtype}: {got:?}");
        Ok(got.records)
    }

    /// Waits until the resolver shows an instance, or does not show it any more.
    fn wait_shown(&self, instance: &str, is_wanted: bool) -> Result<()> {
        let shows = || {
            let records = self.ask("_http._tcp.eth0.home.example", "PTR");
            records.is_ok_and(|records| records.iter().any(|record| record.contains(instance)))
        };
        ensure!(
            wait_until(CHANGE_LIMIT, || shows() == is_wanted),
            "{instance} is shown: {}",
            !is_wanted
        );
        Ok(())
    }
}

/// Two domains of one link. What nobody answers is given up before Unbound drops the answer.
const ZONES: &str = r#"wait-ms = 1500
[[dns.zone]]
name = "eth0.home.example"
interface = "lan1"
server-name = "proxy.home.example"
contact = "admin@home.example"
[[dns.zone]]
name = "First Floor.lab.example"
interface = "lan1"
server-name = "proxy.home.example"
"#;

/// Plugs a host into the campus: a new one, or the one with the daemon.
fn plug(pair: &mut Pair, name: Option<&str>, campus: &Segment) -> Result<(Node, Ipv4Addr)> {
    let node = match name {
        Some(name) => pair.lab.node(name)?,
        None => pair.here.clone(),
    };
    let port = pair.lab.plug(&node, campus, "campus0", Families::V4Only)?;
    let address = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
    Ok((node, address))
}

/// Starts BIND 9 with a zone that delegates one domain and the addresses of the link.
fn start_bind(node: &Node, address: Ipv4Addr, proxy: Ipv4Addr) -> Result<Running> {
    let folder = node.folder()?;
    let place = folder.display();
    let options = format!(
        "options {{ directory \"{place}\"; pid-file none; session-keyfile none; \
         listen-on {{ {address}; }}; listen-on-v6 {{ none; }}; recursion no; }};\n\
         controls {{ }};\n\
         zone \"home.example\" {{ type primary; file \"home\"; }};\n\
         zone \"10.in-addr.arpa\" {{ type primary; file \"reverse\"; }};\n"
    );
    let home = format!(
        "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A {address}\n\
         proxy A {proxy}\neth0 NS proxy\nb._dns-sd._udp PTR eth0\nlb._dns-sd._udp PTR eth0\n"
    );
    let reverse = "$TTL 60\n@ SOA ns.home.example. hostmaster.home.example. 1 3600 600 86400 60\n\
        @ NS ns.home.example.\n1 NS proxy.home.example.\n";
    write(
        &folder,
        &[
            ("named.conf", &options),
            ("home", &home),
            ("reverse", reverse),
        ],
    )?;
    let mut command = node.command("named");
    command.arg("-g").arg("-c").arg(folder.join("named.conf"));
    started(command, "running")
}

/// Starts Knot with a zone that delegates the other domain.
fn start_knot(node: &Node, address: Ipv4Addr) -> Result<Running> {
    let folder = node.folder()?;
    let place = folder.display();
    let settings = format!(
        "server:\n    rundir: \"{place}\"\n    listen: {address}@53\n\
         database:\n    storage: \"{place}\"\n\
         log:\n  - target: stderr\n    any: info\n\
         zone:\n  - domain: lab.example\n    storage: \"{place}\"\n    file: \"lab\"\n"
    );
    let lab = format!(
        "$ORIGIN lab.example.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\n\
         ns A {address}\nFirst\\032Floor NS proxy.home.example.\n"
    );
    write(&folder, &[("knot.conf", &settings), ("lab", &lab)])?;
    let mut command = node.command("knotd");
    command.arg("-c").arg(folder.join("knot.conf"));
    started(command, "server started")
}

/// Starts Unbound, which changes the case of letters in its questions.
fn start_unbound(
    node: &Node,
    address: Ipv4Addr,
    bind: Ipv4Addr,
    knot: Ipv4Addr,
) -> Result<Running> {
    let folder = node.folder()?;
    let stubs = [
        ("home.example", bind),
        ("10.in-addr.arpa", bind),
        ("lab.example", knot),
    ];
    let stubs = stubs.map(|(name, at)| format!("stub-zone:\n  name: {name}\n  stub-addr: {at}\n"));
    let settings = format!(
        "server:\n  username: \"\"\n  chroot: \"\"\n  directory: \"{place}\"\n  pidfile: \"\"\n\
         \x20 use-syslog: no\n  do-daemonize: no\n  verbosity: 1\n  interface: {address}\n\
         \x20 access-control: 10.0.0.0/8 allow\n  module-config: iterator\n\
         \x20 use-caps-for-id: yes\n  do-ip6: no\n  local-zone: \"10.in-addr.arpa.\" nodefault\n\
         {stubs}remote-control:\n  control-enable: no\n",
        place = folder.display(),
        stubs = stubs.concat()
    );
    write(&folder, &[("unbound.conf", &settings)])?;
    let mut command = node.command("unbound");
    command.arg("-c").arg(folder.join("unbound.conf"));
    started(command, "start of service")
}

fn write(folder: &Path, files: &[(&str, &str)]) -> Result<()> {
    for (name, text) in files {
        fs::write(folder.join(name), text).context(name)?;
    }
    Ok(())
}

fn started(command: Command, wanted: &str) -> Result<Running> {
    let server = Running::start(command)?;
    server.wait_stderr(START_LIMIT, |line| line.contains(wanted))?;
    Ok(server)
}

pub(crate) fn delegated() -> Result<()> {
    let campus = Campus::new()?;
    let peer = &campus.pair.peer_port;
    let _avahi = campus.pair.avahi(vec![service("Web Site", 80)])?;
    let (v4, v6) = match (peer.ipv4, peer.ipv6) {
        (Some(v4), Some(v6)) => (v4.to_string(), v6.to_string()),
        _ => return Err(Error::new("no addresses")),
    };
    let octets: Vec<&str> = v4.rsplit('.').collect();
    let reverse = format!("{}.in-addr.arpa", octets.join("."));
    for domain in ["eth0.home.example", "First\\032Floor.lab.example"] {
        let web = format!("Web\\032Site._http._tcp.{domain}");
        let cases = [
            (
                format!("_http._tcp.{domain}"),
                "PTR",
                format!(" PTR {web}."),
            ),
            (web.clone(), "SRV", format!(" SRV 0 0 80 peer.{domain}.")),
            (web, "TXT", " TXT \"path=/\"".to_owned()),
            (format!("peer.{domain}"), "A", format!(" A {v4}")),
            (format!("PEER.{domain}"), "AAAA", format!(" AAAA {v6}")),
            (
                domain.to_owned(),
                "NS",
                " NS proxy.home.example.".to_owned(),
            ),
            (
                format!("lb._dns-sd._udp.{domain}"),
                "PTR",
                format!(" PTR {domain}."),
            ),
        ];
        for (name, rtype, wanted) in cases {
            let records = campus.ask(&name, rtype)?;
            let shows = records.iter().any(|record| record.ends_with(&wanted));
            ensure!(shows, "{name} {rtype} is {records:?}, wanted {wanted}");
        }
    }
    about_the_zone(&campus, &reverse)
}

/// Asks for the zone itself, for what is not there, and for the name of an address.
fn about_the_zone(campus: &Campus, reverse: &str) -> Result<()> {
    let soa = "SOA proxy.home.example. admin.home.example. 0 7200 3600 86400 10";
    let records = campus.ask("eth0.home.example", "SOA")?;
    ensure!(
        records.iter().any(|record| record.ends_with(soa)),
        "SOA: {records:?}"
    );
    let records = campus.ask("nobody.eth0.home.example", "A")?;
    ensure!(
        records.iter().all(|record| record.ends_with(soa)),
        "nobody: {records:?}"
    );
    let records = campus.ask(reverse, "PTR")?;
    let wanted = " PTR peer.eth0.home.example.";
    ensure!(
        records.iter().any(|record| record.ends_with(wanted)),
        "{reverse}: {records:?}"
    );
    let records = campus.ask("peer.eth0.home.example", "AAAA")?;
    ensure!(
        !records.iter().any(|record| record.contains("fe80")),
        "{records:?}"
    );
    Ok(())
}

pub(crate) fn followed() -> Result<()> {
    let campus = Campus::new()?;
    let first = publish(&campus, "first")?;
    campus.wait_shown("first", true)?;
    let _second = publish(&campus, "second")?;
    campus.wait_shown("second", true)?;
    let browsed = browse(&campus)?;
    for wanted in [
        "+;n/a;n/a;first;Web Site;eth0.home.example",
        "=;n/a;n/a;second;Web Site;eth0.home.example;peer.eth0.home.example;",
    ] {
        let shows = browsed.lines().any(|line| line.starts_with(wanted));
        ensure!(shows, "avahi-browse: {browsed}, wanted {wanted}");
    }
    first.signal(Signal::SIGINT)?;
    campus.wait_shown("first", false)?;
    campus.wait_shown("second", true)
}

fn publish(campus: &Campus, instance: &str) -> Result<Running> {
    let arguments = ["register", instance, HTTP, "80", "--host", "peer"];
    let published = cooee::start(&campus.pair.peer, &arguments)?;
    published.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
    Ok(published)
}

/// Browses with `cooee`, which asks the resolver that it is given, or that of the system.
pub(crate) fn browsed() -> Result<()> {
    let campus = Campus::new()?;
    let first = publish(&campus, "first")?;
    let server = campus.resolver.to_string();
    let given = ["--domain", "eth0.home.example", "--server", &server];
    let browse = cooee::start(&campus.client, &[&["browse", HTTP][..], &given].concat())?;
    let sees = |event: &str, instance: &str| {
        let (event, instance) = (format!("\"{event}\""), format!("\"{instance}\""));
        browse.wait_stdout(CHANGE_LIMIT, |line| {
            line.contains(&event) && line.contains(&instance)
        })
    };
    sees("resolved", "first")?;
    let _second = publish(&campus, "second")?;
    let line = sees("resolved", "second")?;
    first.signal(Signal::SIGINT)?;
    sees("removed", "first")?;
    sees("lost", "first")?;
    let v4 = campus.pair.peer_port.ipv4;
    let v4 = v4.ok_or_else(|| Error::new("no IPv4 address"))?;
    let shows = |text: &str| {
        let host = text.contains("\"host\":\"peer.eth0.home.example\",\"port\":80");
        host && text.contains(&format!("\"{v4}\""))
    };
    ensure!(shows(&line.text), "{}", line.text);
    use_resolver(&campus)?;
    let domain = ["--domain", r"First\032Floor.lab.example"];
    let run = |words: &[&str]| {
        let printed = cooee::start(&campus.client, &[words, &domain].concat())?;
        Ok::<_, Error>(printed.finish(ONCE_LIMIT)?.success()?.stdout_text())
    };
    let once = run(&["browse", "--once"])?;
    let (is_second, is_first) = (once.contains("\"second\""), once.contains("\"first\""));
    ensure!(is_second && !is_first, "{once}");
    let resolved = run(&["resolve", "second", HTTP])?;
    let host = r#""host":"peer.First Floor.lab.example","#;
    ensure!(resolved.contains(host), "{resolved}");
    let types = run(&["types", "--once"])?;
    ensure!(types.contains(HTTP), "{types}");
    Ok(())
}

/// Makes the resolver of the campus that of the system.
fn use_resolver(campus: &Campus) -> Result<()> {
    let file = campus.client.folder()?.join("resolv.conf");
    let text = format!("nameserver {}\n", campus.resolver);
    fs::write(&file, text).context(file.display())?;
    // The mounts of a test are its own.
    let mut mount = Command::new("mount");
    mount
        .arg("--bind")
        .args([&file, Path::new("/etc/resolv.conf")]);
    Running::start(mount)?.finish(START_LIMIT)?.success()?;
    Ok(())
}

/// Returns what `avahi-browse` finds in the domain, with the resolver of the campus.
fn browse(campus: &Campus) -> Result<String> {
    use_resolver(campus)?;
    let settings = Settings {
        host_name: "client".to_owned(),
        interfaces: vec!["campus0".to_owned()],
        services: Vec::new(),
    };
    let wide = [("enable-wide-area=no", "enable-wide-area=yes")];
    let served = Served::start_with(&campus.client, Daemon::Avahi, &settings, &wide)?;
    let mut command = served.command("avahi-browse");
    command.args(["-rpt", "-d", "eth0.home.example", HTTP]);
    let browsed = Running::start(command)?.finish(START_LIMIT)?;
    Ok(browsed.success()?.stdout_text())
}
