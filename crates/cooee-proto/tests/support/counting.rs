//! An allocator that counts, and that can report who holds the bytes.
//!
//! In:  work to do on this thread.
//! Out: bytes held and allocations made by it; a profile by kind of structure and by place.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// The allocator. It counts for each thread by itself.
pub(crate) struct Counting;

thread_local! {
    /// Bytes allocated on this thread and not freed.
    static HELD: Cell<usize> = const { Cell::new(0) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// Whether allocations are noted with their places now.
    static NOTES: Cell<bool> = const { Cell::new(false) };
    static DRAWN: Cell<u64> = const { Cell::new(1) };
    static NOTED: RefCell<BTreeMap<usize, Note>> = const { RefCell::new(BTreeMap::new()) };
}

/// An allocation that is not freed yet.
struct Note {
    bytes: usize,
    place: Backtrace,
}

// SAFETY: every call is passed on unchanged to the system's allocator. The counts are kept
// separately, in cells that need no allocation; notes are taken only outside of themselves.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: the caller promises what the trait requires, and gets what the system returns.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get().wrapping_add(layout.size()));
        ALLOCATIONS.set(ALLOCATIONS.get().wrapping_add(1));
        // SAFETY: the caller keeps the promises that the system's allocator requires.
        let pointer = unsafe { System.alloc(layout) };
        if NOTES.get() {
            note(pointer as usize, layout.size());
        }
        pointer
    }

    // SAFETY: as for `alloc`.
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.set(HELD.get().wrapping_sub(layout.size()));
        if NOTES.get() {
            forget(pointer as usize);
        }
        // SAFETY: as above, and the pointer came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Does some work. Returns its result and how many bytes it holds.
pub(crate) fn held<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    let result = work();
    (result, HELD.get().wrapping_sub(before))
}

/// Does some work. Returns how many allocations it made.
pub(crate) fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = ALLOCATIONS.get();
    let result = work();
    let count = ALLOCATIONS.get().wrapping_sub(before);
    drop(result);
    count
}

/// Notes one small allocation in so many; the others are assumed to be like it.
const ONE_IN: usize = 61;
/// From this size on, every allocation is noted.
const LARGE: usize = 2_048;

fn note(pointer: usize, size: usize) {
    let bytes = match size {
        LARGE.. => size,
        _ if is_drawn() => size * ONE_IN,
        _ => return,
    };
    uncounted(|noted| {
        let place = Backtrace::force_capture();
        noted.insert(pointer, Note { bytes, place });
    });
}

fn forget(pointer: usize) {
    uncounted(|noted| drop(noted.remove(&pointer)));
}

/// Works on the notes, and counts nothing of that.
fn uncounted(work: impl FnOnce(&mut BTreeMap<usize, Note>)) {
    let held = HELD.get();
    NOTES.set(false);
    NOTED.with_borrow_mut(work);
    NOTES.set(true);
    HELD.set(held);
}

/// Draws one in [`ONE_IN`], in an order that no rhythm of the work can share.
fn is_drawn() -> bool {
    let mut state = DRAWN.get();
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    DRAWN.set(state);
    state % ONE_IN as u64 == 0
}

/// Does some work, and prints where the bytes are that its result holds, for each of `count`.
pub(crate) fn profile<T>(what: &str, count: usize, work: impl FnOnce() -> T) {
    NOTES.set(true);
    let (result, held) = held(work);
    NOTES.set(false);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut places: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (_, note) in NOTED.take() {
        let frames = Frame::all(&note.place);
        let kind = kind(&frames);
        *kinds.entry(kind).or_default() += note.bytes;
        *places.entry((kind, place(&frames))).or_default() += note.bytes;
    }
    drop(result);
    println!(
        "{:>7} bytes for each {what} service, of these by kind:",
        held / count
    );
    for (kind, bytes) in sorted(kinds) {
        println!("{:>7}   {kind}", bytes / count);
    }
    println!("        and by place:");
    for ((kind, place), bytes) in sorted(places) {
        if bytes / count > 0 {
            println!("{:>7}   {kind}: {place}", bytes / count);
        }
    }
    println!();
}

fn sorted<K>(counts: BTreeMap<K, usize>) -> Vec<(K, usize)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    counts
}

/// A function that was running.
struct Frame {
    /// Its name; for a foreign one also its file.
    function: String,
    /// Its file, as `crate/file`; empty if it is foreign.
    file: String,
}

impl Frame {
    /// Reads the frames from the innermost one.
    fn all(place: &Backtrace) -> Vec<Self> {
        let text = place.to_string();
        let mut frames: Vec<Self> = Vec::new();
        for line in text.lines().map(str::trim_start) {
            if let Some(at) = line.strip_prefix("at ") {
                let Some(frame) = frames.last_mut() else {
                    continue;
                };
                match our_file(at) {
                    Some(file) => frame.file = file,
                    None => frame.function.push_str(at),
                }
            } else if let Some((_, function)) = line.split_once(": ") {
                frames.push(Self {
                    function: function.to_owned(),
                    file: String::new(),
                });
            }
        }
        frames
    }

    fn is_noting(&self) -> bool {
        self.function.contains("counting.rs")
    }

    fn is_ours(&self) -> bool {
        !self.file.is_empty()
    }
}

/// Returns a file of ours, if a place is in one. Those of the package itself are shown as seen from
/// its folder.
fn our_file(at: &str) -> Option<String> {
    let path = at.split(':').next()?;
    if let Some(file) = path.strip_prefix("./src/") {
        return Some(format!("proto/{file}"));
    }
    let (_, file) = path.split_once("crates/cooee-")?;
    file.contains("/src/").then(|| file.replace("/src/", "/"))
}

/// Returns the kind of structure that an allocation is for.
fn kind(frames: &[Frame]) -> &'static str {
    let first = frames.iter().position(Frame::is_ours);
    let (foreign, ours) = frames.split_at(first.unwrap_or(frames.len()));
    // The innermost frames are those of the notes, which are in a tree.
    let noting = foreign.iter().rposition(Frame::is_noting);
    let foreign = foreign.iter().skip(noting.map_or(0, |last| last + 1));
    let through = |word: &str| foreign.clone().any(|frame| frame.function.contains(word));
    match ours.first() {
        Some(frame) if frame.file.starts_with("wire/name") => "names",
        Some(frame) if frame.file.starts_with("wire/rdata") => "record data",
        _ if through("hashbrown") => "indexes",
        _ if through("btree") => "timers and ordered sets",
        _ if through("vec_deque") || through("VecDeque") => "queues",
        _ if through("smallvec") => "lists that outgrew their place",
        _ if through("raw_vec") => "tables",
        _ => "boxes",
    }
}

/// Returns the engine's functions from the innermost one, as far as they tell the place.
fn place(frames: &[Frame]) -> String {
    let ours = frames.iter().filter(|frame| frame.is_ours());
    let inner = ours.skip_while(|frame| frame.file.starts_with("wire/"));
    let names = inner.take(3).map(|frame| {
        let name = frame.function.split("::").last().unwrap_or_default();
        let function = match name {
            "{{closure}}" => "closure",
            name => name,
        };
        format!("{} {function}", frame.file.replace("proto/", ""))
    });
    names.collect::<Vec<_>>().join(" < ")
}
