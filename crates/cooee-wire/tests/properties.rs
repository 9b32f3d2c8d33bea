//! Properties of reading and writing, over random messages and damaged ones.
//!
//! The checks are those that the fuzz targets make.

mod support;

use cooee_wire::{Name, RData};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use support::{checks, fixtures, strategies};

proptest! {
    #![proptest_config(strategies::settings(200))]

    #[test]
    fn decoding_any_bytes_never_panics(bytes in vec(any::<u8>(), 0..300)) {
        checks::decode(&bytes);
        checks::roundtrip(&bytes);
    }

    #[test]
    fn decoding_a_damaged_packet_never_panics(
        which in any::<Index>(),
        damage in vec((any::<Index>(), any::<u8>()), 1..6),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let packets = fixtures::all();
        let (_, mut bytes) = which.get(&packets).clone();
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        checks::decode(&bytes);
        checks::roundtrip(&bytes);
    }

    #[test]
    fn a_written_message_decodes_to_itself(message in strategies::message(), legacy in any::<bool>()) {
        checks::encode(&message, usize::MAX, legacy);
    }

    #[test]
    fn a_message_keeps_to_its_budget(message in strategies::message(), budget in 0_usize..1500) {
        checks::encode(&message, budget, false);
    }

    #[test]
    fn names_agree_on_equality_order_and_hash(a in strategies::name(), b in strategies::name()) {
        checks::names_agree(&a, &b);
        checks::names_agree(&a, &a);
        checks::text_of(&a);
    }

    #[test]
    fn a_label_of_any_bytes_survives_its_text(label in vec(any::<u8>(), 0..64)) {
        checks::label_text(&label);
        checks::name_text(&label);
    }

    #[test]
    fn a_label_of_backslashes_dots_and_digits_survives_its_text(text in r"[\\.0-9a\x{202e}]{0,16}") {
        checks::name_text(text.as_bytes());
    }

    #[test]
    fn case_alone_makes_no_difference(a in strategies::name(), flips in any::<u128>()) {
        let mut wire = a.as_wire().to_vec();
        for (index, byte) in wire.iter_mut().enumerate() {
            if flips >> (index % 128) & 1 == 1 && byte.is_ascii_alphabetic() {
                *byte ^= 0x20;
            }
        }
        // Length bytes are below the letters, so the flips left them alone.
        let b = Name::from_wire(&wire).expect("still a name");
        prop_assert_eq!(&a, &b);
        checks::names_agree(&a, &b);
        prop_assert_eq!(RData::Ptr(a.clone()).fold_hash(9), RData::Ptr(b).fold_hash(9));
    }

    #[test]
    fn any_text_is_a_name_or_an_error(text in "[a-cA-C.\\\\0-9é ]{0,40}") {
        checks::name_text(text.as_bytes());
    }

    #[test]
    fn any_bytes_are_a_wire_name_or_an_error(bytes in vec(0_u8..8, 0..40)) {
        checks::name_text(&bytes);
    }

    #[test]
    fn data_survives_its_uncompressed_form(data in strategies::data()) {
        checks::uncompressed(&data);
    }
}

#[test]
fn every_fixture_survives_a_round_trip() {
    for (name, bytes) in fixtures::all() {
        checks::decode(&bytes);
        checks::roundtrip(&bytes);
        let owned = checks::take_apart(&bytes).expect("a header");
        let counts: usize = bytes[4..12]
            .chunks(2)
            .map(|pair| usize::from(pair[1]))
            .sum();
        assert_eq!(
            owned.questions.len() + owned.records.len(),
            counts,
            "{name} is whole"
        );
    }
}
