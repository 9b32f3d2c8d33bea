//! The contents of each host's answers.
//!
//! In:  a host's number and which of its five records to send.
//! Out: the frame that carries them. RFC 6763 section 12.1 (additional records of a PTR answer),
//!      12.2 (of an SRV answer).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use cooee_wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, Section, Srv, Ttl, TxtData,
};

use crate::capture::MDNS_PORT;
use crate::error::{Context, Error, Result};
use crate::frame::{Mac, Udp, multicast_mac};

use super::{Config, address_of, link_local_of};

/// The TTL of records that hold a host name, in seconds.
pub const HOST_TTL_SECS: u32 = 120;

/// The TTL of the other records, in seconds.
pub const SERVICE_TTL_SECS: u32 = 4500;

/// The port that every host's service has.
pub(crate) const SERVICE_PORT: u16 = 8080;

/// The first label of an instance, before its number.
pub(crate) const INSTANCE_PREFIX: &str = "Bench Instance ";

/// The first label of a host name, before its number.
pub(crate) const HOST_PREFIX: &str = "bench-host-";

/// The service type of all of them, without the domain.
pub(crate) const SERVICE_LABELS: [&str; 2] = ["_bench", "_tcp"];

/// A TXT record that fills a response up to about 340 bytes.
const TXT_BYTES: usize = 183;

/// The room for a message: all that fits an Ethernet frame.
const BUDGET_BYTES: usize = 1440;

/// Which of a host's five records are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask(u8);

