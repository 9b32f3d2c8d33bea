//! Publishing hosts.
//!
//! In:  a name, and the addresses of a host.
//! Out: [`RegisteredName`], a guard; or a [`RegisterError`]. RFC 6762 sections 3 (names of hosts)
//!      and 8 to 10.

use std::future::{Future, IntoFuture};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::host_name::host_to_publish;
use cooee_proto::dnssd::{HostSpec, OnConflict, Ttls, Unreachable};
use cooee_wire::{Name, RData};

use super::name::RegisteredName;
use super::status::StatusStream;
use super::{extra, rename};
use crate::argument::TextOr;
use crate::error::RegisterError;
use crate::options::options;
use crate::session::handle::Mdns;
use crate::session::publishing::Publishing;

impl Mdns {
    /// Registers a host: a name, its addresses, and the name for each of them.
    ///
    /// `name` is `printer` or `printer.local`. If another host uses it, the next one is tried.
    /// Without any address, this host's addresses are published, on each link its own.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let nas = mdns.register_host("nas", ["192.168.1.7".parse()?]).await?;
    /// println!("{}", nas.name());
    /// # Ok(())
    /// # }
    /// ```
    pub fn register_host(
        &self,
        name: impl TextOr<Name>,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> RegisterHost {
        RegisterHost {
            mdns: self.clone(),
            name: local_host_name(name),
            addresses: addresses.into_iter().collect(),
            records: Vec::new(),
            interfaces: Vec::new(),
            on_conflict: OnConflict::Rename,
            deadline: None,
        }
    }
}

/// A host to register: await it, or start it. See [`Mdns::register_host`].
#[derive(Clone, Debug)]
#[must_use = "nothing is published until this is awaited, waited for or started"]
pub struct RegisterHost {
    mdns: Mdns,
    name: Result<Name, RegisterError>,
    addresses: Vec<IpAddr>,
    records: Vec<RData>,
    interfaces: Vec<InterfaceSelector>,
    on_conflict: OnConflict,
    deadline: Option<Duration>,
}

options! {
    RegisterHost {
        deadline("Default: as long as it takes. When it has passed, nothing stays published."),
        wait(Result<RegisteredName, RegisterError>),
    }
}

impl RegisterHost {
    /// Gives up if another host uses the name, and publishes nothing.
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

    /// Registers the host on this interface only, by name or index. Call it again for more
    /// interfaces.
    ///
    /// A name belongs to one host on all interfaces: if the same name is registered once more in
    /// this program, with other interfaces or addresses, the second one is renamed.
    pub fn interface(mut self, interface: impl Into<InterfaceSelector>) -> Self {
        self.interfaces.push(interface.into());
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
    pub fn start(self) -> Result<(RegisteredName, StatusStream), RegisterError> {
        let (name, publishing) = self.publishing()?;
        RegisteredName::start(&self.mdns, name, publishing)
    }

    fn publishing(&self) -> Result<(Name, Publishing), RegisterError> {
        let name = self.name.clone()?;
        let mut spec = HostSpec::own(name.clone());
        spec.start_as = self.mdns.shared().memory.recall(&name);
        spec.on_conflict = self.on_conflict.clone();
        spec.records = extra(self.records.clone(), Ttls::default().host);
        if !self.addresses.is_empty() {
            spec.addresses = Some(addresses(&name, self.addresses.iter().copied())?);
        }
        for interface in &self.interfaces {
            spec.links.extend(self.mdns.shared().link(Some(interface))?);
        }
        Ok((name, Publishing::Host(spec)))
    }
}

impl IntoFuture for RegisterHost {
    type Output = Result<RegisteredName, RegisterError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (name, publishing) = self.publishing()?;
            RegisteredName::claim(&self.mdns, name, publishing, self.deadline).await
        })
    }
}

/// Reads `printer` or `printer.local`.
pub(super) fn local_host_name(given: impl TextOr<Name>) -> Result<Name, RegisterError> {
    let wrong = |given: String, reason: String| RegisterError::Host { given, reason };
    let name = given
        .read()
        .map_err(|not| wrong(not.given, not.error.to_string()))?;
    host_to_publish(name.clone()).map_err(|error| wrong(name.to_string(), error.to_string()))
}

/// Checks that a host can have these addresses, and takes each once.
pub(super) fn addresses(
    host: &Name,
    given: impl Iterator<Item = IpAddr>,
) -> Result<Vec<IpAddr>, RegisterError> {
    let mut addresses = Vec::new();
    for ip in given {
        if let Some(reason) = Unreachable::of(ip) {
            return Err(RegisterError::Address { ip, reason });
        }
        if !addresses.contains(&ip) {
            addresses.push(ip);
        }
    }
    if addresses.is_empty() {
        let given = host.to_string();
        return Err(RegisterError::NoAddress { given });
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests;
