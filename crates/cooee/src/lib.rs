//! Find and announce services on the local network: Multicast DNS (RFC 6762) and DNS-Based Service
//! Discovery (RFC 6763).
//!
//! In:  what an application wants to find or publish on the local network.
//! Out: services, hosts and records, as they appear, change and disappear.
//!
//! Start with [`Mdns`]. It starts one thread, the *driver*, which owns the sockets and the cache.
//! All calls return streams or futures, which work in any async runtime. Each has a blocking twin:
//! `.wait()` instead of `.await`, and `.blocking()` after `.start()?` (see [`blocking`]).
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
//! | judge messages | [`observe::Observer`] |
//! | find out why something is not found | [`Mdns::diagnose`], [`Builder::diagnose`] |
//!
//! This program follows the web servers on the network. It uses Tokio; any other runtime works
//! too:
//!
//! ```no_run
//! use cooee::{Mdns, ServiceEvent};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mdns = Mdns::new()?;
//!     let mut services = mdns.browse("_http._tcp").start()?;
//!     while let Some(event) = services.next().await {
//!         match event {
//!             ServiceEvent::Added(service) => println!("{service}"),
//!             ServiceEvent::Removed { last, why } => println!("{} is gone: {why}", last.name()),
//!             other => println!("{other}"),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! This one does the same without `async`, for three seconds:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mdns = cooee::Mdns::new()?;
//!     let services = mdns.browse("_http._tcp").start()?.blocking();
//!     for event in services.for_at_most(Duration::from_secs(3)) {
//!         println!("{event}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! This one resolves one service by its type and name, then looks up a host. Without a deadline,
//! each call waits for up to five seconds:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mdns = cooee::Mdns::new()?;
//!     let limit = Duration::from_secs(3);
//!     let web = mdns.resolve("_http._tcp", "Front Door").deadline(limit).await?;
//!     println!("{} port {}: {}", web.host(), web.port(), web.txt());
//!     let host = mdns.lookup_host("printer").await?;
//!     for address in &host.addresses {
//!         println!("{} has {address}", host.name);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! This one registers a service, changes one TXT attribute and prints each status, such as a rename.
//! If another host uses the name, the service gets another one, such as `Front Door (2)`. To
//! withdraw the service and learn where goodbyes were sent, await `web.unregister()`:
//!
//! ```no_run
//! use cooee::{Mdns, Registration};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mdns = Mdns::new()?;
//!     let web = Registration::new("_http._tcp", "Front Door", 8080).txt(("path", "/"));
//!     let web = mdns.register(web).await?;
//!     web.set_txt_key("path", "/new").await?;
//!     let mut news = web.status();
//!     while let Some(status) = news.next().await {
//!         println!("{}: {status}", web.name());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # What is guaranteed?
//!
//! - Nothing here panics on input from a user or the network.
//! - Every wait ends at its deadline, or when the driver ends.
//! - A consumer that does not read its stream blocks nobody else.
//!
//! # What must callbacks respect?
//!
//! A function that the driver calls ([`Builder::interface_filter`], [`Registration::rename_with`])
//! must return at once. A panic in it is contained. A call inside it that waits for the driver fails
//! with [`DriverError::InCallback`]. In a forked process, each call and each wait ends with
//! [`DriverError::Forked`].
//!
//! # The feature `metrics`
//!
//! With this feature, which is off by default, `Metrics::export` gives the numbers of
//! [`Mdns::metrics`] to the recorder of the crate `metrics`, for example for Prometheus.
//!
//! # The feature `serde`
//!
//! With this feature, which is off by default, `serde` can write the types below. It can also read
//! them, except those marked with *. These are the forms in JSON; the names of fields and variants
//! do not change.
//!
//! | type | form |
//! |---|---|
//! | [`Service`] | `{"instance": .., "host": .., "port": 80, "priority": 0, "weight": 0, "txt": [..], "addresses": [..]}` |
//! | [`ScopedAddr`] | `{"ip": "fe80::1", "interface": {"index": 2, "name": "eth0"}}` |
//! | [`Txt`] | its strings, each as text, or as a list of bytes if it is not UTF-8: `["path=/", [107, 61, 255]]` |
//! | [`InstanceName`], [`Name`] | the full name as text, with escapes: `"Front Door._http._tcp.local"` |
//! | [`ServiceType`], [`Subtype`], [`RecordType`] | text: `"_http._tcp"`, `"_printer"`, `"SRV"` |
//! | [`ServiceEvent`] | `{"added": service}`, `{"updated": {"service": .., "diff": ..}}`, `{"removed": {"last": .., "why": ..}}`, `{"unavailable": instance}` |
//! | [`InstanceEvent`], [`TypeEvent`] | `{"found": instance}`, `{"lost": {"instance": .., "why": ..}}`; `{"found": type}`, `{"lost": type}` |
//! | any event | `{"lagged": {"missed": 3}}` |
//! | [`ServiceDiff`] | `{"endpoint": false, "txt": true, "addresses": false}` |
//! | [`Removal`] | `"goodbye"`, `"interface_gone"` and so on |
//! | [`Host`] | `{"name": .., "addresses": [..], "v4_denied": false, "v6_denied": false}` |
//! | [`RecordEvent`]*, [`Answer`]* | `{"added": {"record": answer, "interface": ..}}`; `{"name": .., "type": "A", "ttl": 120, "unique": true, "data": "10.0.0.9"}` |
//! | [`CachedRecord`]* | `{"record": answer, "interface": .., "age": {"secs": 5, "nanos": 0}, "remaining": ..}` |
//! | [`Status`]* | `{"registered": instance}`, `{"renamed": {"old": .., "new": ..}}`, `"withdrawn"` and so on |
//! | [`Goodbyes`] | `{"interfaces": [{"interface": .., "datagrams": 2, "records": 14}]}` |
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
mod cached;
mod callback;
mod diagnose;
mod driver;
mod error;
mod event;
mod lock;
mod lookup;
mod mdns;
mod memory;
mod metrics;
mod monitor;
pub mod observe;
mod options;
mod publish;
mod query;
pub mod reflect;
mod resolve;
mod session;
#[cfg(test)]
mod testing;

