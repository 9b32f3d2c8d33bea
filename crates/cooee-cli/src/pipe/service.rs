//! One service that `cooee pipe` has registered: what is said of it, complete and in order.
//!
//! In:  the statuses of the service.
//! Out: [`PublishReport`] with its present name, its host, port and addresses.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;

use cooee::{InstanceName, Mdns, Name, Status};

use crate::families::Families;
use crate::output::Instance;
use crate::publish_output::{self, Ordered, Place, PublishReport};

/// What is known of a registered service.
pub(crate) struct ServiceNews {
    name: InstanceName,
    host: Option<Name>,
    /// Shared with whoever updates the service.
    port: Rc<Cell<u16>>,
    given: Option<Box<Given>>,
    mdns: Mdns,
    families: Families,
    ordered: Ordered,
}

/// What was given of a service that most services do not have.
#[derive(Default, PartialEq)]
pub(crate) struct Given {
    /// Its addresses; none for those of this machine.
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) subtypes: Vec<String>,
}

impl ServiceNews {
    pub(crate) fn new(
        name: InstanceName,
        port: &Rc<Cell<u16>>,
        given: Given,
        mdns: &Mdns,
        families: Families,
    ) -> Self {
        Self {
            name,
            host: None,
            port: Rc::clone(port),
            given: (given != Given::default()).then(|| Box::new(given)),
            mdns: mdns.clone(),
            families,
            ordered: Ordered::default(),
        }
    }

    /// Returns what is to be said once it is withdrawn.
    pub(crate) fn unregistered(&self) -> PublishReport {
        let (instance, goodbyes) = (Instance::new(&self.name, None), None);
        PublishReport::Unregistered { instance, goodbyes }
    }

    /// Returns what a status says. That its host has a name was said before unless `is_news`.
    pub(crate) fn said(&mut self, status: &Status, is_news: bool) -> Vec<PublishReport> {
        if let Status::HostRegistered(now) = status {
            self.host = Some(now.clone());
        }
        if let Status::Registered(now) | Status::Renamed { new: now, .. } = status {
            self.name = now.clone();
        }
        if let Status::UpdateDelayed { by } = status {
            let (instance, seconds) = (Instance::new(&self.name, None), by.as_secs());
            return vec![PublishReport::UpdateDelayed { instance, seconds }];
        }
        let waiting = publish_output::waiting(Some(&self.name), None, status);
        let said = waiting.or_else(|| publish_output::of(status)).into_iter();
        let said = said.flat_map(|said| self.ordered.sort(said));
        let mut said: Vec<PublishReport> = said
            .filter(|said| is_news || !said.is_about_host())
            .collect();
        for said in &mut said {
            if let PublishReport::Registered { place, .. } = said {
                let given = self.given.as_deref();
                let (addresses, subtypes) = given
                    .map(|given| (given.addresses.as_slice(), given.subtypes.clone()))
                    .unwrap_or_default();
                let addresses = self.families.announced(addresses, &self.mdns);
                let host = self.host.clone();
                *place = Some(Place::new(host, self.port.get(), addresses, subtypes));
            }
        }
        said
    }
}
