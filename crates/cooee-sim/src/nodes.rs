//! Ready-made nodes: a foreign responder, reflectors and a repeater between links, a babbling peer.

pub use avahi_reflector::AvahiReflector;
pub use babbler::{Babble, Babbler};
pub use listener::Listener;
pub use reflector::Reflecting;
pub use repeater::Repeater;
pub use responder::{Heard, Policy, Responder, ServiceRecords};

mod avahi_reflector;
mod babbler;
mod listener;
mod reflector;
mod repeater;
mod responder;

#[cfg(test)]
mod tests;
