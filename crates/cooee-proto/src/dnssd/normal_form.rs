//! Unicode normalisation of names: forms C (composed) and D (decomposed).
//!
//! In:  text.
//! Out: the same text in one of the forms. RFC 6762 section 16; Unicode Standard Annex 15.
//!
//! The tables hold what these two forms need: how a character is decomposed in one step, which
//! steps can be undone, and the classes by which marks are ordered. A test writes and compares them.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Returns text in form C.
pub(super) fn composed(text: &str) -> String {
    let mut joined: Vec<char> = Vec::new();
    // The place of the last character to which a mark can be joined, and the class of the last one.
    let (mut starter, mut last) = (None, 0);
    for (character, class) in parts(text) {
        let is_adjacent =
            starter.is_some_and(|place: usize| place.saturating_add(1) == joined.len());
        let base = starter.and_then(|place| joined.get_mut(place));
        if let Some(base) = base.filter(|_| is_adjacent || last < class) {
            if let Some(both) = join(*base, character) {
                *base = both;
                continue;
            }
        }
        if class == 0 {
            starter = Some(joined.len());
        }
        last = class;
        joined.push(character);
    }
    joined.into_iter().collect()
}

/// Returns text in form D.
pub(super) fn decomposed(text: &str) -> String {
    parts(text).into_iter().map(|(part, _)| part).collect()
}

/// Returns the parts of every character with their classes, marks in the order of these.
fn parts(text: &str) -> Vec<(char, u8)> {
    let mut parts: Vec<(char, u8)> = Vec::new();
    for character in text.chars() {
        decompose(character, &mut |part| {
            let class = class(part);
            let is_later = |other: &&(char, u8)| class > 0 && other.1 > class;
            let later = parts.iter().rev().take_while(is_later).count();
            let place = parts.len().saturating_sub(later);
            parts.insert(place, (part, class));
        });
    }
    parts
}

/// Passes on the parts of a character, which may be itself alone.
fn decompose(character: char, add: &mut dyn FnMut(char)) {
    let Some((first, second)) = split(character) else {
        return add(character);
    };
    decompose(first, add);
    if let Some(second) = second {
        add(second);
    }
}

/// Undoes one step of composition. One part means that there is another character for the same.
fn split(character: char) -> Option<(char, Option<char>)> {
    if let Some(number) = u32::from(character).checked_sub(SYLLABLE_FIRST) {
        if number < SYLLABLES {
            return split_syllable(number);
        }
    }
    let place = search(PAIRS.len() / PAIR_LEN, |at| {
        pair(at).map_or(Ordering::Greater, |(whole, ..)| whole.cmp(&character))
    })?;
    pair(place).map(|(_, first, second)| (first, second))
}

/// Returns the character that two others form together.
fn join(first: char, second: char) -> Option<char> {
    if let Some(syllable) = join_letters(first, second) {
        return Some(syllable);
    }
    let joined = |at| pair(usize::from(u16::from_le_bytes(entry(JOINS, at)?)));
    let place = search(JOINS.len() / 2, |at| match joined(at) {
        Some((_, base, Some(mark))) => (mark, base).cmp(&(second, first)),
        Some((.., None)) | None => Ordering::Greater,
    })?;
    joined(place).map(|(whole, ..)| whole)
}

/// Returns the class of a mark; 0 for other characters.
fn class(character: char) -> u8 {
    let range = |at| {
        let [low, middle, high, len, class] = entry(CLASSES, at)?;
        Some((
            u32::from_le_bytes([low, middle, high, 0]),
            u32::from(len),
            class,
        ))
    };
    let number = u32::from(character);
    let place = search(CLASSES.len() / CLASS_LEN, |at| match range(at) {
        Some((first, ..)) if first > number => Ordering::Greater,
        Some((first, len, _)) if number.saturating_sub(first) < len => Ordering::Equal,
        Some(_) => Ordering::Less,
        None => Ordering::Greater,
    });
    place.and_then(range).map_or(0, |(.., class)| class)
}

