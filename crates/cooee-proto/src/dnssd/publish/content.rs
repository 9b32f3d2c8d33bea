//! What is kept of a published service, beside its name and its host.
//!
//! In:  what the user wants published, at first and after each change.
//! Out: the same again, for its records and for the next change.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::instance_name::InstanceName;
use super::super::service_type::Subtype;
use super::super::txt::Txt;
use super::naming::OnConflict;
use super::spec::{ExtraRecord, HostSpec, ServiceSpec, Ttls};
use crate::link::LinkId;

/// What a service publishes. A host can have thousands of services, and few of them have more than
/// a port and attributes.
#[derive(Clone, PartialEq)]
pub(super) struct Content {
    port: u16,
    txt: Txt,
    /// The rest, unless all of it is as most services have it.
    rest: Option<Box<Rest>>,
}

#[derive(Clone, Default, PartialEq)]
struct Rest {
    any_type: bool,
    subtypes: Vec<Subtype>,
    priority: u16,
    weight: u16,
    records: Vec<ExtraRecord>,
    links: Vec<LinkId>,
    on_conflict: OnConflict,
    ttls: Ttls,
}

impl Content {
    pub(super) fn of(spec: ServiceSpec) -> Self {
        let rest = Rest {
            any_type: spec.any_type,
            subtypes: spec.subtypes,
            priority: spec.priority,
            weight: spec.weight,
            records: spec.records,
            links: spec.links,
            on_conflict: spec.on_conflict,
            ttls: spec.ttls,
        };
        Self {
            port: spec.port,
            txt: spec.txt,
            rest: (rest != Rest::default()).then(|| Box::new(rest)),
        }
    }

    /// Returns what to do when another host uses the name of the service.
    pub(super) fn on_conflict(&self) -> OnConflict {
        let rest = self.rest.as_deref();
        rest.map(|rest| rest.on_conflict.clone())
            .unwrap_or_default()
    }

    /// Returns the specification of the service under its present name.
    pub(super) fn spec(&self, instance: &InstanceName, host: HostSpec) -> ServiceSpec {
        let service_type = instance.service_type().clone();
        let plain = ServiceSpec::new(&instance.label(), service_type, self.port, host);
        let rest = self.rest.as_deref().cloned().unwrap_or_default();
        ServiceSpec {
            txt: self.txt.clone(),
            any_type: rest.any_type,
            subtypes: rest.subtypes,
            priority: rest.priority,
            weight: rest.weight,
            records: rest.records,
            links: rest.links,
            on_conflict: rest.on_conflict,
            ttls: rest.ttls,
            ..plain
        }
    }
}
