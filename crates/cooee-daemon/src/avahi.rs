//! What all doors know about Avahi: numbers, names, texts, and the checks of arguments.
//!
//! In:  arguments as clients give them.
//! Out: parsed types, or the [`error::ErrorCode`] that avahi-daemon answers. Nothing here does I/O.

pub mod alternative;
pub mod check;
pub mod error;
pub mod flags;
pub mod names;
pub mod reverse;
pub mod state;

#[cfg(test)]
mod tests;
