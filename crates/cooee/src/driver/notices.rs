//! What the engine notices about its neighbours, told to logs and to [`Mdns::warnings`].
//!
//! In:  the engine's notices.
//! Out: a warning the first time, then lines of debugging. Addresses are in the latter alone.
//!
//! [`Mdns::warnings`]: crate::Mdns::warnings

use cooee_proto::Notice;
use cooee_proto::dnssd::Agent;

use crate::error::Warning;
use crate::mdns::Shared;

/// Which notices were warned of.
#[derive(Debug, Default)]
pub(super) struct Notices {
    limited: bool,
    filling: bool,
}

impl Notices {
    /// Tells what the engine has noticed since the last turn.
    pub(super) fn heed(&mut self, agent: &mut Agent, shared: &Shared) {
        while let Some(notice) = agent.poll_notice() {
            tracing::debug!(?notice, "noticed");
            let (told, warning) = match notice {
                Notice::SourceLimited { .. } => (&mut self.limited, Warning::RateLimited),
                Notice::SourcesFilling { tracked, max } => {
                    (&mut self.filling, Warning::SourcesFilling { tracked, max })
                }
                _ => continue,
            };
            if !std::mem::replace(told, true) {
                tracing::warn!("{warning}");
                shared.note(warning);
            }
        }
    }
}
