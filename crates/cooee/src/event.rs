//! What users are told: types alone, which do nothing.

pub(crate) mod service;