pub use cooee_net::{
    Decision, Family, Interface, InterfaceAddress, InterfaceFlags, InterfaceKind,
    InterfaceSelector, InterfacesError, OpenError, Operation, Reason, SelectError,
    Warning as SocketWarning,
};
pub use cooee_proto::RegisterError as EngineRefusal;
pub use cooee_proto::config::SourceCheck;
pub use cooee_proto::dnssd::instance_name::{InstanceName, InstanceNameError};
pub use cooee_proto::dnssd::service::ServiceDiff;
pub use cooee_proto::dnssd::service_type::{ServiceType, ServiceTypeError, Subtype};
pub use cooee_proto::dnssd::txt::{Txt, TxtBuilder, TxtError, TxtValue};
pub use cooee_proto::dnssd::{PublishError, Unreachable};
pub use cooee_proto::event::{Answer, Removal};
pub use cooee_proto::limits::{Limits, Rate, RateLimit};
pub use cooee_proto::link::Families;
pub use cooee_proto::stats::{IgnoredStats, Stats as EngineMetrics};
pub use cooee_proto::transmit::{Ignored, SendFailure, Verdict};
pub use cooee_wire::{
    DecodeError, DecodeErrorKind, Hinfo, Name, NameError, Nsec, ParseRecordTypeError, RData, Rcode,
    RecordType, Srv, Ttl, TxtData, TypeBitmap,
};

pub use argument::TextOr;
pub use browse::{
    Browse, BrowseAll, BrowseAllInstances, BrowseInstances, BrowseTypes, Instances, ServiceTypes,
    Services,
};
pub use cached::Cached;
pub use diagnose::{
    CheckOutcome, CheckReport, Diagnose, DiagnoseError, DiagnoseProgress, Diagnosis,
    DiagnosisEvent, DiagnosisEvents, Finding, FindingCode, SearchAnswer, SearchStep, Severity,
};
pub use error::{
    BrowseError, DriverError, LookupError, MonitorError, QueryError, RegisterError, ResolveError,
    StartError, StateFileError, UnknownInterface, UpdateError,
};
pub use event::discovery::{
    CachedRecord, Host, InstanceEvent, RecordEvent, ServiceEvent, TypeEvent,
};
pub use event::message::{Direction, Message, MonitorEvent};
pub use event::publication::{Goodbyes, GoodbyesOn, Status};
pub use event::service::{InterfaceId, ScopedAddr, Service};
pub use event::warning::Warning;
pub use lookup::{HostUpdates, LookupAddr, LookupHost, NameUpdates};
pub use mdns::{Builder, Shutdown};
pub use metrics::{DriverMetrics, Metrics, QueueMetrics, SocketMetrics};
pub use monitor::{Messages, Monitor};
pub use publish::{
    IntoTxt, Register, RegisterHost, RegisterRecord, Registered, RegisteredName, Registration,
    StatusStream, Unregister, Update, UpdateRecords,
};
pub use query::{Query, Records};
pub use resolve::Resolve;
pub use session::blocking;
pub use session::handle::Mdns;
