//! What the cache and the querier have to ask each other.
//!
//! In:  a link, a name, a type.
//! Out: whether anybody asks for that; whether the complete answer is known.

use cooee_wire::RecordType;

use crate::link::LinkId;
use crate::names::NameId;

/// Which questions are open: the cache's only query to the rest of the engine.
pub(crate) trait Interest {
    /// Returns whether a change of the records of `name` and `rtype` on `link` matters to anybody.
    fn asks(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool;

    /// Returns whether somebody asks for exactly this type.
    fn asks_for_type(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool;

    /// Returns whether somebody asks about a name on a link, whatever the type.
    fn asks_about(&self, link: LinkId, name: NameId) -> bool;
}

/// Whether asking gains anything: answered by the cache for one link, name and type.
pub(crate) trait Settled {
    /// Returns whether the complete answer is here.
    fn is_settled(&self, link: LinkId, name: NameId, rtype: RecordType) -> bool;
}
