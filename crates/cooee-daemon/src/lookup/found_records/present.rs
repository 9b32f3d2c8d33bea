//! The records that are there.
//!
//! In:  records, each with the number of the change with which it came.
//! Out: each by what it is, and all in the order in which they came.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::super::change::HeardRecord;

/// Most queries find one record, and some find thousands.
pub(super) enum PresentRecords {
    /// In the order in which they came.
    Few(Vec<(u64, Rc<HeardRecord>)>),
    Many(Box<IndexedRecords>),
}

/// Records by what they are and by when they came: removing one from a single map that keeps the
/// order would take longer the more there are.
#[derive(Default)]
pub(super) struct IndexedRecords {
    numbers: HashMap<Rc<HeardRecord>, u64>,
    in_order: BTreeMap<u64, Rc<HeardRecord>>,
}

impl Default for PresentRecords {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl PresentRecords {
    pub(super) fn contains(&self, record: &HeardRecord) -> bool {
        match self {
            Self::Few(few) => few.iter().any(|(_, known)| **known == *record),
            Self::Many(many) => many.numbers.contains_key(record),
        }
    }

    /// Adds a record that is not there yet, with a number later than all others.
    pub(super) fn insert(&mut self, number: u64, record: HeardRecord) {
        let record = Rc::new(record);
        match self {
            Self::Few(few) if few.len() < FEW => few.push((number, record)),
            Self::Few(few) => {
                let mut many = Box::<IndexedRecords>::default();
                few.drain(..).for_each(|(at, known)| many.insert(at, known));
                many.insert(number, record);
                *self = Self::Many(many);
            }
            Self::Many(many) => many.insert(number, record),
        }
    }

    /// Removes a record. Returns it with its number.
    pub(super) fn remove(&mut self, record: &HeardRecord) -> Option<(u64, Rc<HeardRecord>)> {
        match self {
            Self::Few(few) => {
                let at = few.iter().position(|(_, known)| **known == *record)?;
                Some(few.remove(at))
            }
            Self::Many(many) => {
                let removed = many.remove(record);
                if many.numbers.is_empty() {
                    *self = Self::default();
                }
                removed
            }
        }
    }

    /// Returns the first record with this number or a later one.
    pub(super) fn first_since(&self, number: u64) -> Option<(u64, &Rc<HeardRecord>)> {
        match self {
            Self::Few(few) => {
                let (number, record) = few.get(few.partition_point(|(at, _)| *at < number))?;
                Some((*number, record))
            }
            Self::Many(many) => {
                let (number, record) = many.in_order.range(number..).next()?;
                Some((*number, record))
            }
        }
    }
}

impl IndexedRecords {
    fn insert(&mut self, number: u64, record: Rc<HeardRecord>) {
        self.numbers.insert(Rc::clone(&record), number);
        self.in_order.insert(number, record);
    }

    fn remove(&mut self, record: &HeardRecord) -> Option<(u64, Rc<HeardRecord>)> {
        let number = self.numbers.remove(record)?;
        self.in_order.remove_entry(&number)
    }
}

/// How many records are searched one by one.
const FEW: usize = 16;
