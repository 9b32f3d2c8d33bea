//! Sets and maps that are kept as numbers: the same order as that of their keys.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Key, KeyMap, OrderedMap, OrderedSet};
use crate::link::LinkId;
use crate::time::Instant;

type Late = (Instant, LinkId, u32);

fn late(number: u32) -> Late {
    // Every part takes small values, so that each of them decides some comparisons.
    let at = Instant::from_nanos(u64::from(number >> 24 & 3) << 60);
    (at, LinkId(number >> 20 & 3), number >> 16 & 7)
}

fn numbers() -> impl Iterator<Item = u32> {
    let mut number = 1_u32;
    (0..20_000).map(move |_| {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        number
    })
}

#[test]
fn a_set_has_the_order_of_a_tree_of_its_keys() {
    let (mut set, mut plain) = (OrderedSet::default(), BTreeSet::new());
    for number in numbers() {
        let key = late(number);
        match number & 0x8000 {
            0 => assert_eq!(set.insert(key), plain.insert(key)),
            _ => assert_eq!(set.remove(key), plain.remove(&key)),
        }
        assert_eq!(set.from(key), plain.range(key..).next().copied());
        assert_eq!(
            set.after(key),
            plain.range(key..).find(|other| **other != key).copied()
        );
        assert_eq!(set.first(), plain.first().copied());
        let to = (key.0, Key::last(), Key::last());
        let later: Vec<Late> = set.range(key..=to).collect();
        let wanted: Vec<Late> = plain.range(key..=to).copied().collect();
        assert_eq!(later, wanted);
    }
    set.retain(|(_, link, _)| link == LinkId(1));
    plain.retain(|&(_, link, _)| link == LinkId(1));
    assert!(set.iter().eq(plain.iter().copied()));
    while let Some(first) = set.pop_first() {
        assert_eq!(plain.pop_first(), Some(first));
    }
    assert!(set.is_empty() && plain.is_empty());
}

#[test]
fn a_map_has_the_order_of_a_tree_of_its_keys() {
    let (mut map, mut plain) = (OrderedMap::default(), BTreeMap::new());
    for number in numbers() {
        let key = (LinkId(number >> 24 & 3), number >> 16 & 15);
        match number & 0x8000 {
            0 => assert_eq!(map.insert(key, number), plain.insert(key, number)),
            _ => assert_eq!(map.remove(key), plain.remove(&key)),
        }
        assert_eq!(map.get(key), plain.get(&key));
        assert_eq!(map.contains(key), plain.contains_key(&key));
    }
    map.for_each_mut(|_, value| *value |= 1);
    plain.values_mut().for_each(|value| *value |= 1);
    assert!(
        map.iter()
            .eq(plain.iter().map(|(key, value)| (*key, value)))
    );
    assert_eq!(map.len(), plain.len());
}

#[test]
fn a_key_has_one_value() {
    let mut map: KeyMap<u32, LinkId> = KeyMap::default();
    assert_eq!(map.insert(7, LinkId(9)), None);
    assert_eq!(map.insert(7, LinkId(2)), Some(LinkId(9)));
    assert_eq!(map.get(6), None);
    assert_eq!(map.get(8), None);
    assert_eq!(map.remove(7), Some(LinkId(2)));
    assert_eq!(map.len(), 0);
}
