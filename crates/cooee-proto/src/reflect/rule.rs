//! The rules of a reflector: which services of one link are found on another.
//!
//! In:  the user's choices.
//! Out: [`Rule`]; which names, questions and records it lets through, and else a [`Refusal`].

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use cooee_wire::{Name, RData, Record, RecordType};

use super::owner::Owner;
use super::pattern::Pattern;
use crate::dnssd::service_type::ServiceType;
use crate::limits::Rate;
use crate::link::{Families, Family, LinkId, is_link_local};

/// Lets services of one link be found on another: questions cross from `to` to `from`, and the
/// answers to them from `from` to `to`. For both directions there are two rules.
///
/// ```
/// use cooee_proto::LinkId;
/// use cooee_proto::reflect::{Rule, ServiceFilter};
///
/// let printers = ServiceFilter::of_types(["_ipp._tcp".parse()?]);
/// let rule = Rule::new(LinkId(3), LinkId(2), printers);
/// # Ok::<(), cooee_proto::dnssd::service_type::ServiceTypeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The link of the services.
    pub from: LinkId,
    /// The link on which they are found.
    pub to: LinkId,
    /// The services.
    pub filter: ServiceFilter,
    /// The address families over which packets cross. A packet never changes its family.
    pub families: Families,
    /// Whether both links are one zone, in which a name has one owner: probes cross too, and so do
    /// the answers that defend a name. Set it in the rules of both directions.
    pub one_zone: bool,
    /// Whether its questions ask for unicast answers, which only this host receives. Set it to
    /// false if another program on this host shares port 5353: that one may get them.
    pub unicast_answers: bool,
    /// How many packets per second it may send: of questions, of answers for everybody, and of
    /// replies to one host, each.
    pub rate: Rate,
}

/// Which services a [`Rule`] lets through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceFilter {
    /// The service types; `None` for all.
    pub types: Option<Vec<ServiceType>>,
    /// Service types that are refused although they are among `types`.
    pub types_denied: Vec<ServiceType>,
    /// The labels of instances; `None` for all.
    pub instances: Option<Vec<Pattern>>,
    /// The labels of instances that are refused.
    pub instances_denied: Vec<Pattern>,
    /// Hosts whose addresses cross although no service that crosses is on them.
    pub hosts: Vec<Pattern>,
    /// Hosts that are refused, and with them their services.
    pub hosts_denied: Vec<Pattern>,
}

/// Why something did not cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// Its service type.
    Type,
    /// The label of its instance.
    Instance,
    /// It is about a host that is not listed and offers no service that crosses, or is refused.
    Host,
    /// It is an address that is only valid on its own link, or asks for such addresses.
    LinkLocal,
    /// Its name has another owner on the other link.
    Taken,
    /// It is no record that a service needs.
    Unneeded,
    /// It is a probe, and the links are not one zone.
    Probe,
}

impl Refusal {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Type,
        Self::Instance,
        Self::Host,
        Self::LinkLocal,
        Self::Taken,
        Self::Unneeded,
        Self::Probe,
    ];

    /// Returns a stable name for counters and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Instance => "instance",
            Self::Host => "host",
            Self::LinkLocal => "link_local",
            Self::Taken => "taken",
            Self::Unneeded => "unneeded",
            Self::Probe => "probe",
        }
    }
}

impl Rule {
    /// Creates a rule for both families and separate zones, with 500 packets per second.
    pub fn new(from: LinkId, to: LinkId, filter: ServiceFilter) -> Self {
        Self {
            from,
            to,
            filter,
            families: Families::one(Family::V4).and(Families::one(Family::V6)),
            one_zone: false,
            unicast_answers: true,
            rate: Rate::new(PACKETS_PER_SEC, PACKETS_AT_ONCE),
        }
    }

    pub(super) fn covers(&self, family: Family) -> bool {
        let has = match family {
            Family::V4 => self.families.has_v4(),
            Family::V6 => self.families.has_v6(),
        };
        has && self.from != self.to
    }
}

impl ServiceFilter {
    /// Lets all services of these types through.
    pub fn of_types(types: impl IntoIterator<Item = ServiceType>) -> Self {
        Self {
            types: Some(types.into_iter().collect()),
            ..Self::default()
        }
    }

