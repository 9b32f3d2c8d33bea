//! Checks of the interfaces, and of how other programs find names.
//!
//! In:  the decisions about interfaces, their state, the configuration of names.
//! Out: findings about interfaces that cannot be used.

use cooee_net::facts::NameService;
use cooee_net::{Decision, InterfaceKind, Reason};

use super::{Checked, listed};
use crate::diagnose::facts::Facts;
use crate::diagnose::finding::{Finding, FindingCode};

/// Is there an interface to use?
pub(super) fn usable(facts: &Facts) -> Checked {
    let selected = facts.decisions.iter().filter(|decision| decision.selected);
    let names: Vec<String> = selected
        .map(|decision| decision.interface.name.clone())
        .collect();
    if !names.is_empty() {
        return Checked::Passed(format!("{} in use", listed(names)));
    }
    let state = facts
        .decisions
        .iter()
        .map(|decision| format!("{}: {}", decision.interface.name, decision.reason));
    Checked::Failed(vec![unusable(&facts.decisions).shown_by(state)])
}

fn unusable(decisions: &[Decision]) -> Finding {
    let with = |wanted: fn(&Reason) -> bool| {
        let found = decisions.iter().filter(|decision| wanted(&decision.reason));
        found.cloned().collect::<Vec<Decision>>()
    };
    let name = |found: &[Decision]| {
        let names = found.iter();
        listed(names.map(|decision| decision.interface.name.clone()))
    };
    let unaddressed = with(|reason| {
        matches!(
            reason,
            Reason::NoUsableAddress | Reason::NoUsableAddressOf(_)
        )
    });
    if !unaddressed.is_empty() {
        let title = format!("{} has no usable address", name(&unaddressed));
        return Finding::new(FindingCode::NoAddress, title)
            .because("no DHCP server answered, or the address was not configured")
            .help("give the interface an address, for example with DHCP, and try again");
    }
    let mut down = with(|reason| *reason == Reason::Down);
    down.retain(|decision| decision.interface.kind != InterfaceKind::Other);
    if !down.is_empty() {
        let title = format!("{} is switched off", name(&down));
        return Finding::new(FindingCode::InterfaceDown, title)
            .because("the interface was not brought up")
            .help(format!("switch it on: `ip link set {} up`", first(&down)));
    }
    let virtuals = with(|reason| {
        matches!(
            reason,
            Reason::VpnByName(_)
                | Reason::VpnByKind
                | Reason::PointToPoint
                | Reason::ContainerByName(_)
                | Reason::ContainerByKind
        )
    });
    if !virtuals.is_empty() {
        let title = format!(
            "the only network is {}, a VPN or a container network",
            name(&virtuals)
        );
        return Finding::new(FindingCode::OnlyVpn, title)
            .because("such networks usually carry no multicast, so Cooee does not use them")
            .help("connect to the local network by Ethernet or Wi-Fi")
            .help(format!(
                "if this network carries multicast, use it with `--interface {}`",
                first(&virtuals)
            ));
    }
    Finding::new(
        FindingCode::NoInterface,
        "there is no interface to use".to_owned(),
    )
    .because("this machine has no network, or none that supports multicast")
    .help("connect to a network; `cooee interfaces` lists the interfaces")
}

fn first(found: &[Decision]) -> &str {
    found
        .first()
        .map_or("", |decision| decision.interface.name.as_str())
}

/// Is each interface in use connected?
pub(super) fn carrier(facts: &Facts) -> Checked {
    let selected = || facts.decisions.iter().filter(|decision| decision.selected);
    let findings = selected()
        .filter(|decision| !decision.interface.flags.running)
        .map(|decision| {
            let name = &decision.interface.name;
            let title = format!("{name} is not connected");
            Finding::new(FindingCode::NoCarrier, title)
                .on(name, None)
                .shown_by(["the kernel reports no carrier".to_owned()])
                .because("the cable is unplugged, or the radio has no access point")
                .help("connect it; Cooee uses it as soon as it is connected")
        });
    if selected().next().is_none() {
        return Checked::NotPossible("no interface is used".to_owned());
    }
    Checked::of(findings.collect(), || "all are connected".to_owned())
}

/// How do other programs of this machine look up names?
pub(super) fn name_service(facts: &Facts) -> Checked {
    let service = match &facts.system.name_service {
        Ok(service) => service,
        Err(why) => return Checked::NotPossible(why.to_string()),
    };
    let state = |runs: bool| if runs { "runs" } else { "does not run" };
    let by = service.hosts.as_ref().map_or_else(
        || "`/etc/nsswitch.conf` names no sources".to_owned(),
        |hosts| format!("`getent hosts` asks {hosts}"),
    );
    Checked::of(modules(service), || {
        format!(
            "{by}; {}; systemd-resolved {}",
            avahi(service),
            state(service.resolved)
        )
    })
}

/// Says which program serves in Avahi's place.
fn avahi(service: &NameService) -> String {
    match &service.avahi_program {
        Some(program) if program.name == "avahi-daemon" => format!("Avahi runs as {program}"),
        Some(program) => format!("{program} runs in place of Avahi"),
        None if service.avahi => "Avahi runs".to_owned(),
        None => "Avahi does not run".to_owned(),
    }
}

/// Compares the modules that the C library should ask with those that are installed.
fn modules(service: &NameService) -> Vec<Finding> {
    let (Some(hosts), Some(installed)) = (&service.hosts, &service.modules) else {
        return Vec::new();
    };
    let is_of_mdns = |source: &&str| source.starts_with("mdns");
    let asked: Vec<&str> = hosts.split_whitespace().filter(is_of_mdns).collect();
    let is_missing = |source: &&&str| !installed.iter().any(|module| module == **source);
    let missing = asked.iter().filter(is_missing);
    let mut findings: Vec<Finding> = missing
        .map(|module| {
            let title = format!("the module {module}, which looks up names, is not installed");
            Finding::new(FindingCode::NssModuleMissing, title)
                .about(*module)
                .shown_by([format!("`/etc/nsswitch.conf` has: hosts: {hosts}")])
                .shown_by([format!("there is no libnss_{module}.so.2")])
                .because("the package nss-mdns was removed, or it is for another architecture")
                .help(
                    "install nss-mdns (Debian: `libnss-mdns`), or remove the module from the line",
                )
        })
        .collect();
    if let (Some(module), true) = (installed.first(), asked.is_empty()) {
        let title = "`ping` and other programs do not look up names under .local".to_owned();
        findings.push(
            Finding::new(FindingCode::NssModuleUnused, title)
                .shown_by([format!("`/etc/nsswitch.conf` has: hosts: {hosts}")])
                .shown_by([format!(
                    "the module {module} is installed, and the line lacks it"
                )])
                .because("the line was written by hand, or by another program")
                .help("put `mdns4_minimal [NOTFOUND=return]` before `dns` in the line"),
        );
    }
    findings
}
