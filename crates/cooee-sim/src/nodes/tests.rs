//! A reflector repeats each message once; a babbler follows its script.

use cooee_proto::transmit::Destination;

use super::*;
use crate::{Kind, Setup, World, ms, secs, seed};

fn script(count: u8) -> impl FnOnce(Setup<'_>) -> Babbler {
    let mut said = 0;
    Babbler::following(move |_| {
        said += 1;
        let bytes = vec![said];
        (said <= count).then_some(Babble {
            after: secs(1),
            to: Destination::Multicast,
            bytes,
        })
    })
}

#[test]
fn a_babbler_says_its_lines_in_time_and_no_more() {
    let mut world = World::new(seed!());
    world.link("lan");
    world
        .host("a", |setup| script(3)(setup).from_port(5_354))
        .on("lan");
    world.run_for(ms(3_500));
    assert_eq!(world.sent("a").times(), [secs(1), secs(2), secs(3)]);
    assert_eq!(world.sent("a").kinds(), [Kind::Unreadable; 3]);
    assert_eq!(
        world.sent("a").messages()[0].packets[0].source.port(),
        5_354
    );
    world.assert_silent_for(secs(60));
}

#[test]
fn a_reflector_repeats_each_message_once_on_the_other_link_as_its_own() {
    let mut world = World::new(seed!());
    world.link("lan").link("wifi");
    world.host("a", script(1)).on("lan");
    world.host("mirror", Repeater::new).on("lan").on("wifi");
    world.run_for(secs(5));
    let reflected = world.sent("mirror");
    assert_eq!(reflected.count(), 1);
    let message = reflected.messages()[0];
    assert_eq!((&*message.link, message.bytes()), ("wifi", &[1][..]));
    assert_eq!(
        message.packets[0].source.ip(),
        world.addresses("mirror", "wifi")[0].ip
    );
    world.assert_silent_for(secs(60));
}
