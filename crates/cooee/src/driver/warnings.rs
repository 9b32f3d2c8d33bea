//! Warnings of the engine, written to the log and kept for [`Mdns::warnings`].
//!
//! In:  diagnostics of the engine.
//! Out: a warning the first time, then debug lines. Only debug lines contain addresses.
//!
//! [`Mdns::warnings`]: crate::Mdns::warnings

use cooee_proto::Notice;
use cooee_proto::dnssd::Agent;

use crate::event::service::InterfaceNames;
use crate::event::warning::Warning;
use crate::session::shared::Shared;

/// The warnings that were given already.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    limited: bool,
    filling: bool,
}

impl Warnings {
    /// Passes on what the engine has noticed since the last turn.
    pub(super) fn apply(&mut self, agent: &mut Agent, shared: &Shared, names: &InterfaceNames) {
        while let Some(notice) = agent.poll_notice() {
            tracing::debug!(?notice, "noticed");
            let (reported, warning) = match notice {
                Notice::SourceLimited { .. } => (&mut self.limited, Warning::RateLimited),
                // The engine reports each once, and once more when it has passed.
                Notice::SendingFails { link, family, why } => {
                    let (interface, family) = (names.of(link), family.map(net_family));
                    warn(
                        shared,
                        Warning::Sending {
                            interface,
                            family,
                            why,
                        },
                    );
                    continue;
                }
                Notice::SendingWorks { link, family } => {
                    let (interface, family) = (names.of(link), family.map(net_family));
                    warn(shared, Warning::SendingWorks { interface, family });
                    continue;
                }
                Notice::SourcesFilling { tracked, max } => {
                    (&mut self.filling, Warning::SourcesFilling { tracked, max })
                }
                _ => continue,
            };
            if !std::mem::replace(reported, true) {
                warn(shared, warning);
            }
        }
    }
}

/// Converts a family to the sockets' type.
pub(super) fn net_family(family: cooee_proto::link::Family) -> cooee_net::Family {
    match family {
        cooee_proto::link::Family::V4 => cooee_net::Family::V4,
        cooee_proto::link::Family::V6 => cooee_net::Family::V6,
    }
}

fn warn(shared: &Shared, warning: Warning) {
    tracing::warn!("{warning}");
    shared.note(warning);
}