    /// Judges a question. `is_known` says whether a host offers a service that crosses.
    pub(super) fn judge_question(
        &self,
        name: &Name,
        rtype: RecordType,
        is_known: impl Fn(&Name) -> bool,
    ) -> Result<(), Refusal> {
        let asks = |types: &[RecordType]| rtype == RecordType::ANY || types.contains(&rtype);
        let (judgement, is_useful) = match Owner::of(name) {
            Owner::AllTypes => (Ok(()), asks(&[RecordType::PTR])),
            Owner::Type(of) => (self.judge_type(&of), asks(&[RecordType::PTR])),
            Owner::Instance(of) => (self.judge_instance(name, &of), asks(&OF_INSTANCES)),
            Owner::Host => (self.judge_host(name, is_known), asks(&OF_HOSTS)),
            Owner::Other => (Ok(()), false),
        };
        judgement.and_then(|()| is_useful.then_some(()).ok_or(Refusal::Unneeded))
    }

    /// Judges a record. `is_known` says whether a host offers a service that crosses.
    pub(super) fn judge_record(
        &self,
        record: &Record,
        owner: &Owner,
        is_known: impl Fn(&Name) -> bool,
    ) -> Result<(), Refusal> {
        match (&record.data, owner) {
            (RData::Ptr(listed), Owner::AllTypes) => {
                let listed = ServiceType::from_name(listed).ok_or(Refusal::Unneeded)?;
                self.judge_type(&listed)
            }
            (RData::Ptr(instance), Owner::Type(of)) => {
                if Owner::of(instance) != Owner::Instance(of.clone()) {
                    return Err(Refusal::Unneeded);
                }
                self.judge_instance(instance, of)
            }
            (RData::Srv(srv), Owner::Instance(of)) => {
                self.judge_instance(&record.name, of)?;
                self.judge_host(&srv.target, |_| true)
            }
            (RData::Txt(_), Owner::Instance(of)) => self.judge_instance(&record.name, of),
            (RData::A(ip), Owner::Host) => {
                self.judge_address(&record.name, IpAddr::V4(*ip), is_known)
            }
            (RData::Aaaa(ip), Owner::Host) => {
                self.judge_address(&record.name, IpAddr::V6(*ip), is_known)
            }
            (RData::Nsec(nsec), Owner::Instance(of)) if nsec.next == record.name => {
                self.judge_instance(&record.name, of)
            }
            (RData::Nsec(nsec), Owner::Host) if nsec.next == record.name => {
                self.judge_host(&record.name, is_known)
            }
            _ => Err(Refusal::Unneeded),
        }
    }

    fn judge_type(&self, service_type: &ServiceType) -> Result<(), Refusal> {
        let is_allowed = match &self.types {
            None => true,
            Some(types) => types.contains(service_type),
        };
        let lets = is_allowed && !self.types_denied.contains(service_type);
        lets.then_some(()).ok_or(Refusal::Type)
    }

    fn judge_instance(&self, name: &Name, service_type: &ServiceType) -> Result<(), Refusal> {
        self.judge_type(service_type)?;
        let is_allowed = match &self.instances {
            None => true,
            Some(patterns) => matches_any(patterns, name),
        };
        let lets = is_allowed && !matches_any(&self.instances_denied, name);
        lets.then_some(()).ok_or(Refusal::Instance)
    }

    fn judge_host(&self, name: &Name, is_known: impl Fn(&Name) -> bool) -> Result<(), Refusal> {
        let is_allowed = matches_any(&self.hosts, name) || is_known(name);
        let lets = is_allowed && !matches_any(&self.hosts_denied, name);
        lets.then_some(()).ok_or(Refusal::Host)
    }

    fn judge_address(
        &self,
        name: &Name,
        ip: IpAddr,
        is_known: impl Fn(&Name) -> bool,
    ) -> Result<(), Refusal> {
        self.judge_host(name, is_known)?;
        // An IPv4 address may come as one of IPv6 (RFC 4291 section 2.5.5.2).
        let ip = ip.to_canonical();
        let stays = is_link_local(ip) || ip.is_loopback() || ip.is_unspecified();
        let stays = stays || ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST);
        if stays {
            Err(Refusal::LinkLocal)
        } else {
            Ok(())
        }
    }
}

fn matches_any(patterns: &[Pattern], name: &Name) -> bool {
    let label = name.first_label().unwrap_or_default();
    patterns.iter().any(|pattern| pattern.matches(label))
}

/// What is asked about an instance.
const OF_INSTANCES: [RecordType; 2] = [RecordType::SRV, RecordType::TXT];
/// What is asked about a host.
const OF_HOSTS: [RecordType; 2] = [RecordType::A, RecordType::AAAA];
/// How many packets per second a rule sends, if nothing else is chosen.
const PACKETS_PER_SEC: u32 = 500;
/// How many it sends at once after a pause.
const PACKETS_AT_ONCE: u32 = 500;

#[cfg(test)]
mod tests;
