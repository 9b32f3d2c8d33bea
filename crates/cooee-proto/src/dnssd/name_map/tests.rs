//! Presence: a name is there once however many links show it.

use super::*;

#[test]
fn a_name_turns_up_once_and_is_gone_with_its_last_link() {
    let mut presence = Presence::new(1);
    let (name, same): (Name, Name) = ("a.local".parse().unwrap(), "A.LOCAL".parse().unwrap());
    assert_eq!(presence.appear(&name, LinkId(1)), Seen::Turned);
    assert_eq!(presence.appear(&same, LinkId(1)), Seen::Nothing);
    assert_eq!(presence.appear(&same, LinkId(2)), Seen::OneOfMany);
    assert_eq!(presence.vanish(&name, LinkId(1)), Seen::OneOfMany);
    assert_eq!(presence.vanish(&name, LinkId(1)), Seen::Nothing);
    assert_eq!(presence.vanish(&name, LinkId(2)), Seen::Turned);
    assert_eq!(presence.vanish(&name, LinkId(2)), Seen::Nothing);
    assert_eq!(presence.len(), 0);
}
