//! Changes of what is published.
//!
//! In:  a change of a service, or records in the place of others.
//! Out: the engine's update, or why it is refused. RFC 6762 section 8.4.

use cooee_proto::dnssd::event::RequestId;
use cooee_proto::dnssd::{Agent, ExtraRecord};
use cooee_proto::time::Instant;

use crate::session::publishing::{Change, ServiceChange, UpdateEnd};

/// Changes something published.
pub(super) fn apply(
    now: Instant,
    agent: &mut Agent,
    request: RequestId,
    change: Change,
) -> Result<(), UpdateEnd> {
    match change {
        Change::Service(change) => apply_to_service(now, agent, request, change),
        Change::Records(set) => {
            let updated = agent.update_records(now, request, &set);
            updated.map_err(UpdateEnd::Refused)
        }
    }
}

fn apply_to_service(
    now: Instant,
    agent: &mut Agent,
    request: RequestId,
    change: ServiceChange,
) -> Result<(), UpdateEnd> {
    let ServiceChange {
        txt,
        port,
        subtypes,
        records,
        keys,
    } = change;
    let mut refused = None;
    let updated = agent.update_service(now, request, |spec| {
        let txt = txt.unwrap_or_else(|| spec.txt.clone());
        match keys.iter().try_fold(txt, |txt, edit| edit.apply(&txt)) {
            Ok(txt) => spec.txt = txt,
            Err(error) => {
                refused = Some(error);
                return;
            }
        }
        spec.port = port.unwrap_or(spec.port);
        spec.subtypes = subtypes.unwrap_or_else(|| spec.subtypes.clone());
        if let Some(records) = records {
            let ttl = spec.ttls.other;
            let extra = |data| ExtraRecord { data, ttl };
            spec.records = records.into_iter().map(extra).collect();
        }
    });
    match refused {
        Some(error) => Err(UpdateEnd::Txt(error)),
        None => updated.map_err(UpdateEnd::Refused),
    }
}
