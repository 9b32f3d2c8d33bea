//! Find and announce services on the local network: Multicast DNS (RFC 6762) and DNS-Based Service
//! Discovery (RFC 6763).
//!
//! In:  what an application wants to find or publish on the local network.
//! Out: services, hosts and records, as they appear, change and disappear.
//!
//! Start with [`Mdns`]. It starts one thread, which owns the sockets and the cache. All calls
//! return streams or futures, which work in any async runtime. Each has a blocking twin (see
//! [`blocking`]).
//!
//! | to | call |
//! |---|---|
//! | find services | [`Mdns::browse`], [`Mdns::browse_all`] |
//! | resolve one service | [`Mdns::resolve`] |
//! | look up hosts and addresses | [`Mdns::lookup_host`], [`Mdns::lookup_addr`] |
//! | query any record | [`Mdns::query`] |
//! | publish a service | [`Mdns::register`] |
//! | publish a host or a record | [`Mdns::register_host`], [`Mdns::register_alias`], [`Mdns::register_record`] |
//! | see every message | [`Mdns::monitor`] |
//!
//! This program follows the web servers on the network:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use cooee::{Mdns, ServiceEvent};
//!
//! let mdns = Mdns::new()?;
//! let mut services = mdns.browse("_http._tcp").start()?;
//! while let Some(event) = services.next().await {
//!     match event {
//!         ServiceEvent::Added(service) => println!("{service}"),
//!         ServiceEvent::Removed { last, why } => println!("{} is gone: {why}", last.name()),
//!         other => println!("{other}"),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! This one does the same without `async`, for three seconds:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! let mdns = cooee::Mdns::new()?;
//! let services = mdns.browse("_http._tcp").start()?.blocking();
//! for event in services.for_at_most(Duration::from_secs(3)) {
//!     println!("{event}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This one registers a service, changes it and reports whether its name was taken:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use cooee::{Mdns, Registration};
//!
//! let mdns = Mdns::new()?;
//! let web = Registration::new("_http._tcp", "Front Door", 8080).txt([("path", "/"), ("v", "2")]);
//! let web = mdns.register(web).await?;
//! println!("registered as {}", web.name());
//! web.set_txt_key("path", "/new").await?;
//! let mut status = web.status();
//! while let Some(status) = status.next().await {
//!     println!("{status}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is guaranteed?
//!
//! - Nothing here panics on input from a user or the network.
//! - Every wait ends with its deadline or with the driver.
//! - A consumer that does not read blocks nobody.
//!
//! # What must callbacks respect?
//!
//! A function that the driver calls ([`Builder::interface_filter`], [`Registration::rename_with`])
//! must return at once. A panic in it is contained. A wait for the driver inside it ends with
//! [`DriverError::InCallback`]. In a forked process, each call and each wait ends with
//! [`DriverError::Forked`].
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

mod argument;
mod browse;
mod callback;
mod driver;
mod error;
mod event;
mod host_name;
mod lock;
mod lookup;
mod mdns;
mod memory;
mod metrics;
mod monitor;
mod options;
mod publish;
mod query;
mod resolve;
mod session;
#[cfg(test)]
mod testing;

pub use cooee_net::{
    Decision, Family, Interface, InterfaceAddress, InterfaceFlags, InterfaceKind,
    InterfaceSelector, InterfacesError, OpenError, Reason, SelectError, Warning as SocketWarning,
};
pub use cooee_proto::config::SourceCheck;
pub use cooee_proto::dnssd::instance_name::{InstanceName, InstanceNameError};
pub use cooee_proto::dnssd::service::ServiceDiff;
pub use cooee_proto::dnssd::service_type::{ServiceType, ServiceTypeError, Subtype};
pub use cooee_proto::dnssd::txt::{Txt, TxtBuilder, TxtError, TxtValue};
pub use cooee_proto::dnssd::{PublishError, Unreachable};
pub use cooee_proto::event::{Answer, Removal};
pub use cooee_proto::limits::{Limits, Rate, RateLimit};
pub use cooee_proto::stats::{IgnoredStats, Stats as EngineMetrics};
pub use cooee_proto::transmit::{Ignored, SendFailure, Verdict};
pub use cooee_wire::{Name, NameError, ParseRecordTypeError, RData, RecordType, Ttl};

pub use argument::TextOr;
pub use browse::{
    Browse, BrowseAll, BrowseAllInstances, BrowseInstances, BrowseTypes, Instances, ServiceTypes,
    Services,
};
pub use error::{
    BrowseError, DriverError, LookupError, MonitorError, QueryError, RegisterError, ResolveError,
    StartError, StateFileError, UnknownInterface, UpdateError,
};
pub use event::discovery::{Host, InstanceEvent, RecordEvent, ServiceEvent, TypeEvent};
pub use event::message::{Direction, Message, MonitorEvent};
pub use event::publication::{Goodbyes, GoodbyesOn, Status};
pub use event::service::{InterfaceId, ScopedAddr, Service};
pub use event::warning::Warning;
pub use lookup::{HostUpdates, LookupAddr, LookupHost, NameUpdates};
pub use mdns::{Builder, Shutdown, interfaces};
pub use metrics::{DriverMetrics, Metrics, QueueMetrics, SocketMetrics};
pub use monitor::{Messages, Monitor};
pub use publish::{
    IntoTxt, Register, RegisterHost, RegisterRecord, Registered, RegisteredName, Registration,
    StatusStream, Unregister, Update,
};
pub use query::{Query, Records};
pub use resolve::Resolve;
pub use session::blocking;
pub use session::handle::Mdns;
