//! The interface list of Linux, by two rtnetlink dumps.
//!
//! In:  `RTM_GETLINK` and `RTM_GETADDR` answers.
//! Out: [`Interface`] values. The kind comes from `IFLA_LINKINFO`, which describes this network
//!      namespace. `/sys` may describe another namespace, so it only tells whether a device is a
//!      radio.

use std::io;
use std::path::Path;

use super::{Interface, InterfaceAddress, InterfaceFlags, InterfaceKind};
use crate::netlink::{Address, Link, Message, Netlink};

pub(crate) fn interfaces() -> io::Result<Vec<Interface>> {
    let netlink = Netlink::open(0)?;
    let mut list = Vec::new();
    for message in netlink.dump(libc::RTM_GETLINK)? {
        if let Message::Link(link) = message {
            list.push(describe(link));
        }
    }
    for message in netlink.dump(libc::RTM_GETADDR)? {
        if let Message::Address(address) = message {
            attach(&mut list, &address);
        }
    }
    Ok(list)
}

/// Turns an rtnetlink link into an interface without addresses.
pub(crate) fn describe(link: Link) -> Interface {
    let has = |flag: libc::c_int| link.flags & flag as u32 != 0;
    let flags = InterfaceFlags {
        up: has(libc::IFF_UP),
        running: has(libc::IFF_UP) && has(libc::IFF_RUNNING),
        multicast: has(libc::IFF_MULTICAST),
        loopback: has(libc::IFF_LOOPBACK),
        point_to_point: has(libc::IFF_POINTOPOINT),
    };
    Interface {
        kind: kind(&link, flags),
        index: link.index,
        flags,
        mtu: link.mtu,
        addresses: Vec::new(),
        name: link.name,
    }
}

fn attach(list: &mut [Interface], address: &Address) {
    if let Some(interface) = list
        .iter_mut()
        .find(|interface| interface.index == address.index)
    {
        interface.addresses.push(self::address(address));
    }
}

/// Turns an rtnetlink address into the project's.
pub(crate) fn address(address: &Address) -> InterfaceAddress {
    InterfaceAddress {
        ip: address.ip,
        prefix_len: address.prefix_len,
        usable: usable(address.flags),
    }
}

/// Returns whether an address may be published, from its `IFA_F_*` flags.
fn usable(flags: u32) -> bool {
    // An optimistic address is tentative but already in use (RFC 4429). Other hosts must not learn
    // of it before it is proven unique.
    let pending = libc::IFA_F_TENTATIVE | libc::IFA_F_OPTIMISTIC;
    flags & (pending | libc::IFA_F_DADFAILED | libc::IFA_F_DEPRECATED) == 0
}

fn kind(link: &Link, flags: InterfaceFlags) -> InterfaceKind {
    if flags.loopback {
        return InterfaceKind::Loopback;
    }
    if link.member_of == "bridge" {
        return InterfaceKind::BridgeMember;
    }
    match link.kind.as_str() {
        "tun" if link.tun_type == Some(TUN_TYPE_TAP) => InterfaceKind::Ethernet,
        "wireguard" | "tun" | "ppp" | "ovpn" | "ipip" | "sit" | "gre" | "ip6tnl" | "ip6gre"
        | "vti" | "vti6" | "xfrm" => InterfaceKind::Vpn,
        "veth" => InterfaceKind::VirtualPair,
        "bridge" => InterfaceKind::Bridge,
        _ if link.hardware == libc::ARPHRD_PPP || link.hardware == libc::ARPHRD_NONE => {
            InterfaceKind::Vpn
        }
        _ if is_radio(link) => InterfaceKind::Wireless,
        _ if link.hardware == libc::ARPHRD_ETHER => InterfaceKind::Ethernet,
        _ => InterfaceKind::Other,
    }
}

fn is_radio(link: &Link) -> bool {
    // An interface's name cannot contain a slash or be a dot. This makes sure that the path stays
    // in its folder anyway.
    if link.name.is_empty() || link.name.contains('/') || link.name.starts_with('.') {
        return false;
    }
    let folder = Path::new("/sys/class/net").join(&link.name);
    folder.join("phy80211").exists() || folder.join("wireless").exists()
}

const TUN_TYPE_TAP: u8 = 2;
