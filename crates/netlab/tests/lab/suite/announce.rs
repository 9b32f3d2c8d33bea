//! Announcements made by hand, for what Avahi does not do.
//!
//! In:  a service.
//! Out: the message that announces or withdraws it.

use std::net::Ipv4Addr;

use cooee_wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section, Srv, Ttl, TxtData,
};
use netlab::Result;
use netlab::error::Context;

use super::setup::HTTP;

/// A service of a host with the same name.
pub(crate) struct Announcement<'a> {
    pub(crate) name: &'a str,
    pub(crate) address: Ipv4Addr,
    pub(crate) txt: &'a [String],
    /// Zero makes it a goodbye.
    pub(crate) ttl_secs: u32,
}

impl Announcement<'_> {
    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        let service: Name = format!("{HTTP}.local").parse().context("name")?;
        let instance = service.prepend(self.name.as_bytes()).context("name")?;
        let host: Name = format!("{}.local", self.name).parse().context("name")?;
        let strings = TxtData::from_strings(self.txt.iter().map(String::as_bytes));
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: 80,
            target: host.clone(),
        };
        let records = [
            (&service, RData::Ptr(instance.clone())),
            (&instance, RData::Srv(srv)),
            (&instance, RData::Txt(strings.context("TXT")?)),
            (&host, RData::A(self.address)),
        ];
        let mut bytes = Vec::new();
        let mut message = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 9000);
        for (name, data) in &records {
            let cache_flush = data.rtype() != RecordType::PTR;
            let ttl = Ttl(self.ttl_secs);
            let fields = RecordFields {
                name,
                class: Class::IN,
                cache_flush,
                ttl,
                data,
            };
            message.record(Section::Answer, fields).context("record")?;
        }
        message.finish();
        Ok(bytes)
    }
}
