//! The kinds of hostile packets.
//!
//! In:  a name, a victim, random numbers.
//! Out: a packet of that kind: its contents, its claimed source, its destination.

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
    /// Pointers that lead nowhere, or in circles.
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
    /// New instances, again and again, of the browsed type.
    UnheardInstances,
    /// Wanted records with hundreds of other records beside them.
    AdditionalRecords,
    /// A service that is different each time.
    Alternating,
    /// A service with a different TTL each time.
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
    /// Probes for what the victim owns; it must defend its names.
    Probes,
    /// Questions and answers from addresses outside the link, to the group and to the victim.
    OffLink,
    /// Answers to the victim alone, for which it has not asked.
    Unsolicited,
    /// Packets with the victim's own address as their source.
    Impostor,
    /// Other data for what the victim owns. Not in the [mix](Self::mix): a host that sends it must
    /// be believed, and names are lost.
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

    /// Everything that must do no harm: every kind except [`Self::Conflicts`].
    pub fn mix() -> Vec<Self> {
        let harmless = |family: &Self| *family != Self::Conflicts;
        Self::ALL.into_iter().filter(harmless).collect()
    }

    /// The name by which it is chosen.
    pub fn name(self) -> &'static str {
        self.kind().name
    }

    /// Returns the kind with this name.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|family| family.name() == name);
        found.ok_or_else(|| Error::new(format!("no family of packets is called {name}")))
    }

    /// Returns its properties.
    const fn kind(self) -> Kind {
        match self {
            Self::Short => Kind::new("short", |_, random| malformed::short(random)),
            Self::Noise => Kind::new("noise", malformed::noise),
            Self::Counts => Kind::new("counts", malformed::counts),
            Self::Oversized => Kind::new("oversized", malformed::oversized),
            Self::LabelLengths => Kind::new("label-lengths", malformed::label_lengths),
            Self::Pointers => Kind::new("pointers", malformed::pointers),
            Self::DataLengths => Kind::new("data-lengths", malformed::data_lengths),
            Self::TxtStrings => Kind::new("txt-strings", malformed::txt_strings),
            Self::SrvTargets => Kind::new("srv-targets", malformed::srv_targets),
            Self::NsecWindows => Kind::new("nsec-windows", malformed::nsec_windows),
            Self::UnknownTypes => Kind::new("unknown-types", malformed::unknown_types),
            Self::Opt => Kind::new("opt", malformed::opt),
            Self::Questionless => Kind::new("questionless", queries::questionless),
            Self::PortZero => Kind::new("port-zero", queries::owned).from(Origin::NoPort),
            Self::Aliases => Kind::new("aliases", records::aliases),
            Self::UnaskedNames => {
                Kind::new("unasked-names", |_, random| records::unasked_names(random))
            }
            Self::UnheardInstances => Kind::new("unheard-instances", records::unheard_instances),
            Self::AdditionalRecords => Kind::new("additional-records", records::additional_records),
            Self::Alternating => Kind::new("alternating", records::alternating),
            Self::ShiftingTtl => Kind::new("shifting-ttl", records::shifting_ttl),
            Self::Queries => Kind::new("queries", queries::owned),
            Self::UnicastWanted => Kind::new("unicast-wanted", queries::unicast_wanted),
            Self::Legacy => Kind::new("legacy", queries::legacy)
                .from(Origin::OtherPort)
                .to(Way::Either),
            Self::ManyQuestions => Kind::new("many-questions", queries::many_questions),
            Self::Truncated => Kind::new("truncated", queries::truncated),
            Self::Browsed => Kind::new("browsed", queries::browsed),
            Self::Probes => Kind::new("probes", queries::probes),
            Self::OffLink => Kind::new("off-link", off_link)
                .from(Origin::Elsewhere)
                .to(Way::Either),
            Self::Unsolicited => {
                Kind::new("unsolicited", records::unheard_instances).to(Way::Direct)
            }
            Self::Impostor => Kind::new("impostor", queries::owned).from(Origin::Victim),
            Self::Conflicts => Kind::new("conflicts", records::conflicts),
        }
    }
}

/// The properties of a family.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    origin: Origin,
    way: Way,
    payload: Payload,
}

/// Creates the contents of a packet.
type Payload = fn(&Names, &mut Rng) -> Vec<u8>;

/// The claimed source of a packet.
#[derive(Clone, Copy)]
enum Origin {
    /// Any host of the link, port 5353.
    Neighbour,
    /// Port 0 of such a host.
    NoPort,
    /// A port of such a host that is not the port of Multicast DNS.
    OtherPort,
    /// A host that is not on the link, port 53 or 5353.
    Elsewhere,
    /// The victim itself.
    Victim,
}

/// The link and the destination of a packet.
#[derive(Clone, Copy)]
enum Way {
    /// To the group; one in sixteen to the victim alone.
    Group,
    /// Equally often to the group and to the victim.
    Either,
    /// To the victim alone.
    Direct,
}

impl Kind {
    const fn new(name: &'static str, payload: Payload) -> Self {
        Self {
            name,
            origin: Origin::Neighbour,
            way: Way::Group,
            payload,
        }
    }

    const fn from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    const fn to(self, way: Way) -> Self {
        Self { way, ..self }
    }
}

impl Origin {
    fn address(self, attack: &Attack, sender: &Sender, random: &mut Rng, ipv6: bool) -> SocketAddr {
        let neighbour = sender.neighbour(random, ipv6);
        match self {
            Self::Neighbour => neighbour,
            Self::NoPort => SocketAddr::new(neighbour.ip(), 0),
            Self::OtherPort => SocketAddr::new(neighbour.ip(), random.u16(1024..)),
            Self::Elsewhere => {
                let port = *random.choice(&[53, MDNS_PORT]).unwrap_or(&MDNS_PORT);
                SocketAddr::new(Sender::stranger(random, ipv6), port)
            }
            Self::Victim => SocketAddr::new(attack.target.address(ipv6), MDNS_PORT),
        }
    }
}

impl Way {
    fn is_direct(self, random: &mut Rng) -> bool {
        match self {
            Self::Group => random.u8(..16) == 0,
            Self::Either => random.bool(),
            Self::Direct => true,
        }
    }
}

/// Returns a question to be answered to its claimed source, or an answer.
fn off_link(names: &Names, random: &mut Rng) -> Vec<u8> {
    if random.bool() {
        queries::unicast_wanted(names, random)
    } else {
        records::unheard_instances(names, random)
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
        let kind = family.kind();
        let source = kind.origin.address(attack, sender, random, ipv6);
        let payload = (kind.payload)(names, random);
        let (address, destination_mac) = if kind.way.is_direct(random) {
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

    /// Returns the frame that carries it.
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

/// The hardware address from which all of them leave.
const ATTACKER: Mac = [0x02, 0xbb, 0, 0, 0, 1];
