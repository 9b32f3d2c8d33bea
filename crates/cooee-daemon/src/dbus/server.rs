//! The methods of `org.freedesktop.Avahi.Server` and `Server2`.
//!
//! In:  a call whose signature is right.
//! Out: its reply; a new object; or work that replies later.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use cooee::Interface;
use zbus::{Message, ObjectPath};

use super::clients::Clients;
use super::interface::Kind;
use super::lookups::{self, Lookup, Teller};
use super::object::Object;
use super::resolve;
use super::voice::{Replies, error, named_error, reply};
use crate::avahi::alternative;
use crate::avahi::check;
use crate::avahi::error::ErrorCode;
use crate::avahi::names;
use crate::publish::group::EntryGroup;

/// Answers a call; `None` if the arguments make it an unknown one.
pub(super) fn answer(
    clients: &mut Clients,
    sender: &str,
    call: &Message,
    member: &str,
) -> Option<Replies> {
    let one = |message: Option<Message>| Some(message.into_iter().collect());
    let host = clients.house.host.now();
    let fqdn = names::join([host.label.as_bytes(), DOMAIN.as_bytes()]);
    let failed = |code| one(error(call, code));
    match member {
        "GetVersionString" => one(reply(call, &VERSION)),
        "GetAPIVersion" => one(reply(call, &API_VERSION)),
        "GetHostName" => one(reply(call, &names::join([host.label.as_bytes()]))),
        "GetHostNameFqdn" => one(reply(call, &fqdn)),
        "GetDomainName" => one(reply(call, &DOMAIN)),
        "GetState" => one(reply(call, &host.state.number())),
        "GetLocalServiceCookie" => one(reply(call, &clients.house.publisher.cookie)),
        "IsNSSSupportAvailable" => one(reply(call, &has_nss())),
        "SetHostName" => match set_host_name(clients, &argument(call)?) {
            Ok(()) => {
                // Answered when the state has changed.
                clients.renamed.borrow_mut().extend(reply(call, &()));
                Some(Vec::new())
            }
            Err(code) => failed(code),
        },
        "GetAlternativeHostName" => match alternative::host(&argument(call)?) {
            Some(name) => one(reply(call, &name)),
            None => one(not_found(call, "Hostname not found")),
        },
        "GetAlternativeServiceName" => match alternative::service(&argument(call)?) {
            Some(name) => one(reply(call, &name)),
            None => one(not_found(call, "Service not found")),
        },
        "GetNetworkInterfaceNameByIndex" => {
            let index: i32 = call.body().deserialize().ok()?;
            let found = interface(clients, |known| i32::try_from(known.index) == Ok(index));
            match found {
                Some(found) => one(reply(call, &found.name)),
                None => one(named_error(call, ErrorCode::Os.dbus_name(), NO_DEVICE)),
            }
        }
        "GetNetworkInterfaceIndexByName" => {
            let name = argument(call)?;
            let found = interface(clients, |known| known.name == name);
            match found.and_then(|found| i32::try_from(found.index).ok()) {
                Some(index) => one(reply(call, &index)),
                None => one(named_error(call, ErrorCode::Os.dbus_name(), NO_NAME)),
            }
        }
        "EntryGroupNew" => one(new_group(clients, sender, call)),
        "ResolveHostName" | "ResolveAddress" | "ResolveService" => {
            match resolve::begin(clients, sender, call, member)? {
                Ok(()) => Some(Vec::new()),
                Err(code) => failed(code),
            }
        }
        _ => one(new_lookup(clients, sender, call, member)?),
    }
}

fn not_found(call: &Message, text: &str) -> Option<Message> {
    named_error(call, ErrorCode::NotFound.dbus_name(), text)
}

/// Returns the only argument of a call.
fn argument(call: &Message) -> Option<String> {
    call.body().deserialize().ok()
}

