//! Entry groups: what clients and files publish together.
//!
//! In:  the entries of a group.
//! Out: registrations, and the state of the group.

pub(crate) mod claim;
mod claim_set;
pub(crate) mod claimed;
pub(crate) mod entry;
pub(crate) mod group;
pub(crate) mod publisher;
pub(crate) mod registry;

#[cfg(test)]
mod tests;
