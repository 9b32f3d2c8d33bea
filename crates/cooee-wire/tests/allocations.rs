//! Neither decoding nor building a packet allocates.
#![allow(
    unsafe_code,
    reason = "counting allocations takes a global allocator, and the trait that makes one is unsafe"
)]

#[allow(dead_code, reason = "the benchmark uses more of it")]
#[path = "../benches/work/mod.rs"]
mod work;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use work::fixtures;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on unchanged to the system's allocator. The count is kept
// separately, in a cell that needs neither allocation nor destructor.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller promises what the trait requires, and gets what the system returns.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the promises that the system's allocator requires.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: as for `alloc`.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above, and the pointer came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Returns how often some work allocates on this thread, and the result of the work.
fn allocations<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATIONS.get();
    let result = work();
    (ALLOCATIONS.get() - before, result)
}

#[test]
fn the_count_sees_allocations() {
    assert_eq!(allocations(|| vec![0_u8; 100].len()), (1, 100));
    assert_eq!(allocations(|| 100), (0, 100));
}

#[test]
fn decoding_allocates_nothing() {
    for (name, packet) in fixtures::all() {
        let (count, items) = allocations(|| work::decode(&packet).expect("a sound packet"));
        assert!(items > 0, "{name} holds something");
        assert_eq!(count, 0, "{name}");
        let names = work::question_names(&packet).expect("a sound packet");
        assert_eq!(
            allocations(|| work::hash(&names, 1).is_ok()),
            (0, true),
            "{name}"
        );
    }
}

#[test]
fn comparing_and_hashing_data_allocates_nothing() {
    for (name, packet) in fixtures::all() {
        let message = cooee_wire::Message::parse(&packet).expect("a header");
        for record in message.records() {
            let (_, record) = record.expect("a sound record");
            let owned = record.to_record().expect("a sound record");
            let data = record.data().expect("sound data");
            let work = || (record.name.matches(&owned.name), data.matches(&owned.data));
            assert_eq!(allocations(work), (0, (true, true)), "{name}");
            let work = || data.fold_hash(1) == Ok(owned.data.fold_hash(1));
            assert_eq!(allocations(work), (0, true), "{name}");
        }
    }
}

#[test]
fn building_into_a_buffer_with_room_allocates_nothing() {
    let mut buffer = Vec::with_capacity(9000);
    for (name, packet) in fixtures::all() {
        let prepared = work::prepare(&packet).expect("a sound packet");
        let (count, len) = allocations(|| work::build(&prepared, &mut buffer).expect("it fits"));
        assert_eq!(count, 0, "{name}");
        assert!(
            len <= packet.len(),
            "{name} is compressed at least as well as it came"
        );
    }
}
