//! Addresses as they are reported: only usable ones, each once, the best first.
//!
//! In:  the addresses of A and AAAA records, with the links on which they were received; those
//!      links.
//! Out: the addresses to report. RFC 6762 sections 6.2 and 14 (addresses that are valid on a link).

use alloc::vec::Vec;

use super::service::LinkedAddress;
use crate::address::is_usable;
use crate::engine::Engine;
use crate::link::{LinkId, LinkInfo, is_link_local};

/// Adds the usable addresses of `heard` to `offered`.
pub(super) fn admit(
    offered: &mut Vec<LinkedAddress>,
    heard: impl Iterator<Item = LinkedAddress>,
    engine: &Engine,
) {
    let usable = heard.filter(|address| {
        let link = link_info(engine, address.link);
        link.is_some_and(|link| is_usable(address.ip, link))
    });
    offered.extend(usable);
}

/// Sorts the best first and removes duplicates. One address on several links is one, unless its
/// meaning depends on the link.
pub(super) fn arrange(offered: &mut Vec<LinkedAddress>, engine: &Engine) {
    if offered.len() < 2 {
        return;
    }
    // Few addresses are ranked again and again, which is cheaper than a list of their ranks.
    if offered.len() > RANKED_AGAIN_MAX {
        offered.sort_by_cached_key(|address| rank(address, engine));
    } else {
        offered.sort_by_key(|address| rank(address, engine));
    }
    let mut kept: Vec<LinkedAddress> = Vec::with_capacity(offered.len());
    for address in offered.iter() {
        let is_same = |other: &LinkedAddress| {
            other.ip == address.ip && (!address.is_link_local() || other.link == address.link)
        };
        if !kept.iter().any(is_same) {
            kept.push(*address);
        }
    }
    *offered = kept;
}

fn link_info(engine: &Engine, link: LinkId) -> Option<&LinkInfo> {
    engine
        .links()
        .find(|(id, _)| *id == link)
        .map(|(_, info)| info)
}

/// Returns the order in which addresses are reported: those of the link's subnets before others,
/// those that are valid everywhere before those of one link only, IPv6 before IPv4, then by value.
fn rank(address: &LinkedAddress, engine: &Engine) -> impl Ord + use<> {
    let link = link_info(engine, address.link);
    let is_near = link.is_some_and(|link| link.is_on_link(address.ip));
    (
        !is_near,
        is_link_local(address.ip),
        address.ip.is_ipv4(),
        *address,
    )
}

/// How many addresses are sorted without a list of their ranks.
const RANKED_AGAIN_MAX: usize = 4;

#[cfg(test)]
mod tests;
