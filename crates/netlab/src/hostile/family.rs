//! The kinds of hostile packets.
//!
//! In:  a name, a victim, randomness.
//! Out: a packet of that kind: what it holds, where it claims to come from, where it goes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use fastrand::Rng;

use super::names::Names;
use super::source::Sender;
use super::{Attack, malformed, queries, records};
use crate::capture::MDNS_PORT;
use crate::error::{Error, Result};
use crate::frame::{Mac, Udp, multicast_mac};

/// A kind of hostile packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Datagrams of 0, 1 and 11 bytes.
    Short,
    /// Random bytes.
    Noise,
    /// Counts of 65,535.
    Counts,
    /// More than 9,000 bytes.
    Oversized,
    /// Labels of 64 bytes, names of 256, and those that are just short enough.
    LabelLengths,
    /// Pointers that lead nowhere, or round and round.
    Pointers,
    /// Data that is not as long as it says.
    DataLengths,
    /// TXT strings that go on past their record.
    TxtStrings,
    /// SRV targets that are compressed, rightly and wrongly.
    SrvTargets,
    /// NSEC bitmaps with impossible windows.
    NsecWindows,
    /// Types and classes that nobody knows.
    UnknownTypes,
    /// OPT records, where they may be and where not.
    Opt,
    /// Queries without a question.
    Questionless,
    /// Source port 0.
    PortZero,
    /// Aliases in circles and chains.
    Aliases,
    /// Records that nobody asks for.
    UnaskedNames,
    /// Ever new instances of what is browsed for.
    UnheardInstances,
    /// Wanted records that bring along hundreds of others.
    AdditionalRecords,
    /// A service that is another one each time.
    Alternating,
    /// A service whose TTL is another one each time.
    ShiftingTtl,
    /// Questions for what the victim owns.
    Queries,
    /// The same, to be answered by unicast.
    UnicastWanted,
    /// The same, from other ports than 5353.
    Legacy,
    /// As many questions as fit.
    ManyQuestions,
    /// Truncated questions without a continuation.
    Truncated,
    /// The victim's own questions, asked by others.
    Browsed,
    /// Probes for what the victim owns; they are to be fended off.
    Probes,
    /// Questions and answers from addresses outside the link, to the group and to the victim.
    OffLink,
    /// Answers to the victim alone, which it has not asked for.
    Unsolicited,
    /// Packets with the victim's own address as their source.
    Impostor,
    /// Other data for what the victim owns. Not in the [mix](Self::mix): a host that says so
    /// must be believed, and names are lost.
    Conflicts,
}

impl Family {
    /// Every kind there is.
    pub const ALL: [Self; 31] = [
        Self::Short,
        Self::Noise,
        Self::Counts,
        Self::Oversized,
        Self::LabelLengths,
        Self::Pointers,
        Self::DataLengths,
        Self::TxtStrings,
        Self::SrvTargets,
        Self::NsecWindows,
        Self::UnknownTypes,
        Self::Opt,
        Self::Questionless,
        Self::PortZero,
        Self::Aliases,
        Self::UnaskedNames,
        Self::UnheardInstances,
        Self::AdditionalRecords,
        Self::Alternating,
        Self::ShiftingTtl,
        Self::Queries,
        Self::UnicastWanted,
        Self::Legacy,
        Self::ManyQuestions,
        Self::Truncated,
        Self::Browsed,
        Self::Probes,
        Self::OffLink,
        Self::Unsolicited,
        Self::Impostor,
        Self::Conflicts,
    ];

    /// All that must do no harm: every kind but [`Self::Conflicts`].
    pub fn mix() -> Vec<Self> {
        let harmless = |family: &Self| *family != Self::Conflicts;
        Self::ALL.into_iter().filter(harmless).collect()
    }

