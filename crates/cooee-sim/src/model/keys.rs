//! Keys by which the model remembers records.
//!
//! In:  hashes of names and of data.
//! Out: one hash for a record.

/// Returns the hash of a record, made of those of its name and of its data.
pub(super) fn mixed(name: u64, data: u64) -> u64 {
    name.rotate_left(17) ^ data
}

/// The key of all hashes of the model.
pub(super) const KEY: u64 = 1;
