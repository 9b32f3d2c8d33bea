//! The files of the administrator: services and hosts that the daemon publishes by itself.
//!
//! In:  `/etc/avahi/services/*.service`, `/etc/avahi/hosts`, and aliases from the configuration.
//! Out: registrations. When the files change, only what differs is withdrawn or published.

#[cfg(feature = "daemon")]
mod dns_server;
mod grouped;
pub mod hosts_file;
#[cfg(feature = "daemon")]
mod publish_group;
#[cfg(feature = "daemon")]
mod publish_name;
#[cfg(feature = "daemon")]
mod published;
#[cfg(feature = "daemon")]
mod scan;
pub mod service_file;
#[cfg(all(feature = "daemon", target_os = "linux"))]
mod watch;

#[cfg(feature = "daemon")]
pub(crate) use hosts_file::FileHost;
#[cfg(feature = "daemon")]
pub(crate) use publish_name::Stage;
#[cfg(feature = "daemon")]
pub(crate) use published::{Published, Wanted};
#[cfg(feature = "daemon")]
pub(crate) use scan::{Warning, read_text, scan_hosts, scan_services};
#[cfg(all(feature = "daemon", target_os = "linux"))]
pub(crate) use watch::Watch;
