//! On which links something is asked.
//!
//! In:  the index of an interface, if it is one.
//! Out: the [`Scope`].

/// On which links a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    All,
    /// On the one with this index.
    One(u32),
    /// On none: the interface is not in use.
    None,
}
