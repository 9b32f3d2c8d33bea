//! The one door to every chore.
#![forbid(unsafe_code)]
fn main() {}
