//! `cooeed` as a reflector between two links, with hosts of many kinds on both.
//!
//! In:  Avahi, python-zeroconf and Cooee with services on one link; the same and the crate
//!      `mdns-sd` on the other one; a router with `cooeed` on both.
//! Out: whether what a rule allows is found, resolved, changed and withdrawn across, and the rest is
//!      never seen.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use netlab::avahi::{Avahi, Service};
use netlab::avahi_browse;
use netlab::capture::{Capture, Seen};
use netlab::clock::wait_until;
use netlab::cooee;
use netlab::cooeed::Cooeed;
use netlab::foreign::{Foreign, Offer, Package};
use netlab::lab::Families;
use netlab::program::{Finished, Running};
use netlab::{Error, Lab, Node, Port, Result, Segment, ensure};
use nix::sys::signal::Signal;

use super::mdns_sd_peer::MdnsSd;
use super::setup::{HTTP, avahi, service};

/// How long services may take to be found across, by each kind of browser.
const FOUND_LIMIT: Duration = Duration::from_secs(15);

/// How long a change or an end may take to be seen across: goodbyes take effect after a second.
const CHANGE_LIMIT: Duration = Duration::from_secs(10);

/// What is allowed to cross.
const RULES: &str = r#"[[reflect]]
from = "devices0"
to = "office0"
allow = ["_http._tcp"]
instances-deny = ["Secret*"]
"#;

/// Two links and the router between them.
pub(crate) struct House {
    lab: Lab,
    devices: Segment,
    office: Segment,
    router: Node,
    office_port: Port,
}

impl House {
    pub(crate) fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let (devices, office) = (lab.segment()?, lab.segment()?);
        let router = lab.node("router")?;
        lab.plug(&router, &devices, "devices0", Families::Both)?;
        let office_port = lab.plug(&router, &office, "office0", Families::Both)?;
        Ok(Self {
            lab,
            devices,
            office,
            router,
            office_port,
        })
    }

    /// Returns the address of the router in the office.
    pub(crate) fn router_in_office(&self) -> Option<Ipv4Addr> {
        self.office_port.ipv4
    }

    pub(crate) fn daemon(&self, settings: &str) -> Result<Cooeed> {
        Cooeed::start_with(&self.router, "router", "devices0,office0", settings)
    }

    /// Plugs hosts into a link, each through `eth0`.
    pub(crate) fn hosts<const N: usize>(
        &mut self,
        names: [&str; N],
        on_devices: bool,
    ) -> Result<[(Node, Port); N]> {
        let segment = if on_devices {
            self.devices.clone()
        } else {
            self.office.clone()
        };
        self.lab.plugged(names, &segment, "eth0", Families::Both)
    }
}

/// The browsers in the office.
struct Browsers {
    avahi: Running,
    cooee: Running,
    zeroconf: Foreign,
    mdns_sd: MdnsSd,
    _daemon: Avahi,
}

impl Browsers {
    fn start(house: &mut House) -> Result<Self> {
        let names = ["avahi", "cooee", "zeroconf", "mdns-sd"];
        let [
            (avahi_node, _),
            (cooee_node, _),
            (zeroconf_node, port),
            (mdns_sd_node, _),
        ] = house.hosts(names, false)?;
        let daemon = avahi(&avahi_node, "reader", &["eth0"], vec![])?;
        let zeroconf = Foreign::start(Package::Zeroconf, &zeroconf_node, &port)?;
        zeroconf.browse(HTTP)?;
        Ok(Self {
            avahi: daemon.follow_resolved(HTTP)?,
            cooee: cooee::start(&cooee_node, &["browse", HTTP])?,
            zeroconf,
            mdns_sd: MdnsSd::browse(&mdns_sd_node, HTTP)?,
            _daemon: daemon,
        })
    }

