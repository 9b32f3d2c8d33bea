//! The interface list of Apple systems, FreeBSD and Android, by `getifaddrs`.
//!
//! In:  one entry per interface and address; ioctls for the MTU and the state of IPv6 addresses.
//! Out: [`Interface`] values. On Apple systems, the kind comes from the driver's part of the name,
//!      which users cannot change. Android does not let programs ask for the state of addresses.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};

use super::{Interface, InterfaceAddress, InterfaceFlags, InterfaceKind};

pub(crate) fn interfaces() -> io::Result<Vec<Interface>> {
    let mut list: BTreeMap<u32, Interface> = BTreeMap::new();
    for entry in getifaddrs::getifaddrs()? {
        let Some(index) = entry.index.filter(|index| *index != 0) else {
            continue;
        };
        let interface = list
            .entry(index)
            .or_insert_with(|| describe(&entry.name, index, entry.flags));
        let (Some(ip), Some(mask)) = (entry.address.ip_addr(), entry.address.netmask()) else {
            continue;
        };
        let ip = without_scope(ip);
        interface.addresses.push(InterfaceAddress {
            ip,
            prefix_len: prefix_len(mask),
            usable: details::usable(&entry.name, index, ip),
        });
    }
    Ok(list.into_values().collect())
}

fn describe(name: &str, index: u32, has: getifaddrs::InterfaceFlags) -> Interface {
    let flags = InterfaceFlags {
        up: has.contains(getifaddrs::InterfaceFlags::UP),
        running: has.contains(getifaddrs::InterfaceFlags::UP | getifaddrs::InterfaceFlags::RUNNING),
        multicast: has.contains(getifaddrs::InterfaceFlags::MULTICAST),
        loopback: has.contains(getifaddrs::InterfaceFlags::LOOPBACK),
        point_to_point: has.contains(getifaddrs::InterfaceFlags::POINTTOPOINT),
    };
    Interface {
        name: name.to_owned(),
        index,
        flags,
        kind: kind(name, flags),
        mtu: details::mtu(name),
        addresses: Vec::new(),
    }
}

fn kind(name: &str, flags: InterfaceFlags) -> InterfaceKind {
    let driver = name.trim_end_matches(|character: char| character.is_ascii_digit());
    let unit: Option<u32> = name
        .get(driver.len()..)
        .and_then(|digits| digits.parse().ok());
    match driver {
        _ if flags.loopback => InterfaceKind::Loopback,
        "utun" | "tun" | "wg" | "gif" | "stf" | "ipsec" | "ppp" | "gre" => InterfaceKind::Vpn,
        "awdl" | "llw" => InterfaceKind::PeerToPeer,
        "vmenet" => InterfaceKind::Container,
        // Apple's virtual machine networks are bridges numbered from 100.
        "bridge" if cfg!(target_vendor = "apple") && unit.is_some_and(|unit| unit >= 100) => {
            InterfaceKind::Container
        }
        "bridge" => InterfaceKind::Bridge,
        "epair" => InterfaceKind::VirtualPair,
        "wlan" => InterfaceKind::Wireless,
        "en" | "em" | "igb" | "ix" | "re" | "vtnet" | "vmx" | "bge" | "eth" => {
            InterfaceKind::Ethernet
        }
        _ => InterfaceKind::Other,
    }
}

/// The BSD kernels keep the scope of a link-local address in its third and fourth byte, which are
/// zero on the wire.
fn without_scope(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) if v6.is_unicast_link_local() => {
            let mut octets = v6.octets();
            octets[2] = 0;
            octets[3] = 0;
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        IpAddr::V6(_) | IpAddr::V4(_) => ip,
    }
}

