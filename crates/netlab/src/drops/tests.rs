//! Counters are found by name wherever the kernel puts them.

use super::{snmp, snmp6};

#[test]
fn the_udp_group_is_read_by_name() {
    let text = "Ip: Forwarding RcvbufErrors\nIp: 1 9\n\
                Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\nUdp: 5 0 7 3 42\n";
    assert_eq!(snmp(text, "RcvbufErrors"), 42);
    assert_eq!(snmp(text, "InErrors"), 7);
    assert_eq!(snmp(text, "Absent"), 0);
}

#[test]
fn the_ipv6_counters_are_read_by_name() {
    let text = "Udp6InErrors                    \t3\nUdp6RcvbufErrors                \t8\n";
    assert_eq!(snmp6(text, "Udp6RcvbufErrors"), 8);
}
