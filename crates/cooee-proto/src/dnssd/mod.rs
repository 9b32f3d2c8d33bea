//! DNS-Based Service Discovery on top of the engine: browse, resolve, look up.
//!
//! RFC 6763.

mod address;
mod agent;
mod asker;
mod changed;
mod dispatch;
pub mod event;
mod host;
pub mod host_name;
mod host_users;
mod ids;
pub mod instance_name;
mod link_resolution;
mod name_map;
mod nfc;
mod publish;
mod publishing;
mod request;
mod resolve;
#[cfg(feature = "serde")]
mod serialize;
pub mod service;
pub mod service_type;
mod srv_choice;
pub mod txt;

pub use self::agent::Agent;
pub use self::host::AddressFamilies;
pub use self::publish::PublishError;
pub use self::publish::fit::{RecordError, check_record};
pub use self::publish::naming::{Chooser, OnConflict};
pub use self::publish::spec::{ExtraRecord, HostSpec, ServiceSpec, Ttls};
pub use self::request::{BrowseOptions, reverse_name};
pub use crate::address::Unreachable;
