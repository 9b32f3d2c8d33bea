//! What is not a conflict: each of these has renamed hosts in the field, and must not here.

use cooee_sim::{Addressing, Loss, Repeater, Weather, hours, ms, secs, seed};

use crate::*;

/// A world in which `a` has published `Desk` on `desk.local` for half a minute.
fn with_desk(seed: impl Into<Seed>, weather: Weather) -> World {
    let mut world = lan(seed);
    world.weather("lan", weather);
    speaking(&mut world, "a").on("lan");
    publish(&mut world, "a", "Desk", "desk.local");
    world.run_for(secs(30));
    world
}

fn assert_unchanged(world: &World, host: &str) {
    let me = speaker(world, host);
    assert_eq!(me.renames, 0);
    assert_eq!(me.service.as_deref(), Some("Desk"));
    assert_eq!(
        me.host.as_deref().map(|name| name.trim_end_matches('.')),
        Some("desk.local")
    );
}

#[test]
fn a_switch_that_sends_everything_back() {
    let weather = Weather::calm()
        .echoing()
        .doubling(0.3)
        .reordering(0.3, ms(800));
    let mut world = with_desk(seed!(), weather);
    for n in 0..5 {
        world.with("a", |me: &mut Speaker, now| {
            me.update(now, &format!("v={n}"))
        });
        world.run_for(ms(700));
    }
    world.run_for(secs(60));
    assert_unchanged(&world, "a");
}

#[test]
fn two_cards_on_one_link() {
    let mut world = lan(seed!());
    speaking(&mut world, "a").on("lan");
    world.attach("a", "lan", &Addressing::Dual);
    publish(&mut world, "a", "Desk", "desk.local");
    world.run_for(secs(120));
    assert_unchanged(&world, "a");
}

#[test]
fn a_card_on_each_of_two_links_that_a_reflector_joins() {
    let mut world = lan(seed!());
    world.link("wifi");
    speaking(&mut world, "a").on("lan");
    world.attach("a", "wifi", &Addressing::Dual);
    world.host("reflector", Repeater::new).on("lan");
    world.attach("reflector", "wifi", &Addressing::Dual);
    publish(&mut world, "a", "Desk", "desk.local");
    world.run_for(secs(120));
    assert_unchanged(&world, "a");
}

#[test]
fn a_cable_pulled_and_put_back() {
    let mut world = with_desk(seed!(), Weather::calm());
    for _ in 0..5 {
        world.unplug("a", "lan");
        world.run_for(secs(10));
        world.plug("a", "lan");
        world.run_for(ms(300));
    }
    world.run_for(secs(60));
    assert_unchanged(&world, "a");
}

#[test]
fn another_address() {
    let mut world = with_desk(seed!(), Weather::calm().echoing());
    for addressing in [
        Addressing::V4,
        Addressing::Dual,
        Addressing::V6,
        Addressing::Dual,
    ] {
        world.readdress("a", "lan", &addressing);
        world.run_for(secs(5));
    }
    world.run_for(secs(60));
    assert_unchanged(&world, "a");
}

#[test]
fn a_night_of_sleep() {
    let mut world = with_desk(seed!(), Weather::calm());
    world.sleep("a");
    world.run_for(hours(8));
    world.wake("a");
    world.run_for(secs(60));
    assert_unchanged(&world, "a");
}

#[test]
fn a_power_cut_and_the_same_host_again() {
    let mut world = with_desk(seed!(), Weather::calm());
    speaking(&mut world, "b").on("lan");
    world.with("b", |me: &mut Speaker, now| me.browse(now));
    world.run_for(secs(5));
    world.crash("a");
    world.run_for(secs(5));
    world.restart("a", Speaker::new);
    publish(&mut world, "a", "Desk", "desk.local");
    world.run_for(secs(60));
    assert_unchanged(&world, "a");
    assert_eq!(speaker(&world, "b").found.len(), 1);
}

#[test]
fn a_rough_radio_with_late_copies_of_what_was_changed_since() {
    let mut weather = Weather::rough().with_loss(Loss::Uniform(0.2));
    weather.reorder = 0.3;
    weather.reorder_by = ms(900);
    let mut world = with_desk(seed!(), weather);
    for n in 0..10 {
        world.with("a", |me: &mut Speaker, now| {
            me.update(now, &format!("v={n}"))
        });
        world.run_for(secs(7));
    }
    assert_unchanged(&world, "a");
}

#[test]
fn a_looped_back_goodbye() {
    let mut world = with_desk(seed!(), Weather::calm().echoing().reordering(1.0, ms(400)));
    world.with("a", |me: &mut Speaker, now| me.withdraw(now));
    world.run_for(ms(100));
    publish(&mut world, "a", "Desk", "desk.local");
    world.run_for(secs(60));
    assert_unchanged(&world, "a");
}

#[test]
fn a_link_that_comes_later() {
    let mut world = with_desk(seed!(), Weather::calm());
    world.link("wifi");
    world.attach("a", "wifi", &Addressing::Dual);
    world.run_for(secs(60));
    assert_unchanged(&world, "a");
}

#[test]
fn services_go_on_being_found_after_all_of_it() {
    let mut world = with_desk(seed!(), Weather::calm());
    world.unplug("a", "lan");
    world.run_for(secs(5));
    world.plug("a", "lan");
    world.sleep("a");
    world.run_for(secs(600));
    world.wake("a");
    world.readdress("a", "lan", &Addressing::V4);
    world.run_for(secs(5));
    speaking(&mut world, "b").on("lan");
    world.with("b", |me: &mut Speaker, now| me.browse(now));
    world.run_for(secs(3));
    assert_eq!(speaker(&world, "b").found.len(), 1);
}
