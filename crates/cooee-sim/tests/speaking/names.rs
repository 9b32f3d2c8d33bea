//! Many hosts, one name: each gets a name of its own, soon and without a storm.

use cooee_sim::{Kind, Weather, ms, secs, seed};

use crate::*;

fn names(world: &World, hosts: usize) -> (BTreeSet<String>, BTreeSet<String>) {
    let speakers = || (0..hosts).map(|n| speaker(world, &format!("h{n}")));
    let services = speakers().filter_map(|me| me.service.clone()).collect();
    let names = speakers().filter_map(|me| me.host.clone()).collect();
    (services, names)
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.2
//= type=test
//# If the host finds that its own data is lexicographically earlier, then it defers to the winning
//# host by waiting one second, and then begins probing for this record
//# again.
#[test]
fn fifty_hosts_of_one_name_in_one_millisecond_under_loss_end_with_fifty_names() {
    const HOSTS: usize = 50;
    let mut world = lan(seed!());
    world.weather("lan", Weather::calm().losing(0.1));
    for n in 0..HOSTS {
        speaking(&mut world, &format!("h{n}")).on("lan");
    }
    for n in 0..HOSTS {
        publish(&mut world, &format!("h{n}"), "Camera", "camera.local");
    }
    let settled = world.run_until(secs(600), |world| {
        let (services, hosts) = names(world, HOSTS);
        services.len() == HOSTS && hosts.len() == HOSTS
    });
    let (services, hosts) = names(&world, HOSTS);
    assert!(
        settled,
        "{} services, {} hosts: {services:?} {hosts:?}",
        services.len(),
        hosts.len()
    );
    world.run_for(secs(120));
    let renames = |world: &World| -> usize {
        (0..HOSTS)
            .map(|n| speaker(world, &format!("h{n}")).renames)
            .sum()
    };
    let before = renames(&world);
    world.run_for(secs(600));
    assert_eq!(renames(&world), before, "no ping-pong");
    assert_eq!(names(&world, HOSTS).0.len(), HOSTS);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
//= type=test
//# If fifteen conflicts occur within any ten-second period, then the
//# host MUST wait at least five seconds before each successive
//# additional probe attempt.
#[test]
fn a_host_whose_every_name_is_taken_slows_down() {
    let mut world = lan(seed!());
    for n in 0..60 {
        let host = format!("h{n}");
        speaking(&mut world, &host).on("lan");
        let label = if n == 0 {
            "Camera".to_owned()
        } else {
            format!("Camera ({})", n + 1)
        };
        publish(&mut world, &host, &label, &format!("{host}.local"));
    }
    world.run_for(secs(20));
    speaking(&mut world, "late").on("lan");
    let began = world.age();
    publish(&mut world, "late", "Camera", "late.local");
    world.run_for(secs(400));
    assert_eq!(
        speaker(&world, "late").service.as_deref(),
        Some("Camera (61)")
    );
    let probes = world.sent("late").of_kind(Kind::Probe);
    // Each name in use is asked for once: its owner answers at once.
    let times = probes.times();
    let late = times.windows(2).skip(16).take(60 - 20);
    let gaps: Vec<_> = late.map(|pair| pair[1] - pair[0]).collect();
    assert!(
        gaps.iter().all(|gap| *gap >= secs(5)),
        "since {began:?}: {gaps:?}"
    );
}

#[test]
fn the_loser_of_one_simultaneous_probe_waits_a_second_and_keeps_its_name_if_nobody_has_it() {
    let mut world = lan(seed!());
    for host in ["a", "b"] {
        speaking(&mut world, host).on("lan");
        publish(&mut world, host, host, "desk.local");
    }
    world.run_for(ms(400));
    // One of the two dies while both are still probing; the other must get the plain name.
    world.crash("b");
    world.run_for(secs(5));
    let survivor = speaker(&world, "a");
    assert_eq!(
        survivor
            .host
            .as_deref()
            .map(|name| name.trim_end_matches('.')),
        Some("desk.local")
    );
    assert_eq!(survivor.renames, 0);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-3
//= type=test
//# If this happens, the
//# computer (or its human user) MUST cease using the name, and SHOULD
//# attempt to allocate a new unique name for use on that link.
#[test]
fn a_conflict_ends_with_two_names_when_two_networks_become_one() {
    let mut world = lan(seed!());
    for host in ["a", "b"] {
        speaking(&mut world, host).on("lan");
    }
    world.partition("lan", &["a"], &["b"]);
    for host in ["a", "b"] {
        publish(&mut world, host, "Desk", "desk.local");
    }
    world.run_for(secs(30));
    assert_eq!(speaker(&world, "a").service, speaker(&world, "b").service);
    world.heal("lan");
    world.with("a", |me: &mut Speaker, now| me.update(now, "v=2"));
    world.with("b", |me: &mut Speaker, now| me.update(now, "v=3"));
    world.run_for(secs(30));
    let (a, b) = (speaker(&world, "a"), speaker(&world, "b"));
    assert!(a.service.is_some() && b.service.is_some());
    assert_ne!(a.service, b.service);
}

#[test]
fn everybody_finds_everybody_and_oneself_and_loses_who_leaves() {
    const HOSTS: usize = 10;
    let mut world = lan(seed!());
    world.weather("lan", Weather::calm().losing(0.1));
    for n in 0..HOSTS {
        let host = format!("h{n}");
        speaking(&mut world, &host).on("lan");
        publish(
            &mut world,
            &host,
            &format!("Service {n}"),
            &format!("{host}.local"),
        );
        world.with(&host, |me: &mut Speaker, now| me.browse(now));
    }
    let all = world.run_until(secs(60), |world| {
        (0..HOSTS).all(|n| speaker(world, &format!("h{n}")).found.len() == HOSTS)
    });
    assert!(all);
    world.weather("lan", Weather::calm());
    world.with("h0", |me: &mut Speaker, now| me.withdraw(now));
    world.run_for(secs(2));
    for n in 0..HOSTS {
        assert_eq!(
            speaker(&world, &format!("h{n}")).found.len(),
            HOSTS - 1,
            "h{n}"
        );
    }
}
