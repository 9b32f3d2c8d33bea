//! The DNS server: names of the links for resolvers that know only unicast DNS.
//!
//! In:  questions over UDP and TCP for `local`, for zones that each show one link (RFC 8766), and
//!      for the addresses on the links.
//! Out: what is known of the links, or what is heard there in time. It refuses everything else.

mod access;
mod additional;
mod admission;
mod counters;
mod door;
mod links;
mod plan;
mod progress;
mod questions;
mod rate;
mod reply;
mod request;
mod responder;
mod reverse;
mod scope;
mod sources;
mod tcp;
mod translate;
mod udp;
mod zone;

pub(crate) use counters::DnsCounters;
pub(crate) use door::Door;
