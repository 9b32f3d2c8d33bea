//! Browsers and resolvers: what a client asks for, and the signals that it hears.
//!
//! In:  the arguments of `ServiceBrowserNew` and its siblings.
//! Out: `ItemNew`, `ItemRemove`, `CacheExhausted` and `AllForNow`; or `Found` and `Failure`.

use std::rc::Rc;
use std::time::Duration;

use cooee::{InstanceName, Name, RData, RecordType};
use zbus::Message;
use zbus::message::Body;

use super::House;
use super::interface::Kind;
use super::told::{LOCAL, Told, place};
use super::voice::{ObjectAddress, Voice, signal};
use crate::avahi::check::{
    self, LookUp, LookUpAddress, LookUpHost, LookUpRecord, LookUpService, LookUpTypes,
};
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::{ANY, ResultFlags, Scope};
use crate::avahi::names;
use crate::avahi::reverse::reverse_name;
use crate::avahi::state::DomainBrowserKind;
use crate::lookup::change::Change;
use crate::lookup::host::FirstResolver;
use crate::lookup::service::{Resolution, ServiceResolver};
use crate::lookup::watch::RecordWatch;
use crate::lookup::{REPLAY_QUIET, after};

/// What a client browses or resolves.
pub(super) enum Lookup {
    Domains(Scope, DomainBrowserKind),
    Types(Scope),
    Services(LookUpTypes),
    Records(LookUpRecord),
    Service(LookUpService),
    Host(LookUpHost),
    Address(LookUpAddress),
}

impl Lookup {
    /// Reads the arguments of a call that creates an object; `None` if they make it an unknown call.
    pub(super) fn read(kind: Kind, call: &Message) -> Option<Result<Self, ErrorCode>> {
        let body = call.body();
        Some(match kind {
            Kind::EntryGroup => return None,
            Kind::DomainBrowser => {
                let (interface, protocol, domain, kind, flags) =
                    read::<DomainArguments<'_>>(&body)?;
                let kind = DomainBrowserKind::from_number(kind)?;
                check::domain_browser(look_up(interface, protocol, flags), domain, kind)
                    .map(|(scope, kind)| Self::Domains(scope, kind))
            }
            Kind::ServiceTypeBrowser => {
                let (interface, protocol, domain, flags) = read::<(i32, i32, &str, u32)>(&body)?;
                check::type_browser(look_up(interface, protocol, flags), domain).map(Self::Types)
            }
            Kind::ServiceBrowser => {
                let (interface, protocol, of_type, domain, flags) =
                    read::<(i32, i32, &str, &str, u32)>(&body)?;
                check::service_browser(look_up(interface, protocol, flags), of_type, domain)
                    .map(Self::Services)
            }
            Kind::RecordBrowser => {
                let (interface, protocol, name, class, rtype, flags) =
                    read::<RecordKeyArguments<'_>>(&body)?;
                check::record_browser(look_up(interface, protocol, flags), name, class, rtype)
                    .map(Self::Records)
            }
            Kind::ServiceResolver => {
                let (interface, protocol, name, of_type, domain, family, flags) =
                    read::<ResolverArguments<'_>>(&body)?;
                let call = look_up(interface, protocol, flags);
                check::service_resolver(call, name, of_type, domain, family).map(Self::Service)
            }
            Kind::HostNameResolver => {
                let (interface, protocol, name, family, flags) =
                    read::<DomainArguments<'_>>(&body)?;
                check::host_name_resolver(look_up(interface, protocol, flags), name, family)
                    .map(Self::Host)
            }
            Kind::AddressResolver => {
                let (interface, protocol, address, flags) = read::<(i32, i32, &str, u32)>(&body)?;
                check::address_resolver(look_up(interface, protocol, flags), address)
                    .map(Self::Address)
            }
        })
    }
}

type DomainArguments<'a> = (i32, i32, &'a str, i32, u32);
type RecordKeyArguments<'a> = (i32, i32, &'a str, u16, u16, u32);
type ResolverArguments<'a> = (i32, i32, &'a str, &'a str, &'a str, i32, u32);

fn read<'b, T>(body: &'b Body) -> Option<T>
where
    T: serde::Deserialize<'b> + zbus::zvariant::Type,
{
    body.deserialize().ok()
}

fn look_up(interface: i32, protocol: i32, flags: u32) -> LookUp {
    LookUp {
        interface,
        protocol,
        flags,
    }
}

/// Who asks: what an object's work needs to speak to its client.
pub(super) struct Teller {
    pub(super) house: Rc<House>,
    pub(super) voice: Voice,
    pub(super) address: ObjectAddress,
    pub(super) client: u32,
}

