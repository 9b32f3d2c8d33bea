//! The calls that add to an entry group, or change what is in it.
//!
//! In:  the arguments of `AddService` and its siblings.
//! Out: the changed group, or the first error in Avahi's order: the number of calls, the arguments,
//!      whether anything may be published, the group.

use zbus::Message;
use zbus::message::Body;

use crate::avahi::check::{self, Group as Given, Record};
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::PublishFlags;
use crate::publish::entry::{Entry, OwnHost, address_records};
use crate::publish::group::EntryGroup;

/// A group, and what a call to it depends on.
pub(super) struct Adding<'a> {
    pub(super) group: &'a mut EntryGroup,
    pub(super) own_host: &'a OwnHost,
    /// Whether anything is published at all.
    pub(super) is_permitted: bool,
    /// How many calls have added to it since it was empty.
    pub(super) calls: &'a mut usize,
    pub(super) calls_max: usize,
}

impl Adding<'_> {
    /// Answers a call.
    pub(super) fn answer(mut self, call: &Message, member: &str) -> Result<(), ErrorCode> {
        let body = call.body();
        match member {
            "AddService" => self.add_service(read(&body)?),
            "AddServiceSubtype" => self.add_service_subtype(read(&body)?),
            "UpdateServiceTxt" => self.update_service_txt(read(&body)?),
            "AddAddress" => self.add_address(read(&body)?),
            _ => self.add_record(read(&body)?),
        }
    }

    fn add_service(&mut self, arguments: ServiceArguments<'_>) -> Result<(), ErrorCode> {
        let (interface, protocol, flags, name, of_type, domain, host, port, txt) = arguments;
        let given = given(interface, protocol, flags);
        self.check_room(flags)?;
        let service = check::add_service(given, name, of_type, domain, host)?;
        self.check_permission()?;
        let txt = check::txt(txt.iter().map(Vec::as_slice))?;
        self.group.add(
            vec![Entry::service(service, port, txt, self.own_host)?],
            self.own_host,
        )?;
        self.count(flags);
        Ok(())
    }

    fn add_service_subtype(&mut self, arguments: SubtypeArguments<'_>) -> Result<(), ErrorCode> {
        let (interface, protocol, flags, name, of_type, domain, subtype) = arguments;
        let given = given(interface, protocol, flags);
        self.check_room(flags)?;
        let (service, label) = check::add_service_subtype(given, name, of_type, domain, subtype)?;
        self.check_permission()?;
        if !self.group.add_subtype(&service, &label)? {
            let entry = Entry::subtype(service, &label)?;
            self.group.add(vec![entry], self.own_host)?;
        }
        self.count(flags);
        Ok(())
    }

    fn update_service_txt(&mut self, arguments: TxtArguments<'_>) -> Result<(), ErrorCode> {
        let (interface, protocol, flags, name, of_type, domain, txt) = arguments;
        let given = given(interface, protocol, flags);
        let service = check::update_service_txt(given, name, of_type, domain)?;
        let txt = check::txt(txt.iter().map(Vec::as_slice))?;
        self.check_permission()?;
        self.group.update_txt(&service, txt, self.own_host)
    }

    fn add_address(&mut self, arguments: AddressArguments<'_>) -> Result<(), ErrorCode> {
        let (interface, protocol, flags, name, address) = arguments;
        self.check_room(flags)?;
        let address = check::add_address(given(interface, protocol, flags), name, address)?;
        self.add_records(address_records(address), flags)
    }

    fn add_record(&mut self, arguments: RecordArguments<'_>) -> Result<(), ErrorCode> {
        let (interface, protocol, flags, name, class, rtype, ttl_secs, data) = arguments;
        let given = given(interface, protocol, flags);
        self.check_room(flags)?;
        let record = check::add_record(given, name, class, rtype, ttl_secs, &data)?;
        self.add_records(vec![record], flags)
    }

    /// Adds records, or replaces one after the other, as far as they are there.
    fn add_records(&mut self, records: Vec<Record>, flags: u32) -> Result<(), ErrorCode> {
        self.check_permission()?;
        if is_update(flags) {
            let mut records = records.iter();
            return records.try_for_each(|record| self.group.update_record(record, self.own_host));
        }
        let entries = records.into_iter().map(Entry::Record);
        self.group.add(entries.collect(), self.own_host)?;
        self.count(flags);
        Ok(())
    }

    fn check_permission(&self) -> Result<(), ErrorCode> {
        match self.is_permitted {
            true => Ok(()),
            false => Err(ErrorCode::NotPermitted),
        }
    }

    /// Checks that one more call may add to the group. One that replaces something is not counted.
    fn check_room(&mut self, flags: u32) -> Result<(), ErrorCode> {
        if self.group.is_empty() {
            *self.calls = 0;
        }
        match is_update(flags) || *self.calls < self.calls_max {
            true => Ok(()),
            false => Err(ErrorCode::TooManyEntries),
        }
    }

    fn count(&mut self, flags: u32) {
        if !is_update(flags) {
            *self.calls = self.calls.saturating_add(1);
        }
    }
}

fn is_update(flags: u32) -> bool {
    PublishFlags::from_bits(flags).has(PublishFlags::UPDATE)
}

/// Reads arguments whose signature was checked before.
fn read<'b, T>(body: &'b Body) -> Result<T, ErrorCode>
where
    T: serde::Deserialize<'b> + zbus::zvariant::Type,
{
    body.deserialize().map_err(|_| ErrorCode::InvalidArgument)
}

fn given(interface: i32, protocol: i32, flags: u32) -> Given {
    Given {
        interface,
        protocol,
        flags,
    }
}

type ServiceArguments<'a> = (
    i32,
    i32,
    u32,
    &'a str,
    &'a str,
    &'a str,
    &'a str,
    u16,
    Strings,
);
type SubtypeArguments<'a> = (i32, i32, u32, &'a str, &'a str, &'a str, &'a str);
type TxtArguments<'a> = (i32, i32, u32, &'a str, &'a str, &'a str, Strings);
type AddressArguments<'a> = (i32, i32, u32, &'a str, &'a str);
type RecordArguments<'a> = (i32, i32, u32, &'a str, u16, u16, u32, Vec<u8>);
type Strings = Vec<Vec<u8>>;