impl Mask {
    pub(crate) const PTR: Self = Self(1);
    pub(crate) const SRV: Self = Self(2);
    pub(crate) const TXT: Self = Self(4);
    pub(crate) const A: Self = Self(8);
    pub(crate) const AAAA: Self = Self(16);
    pub(crate) const INSTANCE: Self = Self(2 | 4);
    pub(crate) const HOST: Self = Self(8 | 16);

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the same records, as far as they are of `other`.
    pub(crate) const fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Makes the frames of all hosts; those that are sent most are made beforehand.
pub(crate) struct AnswerFrames {
    config: Config,
    service: Name,
    group: IpAddr,
    /// Each host's multicast answer to the PTR question.
    prepared: Vec<Vec<u8>>,
    buffer: Vec<u8>,
}

impl AnswerFrames {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let service = service_name()?;
        let group = if config.ipv6 {
            IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb))
        } else {
            IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251))
        };
        let config = config.clone();
        let mut answers = Self {
            config,
            service,
            group,
            prepared: Vec::new(),
            buffer: Vec::new(),
        };
        for host in 0..answers.config.count {
            let frame = answers.make(host, Mask::PTR, None)?;
            answers.prepared.push(frame);
        }
        Ok(answers)
    }

    /// Returns the frame with which `host` sends `mask`: to `to`, or to the group.
    pub(crate) fn frame(
        &mut self,
        host: u32,
        mask: Mask,
        to: Option<(SocketAddr, Mac)>,
    ) -> Result<Vec<u8>> {
        match self.prepared.get(host as usize) {
            Some(frame) if mask == Mask::PTR && to.is_none() => Ok(frame.clone()),
            _ => self.make(host, mask, to),
        }
    }

    /// Returns the frame with which `host` ends all its records.
    pub(crate) fn goodbye(&mut self, host: u32) -> Result<Vec<u8>> {
        let all = Mask::PTR.with(Mask::INSTANCE).with(Mask::HOST);
        self.make_with(host, all, None, |_| 0)
    }

    /// Returns the bytes in front of each message.
    pub(crate) const fn header_bytes(&self) -> usize {
        if self.config.ipv6 {
            14 + 40 + 8
        } else {
            14 + 20 + 8
        }
    }

    fn make(&mut self, host: u32, mask: Mask, to: Option<(SocketAddr, Mac)>) -> Result<Vec<u8>> {
        self.make_with(host, mask, to, ttl_secs)
    }

    fn make_with(
        &mut self,
        host: u32,
        mask: Mask,
        to: Option<(SocketAddr, Mac)>,
        ttl_secs: fn(Mask) -> u32,
    ) -> Result<Vec<u8>> {
        let mut buffer = std::mem::take(&mut self.buffer);
        self.write(&mut buffer, host, mask, ttl_secs)?;
        let group = (
            SocketAddr::new(self.group, MDNS_PORT),
            multicast_mac(self.group),
        );
        let (destination, destination_mac) = to.unwrap_or(group);
        let [_, _, high, low] = host.to_be_bytes();
        let udp = Udp {
            source_mac: [0x02, 0xc0, 0, 0, high, low],
            source: SocketAddr::new(address_of(&self.config, host), MDNS_PORT),
            destination,
            ttl: 255,
            payload: &buffer,
        };
        let frame = udp.build(destination_mac);
        self.buffer = buffer;
        Ok(frame)
    }

    fn write(
        &self,
        buffer: &mut Vec<u8>,
        host: u32,
        mask: Mask,
        ttl_secs: fn(Mask) -> u32,
    ) -> Result<()> {
        let instance = self
            .service
            .prepend(format!("{INSTANCE_PREFIX}{host:05}").as_bytes());
        let instance = instance.map_err(|error| Error::new(error.to_string()))?;
        let target: Name = format!("{HOST_PREFIX}{host:05}.local")
            .parse()
            .context("host name")?;
        let mut message = MessageBuilder::new(buffer, 0, Flags::RESPONSE, BUDGET_BYTES);
        for (section, mask) in [
            (Section::Answer, mask),
            (Section::Additional, self.additional(mask)),
        ] {
            for record in RECORDS.into_iter().filter(|record| mask.has(*record)) {
                let owner = match record {
                    Mask::PTR => &self.service,
                    Mask::SRV | Mask::TXT => &instance,
                    _ => &target,
                };
                let fields = RecordFields {
                    name: owner,
                    class: Class::IN,
                    cache_flush: record != Mask::PTR,
                    ttl: Ttl(ttl_secs(record)),
                    data: &self.data(host, record, &instance, &target),
                };
                message
                    .record(section, fields)
                    .map_err(|_| Error::new("message too small"))?;
            }
        }
        message.finish();
        Ok(())
    }

    /// Returns what goes along with an answer that holds `mask`.
    fn additional(&self, mask: Mask) -> Mask {
        if !self.config.additional {
            return Mask::default();
        }
        let instance = if mask.has(Mask::PTR) {
            Mask::INSTANCE
        } else {
            Mask::default()
        };
        let host = if mask.has(Mask::PTR.with(Mask::SRV)) {
            Mask::HOST
        } else {
            Mask::default()
        };
        instance.with(host).without(mask)
    }

    fn data(&self, host: u32, record: Mask, instance: &Name, target: &Name) -> RData {
        match record {
            Mask::PTR => RData::Ptr(instance.clone()),
            Mask::SRV => RData::Srv(Srv {
                priority: 0,
                weight: 0,
                port: SERVICE_PORT,
                target: target.clone(),
            }),
            Mask::TXT => RData::Txt(txt_of(host)),
            Mask::A => match address_of(&self.config, host) {
                IpAddr::V4(address) => RData::A(address),
                // A host that lives on IPv6 still owns an address of the other family.
                IpAddr::V6(_) => RData::A(Ipv4Addr::from(u32::from(self.config.network) + host)),
            },
            _ => RData::Aaaa(link_local_of(host)),
        }
    }
}

/// The name under which the instances are listed.
pub(crate) fn service_name() -> Result<Name> {
    format!("{}.{}.local", SERVICE_LABELS[0], SERVICE_LABELS[1])
        .parse()
        .context("service type")
}

/// Returns the TTL that the hosts give a record, in seconds.
pub(crate) const fn ttl_secs(record: Mask) -> u32 {
    if record.has(Mask::PTR.with(Mask::TXT)) {
        SERVICE_TTL_SECS
    } else {
        HOST_TTL_SECS
    }
}

fn txt_of(host: u32) -> TxtData {
    let number = format!("number={host}");
    let filler = format!(
        "filler={:x<1$}",
        "",
        TXT_BYTES.saturating_sub(number.len() + 9)
    );
    TxtData::from_strings([number.as_bytes(), filler.as_bytes()]).unwrap_or_default()
}

/// The records in the order in which they are sent.
pub(crate) const RECORDS: [Mask; 5] = [Mask::PTR, Mask::SRV, Mask::TXT, Mask::A, Mask::AAAA];

#[cfg(test)]
mod tests;
