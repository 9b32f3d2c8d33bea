//! What a query has found, for everybody who asks the same.
//!
//! In:  records that come and go, denials.
//! Out: for each reader, every change in order, from what was there when the reader came.
//!
//! A reader is a number: how far it has read. What is present is kept once, whoever has read it;
//! what has gone is kept until every reader has been told.

mod present;

use std::collections::VecDeque;
use std::rc::Rc;

use cooee::{Family, RecordType};

use self::present::PresentRecords;
use super::change::{Change, HeardRecord};

/// The records that a query has found, one for each interface and family.
#[derive(Default)]
pub(super) struct FoundRecords {
    /// The number of the latest change.
    latest: u64,
    present: PresentRecords,
    gone: VecDeque<Gone>,
    /// Interfaces on which the owner of the name denies that there is such a record: each with the
    /// number of the change, and the type.
    denied: Vec<(u32, u64, RecordType)>,
    /// How far each reader has read, in the order of their numbers.
    readers: Vec<(ReaderId, u64)>,
    next_reader: ReaderId,
}

pub(super) type ReaderId = u64;

/// A record that is no longer there.
struct Gone {
    at: u64,
    record: Rc<HeardRecord>,
    /// The last reader who was here then.
    last_reader: ReaderId,
    /// Those of them who had not been told of it.
    untold: Vec<ReaderId>,
}

impl Gone {
    /// Returns whether a reader was told that the record was there.
    fn was_told(&self, reader: ReaderId) -> bool {
        reader <= self.last_reader && !self.untold.contains(&reader)
    }
}

impl FoundRecords {
    /// Adds a reader, who has read nothing.
    pub(super) fn enter(&mut self) -> ReaderId {
        self.next_reader = self.next_reader.saturating_add(1);
        if self.readers.is_empty() {
            // Most queries have one.
            self.readers.reserve_exact(1);
        }
        self.readers.push((self.next_reader, 0));
        self.next_reader
    }

    /// Removes a reader.
    pub(super) fn leave(&mut self, reader: ReaderId) {
        if let Some(at) = self.place_of(reader) {
            self.readers.remove(at);
        }
        self.forget();
    }

    fn place_of(&self, reader: ReaderId) -> Option<usize> {
        let place = self.readers.binary_search_by_key(&reader, |known| known.0);
        place.ok()
    }

    /// Returns whether no more should be read from the query: a reader is far behind.
    pub(super) fn is_full(&self) -> bool {
        self.gone.len() >= GONE_MAX
    }

    /// Returns the next change for a reader.
    pub(super) fn next(&mut self, reader: ReaderId, protocol: Option<Family>) -> Option<Change> {
        let place = self.place_of(reader)?;
        let before = self.readers.get(place)?.1;
        let mut read = before;
        let change = loop {
            let Some((at, change)) = self.after(reader, read) else {
                break None;
            };
            read = at;
            if change.concerns(protocol) {
                break Some(change);
            }
        };
        self.readers.get_mut(place)?.1 = read;
        let first_gone = self.gone.front().map(|gone| gone.at);
        if first_gone.is_some_and(|at| before < at && at <= read) {
            self.forget();
        }
        change
    }

    /// Returns the first change for a reader after what it has read.
    fn after(&self, reader: ReaderId, read: u64) -> Option<(u64, Change)> {
        let next = read.checked_add(1)?;
        let came = self.present.first_since(next);
        let came = came.map(|(at, record)| (at, Change::Came(HeardRecord::clone(record))));
        let gone = self.gone.partition_point(|gone| gone.at <= read);
        let mut gone = self.gone.range(gone..);
        let gone = gone.find(|gone| gone.was_told(reader));
        let gone = gone.map(|gone| (gone.at, Change::Went(HeardRecord::clone(&gone.record))));
        let denied = self.denied.iter().find(|(_, at, _)| *at > read);
        let denied = denied.map(|(link, at, rtype)| (*at, Change::Denied(*link, *rtype)));
        [came, gone, denied]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
    }

    /// Forgets what is gone and every reader has been told of.
    fn forget(&mut self) {
        let read = self.readers.iter().map(|(_, read)| *read).min();
        let read = read.unwrap_or(u64::MAX);
        while self.gone.front().is_some_and(|gone| gone.at <= read) {
            self.gone.pop_front();
        }
    }

    /// A record is there.
    pub(super) fn came(&mut self, item: HeardRecord) {
        self.forget_denial(item.interface);
        if !self.present.contains(&item) {
            let at = self.number();
            self.present.insert(at, item);
        }
    }

