//! A system that refuses to send: an unsent packet has no effect, and no name is used without
//! probing.

use cooee_proto::link::Family;
use cooee_proto::transmit::SendFailure;
use cooee_sim::{Addressing, Kind, secs, seed};

use crate::*;

const WHY: SendFailure = SendFailure::Forbidden;

#[test]
fn a_host_that_could_not_send_probes_thrice_and_announces_once_it_can() {
    let mut world = lan(seed!());
    speaking(&mut world, "a").on("lan");
    speaking(&mut world, "b").on("lan");
    world.with("b", |me: &mut Speaker, now| me.browse(now));
    world.refuse("a", &Family::BOTH, WHY);
    publish(&mut world, "a", "Desk", "desk.local");
    world.run_for(secs(30));
    assert_eq!(speaker(&world, "a").service, None, "it is not registered");
    assert_eq!(world.sent("a").times().len(), 0);
    world.refuse("a", &[], WHY);
    world.run_for(secs(20));
    assert_eq!(speaker(&world, "a").service.as_deref(), Some("Desk"));
    assert_eq!(world.sent("a").of_kind(Kind::Probe).times().len(), 3);
    let found = &speaker(&world, "b").found;
    assert!(found.contains("Desk"), "it was announced: {found:?}");
}

#[test]
fn a_name_taken_while_a_host_could_not_send_is_left_to_its_new_owner() {
    let mut world = lan(seed!());
    speaking(&mut world, "a").on("lan");
    publish(&mut world, "a", "Desk", "desk.local");
    world.run_for(secs(10));
    assert_eq!(speaker(&world, "a").service.as_deref(), Some("Desk"));
    world.refuse("a", &Family::BOTH, WHY);
    world.with("a", |me: &mut Speaker, now| me.update(now, "v=2"));
    world.run_for(secs(5));
    speaking(&mut world, "b").on("lan");
    publish(&mut world, "b", "Desk", "other.local");
    world.run_for(secs(30));
    assert_eq!(speaker(&world, "b").service.as_deref(), Some("Desk"));
    world.refuse("a", &[], WHY);
    world.run_for(secs(60));
    let names = ["a", "b"].map(|host| speaker(&world, host).service.clone());
    assert!(names[0] != names[1], "both hold {names:?}");
    assert!(names.iter().all(Option::is_some), "{names:?}");
}

#[test]
fn a_family_that_could_not_send_is_probed_by_before_names_are_used_there() {
    let mut world = lan(seed!());
    speaking(&mut world, "old").on_with("lan", Addressing::V6);
    publish(&mut world, "old", "Desk", "old.local");
    world.run_for(secs(10));
    speaking(&mut world, "new").on("lan");
    world.refuse("new", &[Family::V6], WHY);
    publish(&mut world, "new", "Desk", "new.local");
    world.run_for(secs(30));
    let held = speaker(&world, "new").service.clone();
    assert_eq!(held.as_deref(), Some("Desk"), "nobody on IPv4 has it");
    world.refuse("new", &[], WHY);
    world.run_for(secs(60));
    let held = speaker(&world, "new").service.clone();
    assert_eq!(held.as_deref(), Some("Desk (2)"));
    assert_eq!(speaker(&world, "old").service.as_deref(), Some("Desk"));
    assert_eq!(speaker(&world, "old").renames, 0);
}
