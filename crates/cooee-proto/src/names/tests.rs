//! The table of names: one id per name, in any case, as long as it is held.

use alloc::string::ToString;

use cooee_wire::{Class, Flags, Message, MessageBuilder, RecordType};

use super::*;

#[test]
fn a_name_has_one_id_in_every_case_until_its_last_holder_lets_go() {
    let mut names = Names::new(7);
    let lower: Name = "printer.local".parse().unwrap();
    let upper: Name = "PRINTER.Local".parse().unwrap();
    let id = names.hold(&lower);
    assert_eq!(names.hold(&upper), id);
    names.release(id);
    assert_eq!(names.find_name(&upper), Some(id));
    names.release(id);
    assert_eq!(names.find_name(&lower), None);
    assert_eq!(names.len(), 0);
}

/// Calls `with` with a name in a message.
fn in_message<T>(text: &str, with: impl FnOnce(&NameRef<'_>) -> T) -> T {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 512);
    let name: Name = text.parse().unwrap();
    builder
        .question(&name, RecordType::PTR, Class::IN, false)
        .unwrap();
    builder.finish();
    let message = Message::parse(&bytes).unwrap();
    let question = message.questions().next().unwrap().unwrap();
    with(&question.name)
}

#[test]
fn a_name_that_records_only_mention_is_kept_but_concerns_nobody() {
    let mut names = Names::new(7);
    let id = in_message("desk.local", |name| names.mention(name).unwrap().unwrap());
    assert_eq!(in_message("desk.local", |name| names.find(name)), None);
    assert_eq!(names.hold(&"Desk.local".parse().unwrap()), id);
    assert_eq!(in_message("DESK.local", |name| names.find(name)), Some(id));
    names.release(id);
    assert_eq!(in_message("desk.local", |name| names.find(name)), None);
    assert_eq!(names.name(id).to_string(), "desk.local");
    names.forget(id);
    assert_eq!(names.len(), 0);
}

#[test]
fn a_name_in_another_spelling_is_not_mentioned() {
    let mut names = Names::new(7);
    let id = names.hold(&"desk.local".parse().unwrap());
    let other = in_message("DESK.local", |name| names.mention(name).unwrap());
    assert_eq!(other, None);
    names.release(id);
    assert_eq!(names.len(), 0);
}

#[test]
fn thousands_of_names_are_told_apart() {
    let mut names = Names::new(7);
    let ids: Vec<_> = (0..5_000)
        .map(|n| names.hold(&alloc::format!("host-{n}.local").parse().unwrap()))
        .collect();
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(
            names.find_name(&alloc::format!("HOST-{n}.local").parse().unwrap()),
            Some(*id)
        );
    }
    assert_eq!(names.len(), 5_000);
}

#[test]
fn every_name_has_its_own_ids_however_many() {
    let mut names = Names::new(7);
    let mut name = |text: &str| names.hold(&text.parse().unwrap());
    let (first, second) = (name("a.local"), name("b.local"));
    let mut ids = PerName::<u32>::default();
    assert_eq!(ids.get(second), []);
    for id in 0..5 {
        ids.push(second, id);
        assert_eq!(ids.get(second), (0..=id).collect::<Vec<_>>());
    }
    ids.push(first, 9);
    for (id, left) in [
        (3, &[0, 1, 2, 4][..]),
        (0, &[1, 2, 4]),
        (4, &[1, 2]),
        (1, &[2]),
        (7, &[2]),
    ] {
        ids.remove(second, id);
        assert_eq!(ids.get(second), left);
    }
    ids.remove(second, 2);
    assert_eq!((ids.get(second), ids.get(first)), (&[][..], &[9][..]));
    assert!(ids.lists.is_empty());
}

#[test]
fn a_name_that_has_lost_most_of_its_ids_keeps_no_room_for_them() {
    let mut names = Names::new(7);
    let name = names.hold(&"a.local".parse().unwrap());
    let mut ids = PerName::<u32>::default();
    (0..1_000).for_each(|id| ids.push(name, id));
    (3..1_000).for_each(|id| ids.remove(name, id));
    assert_eq!(ids.get(name), [0, 1, 2]);
    let room = ids.lists.iter().map(|(_, list)| list.capacity());
    assert!(room.sum::<usize>() < 32);
}
