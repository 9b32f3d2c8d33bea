//! Publishing hosts, aliases and single records.
//!
//! In:  a name, and addresses or data.
//! Out: [`Published`], a guard; or a [`RegisterError`]. RFC 6762 sections 2 (unique and shared), 8
//!      to 10.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use cooee_net::InterfaceSelector;
use cooee_proto::RecordSet;
use cooee_proto::dnssd::{HostSpec, OnConflict, Unreachable};
use cooee_proto::{OwnedRecord, link::LinkId};
use cooee_wire::{Name, RData, Ttl};

use crate::blocking;
use crate::error::DriverError;
use crate::mdns::Mdns;
use crate::options::options;
use crate::publication::{Goodbyes, Publication, Publishing, StatusStream};
use crate::register::{RegisterError, addresses, extra, local_host_name, rename};

impl Mdns {
    /// Publishes a host: a name, its addresses, and the name for each of them.
    ///
    /// `name` is `printer` or `printer.local`. If another host uses it, the next one is tried.
    /// Without any address, this host's addresses are published, on each link its own.
    pub fn publish_host(
        &self,
        name: &str,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> PublishHost {
        PublishHost {
            mdns: self.clone(),
            given: name.to_owned(),
            addresses: addresses.into_iter().collect(),
            records: Vec::new(),
            on_conflict: OnConflict::Rename,
            deadline: None,
        }
    }

    /// Publishes another name for a host: a CNAME record.
    pub fn alias(&self, name: &str, target: &Name) -> PublishRecord {
        let name = local_host_name(name);
        self.record(name, RData::Cname(target.clone()))
    }

    /// Publishes a record of any type, under a full name that ends in `.local`.
    ///
    /// The record is unique and is probed for, unless [`PublishRecord::shared`] makes it shared.
    pub fn publish_record(&self, name: &Name, data: RData) -> PublishRecord {
        let name = match unfit(name, &data) {
            None => Ok(name.clone()),
            Some(reason) => Err(RegisterError::Record {
                given: name.to_string(),
                reason,
            }),
        };
        self.record(name, data)
    }

    fn record(&self, name: Result<Name, RegisterError>, data: RData) -> PublishRecord {
        let ttl = match data {
            RData::A(_) | RData::Aaaa(_) | RData::Srv(_) | RData::Cname(_) | RData::Hinfo(_) => {
                TTL_HOST
            }
            RData::Ptr(_) | RData::Txt(_) | RData::Nsec(_) | RData::Opaque { .. } => TTL_OTHER,
            _ => TTL_OTHER,
        };
        PublishRecord {
            mdns: self.clone(),
            name,
            data,
            ttl,
            unique: true,
            interface: None,
            deadline: None,
        }
    }
}

/// A host to publish: await it, or start it. See [`Mdns::publish_host`].
#[derive(Clone, Debug)]
#[must_use = "nothing is published until this is awaited, waited for or started"]
pub struct PublishHost {
    mdns: Mdns,
    given: String,
    addresses: Vec<IpAddr>,
    records: Vec<RData>,
    on_conflict: OnConflict,
    deadline: Option<Duration>,
}

options! {
    PublishHost {
        deadline("Default: as long as it takes. When it has passed, nothing stays published."),
        wait(Result<Published, RegisterError>),
    }
}

options! {
    PublishRecord {
        interface,
        deadline("Default: as long as it takes. When it has passed, nothing stays published."),
        wait(Result<Published, RegisterError>),
    }
}

impl PublishHost {
    /// Returns up if another host uses the name, and publishes nothing.
    pub fn no_rename(mut self) -> Self {
        self.on_conflict = OnConflict::GiveUp;
        self
    }

    /// Lets a function choose the next name after a conflict, instead of counting up.
    ///
    /// The function gets and returns one label, without `.local`; otherwise it is as for
    /// [`Registration::rename_with`](crate::Registration::rename_with).
    pub fn rename_with(
        mut self,
        choose: impl Fn(&str, u32) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.on_conflict = rename::by(choose);
        self
    }

