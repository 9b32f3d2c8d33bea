//! Who may ask.
//!
//! In:  the settings, the address of the asker and the one that was asked.
//! Out: whether there is an answer.

use std::net::IpAddr;

use super::links::Links;
use crate::config::Prefix;

/// Returns whether an address may ask. Without a list, those may that share a network with the
/// address that they ask.
pub(super) fn may_ask(allow: &[Prefix], links: &Links, source: IpAddr, asked: IpAddr) -> bool {
    match allow {
        [] => source.to_canonical().is_loopback() || links.network(asked).contains(source),
        networks => networks.iter().any(|network| network.contains(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::links::Links;
    use super::may_ask;
    use std::net::IpAddr;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn without_a_list_only_this_host_may_ask_an_unknown_address() {
        let links = Links::default();
        let may = |source| may_ask(&[], &links, ip(source), ip("10.0.0.1"));
        assert!(may("127.0.0.1") && may("::1") && may("10.0.0.1"));
        assert!(!may("10.0.0.2") && !may("203.0.113.1"));
    }

    #[test]
    fn a_list_is_complete() {
        let allow = ["10.0.0.0/8".parse().unwrap()];
        let may = |source| may_ask(&allow, &Links::default(), ip(source), ip("10.0.0.1"));
        assert!(may("10.9.9.9"));
        assert!(!may("127.0.0.1") && !may("192.168.0.1"));
    }
}
