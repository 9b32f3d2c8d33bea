//! Shared by the tests of sockets and interfaces: a cable in a namespace, and its ends.
//!
//! In:  the name of an interface. Out: the interface, as it is now.

#[cfg(target_os = "linux")]
pub(crate) use netcell::{sh, skip};

pub(crate) use netcell::run;

use crate::interface::{Interface, interfaces};

/// A cable with two ends: `lan0` has addresses, `lan1` has none. There is no duplicate detection,
/// and `lan1` accepts a source address of this machine.
pub(crate) const CABLE: &str = "
    for s in accept_dad router_solicitations; do echo 0 > /proc/sys/net/ipv6/conf/default/$s; done
    ip link set lo up
    ip link add lan0 type veth peer name lan1
    ip addr add 10.99.0.1/24 dev lan0
    ip link set lan0 up
    ip link set lan1 up
    echo 1 > /proc/sys/net/ipv4/conf/lan1/accept_local
    # The carrier is noticed with a delay; link-local addresses come with it.
    for dev in lan0 lan1; do
        n=0
        until ip -6 addr show dev $dev scope link | grep -q fe80 || [ $n = 500 ]; do
            sleep 0.01
            n=$((n + 1))
        done
    done
    ip addr add fd00:99::1/64 dev lan0 nodad
";

/// Returns the interface of that name.
pub(crate) fn interface(name: &str) -> Interface {
    let list = interfaces().expect("interfaces can be listed");
    let found = list.iter().find(|interface| interface.name == name);
    found
        .unwrap_or_else(|| panic!("no {name} in {list:#?}"))
        .clone()
}
