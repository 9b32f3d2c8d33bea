//! The texts of Linux, read without touching the system.
//!
//! In:  the contents of `/proc/net/udp`, `igmp` and their IPv6 twins, `arp`, `nsswitch.conf`, and
//!      the output of `nft list ruleset` and `iptables-legacy-save`.
//! Out: plain values. A line that has another form is left out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{FirewallRule, Membership, Neighbour, PacketDirection};

/// A line of `/proc/net/udp` or `/proc/net/udp6`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UdpSocketLine {
    pub(super) local: SocketAddr,
    pub(super) uid: u32,
    pub(super) inode: u64,
    pub(super) dropped: u64,
}

/// Reads the sockets that are bound to a port.
pub(super) fn udp_sockets(text: &str, port: u16) -> Vec<UdpSocketLine> {
    text.lines()
        .filter_map(udp_socket)
        .filter(|line| line.local.port() == port)
        .collect()
}

fn udp_socket(line: &str) -> Option<UdpSocketLine> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (ip, port) = fields.get(1)?.split_once(':')?;
    Some(UdpSocketLine {
        local: SocketAddr::new(address(ip)?, u16::from_str_radix(port, 16).ok()?),
        uid: fields.get(7)?.parse().ok()?,
        inode: fields.get(9)?.parse().ok()?,
        dropped: fields.get(12)?.parse().ok()?,
    })
}

/// Reads an address as the kernel prints it: words of 32 bits in the byte order of the machine.
fn address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = hex.get(at..at.checked_add(8)?)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
            let bytes: [u8; 16] = words.try_into().ok()?;
            Some(Ipv6Addr::from(bytes).into())
        }
        _ => None,
    }
}

/// Reads `/proc/net/igmp`: a line for each interface, followed by one for each of its groups.
pub(super) fn memberships_v4(text: &str) -> Vec<Membership> {
    let mut memberships = Vec::new();
    let mut interface_index = None;
    for line in text.lines().skip(1) {
        let Some(first) = line.split_whitespace().next() else {
            continue;
        };
        if !line.starts_with(char::is_whitespace) {
            interface_index = first.parse().ok();
        } else if let (Some(interface_index), Some(group)) = (interface_index, address(first)) {
            memberships.push(Membership {
                interface_index,
                group,
            });
        }
    }
    memberships
}

/// Reads `/proc/net/igmp6`: one line for each group of each interface.
pub(super) fn memberships_v6(text: &str) -> Vec<Membership> {
    let membership = |line: &str| {
        let mut fields = line.split_whitespace();
        let interface_index = fields.next()?.parse().ok()?;
        let group = u128::from_str_radix(fields.nth(1)?, 16).ok()?;
        Some(Membership {
            interface_index,
            group: Ipv6Addr::from(group).into(),
        })
    };
    text.lines().filter_map(membership).collect()
}

/// Reads the sources of host names in `nsswitch.conf`.
pub(super) fn hosts_sources(text: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("hosts:"))?;
    let line = line.split('#').next().unwrap_or_default();
    Some(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Reads the rules that drop or reject, and the policies that drop, of chains that see the packets
/// of this machine.
pub(super) fn nft_rules(text: &str) -> Vec<FirewallRule> {
    let mut rules = Vec::new();
    let (mut table, mut chain, mut direction) = (String::new(), String::new(), None);
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("table ") {
            name.trim_end_matches('{').trim().clone_into(&mut table);
        } else if let Some(name) = line.strip_prefix("chain ") {
            name.trim_end_matches('{').trim().clone_into(&mut chain);
            direction = None;
        } else if line.starts_with("type filter hook ") {
            direction = match line.split_whitespace().nth(3) {
                Some("input" | "prerouting" | "ingress") => Some(PacketDirection::In),
                Some("output" | "postrouting" | "egress") => Some(PacketDirection::Out),
                _ => None,
            };
            if !line.contains("policy drop") {
                continue;
            }
            rules.extend(direction.map(|direction| FirewallRule {
                direction,
                chain: format!("{table} {chain}"),
                text: "policy drop".to_owned(),
            }));
        } else if refuses(line) {
            rules.extend(direction.map(|direction| FirewallRule {
                direction,
                chain: format!("{table} {chain}"),
                text: line.to_owned(),
            }));
        }
    }
    rules
}

/// Returns whether a rule ends with refusing the packet.
fn refuses(rule: &str) -> bool {
    let mut words = rule.split_whitespace();
    words.any(|word| word == "drop" || word == "reject")
}

/// Reads `/proc/net/arp`: the hosts that have answered.
pub(super) fn neighbours(text: &str) -> Vec<Neighbour> {
    let neighbour = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let flags = fields.get(2)?.strip_prefix("0x")?;
        let flags = u32::from_str_radix(flags, 16).ok()?;
        let is_complete = flags & ARP_COMPLETE != 0;
        is_complete.then_some(Neighbour {
            ip: fields.first()?.parse().ok()?,
            interface: (*fields.get(5)?).to_owned(),
        })
    };
    text.lines().filter_map(neighbour).collect()
}

/// Reads the name of a module of the C library from its file, such as `libnss_mdns4.so.2`.
pub(super) fn nss_module(file: &str) -> Option<String> {
    let (module, _) = file.strip_prefix("libnss_")?.split_once(".so")?;
    Some(module.to_owned())
}

/// Reads the rules that drop or reject, and the policies that drop, of the chains for this machine
/// and of those to which they lead.
pub(super) fn iptables_rules(text: &str, family: &str) -> Vec<FirewallRule> {
    let mut rules = Vec::new();
    for (base, direction) in [
        ("INPUT", PacketDirection::In),
        ("OUTPUT", PacketDirection::Out),
    ] {
        let mut chains = vec![base];
        let mut place = 0;
        while let Some(chain) = chains.get(place).copied() {
            place += 1;
            let rule = |text: &str| FirewallRule {
                direction,
                chain: format!("{family} filter {chain}"),
                text: text.to_owned(),
            };
            for line in text.lines() {
                let mut words = line.split_whitespace();
                match (words.next(), words.next()) {
                    (Some(name), Some("DROP")) if name.strip_prefix(':') == Some(chain) => {
                        rules.push(rule("policy DROP"));
                    }
                    (Some("-A"), Some(name)) if name == chain => {
                        let target = words
                            .skip_while(|word| !matches!(*word, "-j" | "-g"))
                            .nth(1);
                        match target {
                            Some("DROP" | "REJECT") => rules.push(rule(line)),
                            Some(next) if !chains.contains(&next) && chains.len() < CHAINS_MAX => {
                                chains.push(next);
                            }
                            Some(_) | None => {}
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    rules
}

/// The hardware address is known (`ATF_COM` of Linux).
const ARP_COMPLETE: u32 = 2;

/// How many chains of one direction are read.
const CHAINS_MAX: usize = 64;
