//! The forms are those of the crate `unicode-normalization`, for every character and many texts.

extern crate std;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use std::fs;
use std::path::Path;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, compose};

use super::{CLASSES, JOINS, PAIRS, SYLLABLE_FIRST, SYLLABLES, composed, decomposed};

fn three_bytes(character: char) -> [u8; 3] {
    let [low, middle, high, _] = u32::from(character).to_le_bytes();
    [low, middle, high]
}

fn characters() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

/// The parts of the characters, and the places of those that are composed again.
fn pairs() -> (Vec<u8>, Vec<u8>) {
    let is_syllable = |c: char| (SYLLABLE_FIRST..SYLLABLE_FIRST + SYLLABLES).contains(&c.into());
    let parts_of = |c: char| c.nfd().collect::<Vec<char>>();
    let split = characters().filter(|&c| !is_syllable(c) && parts_of(c) != [c]);
    let split: Vec<char> = split.collect();
    // A character with all parts but the last of another one is that one's first part.
    let by_parts: BTreeMap<Vec<char>, char> =
        split.iter().rev().map(|&c| (parts_of(c), c)).collect();
    let (mut pairs, mut joins) = (Vec::new(), Vec::new());
    for (place, &whole) in split.iter().enumerate() {
        let parts = parts_of(whole);
        let (first, second) = match parts[..] {
            [only] => (only, '\0'),
            [first, second] => (first, second),
            [ref first @ .., second] => {
                let composed: Vec<char> = first.iter().copied().nfc().collect();
                let first = match composed[..] {
                    [composed] => composed,
                    _ => by_parts[first],
                };
                (first, second)
            }
            [] => panic!("no parts"),
        };
        for character in [whole, first, second] {
            pairs.extend(three_bytes(character));
        }
        if second != '\0' && compose(first, second) == Some(whole) {
            joins.push((second, first, u16::try_from(place).unwrap()));
        }
    }
    joins.sort_unstable();
    let joins = joins.iter().flat_map(|(.., place)| place.to_le_bytes());
    (pairs, joins.collect())
}

fn classes() -> Vec<u8> {
    let mut ranges: Vec<(char, u8, u8)> = Vec::new();
    for character in characters() {
        let class = canonical_combining_class(character);
        match ranges.last_mut() {
            _ if class == 0 => {}
            Some((first, len, same))
                if *same == class
                    && *len < u8::MAX
                    && u32::from(*first) + u32::from(*len) == character.into() =>
            {
                *len += 1;
            }
            _ => ranges.push((character, 1, class)),
        }
    }
    let bytes = ranges.iter().flat_map(|&(first, len, class)| {
        let [low, middle, high] = three_bytes(first);
        [low, middle, high, len, class]
    });
    bytes.collect()
}

/// With `COOEE_WRITE_TABLES=1`, it writes them.
#[test]
fn the_tables_are_those_of_the_newest_unicode() {
    let (pairs, joins) = pairs();
    let tables = [
        ("pairs.bin", pairs, PAIRS),
        ("joins.bin", joins, JOINS),
        ("classes.bin", classes(), CLASSES),
    ];
    for (name, wanted, present) in tables {
        if std::env::var_os("COOEE_WRITE_TABLES").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dnssd/normal_form");
            fs::write(folder.join(name), wanted).unwrap();
        } else {
            assert!(present == wanted, "{name} differs: write it again");
        }
    }
}

fn check(text: &str) {
    assert_eq!(composed(text), text.nfc().collect::<String>(), "{text:?}");
    assert_eq!(decomposed(text), text.nfd().collect::<String>(), "{text:?}");
}

#[test]
fn every_character_has_its_forms() {
    for character in characters() {
        check(character.encode_utf8(&mut [0; 4]));
    }
}

#[test]
fn texts_of_letters_marks_and_syllables_have_their_forms() {
    let interesting = characters().filter(|&character| {
        let class = canonical_combining_class(character);
        class > 0 || ![character].into_iter().nfd().eq([character])
    });
    let mut interesting: Vec<char> = interesting.collect();
    interesting.extend(
        ('\u{1100}'..='\u{11ff}')
            .chain('a'..='z')
            .cycle()
            .take(4_000),
    );
    let mut number = 1_u64;
    let mut pick = |count: usize| {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (number >> 33) as usize % count
    };
    for _ in 0..40_000 {
        let len = 1 + pick(7);
        let text: String = (0..len)
            .map(|_| interesting[pick(interesting.len())])
            .collect();
        check(&text);
        check(&text.nfd().collect::<String>());
        // All parts in another order, so that marks are blocked by others.
        check(
            &text
                .nfd()
                .collect::<Vec<char>>()
                .iter()
                .rev()
                .collect::<String>(),
        );
    }
}
