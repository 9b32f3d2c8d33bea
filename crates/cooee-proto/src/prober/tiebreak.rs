//! Simultaneous probes: of two hosts that want one name, the later records win.
//!
//! In:  our records and the other host's, of one name.
//! Out: a [`TieBreak`] about us. RFC 6762 sections 8.2 and 8.2.1.

use core::cmp::Ordering;

use cooee_wire::{Class, RData};

/// How a simultaneous probe ends for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TieBreak {
    /// Ours are later: we continue.
    Won,
    /// Theirs are later: we wait a second and probe again.
    Lost,
    /// The sets are the same: there is no conflict.
    Same,
}

/// One record, as it is compared.
pub(crate) type Contender<'a> = (Class, &'a RData);

/// Compares two sets of records of one name.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2.1
//# When comparing the records, if the first records match perfectly,
//# then the second records are compared, and so on.  If either list of
//# records runs out of records before any difference is found, then the
//# list with records remaining is deemed to have won the tiebreak.
pub(crate) fn judge(ours: &mut [Contender<'_>], theirs: &mut [Contender<'_>]) -> TieBreak {
    ours.sort_unstable_by(compare);
    theirs.sort_unstable_by(compare);
    let different = ours
        .iter()
        .zip(theirs.iter())
        .map(|(a, b)| compare(a, b))
        .find(|o| o.is_ne());
    match different.unwrap_or_else(|| ours.len().cmp(&theirs.len())) {
        Ordering::Greater => TieBreak::Won,
        Ordering::Less => TieBreak::Lost,
        Ordering::Equal => TieBreak::Same,
    }
}

/// Not inlined, because sorting would contain it many times.
//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//# The determination of "lexicographically later" is performed by first
//# comparing the record class (excluding the cache-flush bit described
//# in Section 10.2), then the record type, then raw comparison of the
//# binary content of the rdata without regard for meaning or structure.
#[inline(never)]
pub(crate) fn compare(a: &Contender<'_>, b: &Contender<'_>) -> Ordering {
    let keys = (a.0.0, a.1.rtype().0).cmp(&(b.0.0, b.1.rtype().0));
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
    //# In the case of resource records containing rdata that is subject to
    //# name compression [RFC1035], the names MUST be uncompressed before
    //# comparison.
    keys.then_with(|| a.1.canonical_cmp(b.1))
}

#[cfg(test)]
mod tests;
