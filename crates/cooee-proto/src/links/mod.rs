//! The links that are up: their addresses, what may be sent on them, and whether it leaves.
//!
//! In:  links that come and go; the results of packets.
//! Out: which links take packets now, over which families, how long a packet may be; what the user
//!      must know of them. RFC 6762 sections 6 (unicast responses), 8.4 and 11.

mod gate;
mod trouble;

use core::net::IpAddr;

pub(crate) use self::gate::{Gate, MTU_MIN, message_len_max};
use self::trouble::Troubles;
pub(crate) use self::trouble::{WayNews, datagrams_of, has_left, is_too_long};
use crate::link::{Family, LinkId, LinkInfo};
use crate::link_map::LinkMap;
use crate::time::Instant;
use crate::timing::UNICAST_RESPONSE_WINDOW;
use crate::transmit::Destination;

/// Every link that is up.
#[derive(Default)]
pub(crate) struct Links {
    up: LinkMap<Link>,
}

struct Link {
    info: LinkInfo,
    /// Unicast responses are accepted until then, because we have asked for some.
    unicast_until: Option<Instant>,
    troubles: Troubles,
}

/// What a report about a link means.
pub(crate) struct Arrival {
    /// Whether it is a network where we are not known: not the one that was there, with other
    /// addresses.
    pub(crate) is_new: bool,
    /// The families that are gone, if the user was told that nothing leaves over them.
    pub(crate) news: WayNews,
}

impl Links {
    /// Handles a link that is there, or has other addresses than before.
    pub(crate) fn arrive(&mut self, now: Instant, link: LinkId, info: LinkInfo) -> Arrival {
        let (mut is_new, mut troubles) = (true, Troubles::default());
        let mut news = WayNews::new();
        if let Some(known) = self.up.get_mut(link) {
            known.troubles.hurry(now);
            is_new = !known.takes_on(&info);
            news = known
                .troubles
                .keep_families(|family| info.has_family(family));
            troubles = known.troubles.renewed();
        }
        if is_new {
            let unicast_until = None;
            let fresh = Link {
                info,
                unicast_until,
                troubles,
            };
            self.up.insert(link, fresh);
        }
        Arrival { is_new, news }
    }

    /// Removes a link. Returns what the user was told of it, which is over.
    pub(crate) fn remove(&mut self, link: LinkId) -> WayNews {
        let gone = self.up.remove(link);
        gone.map_or_else(WayNews::new, |gone| gone.troubles.end())
    }

    /// Returns every link, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = LinkId> + '_ {
        self.up.keys()
    }

    /// Returns every link and its addresses, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (LinkId, &LinkInfo)> {
        self.up.iter().map(|(id, link)| (id, &link.info))
    }

    /// Returns the addresses of a link.
    pub(crate) fn info(&self, link: LinkId) -> Option<&LinkInfo> {
        self.up.get(link).map(|link| &link.info)
    }

    /// Returns whether an address is one of this host's.
    pub(crate) fn has_address(&self, ip: IpAddr) -> bool {
        self.up.iter().any(|(_, link)| link.info.has_address(ip))
    }

    /// Accepts unicast responses on a link for a while, because we have asked for some.
    pub(crate) fn expect_unicast(&mut self, now: Instant, link: LinkId) {
        if let Some(link) = self.up.get_mut(link) {
            link.unicast_until = Some(now + UNICAST_RESPONSE_WINDOW);
        }
    }

    /// Returns whether unicast responses are accepted on a link.
    pub(crate) fn awaits_unicast(&self, now: Instant, link: LinkId) -> bool {
        let until = self.up.get(link).and_then(|known| known.unicast_until);
        until.is_some_and(|until| until >= now)
    }

    /// Returns the time from which a link accepts packets.
    pub(crate) fn open_at(&self, link: LinkId) -> Instant {
        let known = self.up.get(link);
        known.map_or(Instant::ZERO, |link| link.troubles.open_at())
    }

    /// Returns whether packets leave by a link, as far as is known.
    pub(crate) fn takes_packets(&self, link: LinkId) -> bool {
        self.open_at(link) == Instant::ZERO
    }

    /// Returns whether nothing can be sent on a link, and the user was informed.
    pub(crate) fn is_blocked(&self, link: LinkId) -> bool {
        let known = self.up.get(link);
        known.is_some_and(|link| link.troubles.is_blocked())
    }

    /// Returns over what nothing leaves on a link and why, as far as the user was informed.
    pub(crate) fn blocked(&self, link: LinkId) -> WayNews {
        let known = self.up.get(link);
        known.map_or_else(WayNews::new, |link| link.troubles.blocked())
    }

    /// Returns whether our names may be used in a packet to a host: it has heard us claim them.
    pub(crate) fn is_claimed_for(&self, link: LinkId, to: IpAddr) -> bool {
        let known = self.up.get(link);
        known.is_none_or(|link| link.troubles.is_claimed_over(Family::of(to)))
    }

    /// Returns the families over which a multicast is sent that is in transit now; `over` is the only
    /// one for which it is.
    pub(crate) fn send(&mut self, now: Instant, link: LinkId, over: Option<Family>) -> Destination {
        let known = self.up.get_mut(link).map(|known| &mut known.troubles);
        let by = known.map_or(Destination::Multicast, |troubles| {
            troubles.trying(now);
            troubles.destination()
        });
        over.map_or(by, Destination::MulticastBy)
    }

    /// Returns when a link or a family that accepted no packets is tested.
    pub(crate) fn next_retry(&self) -> Option<Instant> {
        let links = self.up.iter();
        links.filter_map(|(_, link)| link.troubles.knock_at()).min()
    }

    /// Returns a link that is to be tested now, over one family or both.
    pub(crate) fn retry(&mut self, now: Instant) -> Option<(LinkId, Option<Family>)> {
        let is_due = |link: &Link| link.troubles.knock_at().is_some_and(|at| at <= now);
        let (id, link) = self.up.iter_mut().find(|(_, link)| is_due(link))?;
        Some((id, link.troubles.knock(now)))
    }

    /// A name is used on a link now: returns what the user is to be told of families whose hosts
    /// have not heard it claimed.
    pub(crate) fn tell_unheard(&mut self, link: LinkId) -> WayNews {
        let known = self.up.get_mut(link);
        known.map_or_else(WayNews::new, |link| link.troubles.tell_unheard())
    }

    /// Records that a probe has left a link, but not over the failed families.
    pub(crate) fn probed(&mut self, link: LinkId) {
        if let Some(link) = self.up.get_mut(link) {
            link.troubles.probed();
        }
    }
}

impl Link {
    /// Replaces the addresses. Returns whether the network is the same: one address stays, so does
    /// a family whose hosts have heard us, and no family appears whose hosts have not.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
    //# For example, if any of a host's IP
    //# addresses change, it MUST re-announce those address records.
    fn takes_on(&mut self, info: &LinkInfo) -> bool {
        let stays = info
            .addresses
            .iter()
            .any(|address| self.info.has_address(address.ip));
        let knows = |ip: IpAddr| {
            self.info
                .addresses
                .iter()
                .any(|known| known.ip.is_ipv4() == ip.is_ipv4())
        };
        let mut families = info.addresses.iter().map(|address| Family::of(address.ip));
        let is_heard = families.any(|family| self.troubles.spares(family));
        let is_same = stays && is_heard && info.addresses.iter().all(|address| knows(address.ip));
        if is_same {
            self.info = info.clone();
        }
        is_same
    }
}
