//! The same work done by other libraries, each at its best: read in place where it can be, and
//! written with compressed names into a buffer that is reused where it can be.

pub(crate) mod domain;
pub(crate) mod hickory;
pub(crate) mod simple;