    /// Publishes a further record under the name, of any type except addresses, with a TTL of 120
    /// seconds. It is announced, defended, renamed and withdrawn with the host.
    pub fn record(mut self, data: RData) -> Self {
        self.records.push(data);
        self
    }

    /// Starts to publish without waiting; the status stream reports the progress.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is wrong, or if the driver has shut down.
    pub fn start(self) -> Result<(Published, StatusStream), RegisterError> {
        let (name, publishing) = self.publishing()?;
        Published::start(&self.mdns, name, publishing)
    }

    fn publishing(&self) -> Result<(Name, Publishing), RegisterError> {
        let name = local_host_name(&self.given)?;
        let mut spec = HostSpec::own(name.clone());
        spec.start_as = self.mdns.shared().memory.recall(&name);
        spec.on_conflict = self.on_conflict.clone();
        spec.records = extra(self.records.clone(), TTL_HOST);
        if !self.addresses.is_empty() {
            spec.addresses = Some(addresses(&name, self.addresses.iter().copied())?);
        }
        Ok((name, Publishing::Host(spec)))
    }
}

impl IntoFuture for PublishHost {
    type Output = Result<Published, RegisterError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (name, publishing) = self.publishing()?;
            Published::claim(&self.mdns, name, publishing, self.deadline).await
        })
    }
}

/// A record to publish: await it, or start it. See [`Mdns::publish_record`].
#[derive(Clone, Debug)]
#[must_use = "nothing is published until this is awaited, waited for or started"]
pub struct PublishRecord {
    mdns: Mdns,
    name: Result<Name, RegisterError>,
    data: RData,
    ttl: Ttl,
    unique: bool,
    interface: Option<InterfaceSelector>,
    deadline: Option<Duration>,
}

impl PublishRecord {
    /// Sets how many seconds others may use it. Default 120 for records that name a host, otherwise
    /// 4,500 (RFC 6762 section 10).
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.ttl = ttl;
        self
    }

    /// Shares its name and type with other hosts: nothing is probed for.
    pub fn shared(mut self) -> Self {
        self.unique = false;
        self
    }

    /// Starts to publish without waiting; the status stream reports the progress.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument is wrong, or if the driver has shut down.
    pub fn start(self) -> Result<(Published, StatusStream), RegisterError> {
        let (name, publishing) = self.publishing()?;
        Published::start(&self.mdns, name, publishing)
    }

    fn publishing(&self) -> Result<(Name, Publishing), RegisterError> {
        let name = self.name.clone()?;
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let set = self.set(&name, link);
        Ok((name, Publishing::Records(set)))
    }

    fn set(&self, name: &Name, link: Option<LinkId>) -> RecordSet {
        let record = OwnedRecord {
            name: name.clone(),
            ttl: self.ttl,
            unique: self.unique,
            data: self.data.clone(),
            link: None,
        };
        RecordSet {
            claim: self.unique.then(|| name.clone()),
            records: vec![record],
            links: link.into_iter().collect(),
            ..RecordSet::default()
        }
    }
}

impl IntoFuture for PublishRecord {
    type Output = Result<Published, RegisterError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (name, publishing) = self.publishing()?;
            Published::claim(&self.mdns, name, publishing, self.deadline).await
        })
    }
}

/// A published host or record. Dropping it withdraws it, with best-effort goodbyes.
#[must_use = "dropping it withdraws what is published"]
pub struct Published {
    publication: Publication,
    requested: Name,
}

impl Published {
    fn start(
        mdns: &Mdns,
        requested: Name,
        publishing: Publishing,
    ) -> Result<(Self, StatusStream), RegisterError> {
        let (publication, feed) = Publication::start(mdns, publishing)?;
        let published = Self {
            publication,
            requested,
        };
        Ok((published, StatusStream { feed }))
    }

