//! Hostile packets that make hosts miss services, be missed, or send too much: one kind of lie
//! each.
//!
//! In:  the records that hosts have sent recently on a link, a kind of lie, numbers that choose
//!      among its forms.
//! Out: packets that no host of the world sent, to everybody or to one host alone. RFC 6762 section
//!      21: any received packet may be false.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cooee_proto::link::Family;
use cooee_wire::{Message, RecordType, Ttl};

use super::hostile::strangers;
use super::letter::{Letter, Said};
use super::{LINKS, Model, PEERS, forge, peer_name};
use crate::host::group;
use crate::{Foreign, MDNS_PORT, ms};

/// A kind of lie, named after its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lie {
    /// Pointers that claim to be the only ones.
    SolePointer,
    /// A denial that a type of services has instances.
    DeniesType,
    /// A denial of every record of a host or an instance, with a goodbye or without.
    DeniesName,
    /// Records of 64 unknown types, of a name that somebody asks for.
    ManyTypes,
    /// Two questions that the owner does not hear.
    UnheardQuestions,
    /// A goodbye in the owner's name.
    Goodbye,
    /// Other data in the owner's name, for a day.
    OtherData,
    /// Packets full of pointers to nothing.
    ManyPointers,
    /// Addresses that no host can have.
    NoAddress,
    /// New instances, again and again, that last for a second.
    Fleeting,
    /// A truncated question with the address of a host, and further packets of it without end.
    Continues,
    /// A question with known answers that ends in the middle of a record.
    CutQuestion,
    /// More than 9,000 bytes.
    Oversize,
    /// A question that lists all known records as known answers.
    KnowsAll,
    /// A probe that wins every tie-break, and no more.
    Probes,
    /// Copies of an owner's answer to all, which the owner alone hears: frames to its link-layer address.
    Copies,
    /// A part of what a host says, from its own IPv6 address.
    OwnSource,
}

impl Lie {
    /// The lies that histories contain.
    pub(super) const ALL: [Self; 17] = [
        Self::SolePointer,
        Self::DeniesType,
        Self::DeniesName,
        Self::ManyTypes,
        Self::UnheardQuestions,
        Self::Goodbye,
        Self::OtherData,
        Self::ManyPointers,
        Self::NoAddress,
        Self::Fleeting,
        Self::Continues,
        Self::CutQuestion,
        Self::Oversize,
        Self::KnowsAll,
        Self::Probes,
        Self::Copies,
        Self::OwnSource,
    ];
}

/// The form of a lie: numbers that choose among its variants, and how often it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling {
    pub(super) link: usize,
    pub(super) lie: Lie,
    /// Which of the existing names and records, and which variant of the lie.
    pub(super) pick: u8,
    /// From which source, and to which hosts.
    pub(super) way: u8,
    pub(super) times: u16,
    pub(super) pause: Duration,
}

impl Model {
    /// A hostile host lies, as often as requested.
    pub(super) fn tell_lie(&mut self, telling: Telling) {
        match telling.lie {
            Lie::Continues => return self.continue_questions(&telling),
            Lie::Copies => return self.copy_answers(&telling),
            Lie::SolePointer
            | Lie::DeniesType
            | Lie::DeniesName
            | Lie::ManyTypes
            | Lie::UnheardQuestions
            | Lie::Goodbye
            | Lie::OtherData
            | Lie::ManyPointers
            | Lie::NoAddress
            | Lie::Fleeting
            | Lie::CutQuestion
            | Lie::Oversize
            | Lie::KnowsAll
            | Lie::Probes
            | Lie::OwnSource => {}
        }
        for nth in 0..telling.times.max(1) {
            for letter in self.letters(&telling, nth) {
                self.post(telling.link, telling.way, &letter);
                self.world.run_for(letter.then);
            }
            self.world.run_for(telling.pause);
        }
    }

