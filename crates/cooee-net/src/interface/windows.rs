//! The interface list of Windows, by `GetAdaptersAddresses`.
//!
//! In:  the adapters with their unicast addresses and the state of their duplicate detection.
//! Out: [`Interface`] values. Windows makes NAT switches for virtual machines, containers and WSL.
//!      They are recognised by the names that Windows gives them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use windows_sys::Win32::Foundation::{ERROR_BUFFER_OVERFLOW, ERROR_NO_DATA, NO_ERROR};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_DNS_SERVER, GAA_FLAG_SKIP_MULTICAST, GetAdaptersAddresses,
    IF_TYPE_ETHERNET_CSMACD, IF_TYPE_IEEE80211, IF_TYPE_PPP, IF_TYPE_PROP_VIRTUAL,
    IF_TYPE_SOFTWARE_LOOPBACK, IF_TYPE_TUNNEL, IP_ADAPTER_ADDRESSES_LH, IP_ADAPTER_NO_MULTICAST,
    IP_ADAPTER_UNICAST_ADDRESS_LH,
};
use windows_sys::Win32::NetworkManagement::Ndis::IfOperStatusUp;
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, AF_UNSPEC, IpDadStatePreferred, SOCKADDR_IN, SOCKADDR_IN6, SOCKET_ADDRESS,
};

use super::{Interface, InterfaceAddress, InterfaceFlags, InterfaceKind};

pub(crate) fn interfaces() -> io::Result<Vec<Interface>> {
    let buffer = adapters()?;
    let mut list = Vec::new();
    let mut next = buffer.as_ptr().cast::<IP_ADAPTER_ADDRESSES_LH>();
    if buffer.is_empty() {
        return Ok(list);
    }
    // SAFETY: the system filled the buffer with a list of adapters that ends with a null pointer.
    // The buffer is aligned for them, alive, and no longer written to.
    while let Some(adapter) = unsafe { next.as_ref() } {
        list.extend(describe(adapter));
        next = adapter.Next;
    }
    Ok(list)
}

/// Returns the filled buffer, in units that are aligned for its structures.
fn adapters() -> io::Result<Vec<u64>> {
    let flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
    let mut bytes = BUFFER_BYTES;
    for _ in 0..ATTEMPTS {
        let mut buffer = vec![0_u64; (bytes as usize).div_ceil(size_of::<u64>())];
        // SAFETY: the pointer and `bytes` describe the buffer, whose alignment suffices.
        let result = unsafe {
            GetAdaptersAddresses(
                u32::from(AF_UNSPEC),
                flags,
                std::ptr::null(),
                buffer.as_mut_ptr().cast(),
                &mut bytes,
            )
        };
        match result {
            NO_ERROR => return Ok(buffer),
            ERROR_NO_DATA => return Ok(Vec::new()),
            ERROR_BUFFER_OVERFLOW => {} // `bytes` now says how much it takes
            error => return Err(io::Error::from_raw_os_error(error as i32)),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        "the list of adapters grew while it was read",
    ))
}

fn describe(adapter: &IP_ADAPTER_ADDRESSES_LH) -> Option<Interface> {
    // SAFETY: these unions are views of plain integers, all of which are valid.
    let (v4_index, adapter_flags) = unsafe {
        (
            adapter.Anonymous1.Anonymous.IfIndex,
            adapter.Anonymous2.Flags,
        )
    };
    // One of the two is zero if a family is switched off; otherwise they are equal.
    let index = if v4_index == 0 {
        adapter.Ipv6IfIndex
    } else {
        v4_index
    };
    let up = adapter.OperStatus == IfOperStatusUp;
    let name = text(adapter.FriendlyName);
    let flags = InterfaceFlags {
        up,
        running: up,
        multicast: adapter_flags & IP_ADAPTER_NO_MULTICAST == 0,
        loopback: adapter.IfType == IF_TYPE_SOFTWARE_LOOPBACK,
        point_to_point: adapter.IfType == IF_TYPE_PPP,
    };
    (index != 0).then(|| Interface {
        kind: kind(&name, adapter.IfType),
        name,
        index,
        flags,
        mtu: adapter.Mtu,
        addresses: addresses(adapter.FirstUnicastAddress),
    })
}

fn kind(name: &str, if_type: u32) -> InterfaceKind {
    const NAT_SWITCHES: [&str; 3] = [
        "vEthernet (Default Switch)",
        "vEthernet (WSL",
        "vEthernet (nat)",
    ];
    if NAT_SWITCHES.iter().any(|switch| name.starts_with(switch)) {
        return InterfaceKind::Container;
    }
    match if_type {
        IF_TYPE_SOFTWARE_LOOPBACK => InterfaceKind::Loopback,
        IF_TYPE_PPP | IF_TYPE_TUNNEL | IF_TYPE_PROP_VIRTUAL => InterfaceKind::Vpn,
        IF_TYPE_IEEE80211 => InterfaceKind::Wireless,
        IF_TYPE_ETHERNET_CSMACD => InterfaceKind::Ethernet,
        _ => InterfaceKind::Other,
    }
}

fn addresses(first: *const IP_ADAPTER_UNICAST_ADDRESS_LH) -> Vec<InterfaceAddress> {
    let mut addresses = Vec::new();
    let mut next = first;
    // SAFETY: the list is part of the adapters' buffer and ends with a null pointer.
    while let Some(entry) = unsafe { next.as_ref() } {
        if let Some(ip) = ip(&entry.Address) {
            addresses.push(InterfaceAddress {
                ip,
                prefix_len: entry.OnLinkPrefixLength,
                usable: entry.DadState == IpDadStatePreferred,
            });
        }
        next = entry.Next;
    }
    addresses
}

fn ip(address: &SOCKET_ADDRESS) -> Option<IpAddr> {
    // SAFETY: the system sets the pointer to a socket address of the length it gives, or to null.
    let family = unsafe { address.lpSockaddr.as_ref()? }.sa_family;
    let length = usize::try_from(address.iSockaddrLength).ok()?;
    match family {
        AF_INET if length >= size_of::<SOCKADDR_IN>() => {
            // SAFETY: family and length say that this is a sockaddr_in; the system aligned it.
            let v4 = unsafe { &*address.lpSockaddr.cast::<SOCKADDR_IN>() };
            // SAFETY: the union is three views of the same four bytes.
            let bits = unsafe { v4.sin_addr.S_un.S_addr };
            Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(bits))))
        }
        AF_INET6 if length >= size_of::<SOCKADDR_IN6>() => {
            // SAFETY: as above, for sockaddr_in6.
            let v6 = unsafe { &*address.lpSockaddr.cast::<SOCKADDR_IN6>() };
            // SAFETY: the union is two views of the same sixteen bytes.
            let octets = unsafe { v6.sin6_addr.u.Byte };
            Some(IpAddr::V6(Ipv6Addr::from(octets)))
        }
        _ => None,
    }
}

/// Reads a string that ends with a zero.
fn text(start: *const u16) -> String {
    if start.is_null() {
        return String::new();
    }
    let mut units = Vec::new();
    for position in 0..NAME_UNITS_MAX {
        // SAFETY: the system's string ends with a zero, and nothing after that is read.
        let unit = unsafe { *start.add(position) };
        if unit == 0 {
            break;
        }
        units.push(unit);
    }
    String::from_utf16_lossy(&units)
}

/// The initial size that Microsoft's documentation recommends.
const BUFFER_BYTES: u32 = 15_000;
const ATTEMPTS: usize = 5;
const NAME_UNITS_MAX: usize = 256;