/// Returns an entry of [`PAIRS`]: a character, its first part and its second, if there is one.
fn pair(at: usize) -> Option<(char, char, Option<char>)> {
    let [a, b, c, d, e, f, g, h, i] = entry(PAIRS, at)?;
    let character = |bytes: [u8; 3]| {
        let [low, middle, high] = bytes;
        char::from_u32(u32::from_le_bytes([low, middle, high, 0]))
    };
    let second = character([g, h, i]).filter(|second| *second != '\0');
    Some((character([a, b, c])?, character([d, e, f])?, second))
}

fn entry<const LEN: usize>(table: &[u8], at: usize) -> Option<[u8; LEN]> {
    let from = at.checked_mul(LEN)?;
    table.get(from..)?.first_chunk().copied()
}

/// Returns the place of an entry; `order` compares one with what is looked for.
fn search(len: usize, order: impl Fn(usize) -> Ordering) -> Option<usize> {
    let (mut from, mut to) = (0, len);
    while from < to {
        let middle = usize::midpoint(from, to);
        match order(middle) {
            Ordering::Equal => return Some(middle),
            Ordering::Less => from = middle.saturating_add(1),
            Ordering::Greater => to = middle,
        }
    }
    None
}

/// Splits the last letter from a Korean syllable, which has two or three.
fn split_syllable(number: u32) -> Option<(char, Option<char>)> {
    let tail = number % TAILS;
    let (first, second) = match tail {
        0 => {
            let lead = number / TAILS / VOWELS;
            let vowel = number / TAILS % VOWELS;
            (
                LEAD_FIRST.checked_add(lead)?,
                VOWEL_FIRST.checked_add(vowel)?,
            )
        }
        _ => {
            let open = SYLLABLE_FIRST.checked_add(number)?.checked_sub(tail)?;
            (open, TAIL_BEFORE.checked_add(tail)?)
        }
    };
    Some((char::from_u32(first)?, char::from_u32(second)))
}

/// Joins two Korean letters, or a syllable and its last letter.
fn join_letters(first: char, second: char) -> Option<char> {
    let from = |character: char, start: u32| u32::from(character).checked_sub(start);
    if let Some(lead) = from(first, LEAD_FIRST).filter(|lead| *lead < LEADS) {
        let vowel = from(second, VOWEL_FIRST).filter(|vowel| *vowel < VOWELS)?;
        let open = lead.checked_mul(VOWELS)?.checked_add(vowel)?;
        return char::from_u32(open.checked_mul(TAILS)?.checked_add(SYLLABLE_FIRST)?);
    }
    let syllable = from(first, SYLLABLE_FIRST).filter(|number| *number < SYLLABLES)?;
    let tail = from(second, TAIL_BEFORE).filter(|tail| (1..TAILS).contains(tail))?;
    match syllable % TAILS {
        0 => char::from_u32(u32::from(first).checked_add(tail)?),
        _ => None,
    }
}

/// The characters that can be decomposed, in order, each with its parts: three times three bytes.
static PAIRS: &[u8] = include_bytes!("normal_form/pairs.bin");
/// The places in [`PAIRS`] of those that are composed again, ordered by the second part, then by
/// the first: two bytes each.
static JOINS: &[u8] = include_bytes!("normal_form/joins.bin");
/// Marks with the same class, in order: the first, in three bytes, how many, and the class.
static CLASSES: &[u8] = include_bytes!("normal_form/classes.bin");

const PAIR_LEN: usize = 9;
const CLASS_LEN: usize = 5;

// The Korean syllables (The Unicode Standard, section 3.12).
const SYLLABLE_FIRST: u32 = 0xac00;
const LEAD_FIRST: u32 = 0x1100;
const VOWEL_FIRST: u32 = 0x1161;
/// The character before the first last letter, of which a syllable may have none.
const TAIL_BEFORE: u32 = 0x11a7;
const LEADS: u32 = 19;
const VOWELS: u32 = 21;
const TAILS: u32 = 28;
const SYLLABLES: u32 = LEADS * VOWELS * TAILS;

#[cfg(test)]
mod tests;