    /// A record is no longer there.
    pub(super) fn went(&mut self, item: &HeardRecord) {
        let Some((came, record)) = self.present.remove(item) else {
            return;
        };
        let at = self.number();
        let untold = self.readers.iter().filter(|(_, read)| *read < came);
        let untold: Vec<ReaderId> = untold.map(|(reader, _)| *reader).collect();
        if untold.len() < self.readers.len() {
            self.gone.push_back(Gone {
                at,
                record,
                last_reader: self.next_reader,
                untold,
            });
        }
    }

    /// Nothing is there any more.
    pub(super) fn all_went(&mut self) {
        while let Some((_, item)) = self.present.first_since(0) {
            self.went(&Rc::clone(item));
        }
    }

    /// The owner of the name says on an interface that it has no record of a type.
    pub(super) fn denied(&mut self, interface: u32, rtype: RecordType) {
        let at = self.number();
        self.forget_denial(interface);
        self.denied.push((interface, at, rtype));
    }

    fn forget_denial(&mut self, interface: u32) {
        self.denied.retain(|(denied, _, _)| *denied != interface);
    }

    fn number(&mut self) -> u64 {
        self.latest = self.latest.saturating_add(1);
        self.latest
    }
}

/// How many records that are gone wait for readers that are behind.
const GONE_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::{Change, FoundRecords, HeardRecord, ReaderId};
    use cooee::{Family, RData, RecordType};

    fn item(last: u8, family: Family) -> HeardRecord {
        HeardRecord {
            interface: 2,
            family,
            name: "a.local".parse().unwrap(),
            data: RData::A([10, 0, 0, last].into()),
        }
    }

    fn v4(last: u8) -> HeardRecord {
        item(last, Family::V4)
    }

    fn read(found: &mut FoundRecords, reader: ReaderId) -> Vec<Change> {
        std::iter::from_fn(|| found.next(reader, None)).collect()
    }

    #[test]
    fn each_reader_is_told_what_is_there_and_then_of_every_change() {
        let mut found = FoundRecords::default();
        let first = found.enter();
        found.came(v4(1));
        found.came(v4(2));
        found.came(v4(1));
        let both = [Change::Came(v4(1)), Change::Came(v4(2))];
        assert_eq!(read(&mut found, first), both);
        let second = found.enter();
        assert_eq!(read(&mut found, second), both);
        found.went(&v4(1));
        found.came(v4(3));
        let then = [Change::Went(v4(1)), Change::Came(v4(3))];
        assert_eq!(read(&mut found, first), then);
        let third = found.enter();
        assert_eq!(read(&mut found, second), then);
        let now = [Change::Came(v4(2)), Change::Came(v4(3))];
        assert_eq!(read(&mut found, third), now);
    }

    #[test]
    fn who_was_not_told_of_a_record_does_not_hear_that_it_is_gone() {
        let mut found = FoundRecords::default();
        let (quick, slow) = (found.enter(), found.enter());
        found.came(v4(1));
        assert_eq!(read(&mut found, quick), [Change::Came(v4(1))]);
        found.went(&v4(1));
        found.came(v4(1));
        let again = [Change::Went(v4(1)), Change::Came(v4(1))];
        assert_eq!(read(&mut found, quick), again);
        found.came(v4(2));
        assert_eq!(found.next(slow, None), Some(Change::Came(v4(1))));
        found.went(&v4(2));
        found.came(v4(3));
        assert_eq!(read(&mut found, slow), [Change::Came(v4(3))]);
    }

    #[test]
    fn a_reader_of_one_family_hears_of_no_other_and_keeps_nothing_of_it() {
        let mut found = FoundRecords::default();
        let reader = found.enter();
        found.came(item(1, Family::V6));
        found.came(v4(1));
        let only = Some(Family::V4);
        assert_eq!(found.next(reader, only), Some(Change::Came(v4(1))));
        found.went(&item(1, Family::V6));
        assert_eq!(found.next(reader, only), None);
        assert!(found.gone.is_empty());
    }

    #[test]
    fn what_is_gone_is_kept_until_the_last_reader_has_read_it_or_left() {
        let mut found = FoundRecords::default();
        let (first, second) = (found.enter(), found.enter());
        found.came(v4(1));
        read(&mut found, first);
        read(&mut found, second);
        found.all_went();
        read(&mut found, first);
        assert_eq!(found.gone.len(), 1);
        found.leave(second);
        assert!(found.gone.is_empty());
    }

    #[test]
    fn a_denial_holds_for_late_readers_until_there_is_a_record() {
        let mut found = FoundRecords::default();
        found.denied(2, RecordType::A);
        let reader = found.enter();
        let denied = Change::Denied(2, RecordType::A);
        assert_eq!(read(&mut found, reader), [denied]);
        found.came(v4(1));
        let late = found.enter();
        assert_eq!(read(&mut found, late), [Change::Came(v4(1))]);
    }
}
