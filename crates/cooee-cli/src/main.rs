//! The cooee program.
#![forbid(unsafe_code)]
fn main() {}