/// Does the work of a browser or a resolver until it is dropped. It begins now, or after a delay.
#[expect(
    clippy::manual_async_fn,
    reason = "there can be thousands, and an `async fn` has room for its arguments twice"
)]
pub(super) fn run(
    teller: Teller,
    lookup: Lookup,
    delay: Option<Duration>,
) -> impl Future<Output = ()> {
    async move {
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        teller.look_up(&lookup).await;
    }
}

#[derive(Clone, Copy)]
enum Browsed {
    Domain,
    Type,
    Service,
    Record,
}

impl Teller {
    async fn look_up(&self, lookup: &Lookup) {
        match lookup {
            Lookup::Domains(scope, kind) => {
                if *kind == DomainBrowserKind::Browse {
                    self.tell_static_domains().await;
                }
                let name = format!("{}._dns-sd._udp.local", kind.label());
                let name = name.parse().ok();
                self.browse(*scope, name, RecordType::PTR, Browsed::Domain)
                    .await;
            }
            Lookup::Types(scope) => {
                let name = "_services._dns-sd._udp.local".parse().ok();
                self.browse(*scope, name, RecordType::PTR, Browsed::Type)
                    .await;
            }
            Lookup::Services(LookUpTypes { scope, name }) => {
                let name = Some(name.clone());
                self.browse(*scope, name, RecordType::PTR, Browsed::Service)
                    .await;
            }
            Lookup::Records(LookUpRecord { scope, name, rtype }) => {
                let name = Some(name.clone());
                self.browse(*scope, name, RecordType(*rtype), Browsed::Record)
                    .await;
            }
            Lookup::Service(asked) => self.resolve_service(asked).await,
            Lookup::Host(asked) => self.resolve_host(asked).await,
            Lookup::Address(asked) => self.resolve_address(asked).await,
        }
    }

    async fn browse(&self, scope: Scope, name: Option<Name>, rtype: RecordType, what: Browsed) {
        let Some(name) = name else { return };
        let mut watch = RecordWatch::start(&self.house.watches, scope, name, rtype);
        let mut quiet = after(REPLAY_QUIET);
        let mut all_for_now = after(ALL_FOR_NOW);
        loop {
            tokio::select! {
                biased;
                change = watch.next() => {
                    let cached = match quiet {
                        Some(_) => ResultFlags::CACHED,
                        None => ResultFlags::NONE,
                    };
                    let signal = self.item(what, change, cached);
                    self.tell(signal).await;
                }
                () = crate::lookup::service::until(quiet) => {
                    quiet = None;
                    self.tell(self.signal("CacheExhausted", &())).await;
                }
                () = crate::lookup::service::until(all_for_now) => {
                    all_for_now = None;
                    self.tell(self.signal("AllForNow", &())).await;
                }
            }
        }
    }

    /// Tells of the domains in the configuration, which are on no interface.
    async fn tell_static_domains(&self) {
        let flags = ResultFlags::STATIC.bits();
        for domain in &self.house.browse_domains {
            let signal = self.signal("ItemNew", &(ANY, ANY, domain, flags));
            self.tell(signal).await;
        }
    }

    /// Builds the signal of a change; `None` if the client hears nothing of it.
    fn item(&self, what: Browsed, change: Change, cached: ResultFlags) -> Option<Message> {
        let (member, item, is_new) = match change {
            Change::Came(item) => ("ItemNew", item, true),
            Change::Went(item) => ("ItemRemove", item, false),
            Change::Denied(..) => return None,
        };
        let mut flags = ResultFlags::MULTICAST.with(cached);
        let place = place(item.interface, item.family);
        let (interface, protocol) = place;
        match (what, &item.data) {
            (Browsed::Record, data) => {
                let mut bytes = Vec::new();
                data.write_uncompressed(&mut bytes);
                if is_new {
                    let of_data = self.told(false).flags(&item.name, data);
                    // Avahi tells a record's own client no more than others.
                    flags = flags.with(of_data.without(ResultFlags::OUR_OWN));
                }
                let (name, rtype) = (names::of(&item.name), data.rtype().0);
                let body = (
                    interface,
                    protocol,
                    name,
                    CLASS_IN,
                    rtype,
                    bytes,
                    flags.bits(),
                );
                self.signal(member, &body)
            }
            (Browsed::Service, RData::Ptr(target)) => {
                let (name, of_type) = service(target)?;
                if is_new {
                    let registry = self.house.publisher.registry.borrow();
                    let is_here = |host: &Name| self.house.is_here(host);
                    flags = flags.with(registry.service_flags(target, self.client, is_here));
                }
                let body = (interface, protocol, name, of_type, LOCAL, flags.bits());
                self.signal(member, &body)
            }
            (Browsed::Type, RData::Ptr(target)) => {
                let of_type = service_type(target)?;
                let body = (interface, protocol, of_type, LOCAL, flags.bits());
                self.signal(member, &body)
            }
            (Browsed::Domain, RData::Ptr(target)) => {
                let body = (interface, protocol, names::of(target), flags.bits());
                self.signal(member, &body)
            }
            (Browsed::Service | Browsed::Type | Browsed::Domain, _) => None,
        }
    }

