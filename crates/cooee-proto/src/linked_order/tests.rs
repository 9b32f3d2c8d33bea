//! The order against a plain list, over random moves.

use alloc::vec::Vec;

use super::*;

#[derive(Default)]
struct Element(OrderLinks);

impl Linked for Element {
    fn order_links(&mut self) -> &mut OrderLinks {
        &mut self.0
    }
}

fn ids(order: LinkedOrder, elements: &mut Slab<Element>) -> Vec<u32> {
    let mut all = Vec::new();
    let mut at = order.first;
    while let Some(element) = elements.get_mut(at as usize) {
        all.push(at);
        at = element.order_links().after;
    }
    all
}

#[test]
fn moves_give_what_a_plain_list_gives() {
    let mut elements = Slab::new();
    for _ in 0..8 {
        elements.insert(Element::default());
    }
    let (mut order, mut plain) = (LinkedOrder::default(), Vec::new());
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..2_000 {
        let id = rng.u32(..8);
        plain.retain(|other| *other != id);
        if rng.u8(..3) == 0 {
            order.take_out(&mut elements, id);
        } else {
            order.push_back(&mut elements, id);
            plain.push(id);
        }
        assert_eq!(ids(order, &mut elements), plain);
        assert_eq!(order.front(), plain.first().copied());
        assert_eq!(order.last, plain.last().copied().unwrap_or(NOBODY));
    }
}
