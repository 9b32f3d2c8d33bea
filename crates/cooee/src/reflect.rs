//! Reflecting: services of one interface are found on another.
//!
//! In:  rules from the user.
//! Out: [`ReflectRule`]; what each has done, as [`RuleStats`].
//!
//! ```no_run
//! use cooee::Mdns;
//! use cooee::reflect::{ReflectRule, ServiceFilter};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mdns = Mdns::new()?;
//! let printers = ServiceFilter::of_types(["_ipp._tcp".parse()?]);
//! // The printers on the interface `devices` are found on `office`.
//! mdns.reflect(vec![ReflectRule::new("devices", "office", printers)])?;
//! # Ok(())
//! # }
//! ```

use cooee_proto::limits::Rate;
use cooee_proto::link::{Families, Family, LinkId};
use cooee_proto::reflect::Rule;

pub use cooee_proto::reflect::{Pattern, Refusal, RuleStats, ServiceFilter};

/// Lets services on one interface be found on another: questions cross from `to` to `from`, and the
/// answers to them from `from` to `to`. For both directions there are two rules.
///
/// What crosses are the records that a service needs (PTR, SRV, TXT, A, AAAA, NSEC), from this
/// host's own address and with their own TTLs. Link-local addresses do not cross, nor does anything
/// that this host itself publishes: that is on all its interfaces anyway. Several reflectors between
/// the same links, of this kind or another, do not multiply packets.
///
/// An interface that does not exist yet is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflectRule {
    from: String,
    to: String,
    /// What crosses; its links are those of the interfaces when it is bound.
    rule: Rule,
}

impl ReflectRule {
    /// Creates a rule for the services on the interface `from`, which are found on the interface
    /// `to`. Both are names, such as `eth0`. Nothing crosses from an interface to itself.
    ///
    /// ```
    /// use cooee::reflect::{ReflectRule, ServiceFilter};
    ///
    /// let everything = ReflectRule::new("eth0", "eth1", ServiceFilter::default());
    /// ```
    pub fn new(from: impl Into<String>, to: impl Into<String>, filter: ServiceFilter) -> Self {
        Self {
            from: from.into(),
            to: to.into(),
            rule: Rule::new(NO_LINK, NO_LINK, filter),
        }
    }

    /// Lets only IPv4 packets cross. The default is both families; a packet never changes its own.
    #[must_use]
    pub fn ipv4_only(mut self) -> Self {
        self.rule.families = Families::one(Family::V4);
        self
    }

    /// Lets only IPv6 packets cross.
    #[must_use]
    pub fn ipv6_only(mut self) -> Self {
        self.rule.families = Families::one(Family::V6);
        self
    }

    /// Makes both interfaces one zone, in which a name has one owner (RFC 6762 sections 8 and 9):
    /// probes cross, and so do the answers that defend a name. Use it in the rules of both
    /// directions. Without it, a name can have an owner on each side, and each side sees its own.
    #[must_use]
    pub fn one_zone(mut self) -> Self {
        self.rule.one_zone = true;
        self
    }

    /// Sets how many packets per second it may send: of questions, of answers for everybody, and of
    /// replies to one host, each. The default is 500.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rule.rate = rate;
        self
    }

    /// Returns the name of the interface of the services.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Returns the name of the interface on which they are found.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Returns the rule for the engine, with the links of the interfaces, if they have any.
    pub(crate) fn bind(&self, link_of: impl Fn(&str) -> Option<LinkId>) -> Rule {
        let link_of = |name: &str| link_of(name).unwrap_or(NO_LINK);
        let mut rule = self.rule.clone();
        (rule.from, rule.to) = (link_of(&self.from), link_of(&self.to));
        rule
    }
}

/// The link of an interface that has not been there yet: no interface has the index 0.
const NO_LINK: LinkId = LinkId(0);
