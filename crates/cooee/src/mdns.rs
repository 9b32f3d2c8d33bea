//! Starting, querying and ending a driver.
//!
//! In:  a [`Builder`]'s options.
//! Out: a running [`Mdns`]; its interfaces, warnings and metrics; its end.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cooee_net::Decision;
use event_listener::EventListener;

use crate::error::{DriverError, StartError};
use crate::event::publication::Goodbyes;
use crate::event::service::Service;
use crate::event::warning::Warning;
use crate::lock::lock;
use crate::metrics::Metrics;
use crate::reflect::{ReflectRule, RuleStats};
use crate::session::blocking;
use crate::session::command::Command;
use crate::session::handle::Mdns;
use crate::session::shared::Shared;

mod builder;

pub use builder::Builder;

impl Mdns {
    /// Starts a driver on the default interfaces: those that are up and support multicast, without
    /// loopback, VPNs and containers.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no interface to use, or if no socket can be opened on any of
    /// them; see [`StartError`].
    pub fn new() -> Result<Self, StartError> {
        Self::builder().build()
    }

    /// Starts a driver with options.
    ///
    /// ```no_run
    /// let mdns = cooee::Mdns::builder().interfaces(["eth0"]).ipv4_only().build()?;
    /// # Ok::<(), cooee::StartError>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Returns every interface of this machine as of the last change: used or not, and why.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) {
    /// for decision in mdns.interfaces() {
    ///     println!("{}: {}", decision.interface.name, decision.reason);
    /// }
    /// # }
    /// ```
    pub fn interfaces(&self) -> Vec<Decision> {
        lock(&self.shared().state).decisions.to_vec()
    }

    /// Returns the problems with which the driver started or went on, latest last, at most 64.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) {
    /// for warning in mdns.warnings() {
    ///     eprintln!("warning: {warning}");
    /// }
    /// # }
    /// ```
    pub fn warnings(&self) -> Vec<Arc<Warning>> {
        lock(&self.shared().state).warnings.clone()
    }

    /// Returns what the driver has done, as of its last turn. What led to an event, such as the
    /// packet that announced a service, is counted before the event is told.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) {
    /// println!("{} datagrams received", mdns.metrics().sockets.received);
    /// # }
    /// ```
    pub fn metrics(&self) -> Metrics {
        *lock(&self.shared().metrics)
    }

    /// Lets services of some interfaces be found on others. The rules replace those before; without
    /// any, nothing is reflected. At most 64 count. Both interfaces must be in use.
    ///
    /// ```no_run
    /// use cooee::reflect::{ReflectRule, ServiceFilter};
    ///
    /// # fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let printers = ServiceFilter::of_types(["_ipp._tcp".parse()?]);
    /// mdns.reflect(vec![ReflectRule::new("devices", "office", printers)])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the driver accepts no requests.
    pub fn reflect(&self, rules: Vec<ReflectRule>) -> Result<(), DriverError> {
        lock(&self.shared().reflected).clear();
        self.shared().send(Command::Reflect(rules))
    }

    /// Returns what each rule of [`reflect`](Self::reflect) has done, in their order, as of the
    /// driver's last turn.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) {
    /// for rule in mdns.reflected() {
    ///     println!("{} questions and {} answers crossed", rule.queries, rule.answers);
    /// }
    /// # }
    /// ```
    pub fn reflected(&self) -> Vec<RuleStats> {
        lock(&self.shared().reflected).clone()
    }

    /// Re-verifies a service (RFC 6762 section 10.4): its records are asked for again, and removed
    /// if no answer confirms them within 10 seconds.
    ///
    /// Call this when connecting to the service has failed.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns, service: cooee::Service) -> Result<(), cooee::DriverError> {
    /// use std::net::TcpStream;
    ///
    /// if TcpStream::connect(&*service.socket_addrs()).is_err() {
    ///     mdns.reconfirm(&service)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the driver accepts no requests.
    pub fn reconfirm(&self, service: &Service) -> Result<(), DriverError> {
        self.shared()
            .send(Command::Reconfirm(service.instance().clone()))
    }

    /// Withdraws everything and ends the driver. Awaiting it waits until the goodbyes are sent and
    /// the sockets are closed, and returns what was sent where.
    ///
    /// All streams end, and all other waits end with an error, even if the result is not awaited.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), cooee::DriverError> {
    /// let goodbyes = mdns.shutdown().await?;
    /// println!("{} datagrams with goodbyes", goodbyes.datagrams());
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(&self) -> Shutdown {
        // Fails only if that has already happened.
        let _ = self.shared().send(Command::Shutdown);
        Shutdown {
            shared: Arc::clone(self.shared()),
            listener: None,
        }
    }
}

/// Waits for the end of a driver. Created by [`Mdns::shutdown`].
#[must_use = "the driver ends anyway, but only awaiting reports when"]
pub struct Shutdown {
    shared: Arc<Shared>,
    listener: Option<EventListener>,
}

impl Shutdown {
    /// Waits on this thread: the blocking twin of awaiting it.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not possible to wait for the driver here ([`DriverError`]). The
    /// driver ends anyway, unless this process was forked.
    pub fn wait(self) -> Result<Goodbyes, DriverError> {
        blocking::wait(self)
    }
}

impl Future for Shutdown {
    type Output = Result<Goodbyes, DriverError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.shared.is_here()?;
        loop {
            if self.shared.stopped.is_set() {
                return Poll::Ready(Ok(lock(&self.shared.state).goodbyes.clone()));
            }
            self.shared.may_wait()?;
            let Some(listener) = self.listener.as_mut() else {
                self.listener = Some(self.shared.stopped.listen());
                continue;
            };
            match Pin::new(listener).poll(context) {
                Poll::Ready(()) => self.listener = None,
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("done", &self.shared.stopped.is_set())
            .finish()
    }
}