    /// Writes the packets of one lie; none where there is nothing to lie about.
    fn letters(&self, telling: &Telling, nth: u16) -> Vec<Letter> {
        let said = self.said(telling.link);
        let pick = usize::from(telling.pick);
        let serial = (usize::from(telling.pick) << 16) + usize::from(nth);
        let (peer, form) = (usize::from(telling.way >> 4) % PEERS, telling.way % 4);
        let one = |bytes: Option<Vec<u8>>| bytes.map(Letter::new).into_iter().collect();
        match telling.lie {
            Lie::SolePointer => one(Some(forge::sole_pointer(pick, serial))),
            Lie::DeniesType => one(Some(forge::denies_type(pick))),
            Lie::DeniesName => one(forge::denies_name(&said, pick, form)),
            Lie::ManyTypes => forge::many_types(&said, pick),
            Lie::UnheardQuestions => {
                let asked = forge::question_about(&said, pick, &[]);
                let letter = |bytes| Letter {
                    only: Some(peer_name(peer)),
                    then: ms(1_100),
                    ..Letter::new(bytes)
                };
                let twice = asked.map(|bytes| [letter(bytes.clone()), letter(bytes)]);
                twice.into_iter().flatten().collect()
            }
            Lie::Goodbye => one(forge::goodbye(&said, pick)),
            Lie::OtherData => one(forge::other_data(&said, pick, serial, form)),
            Lie::ManyPointers => forge::many_pointers(serial),
            Lie::NoAddress => one(forge::no_address(&said, pick, form)),
            Lie::Fleeting => one(Some(forge::fleeting(serial))),
            Lie::CutQuestion => one(forge::cut_question(&said, pick)),
            Lie::Oversize => one(Some(forge::oversize(&said))),
            Lie::KnowsAll => one(forge::question_about(&said, pick, &said)),
            Lie::Probes => one(forge::winning_probe(&said, pick)),
            Lie::OwnSource => self.own_source(telling, peer, form),
            // These come in the middle of an honest question.
            Lie::Continues | Lie::Copies => Vec::new(),
        }
    }

    /// Writes a packet from a peer's own IPv6 address; none if it has none.
    fn own_source(&self, telling: &Telling, peer: usize, form: u8) -> Vec<Letter> {
        let mut own = self.ips(peer, telling.link).into_iter();
        let Some(own) = own.find(IpAddr::is_ipv6) else {
            return Vec::new();
        };
        let said = self.said_by(telling.link, |host| host == peer_name(peer));
        let bytes = forge::smaller_set(&said, telling.pick.into(), form);
        let letter = |bytes| Letter {
            source: Some(own),
            ..Letter::new(bytes)
        };
        bytes.map(letter).into_iter().collect()
    }

    /// The records that hosts have sent recently on a link.
    fn said(&self, link: usize) -> Vec<Said> {
        self.said_by(link, |_| true)
    }

    /// Returns the records that some hosts have sent recently on a link.
    fn said_by(&self, link: usize, wanted: impl Fn(&str) -> bool) -> Vec<Said> {
        let mut said: Vec<Said> = Vec::new();
        let all = self.world.recording().transmissions();
        let of_link = all.iter().rev().filter(|t| *t.link == *LINKS[link]);
        let of_hosts = of_link.filter(|t| t.host.as_deref().is_some_and(&wanted));
        for transmission in of_hosts.take(LATELY) {
            let Ok(message) = Message::parse(transmission.bytes()) else {
                continue;
            };
            if !message.header().flags.is_response() {
                continue;
            }
            let records = message.records().flatten();
            for record in records.filter_map(|(_, record)| record.to_record().ok()) {
                let known = |said: &Said| said.record.data == record.data;
                let counts = record.ttl != Ttl::ZERO && record.rtype() != RecordType::NSEC;
                if counts && !said.iter().any(known) {
                    said.push(Said { record });
                }
            }
        }
        said
    }

    /// Sends a hostile packet: from nearby, or with the address of a peer; to all, or to one host
    /// alone.
    pub(super) fn post(&mut self, link: usize, way: u8, letter: &Letter) {
        let peer = usize::from(way >> 4) % PEERS;
        let addresses = self.world.addresses(&peer_name(peer), LINKS[link]);
        let (near, _) = strangers(link, family_of(way));
        let spoofed = way % 16 >= SPOOFED_FROM;
        let in_family = |family: Family| {
            let own = addresses.iter().map(|address| address.ip);
            own.into_iter().find(|ip| Family::of(*ip) == family)
        };
        let own = in_family(family_of(way)).or_else(|| addresses.first().map(|own| own.ip));
        let source = own.filter(|_| spoofed).unwrap_or(near);
        let source = letter.source.unwrap_or(source);
        let foreign = Foreign {
            source: SocketAddr::new(source, MDNS_PORT),
            destination: group(Family::of(source)),
            bytes: &letter.bytes,
        };
        // A lie that the owner does not hear is not corrected by anybody.
        let apart = (way % 16 / 4 == 1).then(|| peer_name(peer));
        match letter.only.as_ref().or(apart.as_ref()) {
            Some(host) => self.world.inject_to(host, LINKS[link], &foreign),
            None => self.world.inject(LINKS[link], &foreign),
        };
    }
}

fn family_of(way: u8) -> Family {
    if way % 2 == 0 { Family::V4 } else { Family::V6 }
}

/// How many messages back a hostile host remembers.
const LATELY: usize = 48;
/// From this of the sixteen ways on, a packet comes from a peer's own address.
const SPOOFED_FROM: u8 = 12;
