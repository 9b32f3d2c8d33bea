//! The text socket: `/run/avahi-daemon/socket`, which nss-mdns and scripts use.
//!
//! In:  one line per connection: `HELP`, `RESOLVE-HOSTNAME box.local` and so on.
//! Out: Avahi's answers, to the byte. Answers that there is nothing come earlier.

pub mod answer;
pub mod line;

#[cfg(feature = "daemon")]
mod browse;
#[cfg(feature = "daemon")]
mod client;
#[cfg(feature = "daemon")]
mod context;
#[cfg(feature = "daemon")]
mod output;
#[cfg(feature = "daemon")]
mod resolve;
#[cfg(feature = "daemon")]
mod server;
#[cfg(feature = "daemon")]
mod shares;

#[cfg(feature = "daemon")]
pub(crate) use context::{Context, Counters};
#[cfg(feature = "daemon")]
pub(crate) use server::Server;
