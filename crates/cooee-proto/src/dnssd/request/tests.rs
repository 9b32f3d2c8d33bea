//! Names of reverse look-ups.

use alloc::string::ToString;

use super::*;

#[test]
fn addresses_are_spelled_backwards_under_arpa() {
    let spelled = |ip: &str| reverse_name(ip.parse().unwrap()).to_string();
    assert_eq!(
        spelled("10.1.2.203").trim_end_matches('.'),
        "203.2.1.10.in-addr.arpa"
    );
    assert_eq!(
        spelled("2001:db8::1:abcd").trim_end_matches('.'),
        "d.c.b.a.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
    );
}