    async fn resolve_service(&self, asked: &LookUpService) {
        let Some(name) = service_name(asked) else {
            return;
        };
        let own_host = self.house.host.name();
        let mut resolver = ServiceResolver::start(&self.house.watches, asked, &name, own_host);
        loop {
            let signal = match resolver.next().await {
                Resolution::Found(found) => {
                    let told = self.told(resolver.is_replaying());
                    self.signal("Found", &told.service(asked, &name, found))
                }
                Resolution::Nothing => self.failure(),
            };
            self.tell(signal).await;
        }
    }

    async fn resolve_host(&self, asked: &LookUpHost) {
        let mut resolver =
            FirstResolver::of_host(&self.house.watches, asked, self.house.host.name());
        loop {
            let signal = match resolver.next().await {
                Resolution::Found(item) => {
                    let body = self.told(resolver.is_replaying()).host(&item);
                    body.and_then(|body| self.signal("Found", &body))
                }
                Resolution::Nothing => self.failure(),
            };
            self.tell(signal).await;
        }
    }

    async fn resolve_address(&self, asked: &LookUpAddress) {
        let Some(name) = reverse_name(asked.address) else {
            return;
        };
        let mut resolver =
            FirstResolver::of_address(&self.house.watches, asked, name, self.house.host.name());
        loop {
            let signal = match resolver.next().await {
                Resolution::Found(item) => {
                    let told = self.told(resolver.is_replaying());
                    let body = told.address(asked.address, &item);
                    body.and_then(|body| self.signal("Found", &body))
                }
                Resolution::Nothing => self.failure(),
            };
            self.tell(signal).await;
        }
    }

    fn told(&self, cached: bool) -> Told<'_> {
        Told {
            house: &self.house,
            client: self.client,
            cached,
        }
    }

    fn failure(&self) -> Option<Message> {
        self.signal("Failure", &ErrorCode::Timeout.dbus_name())
    }

    fn signal<B>(&self, member: &str, body: &B) -> Option<Message>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        signal(&self.address, member, body)
    }

    /// Sends a signal that is built: the wait needs no room for its arguments.
    async fn tell(&self, signal: Option<Message>) {
        if let Some(signal) = signal {
            self.voice.signal(&self.address.client, signal).await;
        }
    }
}

/// Returns the name whose records make a service: the instance, or the type if no instance is named.
pub(super) fn service_name(asked: &LookUpService) -> Option<Name> {
    match &asked.name {
        Some(name) => {
            let instance = InstanceName::new(name, &asked.service_type).ok()?;
            Some(instance.name().clone())
        }
        None => Some(asked.service_type.name().clone()),
    }
}

/// Returns the name and the type of an instance, if it is one of those that Avahi reports.
fn service(target: &Name) -> Option<(String, String)> {
    let mut labels = target.labels();
    let name = std::str::from_utf8(labels.next()?).ok()?.to_owned();
    let rest: Vec<&[u8]> = labels.collect();
    Some((name, strict_type(&rest)?))
}

/// Returns the type that a name is, if it is one.
fn service_type(target: &Name) -> Option<String> {
    strict_type(&target.labels().collect::<Vec<_>>())
}

fn strict_type(labels: &[&[u8]]) -> Option<String> {
    let [service, protocol, domain] = labels else {
        return None;
    };
    let text = names::join([*service, *protocol]);
    let is_local = domain.eq_ignore_ascii_case(LOCAL.as_bytes());
    (is_local && check::strict_type(&text).is_ok()).then_some(text)
}

const CLASS_IN: u16 = 1;

/// When a browser says that what is there was probably found. Avahi says so after a second, but it
/// keeps announcements that nobody asked for. A host that has announced within the last second does
/// not answer the first question, and the second one follows a second later.
const ALL_FOR_NOW: Duration = Duration::from_millis(1_500);