    async fn claim(
        mdns: &Mdns,
        requested: Name,
        publishing: Publishing,
        after: Option<Duration>,
    ) -> Result<Self, RegisterError> {
        let (publication, claim) = Publication::claim(mdns, publishing, after)?;
        let published = Self {
            publication,
            requested,
        };
        claim.won(&published.requested, after).await?;
        Ok(published)
    }

    /// Returns its present name; a host has another one after a conflict.
    pub fn name(&self) -> Name {
        let now = self.publication.names().host;
        now.unwrap_or_else(|| self.requested.clone())
    }

    /// Returns a stream of its status, beginning with the present one.
    pub fn status(&self) -> StatusStream {
        self.publication.status()
    }

    /// Withdraws it. Returns when the goodbyes are sent, and reports what was sent where.
    ///
    /// # Errors
    ///
    /// Returns an error if the driver has shut down; it has then sent goodbyes for everything.
    pub async fn unpublish(self) -> Result<Goodbyes, DriverError> {
        self.publication.withdraw().await
    }

    /// Withdraws it on this thread: the blocking twin of [`Published::unpublish`].
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Published::unpublish`].
    pub fn unpublish_wait(self) -> Result<Goodbyes, DriverError> {
        blocking::wait(self.unpublish())
    }
}

impl fmt::Debug for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// Returns why a record cannot be published, if it cannot.
fn unfit(name: &Name, data: &RData) -> Option<String> {
    let local = Name::from_static(b"\x05local\0");
    if name.label_count() < 2 || !name.ends_with(&local) {
        return Some("it does not end in `.local`".to_owned());
    }
    //= https://www.rfc-editor.org/rfc/rfc6763#section-8
    //# Note: When used with Multicast DNS [RFC6762], the target host field
    //# of the placeholder SRV record MUST NOT be the empty root label.
    match data {
        RData::Srv(srv) if srv.target.label_count() == 0 => {
            Some("its SRV record names no host, and so could be nobody's".to_owned())
        }
        RData::A(ip) => unreachable((*ip).into()),
        RData::Aaaa(ip) => unreachable((*ip).into()),
        RData::Ptr(_)
        | RData::Cname(_)
        | RData::Srv(_)
        | RData::Txt(_)
        | RData::Hinfo(_)
        | RData::Nsec(_)
        | RData::Opaque { .. } => None,
        _ => None,
    }
}

fn unreachable(ip: IpAddr) -> Option<String> {
    Unreachable::of(ip).map(|why| format!("`{ip}` is not the address of a host: {why}"))
}

/// RFC 6762 section 10.
const TTL_HOST: Ttl = Ttl(120);
const TTL_OTHER: Ttl = Ttl(4_500);

#[cfg(test)]
mod tests {
    use cooee_wire::{RData, Srv};

    use super::unfit;
    use crate::testing::name;

    //= https://www.rfc-editor.org/rfc/rfc6763#section-8
    //= type=test
    //# Note: When used with Multicast DNS [RFC6762], the target host field
    //# of the placeholder SRV record MUST NOT be the empty root label.
    #[test]
    fn a_placeholder_names_a_host() {
        let placeholder = |target: &str| {
            RData::Srv(Srv {
                priority: 0,
                weight: 0,
                port: 0,
                target: name(target),
            })
        };
        let owner = name("web._printer._tcp.local");
        assert_eq!(unfit(&owner, &placeholder("desk.local")), None);
        assert!(unfit(&owner, &placeholder(".")).is_some());
        assert!(unfit(&name("web.example"), &placeholder("desk.local")).is_some());
    }

    #[test]
    fn a_record_is_not_published_with_an_address_that_leads_nowhere() {
        let owner = name("desk.local");
        let address = |ip: &str| RData::A(ip.parse().expect("an address"));
        assert_eq!(unfit(&owner, &address("10.0.0.9")), None);
        assert!(unfit(&owner, &address("127.0.0.1")).is_some());
        assert!(unfit(&owner, &address("192.0.2.1")).is_some());
    }
}
