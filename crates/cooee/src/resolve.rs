//! Resolving one service by its name, once or continuously.
//!
//! In:  a service type and an instance's name for people.
//! Out: a [`Service`], or a [`Services`] stream of its states.
//! RFC 6763 section 5 (service instance resolution).

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_proto::event::Removal;

use crate::argument::{TextOr, type_before};
use crate::browse::Services;
use crate::error::ResolveError;
use crate::event::discovery::ServiceEvent;
use crate::event::service::Service;
use crate::options::{DEADLINE, options};
use crate::session::command::{Request, Sink};
use crate::session::handle::Mdns;
use crate::session::queue::End;
use crate::session::stream::Feed;
use crate::session::unread::ServiceNews;

/// A service to resolve: await it, or start it. See [`Mdns::resolve`].
#[derive(Clone, Debug)]
#[must_use = "nothing is resolved until this is awaited, waited for or started"]
pub struct Resolve {
    mdns: Mdns,
    instance: Result<InstanceName, ResolveError>,
    interface: Option<InterfaceSelector>,
    deadline: Option<Duration>,
}

impl Mdns {
    /// Resolves one service: its host, port, attributes and addresses.
    ///
    /// Awaiting it asks until there is an answer or the deadline has passed. If a service has shown
    /// addresses of only one family, the call waits a moment for the other one.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let printer =
    ///     mdns.resolve("_ipp._tcp", "Front Desk").deadline(Duration::from_secs(3)).await?;
    /// println!("{} port {}", printer.host(), printer.port());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The name is plain text. It is asked for as it is, and also in form NFC if that is another
    /// name. For any name that a browse has found, use [`Mdns::resolve_instance`].
    pub fn resolve(
        &self,
        service_type: impl TextOr<ServiceType>,
        name: impl AsRef<str>,
    ) -> Resolve {
        let name = name.as_ref();
        let service_type = type_before(name, service_type).map_err(ResolveError::from);
        let instance = service_type
            .and_then(|service_type| Ok(InstanceName::to_ask_for(name, &service_type)?));
        self.resolver(instance)
    }

    /// Resolves one service by its full instance name: as reported by a browse, or as text such as
    /// `Front Desk._ipp._tcp.local`.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// use cooee::InstanceEvent;
    ///
    /// let mut printers = mdns.browse_instances("_ipp._tcp").start()?;
    /// while let Some(event) = printers.next().await {
    ///     if let InstanceEvent::Found(instance) = event {
    ///         println!("{}", mdns.resolve_instance(&instance).await?);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resolve_instance(&self, instance: impl TextOr<InstanceName>) -> Resolve {
        self.resolver(instance.read().map_err(|not| not.error.into()))
    }

    fn resolver(&self, instance: Result<InstanceName, ResolveError>) -> Resolve {
        Resolve {
            mdns: self.clone(),
            instance,
            interface: None,
            deadline: None,
        }
    }
}

options! {
    Resolve {
        interface,
        deadline("Default 5 seconds. [`Resolve::start`] has no deadline."),
        wait(Result<Service, ResolveError>),
    }
}

impl Resolve {
    /// Follows the service: a stream of its appearances, changes and removals, as long as the
    /// stream is kept.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// for event in mdns.resolve("_ipp._tcp", "Front Desk").start()?.blocking() {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the name or the type is invalid, if the interface is not in use, or if
    /// the driver has shut down.
    pub fn start(self) -> Result<Services, ResolveError> {
        let (feed, _) = self.begin(None)?;
        Ok(Services { feed })
    }

    fn begin(
        self,
        deadline: Option<Duration>,
    ) -> Result<(Feed<ServiceNews>, InstanceName), ResolveError> {
        let instance = self.instance?;
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let request = Request::Resolve {
            instance: instance.clone(),
            link,
        };
        let feed = self.mdns.subscribe(request, Sink::Services, deadline)?;
        Ok((feed, instance))
    }
}

impl IntoFuture for Resolve {
    type Output = Result<Service, ResolveError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let after = self.deadline.unwrap_or(DEADLINE);
            let (feed, instance) = self.begin(Some(after))?;
            let mut latest = None;
            let mut unavailable = None;
            // The driver ends the queue when the answer is complete, or when time is up.
            let end = loop {
                match feed.next().await {
                    Ok(ServiceEvent::Added(service) | ServiceEvent::Updated { service, .. }) => {
                        latest = Some(service);
                    }
                    Ok(ServiceEvent::Unavailable(instance)) => {
                        (latest, unavailable) = (None, Some(instance));
                    }
                    Ok(ServiceEvent::Removed {
                        last,
                        why: Removal::Unavailable,
                    }) => (latest, unavailable) = (None, Some(last.instance().clone())),
                    Ok(ServiceEvent::Removed { .. } | ServiceEvent::Lagged { .. }) => latest = None,
                    Err(end) => break end,
                }
            };
            match (latest, end, unavailable) {
                (Some(service), _, _) => Ok(service),
                (None, End::Driver(error), _) => Err(error.into()),
                (None, _, Some(instance)) => Err(ResolveError::Unavailable { instance }),
                (None, End::TimedOut | End::Done, None) => {
                    Err(ResolveError::TimedOut { instance, after })
                }
            }
        })
    }
}
