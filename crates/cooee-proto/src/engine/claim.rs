//! What becomes of claims, for whoever has registered something.
//!
//! In:  changes of the prober's stages; links and families that take no packets.
//! Out: [`ClaimEvent`]s.
//! RFC 6762 sections 8.1 (probing) and 9 (conflicts).

use crate::link::{Family, LinkId};
use crate::registrations::RegistrationId;
use crate::transmit::SendFailure;

/// A change of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimEvent {
    /// The registration.
    pub registration: RegistrationId,
    /// The link.
    pub link: LinkId,
    /// What happened there.
    pub change: ClaimChange,
}

/// A change of a registration on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    /// Its name is ours there, and its records are being announced.
    Established,
    /// Everything that it publishes there, in its present form, was announced at least once. It is
    /// reported again after a change or a new claim.
    Announced,
    /// Another host disputes its name: it is being probed for again.
    Disputed,
    /// Nothing leaves by the link, or over one family of it: nothing is published there before that
    /// works again, and then the name is claimed again. It can come more than once.
    Waiting {
        /// The family; both if `None`.
        family: Option<Family>,
        /// Why nothing can be sent.
        why: SendFailure,
    },
    /// What was reported with `Waiting` is over: packets leave again, or the link or its addresses of the
    /// family are gone.
    WaitingOver {
        /// The family; both if `None`.
        family: Option<Family>,
    },
    /// Another host has its name: give it another one with `update`, or unregister it. Until then
    /// nothing is published.
    Lost,
}
