//! Nothing comes early, nothing is lost.

use super::{SLOTS, Wheel};

#[test]
fn items_come_in_order_of_time_and_not_before() {
    let mut wheel = Wheel::new();
    for due in [130, 110, 120, 110] {
        wheel.add(100, due, due);
    }
    assert_eq!(wheel.next_due(), Some(110));
    assert_eq!(wheel.pop(109), None);
    assert_eq!(wheel.pop(110), Some((110, 110)));
    assert_eq!(wheel.pop(125), Some((110, 110)));
    assert_eq!(wheel.pop(125), Some((120, 120)));
    assert_eq!(wheel.pop(125), None);
    assert_eq!(wheel.pop(130), Some((130, 130)));
    assert_eq!((wheel.pop(u64::MAX / 2), wheel.next_due()), (None, None));
}

#[test]
fn an_empty_wheel_catches_up_with_the_time() {
    let mut wheel = Wheel::new();
    wheel.add(10 * SLOTS, 10 * SLOTS + 5, 'x');
    assert_eq!(wheel.next_due(), Some(10 * SLOTS + 5));
    assert_eq!(wheel.pop(10 * SLOTS + 5), Some((10 * SLOTS + 5, 'x')));
}

#[test]
fn what_is_due_too_late_or_in_the_past_is_still_kept() {
    let mut wheel = Wheel::new();
    wheel.add(5, 5 + 2 * SLOTS, "late");
    wheel.add(5, 1, "past");
    assert_eq!(wheel.pop(5), Some((5, "past")));
    assert_eq!(wheel.pop(5 + SLOTS), Some((5 + SLOTS - 1, "late")));
}