    /// The name by which it is chosen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Noise => "noise",
            Self::Counts => "counts",
            Self::Oversized => "oversized",
            Self::LabelLengths => "label-lengths",
            Self::Pointers => "pointers",
            Self::DataLengths => "data-lengths",
            Self::TxtStrings => "txt-strings",
            Self::SrvTargets => "srv-targets",
            Self::NsecWindows => "nsec-windows",
            Self::UnknownTypes => "unknown-types",
            Self::Opt => "opt",
            Self::Questionless => "questionless",
            Self::PortZero => "port-zero",
            Self::Aliases => "aliases",
            Self::UnaskedNames => "unasked-names",
            Self::UnheardInstances => "unheard-instances",
            Self::AdditionalRecords => "additional-records",
            Self::Alternating => "alternating",
            Self::ShiftingTtl => "shifting-ttl",
            Self::Queries => "queries",
            Self::UnicastWanted => "unicast-wanted",
            Self::Legacy => "legacy",
            Self::ManyQuestions => "many-questions",
            Self::Truncated => "truncated",
            Self::Browsed => "browsed",
            Self::Probes => "probes",
            Self::OffLink => "off-link",
            Self::Unsolicited => "unsolicited",
            Self::Impostor => "impostor",
            Self::Conflicts => "conflicts",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|family| family.name() == name);
        found.ok_or_else(|| Error::new(format!("no family of packets is called {name}")))
    }

    /// What a packet of this kind holds.
    fn payload(self, names: &Names, random: &mut Rng) -> Vec<u8> {
        match self {
            Self::Short => malformed::short(random),
            Self::Noise => malformed::noise(names, random),
            Self::Counts => malformed::counts(names, random),
            Self::Oversized => malformed::oversized(names, random),
            Self::LabelLengths => malformed::label_lengths(names, random),
            Self::Pointers => malformed::pointers(names, random),
            Self::DataLengths => malformed::data_lengths(names, random),
            Self::TxtStrings => malformed::txt_strings(names, random),
            Self::SrvTargets => malformed::srv_targets(names, random),
            Self::NsecWindows => malformed::nsec_windows(names, random),
            Self::UnknownTypes => malformed::unknown_types(names, random),
            Self::Opt => malformed::opt(names, random),
            Self::Questionless => queries::questionless(names, random),
            Self::Aliases => records::aliases(names, random),
            Self::UnaskedNames => records::unasked_names(random),
            Self::UnheardInstances => records::unheard_instances(names, random),
            Self::AdditionalRecords => records::additional_records(names, random),
            Self::Alternating => records::alternating(names, random),
            Self::ShiftingTtl => records::shifting_ttl(names, random),
            Self::Queries | Self::PortZero | Self::Impostor => queries::owned(names, random),
            Self::UnicastWanted => queries::unicast_wanted(names, random),
            Self::Legacy => queries::legacy(names, random),
            Self::ManyQuestions => queries::many_questions(names, random),
            Self::Truncated => queries::truncated(names, random),
            Self::Browsed => queries::browsed(names, random),
            Self::Probes => queries::probes(names, random),
            Self::OffLink if random.bool() => queries::unicast_wanted(names, random),
            Self::OffLink | Self::Unsolicited => records::unheard_instances(names, random),
            Self::Conflicts => records::conflicts(names, random),
        }
    }

    /// Where it says it is from.
    fn source(self, attack: &Attack, sender: &Sender, random: &mut Rng, ipv6: bool) -> SocketAddr {
        let neighbour = sender.neighbour(random, ipv6);
        match self {
            Self::PortZero => SocketAddr::new(neighbour.ip(), 0),
            Self::Legacy => SocketAddr::new(neighbour.ip(), random.u16(1024..)),
            Self::OffLink => {
                let port = *random.choice(&[53, MDNS_PORT]).unwrap_or(&MDNS_PORT);
                SocketAddr::new(Sender::stranger(random, ipv6), port)
            }
            Self::Impostor => SocketAddr::new(attack.target.address(ipv6), MDNS_PORT),
            Self::Short
            | Self::Noise
            | Self::Counts
            | Self::Oversized
            | Self::LabelLengths
            | Self::Pointers
            | Self::DataLengths
            | Self::TxtStrings
            | Self::SrvTargets
            | Self::NsecWindows
            | Self::UnknownTypes
            | Self::Opt
            | Self::Questionless
            | Self::Aliases
            | Self::UnaskedNames
            | Self::UnheardInstances
            | Self::AdditionalRecords
            | Self::Alternating
            | Self::ShiftingTtl
            | Self::Queries
            | Self::UnicastWanted
            | Self::ManyQuestions
            | Self::Truncated
            | Self::Browsed
            | Self::Probes
            | Self::Unsolicited
            | Self::Conflicts => neighbour,
        }
    }

    /// Whether it goes to the victim alone.
    fn is_direct(self, random: &mut Rng) -> bool {
        match self {
            Self::Unsolicited => true,
            Self::OffLink | Self::Legacy => random.bool(),
            Self::Short
            | Self::Noise
            | Self::Counts
            | Self::Oversized
            | Self::LabelLengths
            | Self::Pointers
            | Self::DataLengths
            | Self::TxtStrings
            | Self::SrvTargets
            | Self::NsecWindows
            | Self::UnknownTypes
            | Self::Opt
            | Self::Questionless
            | Self::PortZero
            | Self::Aliases
            | Self::UnaskedNames
            | Self::UnheardInstances
            | Self::AdditionalRecords
            | Self::Alternating
            | Self::ShiftingTtl
            | Self::Queries
            | Self::UnicastWanted
            | Self::ManyQuestions
            | Self::Truncated
            | Self::Browsed
            | Self::Probes
            | Self::Impostor
            | Self::Conflicts => random.u8(..16) == 0,
        }
    }
}

/// A packet, ready to be framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) destination_mac: Mac,
    pub(crate) payload: Vec<u8>,
}

impl Packet {
    /// Makes one of a family.
    pub(crate) fn of(
        family: Family,
        attack: &Attack,
        names: &Names,
        sender: &Sender,
        random: &mut Rng,
    ) -> Self {
        // Fragments are made for IPv4 alone.
        let may_be_v6 = attack.target.ipv6.is_some() && family != Family::Oversized;
        let ipv6 = may_be_v6 && random.u8(..4) == 0;
        let source = family.source(attack, sender, random, ipv6);
        let payload = family.payload(names, random);
        let (address, destination_mac) = if family.is_direct(random) {
            (attack.target.address(ipv6), attack.target.mac)
        } else {
            (group(ipv6), multicast_mac(group(ipv6)))
        };
        Self {
            source,
            destination: SocketAddr::new(address, MDNS_PORT),
            destination_mac,
            payload,
        }
    }

    /// The frame that carries it.
    pub(crate) fn frame(&self) -> Vec<u8> {
        let udp = Udp {
            source_mac: ATTACKER,
            source: self.source,
            destination: self.destination,
            ttl: 255,
            payload: &self.payload,
        };
        udp.build(self.destination_mac)
    }
}

fn group(ipv6: bool) -> IpAddr {
    if ipv6 {
        Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb).into()
    } else {
        Ipv4Addr::new(224, 0, 0, 251).into()
    }
}

/// The hardware address that all of them leave from.
const ATTACKER: Mac = [0x02, 0xbb, 0, 0, 0, 1];
