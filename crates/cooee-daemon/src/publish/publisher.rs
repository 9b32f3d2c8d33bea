//! What all groups of entries share.
//!
//! In:  the driver, and what the configuration says about publishing.
//! Out: the records of this host, the names that it claims, the cookie of its services.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::rc::Rc;

use cooee::{Family, Mdns, Txt};

use super::claimed::ClaimedNames;
use super::registry::Registry;
use crate::avahi::flags::Scope;

/// What all groups share.
pub(crate) struct Publisher {
    pub(crate) mdns: Mdns,
    pub(crate) registry: Rc<RefCell<Registry>>,
    pub(crate) names: Rc<ClaimedNames>,
    /// A number of this process, by which old clients know its services.
    pub(crate) cookie: u32,
    /// Whether services get the cookie among their attributes.
    adds_cookie: bool,
    /// The only family that the driver uses; both if `None`.
    only: Option<Family>,
}

impl Publisher {
    pub(crate) fn new(mdns: Mdns, adds_cookie: bool) -> Self {
        let [a, b, c, d, ..] = RandomState::new().hash_one(0_u8).to_le_bytes();
        Self {
            registry: Rc::default(),
            names: ClaimedNames::new(mdns.clone()),
            mdns,
            cookie: u32::from_le_bytes([a, b, c, d]),
            adds_cookie,
            only: None,
        }
    }

    /// Notes the only family that the driver uses, if it does not use both.
    pub(crate) fn over(self, only: Option<Family>) -> Self {
        Self { only, ..self }
    }

    /// Returns the attributes with the cookie, unless that is not wanted or they have one.
    pub(crate) fn with_cookie(&self, txt: Txt) -> Txt {
        if !self.adds_cookie || txt.value(COOKIE_KEY).is_some() {
            return txt;
        }
        let cookie = format!("{COOKIE_KEY}={}", self.cookie);
        let strings = txt.exact_strings().filter(|string| !string.is_empty());
        let strings = strings.chain([cookie.as_bytes()]);
        // Attributes that are full have no room for it.
        Txt::exactly(strings).unwrap_or(txt)
    }

    /// Returns whether there is a link on which something with this scope can be published now.
    pub(crate) fn has_link(&self, scope: Scope) -> bool {
        let decisions = self.mdns.interfaces();
        let mut used = decisions.iter().filter(|decision| decision.selected);
        used.any(|decision| {
            let interface = &decision.interface;
            let is_meant = scope.interface.is_none_or(|index| index == interface.index);
            let mut addresses = interface.addresses.iter();
            let families = [scope.protocol, self.only].into_iter().flatten();
            let is_v4 = families.map(|family| family == Family::V4);
            let is_of = |ip: IpAddr| is_v4.clone().all(|is_v4| ip.is_ipv4() == is_v4);
            is_meant && addresses.any(|address| address.usable && is_of(address.ip))
        })
    }
}

const COOKIE_KEY: &str = "org.freedesktop.Avahi.cookie";
