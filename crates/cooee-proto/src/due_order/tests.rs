//! The order in which elements are due, against a search tree.

use alloc::collections::BTreeSet;

use super::*;

struct Element(DuePlace);

impl Scheduled for Element {
    fn due_place(&mut self) -> &mut DuePlace {
        &mut self.0
    }
}

#[test]
fn the_first_is_that_of_a_search_tree_whatever_is_added_and_removed() {
    let mut elements: Slab<Element> = (0..500)
        .map(|n| (n, Element(DuePlace::default())))
        .collect();
    let mut order = DueOrder::default();
    let mut tree = BTreeSet::new();
    let mut times = [None; 500];
    let mut number = 1_u32;
    for _ in 0..20_000 {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let id = (number >> 16) % 500;
        let time = &mut times[id as usize];
        let was_due = order.remove(&mut elements, id);
        assert_eq!(was_due, *time);
        if let Some(at) = time.take() {
            tree.remove(&(at, id));
        } else {
            // Few moments, so that many elements are due at the same one; some after 2^32 ns.
            let at = Instant::from_nanos((u64::from(number >> 8) % 50) << 30);
            order.add(&mut elements, at, id);
            tree.insert((at, id));
            *time = Some(at);
        }
        assert_eq!(order.first(), tree.first().copied());
    }
    while let Some((at, id)) = order.first() {
        assert_eq!(tree.pop_first(), Some((at, id)));
        order.remove(&mut elements, id);
    }
    assert!(tree.is_empty());
}

#[test]
fn what_is_in_no_order_is_not_removed_from_one() {
    let mut elements = Slab::new();
    let [one, two] = [(); 2].map(|()| elements.insert(Element(DuePlace::default())) as u32);
    let mut order = DueOrder::default();
    order.add(&mut elements, Instant::ZERO, one);
    assert_eq!(order.remove(&mut elements, two), None);
    assert_eq!(order.first(), Some((Instant::ZERO, one)));
}
