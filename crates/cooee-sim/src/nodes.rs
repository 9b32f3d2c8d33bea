//! Ready-made nodes: a foreign responder, a repeater and a reflector between links, a babbling peer.

pub use babbler::{Babble, Babbler};
pub use listener::Listener;
pub use reflector::Reflecting;
pub use repeater::Repeater;
pub use responder::{Heard, Policy, Responder, ServiceRecords};

mod babbler;
mod listener;
mod reflector;
mod repeater;
mod responder;

#[cfg(test)]
mod tests;
