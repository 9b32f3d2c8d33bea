//! The texts of Linux are read as the kernel and `nft` write them.
//!
//! In:  constructed texts.
//! Out: the facts in them; what has another form is left out.

use std::net::{IpAddr, Ipv4Addr};

use super::tables::{
    hosts_sources, iptables_rules, memberships_v4, memberships_v6, neighbours, nft_rules,
    nss_module, udp_sockets,
};
use super::{FirewallRule, Membership, Neighbour, PacketDirection, Unknown};
use crate::socket::{MDNS_GROUP_V4, MDNS_GROUP_V6, MDNS_PORT};

/// The form of a line is the kernel's; the address is in the byte order of this machine.
fn udp_line(ip: Ipv4Addr, port: u16, inode: u64, dropped: u64) -> String {
    let word = u32::from_ne_bytes(ip.octets());
    format!(
        "  3: {word:08X}:{port:04X} 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 {inode} 2 0000000000000000 {dropped}\n"
    )
}

#[test]
fn the_sockets_of_a_port_are_read_and_no_others() {
    let own = Ipv4Addr::new(10, 1, 0, 1);
    let text = format!(
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n{}{}",
        udp_line(own, MDNS_PORT, 7_001, 12),
        udp_line(own, 68, 7_002, 0),
    );
    let sockets = udp_sockets(&text, MDNS_PORT);
    let [socket] = sockets.as_slice() else {
        panic!("{sockets:?}")
    };
    assert_eq!(socket.local, (own, MDNS_PORT).into());
    assert_eq!(
        (socket.uid, socket.inode, socket.dropped),
        (1_000, 7_001, 12)
    );
    assert_eq!(udp_sockets("no such line\n 1: x:y\n", MDNS_PORT), []);
}

#[test]
fn groups_belong_to_the_interface_above_them() {
    let word = u32::from_ne_bytes(MDNS_GROUP_V4.octets());
    let text = format!(
        "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n\
         1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n\
         2\teth0      :     2      V3\n\t\t\t\t{word:08X}     1 0:00000000\t\t0\n"
    );
    let found = memberships_v4(&text);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found.last(),
        Some(&Membership {
            interface_index: 2,
            group: IpAddr::V4(MDNS_GROUP_V4)
        })
    );
    let text = "5    eth0            ff0200000000000000000000000000fb     1 00000004 0\n";
    let expected = Membership {
        interface_index: 5,
        group: IpAddr::V6(MDNS_GROUP_V6),
    };
    assert_eq!(memberships_v6(text), [expected]);
}

#[test]
fn the_sources_of_host_names_are_one_line() {
    let text = "passwd: files\nhosts:   files mdns4_minimal [NOTFOUND=return]  dns # ours\n";
    let sources = hosts_sources(text);
    assert_eq!(
        sources.as_deref(),
        Some("files mdns4_minimal [NOTFOUND=return] dns")
    );
    assert_eq!(hosts_sources("passwd: files\n"), None);
}

#[test]
fn only_rules_that_refuse_packets_of_this_machine_are_kept() {
    let text = "table inet f {\n\tchain in {\n\t\ttype filter hook input priority filter; policy drop;\n\
                \t\tudp dport 5353 accept\n\t\tiifname \"eth0\" udp dport 5353 drop\n\t}\n\
                \tchain fwd {\n\t\ttype filter hook forward priority filter; policy drop;\n\t\tdrop\n\t}\n\
                \tchain out {\n\t\ttype filter hook output priority filter; policy accept;\n\t\treject\n\t}\n}\n";
    let rule = |direction, chain: &str, text: &str| FirewallRule {
        direction,
        chain: chain.to_owned(),
        text: text.to_owned(),
    };
    let expected = [
        rule(PacketDirection::In, "inet f in", "policy drop"),
        rule(
            PacketDirection::In,
            "inet f in",
            "iifname \"eth0\" udp dport 5353 drop",
        ),
        rule(PacketDirection::Out, "inet f out", "reject"),
    ];
    assert_eq!(nft_rules(text), expected);
}

#[test]
fn rules_of_old_iptables_are_followed_through_their_chains() {
    let text = "# Generated\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
                :own - [0:0]\n:unused - [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j own\n\
                -A own -p udp -m udp --dport 5353 -j DROP\n-A own -j own\n-A unused -j DROP\n\
                -A FORWARD -j DROP\n-A OUTPUT -p udp -j REJECT --reject-with icmp-port-unreachable\n\
                COMMIT\n";
    let rules = iptables_rules(text, "ip");
    let shown: Vec<(PacketDirection, &str, &str)> = rules
        .iter()
        .map(|rule| (rule.direction, rule.chain.as_str(), rule.text.as_str()))
        .collect();
    let (inwards, out) = (PacketDirection::In, PacketDirection::Out);
    let dropped = "-A own -p udp -m udp --dport 5353 -j DROP";
    let rejected = "-A OUTPUT -p udp -j REJECT --reject-with icmp-port-unreachable";
    assert_eq!(
        shown,
        [
            (inwards, "ip filter INPUT", "policy DROP"),
            (inwards, "ip filter own", dropped),
            (out, "ip filter OUTPUT", rejected),
        ]
    );
    assert_eq!(iptables_rules("*filter\n-A INPUT -j\n-A\n:", "ip"), []);
}

#[test]
fn neighbours_that_have_answered_and_modules_of_the_c_library_are_read() {
    let text = "IP address       HW type     Flags       HW address            Mask     Device\n\
                10.1.0.2         0x1         0x2         02:00:00:00:00:02     *        eth0\n\
                10.1.0.3         0x1         0x0         00:00:00:00:00:00     *        eth0\n";
    let expected = Neighbour {
        ip: IpAddr::V4(Ipv4Addr::new(10, 1, 0, 2)),
        interface: "eth0".to_owned(),
    };
    assert_eq!(neighbours(text), [expected]);
    let module = nss_module("libnss_mdns4_minimal.so.2");
    assert_eq!(module.as_deref(), Some("mdns4_minimal"));
    assert_eq!(nss_module("libc.so.6"), None);
}

#[test]
fn a_fact_that_is_not_known_says_why() {
    let unknown = Unknown::Unreadable {
        what: "/proc/net/udp".to_owned(),
        why: "denied".to_owned(),
    };
    assert_eq!(unknown.to_string(), "/proc/net/udp: denied");
}
