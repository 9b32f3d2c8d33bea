//! Others find what Cooee registers.
//!
//! In:  services registered with `cooee pipe`; Avahi, python-zeroconf and mdns-sd, each in a host.
//! Out: whether each of them shows every service field by field, its changes and its end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use netlab::avahi::{Avahi, Service};
use netlab::clock::wait_until;
use netlab::cooee::{self, Found};
use netlab::foreign::{Foreign, Package};
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Error, Lab, Node, Port, Result, Segment, avahi_browse, ensure};
use nix::sys::signal::Signal;

use super::mdns_sd_peer::MdnsSd;
use super::services::{numbered, strings};
use super::setup::{HTTP, avahi};

/// How many services there are, beside the one with binary TXT.
const SERVICES: u16 = 199;

/// Bytes that are not text, a key alone, an empty value.
const BINARY_TXT: &str = "--txt-hex 623dff00fe3d --txt k --txt e=";

/// The subtype of the service that has them.
const SUBTYPE: &str = "_bin._sub._http._tcp";

/// How long 200 services may take to be registered, then to be found.
const FOUND_LIMIT: Duration = Duration::from_secs(20);

/// How long a change may take to be seen.
const CHANGE_LIMIT: Duration = Duration::from_secs(5);

/// How long a service may still be seen after its end. A goodbye takes effect after a second, and a
/// TTL ends after two minutes. On a busy machine, a peer takes seconds to report 200 ends.
const GONE_LIMIT: Duration = Duration::from_secs(10);

type Services = BTreeMap<String, Found>;

/// The foreign browsers of a link, each in a host of its own.
pub(crate) struct Browsers {
    avahi: Avahi,
    followed: Running,
    zeroconf: Foreign,
    mdns_sd: MdnsSd,
    /// The host of `mdns_sd`, where another one may be started.
    node: Node,
}

impl Browsers {
    pub(crate) fn start(lab: &mut Lab, segment: &Segment) -> Result<Self> {
        let names = ["avahi", "zeroconf", "mdns-sd"];
        let [(of_avahi, _), (of_zeroconf, port), (node, _)] =
            lab.plugged(names, segment, "eth0", Families::Both)?;
        let avahi = avahi(&of_avahi, "avahi", &["eth0"], Vec::new())?;
        let zeroconf = Foreign::start(Package::Zeroconf, &of_zeroconf, &port)?;
        zeroconf.browse(HTTP)?;
        Ok(Self {
            followed: avahi.follow(HTTP)?,
            avahi,
            zeroconf,
            mdns_sd: MdnsSd::browse(&node, HTTP)?,
            node,
        })
    }

    /// Returns what Avahi has, resolved again.
    fn by_avahi(&self, service_type: &str) -> Result<Services> {
        let finished = self.avahi.browse(service_type, FOUND_LIMIT)?.success()?;
        avahi_browse::resolved(&finished.stdout)
    }

    /// Waits until each of them shows exactly these services.
    fn all_show(&self, wanted: &Services) -> Result<()> {
        same_soon("zeroconf", || self.zeroconf.services(HTTP), wanted)?;
        same_soon("mdns-sd", || self.mdns_sd.services(), wanted)?;
        same(
            "avahi",
            &with_one_address(self.by_avahi(HTTP)?, wanted),
            wanted,
        )
    }

    /// Has each of them browse the subtype.
    fn find_of_subtype(&self, wanted: &[&str]) -> Result<()> {
        self.zeroconf.browse(SUBTYPE)?;
        let mdns_sd = MdnsSd::browse(&self.node, SUBTYPE)?;
        let names = || -> Result<[Services; 2]> {
            Ok([self.zeroconf.services(SUBTYPE)?, mdns_sd.services()?])
        };
        let is_wanted = |shown: &Services| shown.keys().eq(wanted);
        let both = wait_until(CHANGE_LIMIT, || {
            names().is_ok_and(|names| names.iter().all(is_wanted))
        });
        ensure!(
            both,
            "zeroconf and mdns-sd find of the subtype {:?}",
            names()?
        );
        let by_avahi = self.by_avahi(SUBTYPE)?;
        ensure!(
            is_wanted(&by_avahi),
            "avahi finds of the subtype {by_avahi:?}"
        );
        Ok(())
    }

