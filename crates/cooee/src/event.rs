//! Events for users: types without behaviour.

pub(crate) mod discovery;
pub(crate) mod message;
pub(crate) mod publication;
#[cfg(feature = "serde")]
mod serialize;
pub(crate) mod service;
pub(crate) mod warning;