/// Returns the first interface of this machine that fits, used or not.
fn interface(clients: &Clients, fits: impl Fn(&Interface) -> bool) -> Option<Interface> {
    let decisions = clients.house.watches.mdns().interfaces().into_iter();
    let mut interfaces = decisions.map(|decision| decision.interface);
    interfaces.find(|interface| fits(interface))
}

fn set_host_name(clients: &Clients, text: &str) -> Result<(), ErrorCode> {
    let label = check::host_label(text)?;
    let host = &clients.house.host;
    if label == host.now().label {
        return Err(ErrorCode::NoChange);
    }
    match host.rename(label) {
        true => Ok(()),
        false => Err(ErrorCode::BadState),
    }
}

fn new_group(clients: &mut Clients, sender: &str, call: &Message) -> Option<Message> {
    if !clients.house.clients_may_publish {
        return error(call, ErrorCode::NotPermitted);
    }
    let limits = clients.house.limits.get();
    let publisher = Rc::clone(&clients.house.publisher);
    let created = clients.enter(sender).and_then(|client| {
        let address = client.next_address(Kind::EntryGroup, limits.objects_per_client_max)?;
        // Calls are counted, and one for an address adds two entries.
        let entries_max = limits.entries_per_group_max.saturating_mul(2);
        let group = EntryGroup::new(&publisher, client.owner(), entries_max);
        client.keep(Object::group(Rc::new(RefCell::new(group))));
        Ok(address)
    });
    match created {
        Ok(address) => reply(call, &ObjectPath::try_from(address.path).ok()?),
        Err(code) => error(call, code),
    }
}

/// Creates a browser or a resolver; `None` if the arguments make it an unknown call.
fn new_lookup(
    clients: &mut Clients,
    sender: &str,
    call: &Message,
    member: &str,
) -> Option<Option<Message>> {
    let (kind, is_prepared) = match member.strip_suffix("Prepare") {
        Some(kind) => (kind, true),
        None => (member.strip_suffix("New")?, false),
    };
    let kind = Kind::named(kind)?;
    let lookup = Lookup::read(kind, call)?;
    let house = Rc::clone(&clients.house);
    let voice = clients.voice.clone();
    let created = clients.enter(sender).and_then(|client| {
        let max = house.limits.get().objects_per_client_max;
        // Avahi counts clients and objects before it looks at the arguments, save for what it reads first.
        client.check_room(max)?;
        let lookup = match (kind, lookup) {
            (Kind::AddressResolver, Err(code @ ErrorCode::InvalidAddress))
            | (Kind::RecordBrowser, Err(code @ ErrorCode::InvalidDomainName)) => return Err(code),
            (_, lookup) => lookup,
        };
        let address = client.next_address(kind, max)?;
        let lookup = lookup?;
        let teller = Teller {
            house: Rc::clone(&house),
            voice,
            address: address.clone(),
            client: client.number(),
        };
        client.keep(match is_prepared {
            true => Object::prepared(kind, lookups::run(teller, lookup, None)),
            false => Object::started(kind, lookups::run(teller, lookup, Some(START_DELAY))),
        });
        Ok(address)
    });
    Some(match created {
        Ok(address) => reply(call, &ObjectPath::try_from(address.path).ok()?),
        Err(code) => error(call, code),
    })
}

/// Returns whether the system's resolver asks for names in `local`.
fn has_nss() -> bool {
    let text = std::fs::read_to_string(NSSWITCH).unwrap_or_default();
    let hosts = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("hosts:"));
    let mut sources = hosts.flat_map(str::split_ascii_whitespace);
    sources.any(|source| source.starts_with("mdns"))
}

const VERSION: &str = "avahi 0.8";
/// 2.4, that of Avahi 0.8.
const API_VERSION: u32 = 0x0204;
const DOMAIN: &str = "local";
const NSSWITCH: &str = "/etc/nsswitch.conf";
const NO_DEVICE: &str = "OS Error: No such device or address";
const NO_NAME: &str = "OS Error: No such device";

/// How long a new object waits before its first signal: until the client knows its path.
const START_DELAY: Duration = Duration::from_millis(10);
