//! What users are told: types alone, which do nothing.

pub(crate) mod discovery;
pub(crate) mod message;
pub(crate) mod service;
