//! The same work done by other libraries, each at its best: reading in place where possible, and
//! writing with compressed names into a reused buffer where possible.

pub(crate) mod domain;
pub(crate) mod hickory;
pub(crate) mod simple;
