//! What the operating system's list says of interfaces made for the purpose.

use std::net::{IpAddr, Ipv4Addr};

use super::Family;
use crate::lab;

#[test]
fn the_list_tells_name_index_flags_and_addresses() {
    lab::run(
        "interface::tests::the_list_tells_name_index_flags_and_addresses",
        lab::CABLE,
        || {
            let lan0 = lab::interface("lan0");
            assert!(lan0.index > 0, "{lan0:?}");
            assert!(
                lan0.flags.up && lan0.flags.running && lan0.flags.multicast,
                "{lan0:?}"
            );
            assert!(
                !lan0.flags.loopback && !lan0.flags.point_to_point,
                "{lan0:?}"
            );
            assert_eq!(lan0.mtu, 1500);
            assert!(lan0.has_usable(Family::V4), "{lan0:?}");
            let address = lan0.usable(Family::V4).next().expect("just seen");
            assert_eq!(address.ip, IpAddr::V4(Ipv4Addr::new(10, 99, 0, 1)));
            assert_eq!(address.prefix_len, 24);
        },
    );
}