    /// Returns the names that each of them has resolved and not lost.
    fn found(&self) -> Result<[(&'static str, BTreeSet<String>); 4]> {
        let names = |services: std::collections::BTreeMap<String, cooee::Found>| {
            services.into_keys().collect::<BTreeSet<String>>()
        };
        let present = avahi_browse::present(&self.avahi.stdout());
        let resolved = names(avahi_browse::resolved(&self.avahi.stdout())?);
        let by_cooee = cooee::services(&cooee::objects(&self.cooee.stdout())?)?;
        Ok([
            ("avahi-browse", &present & &resolved),
            ("cooee", names(by_cooee)),
            ("zeroconf", names(self.zeroconf.services(HTTP)?)),
            ("mdns-sd", names(self.mdns_sd.services()?)),
        ])
    }

    /// Waits until all have found exactly these.
    fn wait_found(&self, wanted: &[&str], limit: Duration) -> Result<()> {
        let wanted: BTreeSet<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let all = || {
            let found = self.found();
            found.is_ok_and(|found| found.iter().all(|(_, names)| *names == wanted))
        };
        ensure!(
            wait_until(limit, all),
            "not {wanted:?}: {:?}",
            self.found()?
        );
        Ok(())
    }
}

/// The services among the devices, and the programs that publish them.
struct Devices {
    zeroconf: Foreign,
    avahi: Avahi,
    from_avahi: Running,
    cooee: Running,
}

impl Devices {
    fn start(house: &mut House) -> Result<Self> {
        let names = ["printer", "camera", "nas"];
        let [(avahi_node, _), (zeroconf_node, port), (cooee_node, _)] = house.hosts(names, true)?;
        let other = Service {
            service_type: "_ipp._tcp".to_owned(),
            ..service("Unwanted type", 631)
        };
        let held = vec![service("Secret of Avahi", 81), other];
        let daemon = avahi(&avahi_node, "printer", &["eth0"], held)?;
        let from_avahi = daemon.publish(&service("Of Avahi", 80))?;
        daemon.wait_established(&from_avahi, FOUND_LIMIT)?;
        let zeroconf = Foreign::start(Package::Zeroconf, &zeroconf_node, &port)?;
        zeroconf.register(&Offer {
            instance: "Of zeroconf",
            service_type: HTTP,
            port: 80,
            txt: &["a=1".to_owned()],
        })?;
        zeroconf.wait_registered(FOUND_LIMIT, 1)?;
        let cooee = cooee::start(&cooee_node, &["register", "Of Cooee", HTTP, "80"])?;
        Ok(Self {
            zeroconf,
            avahi: daemon,
            from_avahi,
            cooee,
        })
    }
}

pub(crate) fn across() -> Result<()> {
    let mut house = House::new()?;
    let _router = house.daemon(RULES)?;
    let [(watch, _)] = house.hosts(["watch"], false)?;
    let capture = Capture::start(&watch)?;
    let browsers = Browsers::start(&mut house)?;
    let devices = Devices::start(&mut house)?;
    let all = ["Of Avahi", "Of Cooee", "Of zeroconf"];
    browsers.wait_found(&all, FOUND_LIMIT)?;

    // One that comes later has to ask.
    let [(late, _)] = house.hosts(["late"], false)?;
    let found = find_once(&late)?;
    ensure!(found == all, "one that comes later finds {found:?}");

    let changed = ["a=2".to_owned()];
    devices.zeroconf.update("Of zeroconf", HTTP, &changed)?;
    let is_changed = || {
        let events = cooee::objects(&browsers.cooee.stdout());
        let services = events.and_then(|events| cooee::services(&events));
        services.is_ok_and(|services| services["Of zeroconf"].txt == [b"a=2".to_vec()])
    };
    ensure!(wait_until(CHANGE_LIMIT, is_changed), "the change is seen");

    devices.zeroconf.unregister("Of zeroconf", HTTP)?;
    browsers.wait_found(&["Of Avahi", "Of Cooee"], CHANGE_LIMIT)?;
    devices.from_avahi.signal(Signal::SIGTERM)?;
    devices.cooee.signal(Signal::SIGINT)?;
    browsers.wait_found(&[], CHANGE_LIMIT)?;
    drop(devices.avahi);
    stays_away(&capture.stop())
}

/// Returns the names that `cooee browse --once` resolves; the program fails if there are none.
fn find_once(node: &Node) -> Result<Vec<String>> {
    let finished = cooee::start(node, &["browse", HTTP, "--once"])?.finish(FOUND_LIMIT)?;
    let found = cooee::services(&cooee::objects(&finished.stdout)?)?;
    Ok(found.into_keys().collect())
}

/// Fails if anything that is not allowed was seen in the office.
fn stays_away(seen: &[Seen]) -> Result<()> {
    for refused in ["Unwanted", "Secret", "_ipp"] {
        let holds = |one: &&Seen| {
            let mut windows = one.payload.windows(refused.len());
            windows.any(|window| window == refused.as_bytes())
        };
        let found = seen.iter().find(holds);
        ensure!(found.is_none(), "{refused} is in the office: {found:?}");
    }
    let crossed = seen.iter().any(|one| {
        let mut windows = one.payload.windows(8);
        windows.any(|window| window == b"Of Avahi")
    });
    ensure!(crossed, "the capture has seen what crossed");
    Ok(())
}

pub(crate) fn reload_and_status() -> Result<()> {
    let mut house = House::new()?;
    let router = house.daemon("")?;
    let [(printer, _)] = house.hosts(["printer"], true)?;
    let _held = avahi(&printer, "printer", &["eth0"], vec![service("Web", 80)])?;
    let [(reader, _)] = house.hosts(["reader"], false)?;
    let found = find_once(&reader)?;
    ensure!(
        found.is_empty(),
        "nothing crosses without a rule: {found:?}"
    );

    router.set(RULES)?;
    let crosses = || find_once(&reader).is_ok_and(|found| found == ["Web"]);
    ensure!(wait_until(CHANGE_LIMIT, crosses), "the rule counts at once");
    let status = router.run(&["status"])?.success()?.stdout_text();
    let line = status.lines().find(|line| line.contains("reflected from"));
    let line = line.ok_or_else(|| Error::new(format!("no rule in {status}")))?;
    ensure!(
        line.contains("reflected from devices0 to office0") && !line.contains(" 0 answers"),
        "{line}"
    );

    router.set("")?;
    let is_gone = || {
        let status = router.run(&["status"]).and_then(Finished::success);
        status.is_ok_and(|status| !status.stdout_text().contains("reflected from"))
    };
    ensure!(wait_until(CHANGE_LIMIT, is_gone), "the rule is gone");
    Ok(())
}
