//! Shared by the integration tests: the checks, raw message parts and the fixtures.
#![allow(dead_code, reason = "each test program uses its own part of this")]

pub(crate) mod checks;
#[path = "../../benches/work/fixtures.rs"]
pub(crate) mod fixtures;
pub(crate) mod strategies;
