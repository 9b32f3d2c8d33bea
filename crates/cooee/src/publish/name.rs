//! The guard of a host, an alias or a record.
//!
//! In:  what to publish under one name.
//! Out: its present name, its status, its end.

use std::fmt;
use std::time::Duration;

use cooee_wire::Name;

use super::guard::Guard;
use super::status::StatusStream;
use super::unregister::Unregister;
use crate::error::RegisterError;
use crate::session::handle::Mdns;
use crate::session::publishing::Publishing;

/// A registered host, alias or record. Dropping it withdraws it, with best-effort goodbyes.
#[must_use = "dropping it withdraws what is registered"]
pub struct RegisteredName {
    pub(super) guard: Guard,
    requested: Name,
}

impl RegisteredName {
    pub(super) fn start(
        mdns: &Mdns,
        requested: Name,
        publishing: Publishing,
    ) -> Result<(Self, StatusStream), RegisterError> {
        let (guard, feed) = Guard::start(mdns, publishing)?;
        let published = Self { guard, requested };
        Ok((published, StatusStream { feed }))
    }

    pub(super) async fn claim(
        mdns: &Mdns,
        requested: Name,
        publishing: Publishing,
        after: Option<Duration>,
    ) -> Result<Self, RegisterError> {
        let (guard, claim) = Guard::claim(mdns, publishing, after)?;
        let published = Self { guard, requested };
        claim.won(&published.requested, after).await?;
        Ok(published)
    }

    /// Returns its present name; a host has another one after a conflict.
    pub fn name(&self) -> Name {
        let now = self.guard.names().host;
        now.unwrap_or_else(|| self.requested.clone())
    }

    /// Returns a stream of its status, beginning with the present one.
    pub fn status(&self) -> StatusStream {
        self.guard.status()
    }

    /// Withdraws it. Awaiting this returns when the goodbyes are sent, and reports what was sent
    /// where.
    pub fn unregister(self) -> Unregister {
        Unregister::new(self.guard)
    }
}

impl fmt::Debug for RegisteredName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredName")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
