//! The stream of what becomes of something published.
//!
//! In:  events from the driver.
//! Out: [`StatusStream`], a stream of [`Status`].

use crate::event::publication::Status;
use crate::session::stream::stream;

stream! {
    /// A stream of what becomes of something published.
    ///
    /// It begins with what it is now, if that is known, after `Renamed` and `HostRenamed` if its
    /// names are others than those asked for, and `Waiting` for each interface and family that takes
    /// nothing. It ends after `NameTaken`, `Failed` and `Withdrawn`.
    /// Dropping it withdraws nothing.
    StatusStream of Status => Status
}

/// How many unread events a status stream holds. Full: the oldest are dropped.
pub(super) const STATUS_CAPACITY: usize = 64;
