//! Checks of the UDP port and of the sockets.
//!
//! In:  who holds the port, which sockets could not be opened, the groups of the kernel, buffers.
//! Out: findings about sockets that do not exist or lose datagrams. RFC 6762 section 15.1.

use cooee_net::Operation;
use cooee_net::facts::{PortHolder, group_of};

use super::{Checked, listed};
use crate::diagnose::facts::{Facts, OpenFailure};
use crate::diagnose::finding::{Finding, FindingCode};

/// Could every socket be opened?
pub(super) fn open(facts: &Facts) -> Checked {
    if facts.links.is_empty() && facts.failures.is_empty() {
        return Checked::NotPossible("no interface is used".to_owned());
    }
    let failures = facts
        .failures
        .iter()
        .filter(|failure| failure.operation != Operation::Join);
    let findings = failures.map(|failure| not_open(failure, facts));
    Checked::of(findings.collect(), || match others(facts) {
        Ok(others) if others.is_empty() => {
            format!("no other program has port {} open", facts.port)
        }
        Ok(others) => format!("port {} is shared with {}", facts.port, named(&others)),
        Err(why) => format!(
            "port {} is open; who else has it is not known: {why}",
            facts.port
        ),
    })
}

fn not_open(failure: &OpenFailure, facts: &Facts) -> Finding {
    let OpenFailure {
        interface, family, ..
    } = failure;
    let port = facts.port;
    let evidence = [failure.text.clone()];
    if !failure.in_use {
        let title = format!("no socket can be opened on {interface} over {family}");
        return Finding::new(FindingCode::SocketRefused, title)
            .on(interface, Some(*family))
            .shown_by(evidence)
            .because("the system refuses the socket; the message above names the step")
            .help("check the permissions of this user and the limits of open files");
    }
    let holders = others(facts).unwrap_or_default();
    let holders = holders.iter();
    let holders: Vec<&PortHolder> = holders
        .copied()
        .filter(|holder| family.contains(holder.local.ip()) || holder.local.ip().is_ipv6())
        .collect();
    let who = match holders.is_empty() {
        true => "another program".to_owned(),
        false => named(&holders),
    };
    let title = format!("{who} holds UDP port {port} exclusively over {family}");
    let sockets = holders.iter().map(|holder| {
        let user = holder.uid;
        format!(
            "{} is bound to {}, user {user}",
            program(holder),
            holder.local
        )
    });
    Finding::new(FindingCode::PortHeld, title)
        .on(interface, Some(*family))
        .shown_by(evidence)
        .shown_by(sockets)
        .because("the program opened the port without SO_REUSEADDR and SO_REUSEPORT")
        .help(format!("stop {who}, or configure it to share the port"))
}

/// Returns the sockets of other programs on the port.
pub(super) fn others(facts: &Facts) -> Result<Vec<&PortHolder>, String> {
    let holders = facts.system.holders.as_ref().map_err(ToString::to_string)?;
    let is_other = |holder: &&PortHolder| match &holder.program {
        Some(program) => program.pid != facts.own_pid,
        None => true,
    };
    Ok(holders.iter().filter(is_other).collect())
}

/// Names the programs of sockets, each once.
pub(super) fn named(holders: &[&PortHolder]) -> String {
    let mut names: Vec<String> = holders.iter().map(|holder| program(holder)).collect();
    names.sort();
    names.dedup();
    listed(names)
}

fn program(holder: &PortHolder) -> String {
    match &holder.program {
        Some(program) => program.to_string(),
        None => format!("a program of user {}", holder.uid),
    }
}

/// Is the kernel a member of each group?
pub(super) fn memberships(facts: &Facts) -> Checked {
    let joins = facts
        .failures
        .iter()
        .filter(|failure| failure.operation == Operation::Join);
    let mut findings: Vec<Finding> = joins
        .map(|failure| {
            missing(&failure.interface, failure.family)
                .shown_by([failure.text.clone()])
                .because("the kernel refused to join the group; a limit may be reached")
                .help("on Linux, raise `net.ipv4.igmp_max_memberships`")
        })
        .collect();
    let memberships = match &facts.system.memberships {
        Ok(memberships) => memberships,
        Err(why) if findings.is_empty() => return Checked::NotPossible(why.to_string()),
        Err(_) => return Checked::Failed(findings),
    };
    let mut joined = Vec::new();
    for link in facts.working_links() {
        let group = group_of(link.family);
        let is_member = memberships.iter().any(|membership| {
            membership.interface_index == link.index && membership.group == group
        });
        if is_member {
            joined.push(format!("{group} on {}", link.interface));
            continue;
        }
        findings.push(
            missing(&link.interface, link.family)
                .shown_by([format!(
                    "the kernel's table of groups does not list {group} on {}",
                    link.interface
                )])
                .because("the group was left when the interface changed")
                .help(format!(
                    "switch {} off and on again, or restart this program",
                    link.interface
                )),
        );
    }
    if joined.is_empty() && findings.is_empty() {
        return Checked::NotPossible("no interface is used".to_owned());
    }
    Checked::of(findings, || listed(joined))
}

fn missing(interface: &str, family: cooee_net::Family) -> Finding {
    let title = format!("{interface} is not a member of the multicast group of {family}");
    Finding::new(FindingCode::GroupMissing, title).on(interface, Some(family))
}

/// Did the kernel drop datagrams?
pub(super) fn buffers(facts: &Facts) -> Checked {
    if facts.links.is_empty() {
        return Checked::NotPossible("no interface is used".to_owned());
    }
    if facts.dropped == 0 {
        return Checked::Passed("no datagram was dropped".to_owned());
    }
    let small = facts.buffers.iter().map(|buffer| {
        format!(
            "{}: {} bytes were granted of {} that were asked for",
            buffer.interface, buffer.granted, buffer.asked
        )
    });
    let title = format!("the kernel dropped {} datagrams", facts.dropped);
    let finding = Finding::new(FindingCode::DatagramsDropped, title)
        .shown_by(["they were not read before the receive buffer was full".to_owned()])
        .shown_by(small)
        .because("packets come faster than they are read, and the receive buffer is small")
        .help("raise `net.core.rmem_max`, for example to 8388608")
        .help("look for a host that sends too much: `cooee doctor` reports its address");
    Checked::Failed(vec![finding])
}