fn prefix_len(mask: IpAddr) -> u8 {
    let ones = match mask {
        IpAddr::V4(mask) => u32::from(mask).leading_ones(),
        IpAddr::V6(mask) => u128::from(mask).leading_ones(),
    };
    u8::try_from(ones).unwrap_or(u8::MAX)
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
mod details {
    use std::mem::{size_of, zeroed};
    use std::net::IpAddr;
    use std::os::fd::AsRawFd;

    use socket2::{Domain, Socket, Type};

    /// `struct in6_ifreq`: a name, then a union whose largest member is 34 counters.
    #[repr(C)]
    struct AddressRequest {
        name: [u8; NAME_BYTES],
        value: AddressValue,
    }

    #[repr(C)]
    union AddressValue {
        address: libc::sockaddr_in6,
        flags: libc::c_int,
        counters: [u64; 34],
    }

    /// `struct ifreq`: a name, then a union of 16 bytes.
    #[repr(C)]
    struct LinkRequest {
        name: [u8; NAME_BYTES],
        mtu: libc::c_int,
        rest: [libc::c_int; 3],
    }

    /// Asks for the state of an IPv6 address. An address whose state is not available counts as
    /// usable.
    pub(super) fn usable(name: &str, index: u32, ip: IpAddr) -> bool {
        let IpAddr::V6(ip) = ip else { return true };
        // SAFETY: all zeros are valid for these integers and arrays.
        let mut address: libc::sockaddr_in6 = unsafe { zeroed() };
        address.sin6_len = size_of::<libc::sockaddr_in6>() as u8;
        address.sin6_family = libc::AF_INET6 as libc::sa_family_t;
        address.sin6_addr.s6_addr = ip.octets();
        address.sin6_scope_id = if ip.is_unicast_link_local() { index } else { 0 };
        let mut request = AddressRequest {
            name: padded(name),
            value: AddressValue { counters: [0; 34] },
        };
        request.value.address = address;
        if !ask(Domain::IPV6, GET_ADDRESS_FLAGS, &mut request) {
            return true;
        }
        // SAFETY: the kernel wrote the flags, and any bits are a valid int.
        let flags = unsafe { request.value.flags };
        flags & UNUSABLE == 0
    }

    /// Asks for the MTU; returns zero if it is not available.
    pub(super) fn mtu(name: &str) -> u32 {
        let mut request = LinkRequest {
            name: padded(name),
            mtu: 0,
            rest: [0; 3],
        };
        if ask(Domain::IPV4, GET_MTU, &mut request) {
            u32::try_from(request.mtu).unwrap_or(0)
        } else {
            0
        }
    }

    fn ask<T>(domain: Domain, what: libc::c_ulong, request: &mut T) -> bool {
        let Ok(socket) = Socket::new(domain, Type::DGRAM, None) else {
            return false;
        };
        // SAFETY: both requests carry the size of their structure in `what`, and the pointer is
        // to one of exactly that size that lives through the call.
        unsafe { libc::ioctl(socket.as_raw_fd(), what, std::ptr::from_mut(request)) == 0 }
    }

    /// Returns a name with a zero at its end.
    fn padded(name: &str) -> [u8; NAME_BYTES] {
        let mut bytes = [0; NAME_BYTES];
        for (place, byte) in bytes.iter_mut().take(NAME_BYTES - 1).zip(name.bytes()) {
            *place = byte;
        }
        bytes
    }

    const NAME_BYTES: usize = 16;

    /// `_IOWR('i', number, T)`.
    const fn read_write<T>(number: libc::c_ulong) -> libc::c_ulong {
        0xC000_0000
            | ((size_of::<T>() as libc::c_ulong) << 16)
            | ((b'i' as libc::c_ulong) << 8)
            | number
    }

    /// `SIOCGIFAFLAG_IN6`.
    const GET_ADDRESS_FLAGS: libc::c_ulong = read_write::<AddressRequest>(73);
    /// `SIOCGIFMTU`.
    const GET_MTU: libc::c_ulong = read_write::<LinkRequest>(51);
    const _: () = assert!(GET_ADDRESS_FLAGS == 0xC120_6949 && GET_MTU == 0xC020_6933);

    /// `IN6_IFF_TENTATIVE`, `IN6_IFF_DUPLICATED`, `IN6_IFF_DETACHED`, `IN6_IFF_DEPRECATED`.
    const UNUSABLE: libc::c_int = 0x02 | 0x04 | 0x08 | 0x10;
}

#[cfg(not(any(target_vendor = "apple", target_os = "freebsd")))]
mod details {
    use std::net::IpAddr;

    pub(super) fn usable(_name: &str, _index: u32, _ip: IpAddr) -> bool {
        true
    }

    pub(super) fn mtu(_name: &str) -> u32 {
        0
    }
}
