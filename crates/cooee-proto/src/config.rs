//! What the caller settles once.
//!
//! In:  the application's choices.
//! Out: [`Config`], taken by the engine when it is made.

use crate::limits::Limits;

/// The engine's settings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Whether answers sent by unicast reach us: false when another program shares port 5353,
    /// since the operating system hands a unicast datagram to one socket only.
    ///
    /// RFC 6762 section 15.1. Default: true.
    pub unicast_responses: bool,
    /// How much of everything is kept at the most.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            unicast_responses: true,
            limits: Limits::default(),
        }
    }
}
