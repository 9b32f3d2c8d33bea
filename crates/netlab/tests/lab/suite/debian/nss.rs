//! Names of hosts for any program, through the system's resolver.
//!
//! In:  nothing.
//! Out: the cases of the package `libnss-mdns`, with each of its modules.

use super::case::{AddressOf, Case, Verdict};

/// A case of `getent` with a line of `nsswitch.conf`, and without a DNS server.
macro_rules! with {
    ($module:literal, $hosts:literal, $arguments:literal, $wants:expr) => {
        Case {
            package: "libnss-mdns",
            file: "/lib/x86_64-linux-gnu/libnss_mdns_minimal.so.2",
            command: concat!("getent ", $arguments, " # ", $module),
            script: Some(concat!(
                "d=$(mktemp -d); : > $d/none; echo 'hosts: ",
                $hosts,
                "' > $d/conf; mount --bind $d/conf /etc/nsswitch.conf; ",
                "mount --bind $d/none /etc/resolv.conf; getent ",
                $arguments
            )),
            families: AddressOf::Given,
            wants: $wants,
            verdict: Verdict::Same,
        }
    };
}

/// As Debian configures it.
macro_rules! minimal4 {
    ($arguments:literal, $wants:expr) => {
        with!(
            "mdns4_minimal",
            "files mdns4_minimal [NOTFOUND=return] dns",
            $arguments,
            $wants
        )
    };
}

macro_rules! minimal {
    ($arguments:literal, $wants:expr) => {
        with!(
            "mdns_minimal",
            "files mdns_minimal [NOTFOUND=return] dns",
            $arguments,
            $wants
        )
    };
}

macro_rules! full {
    ($arguments:literal, $wants:expr) => {
        with!("mdns", "files mdns dns", $arguments, $wants)
    };
}

/// All of them.
pub(crate) const ALL: &[Case] = &[
    minimal4!("hosts peer.local", &["<peer 4>"]),
    minimal4!("ahosts peer.local", &["<peer 4>"]),
    minimal4!("ahostsv6 peer.local", &["<peer 4>"]),
    minimal4!("ahosts six.local", &["exit 2"]),
    minimal4!("ahosts nobody.local", &["exit 2"]),
    minimal4!("ahosts here.local", &["<here 4>"]),
    minimal!("hosts peer.local", &["<peer 6>"]),
    minimal!("ahosts peer.local", &["<peer 4>", "<peer 6>"]),
    minimal!("ahostsv4 peer.local", &["<peer 4>"]),
    minimal!("ahostsv6 peer.local", &["<peer 6>"]),
    minimal!("ahosts four.local", &["<four 4>"]),
    minimal!("ahosts six.local", &["<six 6>"]),
    minimal!("ahosts nobody.local", &["exit 2"]),
    full!("ahosts peer.local", &["<peer 4>", "<peer 6>"]),
    full!("ahosts a.b.local", &["exit 2"]),
    with!(
        "mdns6_minimal",
        "files mdns6_minimal",
        "ahosts six.local",
        &["<six 6>"]
    ),
    with!(
        "mdns6_minimal",
        "files mdns6_minimal",
        "ahosts four.local",
        &["exit 2"]
    ),
    Case {
        script: Some(
            "d=$(mktemp -d); : > $d/none; echo 'hosts: files mdns dns' > $d/conf; \
             mount --bind $d/conf /etc/nsswitch.conf; mount --bind $d/none /etc/resolv.conf; \
             $AT_PEER ip -o addr show lan1 | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1 \
             | grep -v fe80 | xargs -n 1 getent hosts",
        ),
        ..full!("hosts <addresses of peer>", &["peer.local"])
    },
];