    /// The names that each of them has now.
    fn names(&self) -> Result<[(&'static str, BTreeSet<String>); 3]> {
        Ok([
            ("avahi", avahi_browse::present(&self.followed.stdout())),
            (
                "zeroconf",
                self.zeroconf.services(HTTP)?.into_keys().collect(),
            ),
            ("mdns-sd", self.mdns_sd.services()?.into_keys().collect()),
        ])
    }

    /// Waits until each of them has exactly these names.
    pub(crate) fn wait_for_names(&self, limit: Duration, wanted: &BTreeSet<String>) -> Result<()> {
        let all = || {
            self.names()
                .is_ok_and(|all| all.iter().all(|(_, names)| names == wanted))
        };
        if wait_until(limit, all) {
            return Ok(());
        }
        let wrong: Vec<String> = self
            .names()?
            .iter()
            .filter(|(_, names)| names != wanted)
            .map(|(who, names)| {
                let missing: Vec<_> = wanted.difference(names).collect();
                let stale: Vec<_> = names.difference(wanted).collect();
                format!("{who} misses {missing:?}, and still has {stale:?}")
            })
            .collect();
        Err(Error::new(format!("after {limit:?} {}", wrong.join("; "))))
    }
}

pub(crate) fn found_by_others() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let here = lab.node("here")?;
    let port = lab.plug(&here, &segment, "lan1", Families::Both)?;
    let browsers = Browsers::start(&mut lab, &segment)?;
    let pipe = cooee::start_pipe(&here)?;
    let services: Vec<Service> = (0..SERVICES).map(numbered).collect();
    let mut wanted: Services = services
        .iter()
        .map(|service| {
            (
                service.instance.clone(),
                expected(service.port, strings(service), &port),
            )
        })
        .collect();
    for service in &services {
        pipe.tell(&command("register", service))?;
    }
    let binary = [&b"b=\xff\x00\xfe="[..], b"k", b"e="]
        .map(<[u8]>::to_vec)
        .to_vec();
    wanted.insert("Binary".to_owned(), expected(9, binary, &port));
    pipe.tell(&format!(
        "register Binary {HTTP} 9 --host here --sub _bin {BINARY_TXT}"
    ))?;
    browsers.wait_for_names(FOUND_LIMIT, &wanted.keys().cloned().collect())?;
    browsers.all_show(&wanted)?;
    let addresses = ["-4", "-6"].map(|family| {
        browsers
            .avahi
            .resolve_host("here.local", family, CHANGE_LIMIT)
    });
    let addresses: BTreeSet<String> = addresses.into_iter().collect::<Result<_>>()?;
    let is_right = addresses.len() == 2 && addresses.is_subset(&port.addresses());
    ensure!(is_right, "avahi finds {addresses:?} of the host");
    browsers.find_of_subtype(&["Binary"])?;

    // A change is announced and nothing else is asked for.
    pipe.tell(&format!("update Binary {HTTP} --port 10 --txt new=1"))?;
    wanted.insert(
        "Binary".to_owned(),
        expected(10, vec![b"new=1".to_vec()], &port),
    );
    browsers.all_show(&wanted)?;

    // One leaves, then all of them.
    pipe.tell(&format!("unregister Binary {HTTP}"))?;
    wanted.remove("Binary");
    browsers.wait_for_names(GONE_LIMIT, &wanted.keys().cloned().collect())?;
    pipe.signal(Signal::SIGINT)?;
    browsers.wait_for_names(GONE_LIMIT, &BTreeSet::new())?;
    pipe.finish(GONE_LIMIT)?.success().map(drop)
}

/// Returns the command that registers or changes a service; the host's name is the test's own.
fn command(verb: &str, service: &Service) -> String {
    let txt = service
        .txt
        .iter()
        .map(|string| format!(" --txt {}", quoted(string)));
    let txt: String = txt.collect();
    let (name, port) = (quoted(&service.instance), service.port);
    match verb {
        "update" => format!("update {name} {HTTP} --port {port}{txt}"),
        _ => format!("{verb} {name} {HTTP} {port} --host here{txt}"),
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

fn expected(port: u16, txt: Vec<Vec<u8>>, at: &Port) -> Found {
    let addresses = at.addresses();
    Found {
        service_type: HTTP.to_owned(),
        host: "here.local".to_owned(),
        port: u64::from(port),
        txt,
        addresses,
    }
}

/// Avahi gives one address with a service, of the family that answered first.
fn with_one_address(shown: Services, wanted: &Services) -> Services {
    let all = |name: &String| wanted.get(name).map(|found| found.addresses.clone());
    let complete = |(name, mut found): (String, Found)| {
        if let Some(all) = all(&name).filter(|all| found.addresses.is_subset(all)) {
            found.addresses = all;
        }
        (name, found)
    };
    shown.into_iter().map(complete).collect()
}

fn same_soon(who: &str, shown: impl Fn() -> Result<Services>, wanted: &Services) -> Result<()> {
    wait_until(CHANGE_LIMIT, || shown().is_ok_and(|shown| shown == *wanted));
    same(who, &shown()?, wanted)
}

fn same(who: &str, shown: &Services, wanted: &Services) -> Result<()> {
    for (name, wanted) in wanted {
        let shown = shown.get(name);
        ensure!(
            shown == Some(wanted),
            "{who} shows {name:?} as {shown:?}, not {wanted:?}"
        );
    }
    ensure!(
        shown.len() == wanted.len(),
        "{who} shows {} services, not {}",
        shown.len(),
        wanted.len()
    );
    Ok(())
}
