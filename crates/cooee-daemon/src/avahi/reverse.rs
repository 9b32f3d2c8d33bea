//! The name under which an address is asked for.
//!
//! In:  an address.
//! Out: its name in `in-addr.arpa` (RFC 1035 section 3.5) or `ip6.arpa` (RFC 3596 section 2.5).

use std::fmt::Write as _;
use std::net::IpAddr;

use cooee::Name;

/// Returns the name whose PTR records name the hosts that have an address.
pub fn reverse_name(ip: IpAddr) -> Option<Name> {
    let mut text = String::new();
    match ip {
        IpAddr::V4(ip) => {
            for octet in ip.octets().into_iter().rev() {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "{octet}.");
            }
            text.push_str("in-addr.arpa");
        }
        IpAddr::V6(ip) => {
            for octet in ip.octets().into_iter().rev() {
                let _ = write!(text, "{:x}.{:x}.", octet & 0xf, octet >> 4);
            }
            text.push_str("ip6.arpa");
        }
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::reverse_name;

    #[test]
    fn an_address_is_written_backwards() {
        let name = |ip: &str| reverse_name(ip.parse().unwrap()).unwrap().to_string();
        assert_eq!(name("10.0.3.9"), "9.3.0.10.in-addr.arpa");
        let zeros = "0.".repeat(29);
        assert_eq!(name("f000::12"), format!("2.1.{zeros}f.ip6.arpa"));
    }
}
