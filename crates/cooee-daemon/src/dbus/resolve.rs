//! The calls that resolve something and reply when it is found.
//!
//! In:  `ResolveHostName`, `ResolveAddress`, `ResolveService`.
//! Out: one reply: what was found, or `TimeoutError` after five seconds.

use std::rc::Rc;

use zbus::Message;

use super::House;
use super::clients::Clients;
use super::interface::Kind;
use super::lookups::{Lookup, service_name};
use super::told::Told;
use super::voice::{error, reply};
use crate::avahi::error::ErrorCode;
use crate::avahi::reverse::reverse_name;
use crate::lookup::host::FirstResolver;
use crate::lookup::service::{Resolution, ServiceResolver};

/// Begins to resolve; `None` if the arguments make it an unknown call.
pub(super) fn begin(
    clients: &mut Clients,
    sender: &str,
    call: &Message,
    member: &str,
) -> Option<Result<(), ErrorCode>> {
    let kind = match member {
        "ResolveHostName" => Kind::HostNameResolver,
        "ResolveAddress" => Kind::AddressResolver,
        _ => Kind::ServiceResolver,
    };
    let lookup = Lookup::read(kind, call)?;
    let (house, voice) = (Rc::clone(&clients.house), clients.voice.clone());
    let call = call.clone();
    let max = house.limits.get().objects_per_client_max;
    Some(clients.enter(sender).and_then(|client| {
        client.check_room(max)?;
        let lookup = lookup?;
        let number = client.number();
        client.answer_later(max, async move {
            if let Some(answer) = resolve(&house, number, lookup, &call).await {
                voice.send(answer).await;
            }
        })
    }))
}

async fn resolve(house: &House, client: u32, lookup: Lookup, call: &Message) -> Option<Message> {
    let watches = &house.watches;
    let own_host = house.host.name();
    let failed = || error(call, ErrorCode::Timeout);
    let told = |cached| Told {
        house,
        client,
        cached,
    };
    match lookup {
        Lookup::Service(asked) => {
            let name = service_name(&asked)?;
            let mut resolver = ServiceResolver::start(watches, &asked, &name, own_host);
            match resolver.next().await {
                Resolution::Found(found) => {
                    let told = told(resolver.is_replaying());
                    reply(call, &told.service(&asked, &name, found))
                }
                Resolution::Nothing => failed(),
            }
        }
        Lookup::Host(asked) => {
            let mut resolver = FirstResolver::of_host(watches, &asked, own_host);
            match resolver.next().await {
                Resolution::Found(item) => reply(call, &told(resolver.is_replaying()).host(&item)?),
                Resolution::Nothing => failed(),
            }
        }
        Lookup::Address(asked) => {
            let name = reverse_name(asked.address)?;
            let mut resolver = FirstResolver::of_address(watches, &asked, name, house.host.name());
            match resolver.next().await {
                Resolution::Found(item) => {
                    let told = told(resolver.is_replaying());
                    reply(call, &told.address(asked.address, &item)?)
                }
                Resolution::Nothing => failed(),
            }
        }
        Lookup::Domains(..) | Lookup::Types(_) | Lookup::Services(_) | Lookup::Records(_) => None,
    }
}
