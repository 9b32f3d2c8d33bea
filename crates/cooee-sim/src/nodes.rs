//! Ready-made nodes: a foreign responder, a reflector between links, a babbling peer.

pub use babbler::{Babble, Babbler};
pub use listener::Listener;
pub use reflector::Reflector;
pub use responder::{Heard, Policy, Responder, ServiceRecords};

mod babbler;
mod listener;
mod reflector;
mod responder;

#[cfg(test)]
mod tests;
