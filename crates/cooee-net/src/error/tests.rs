//! The messages that a person reads when something is refused.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use super::{OpenError, Operation, Warning};

fn error(operation: Operation, cause: io::Error) -> String {
    OpenError {
        interface: "eth0".to_owned(),
        index: 2,
        operation,
        group: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
        port: 5353,
        cause,
    }
    .to_string()
}

#[test]
fn a_failed_bind_names_interface_group_and_cause_and_says_what_to_do() {
    let text = error(Operation::Bind, io::ErrorKind::AddrInUse.into());
    assert_eq!(
        text,
        "interface eth0 (index 2): binding the UDP port (group 224.0.0.251, port 5353) failed: \
         address in use; another program holds this port without sharing it: stop it, or have it \
         set SO_REUSEADDR (and SO_REUSEPORT where that exists)"
    );
}

#[test]
fn each_step_is_named_in_its_error() {
    let steps = [
        (Operation::Create, "creating the socket"),
        (
            Operation::MulticastInterface,
            "choosing the multicast interface",
        ),
        (Operation::Join, "joining the multicast group"),
        (Operation::TimeToLive, "setting TTL 255"),
    ];
    for (operation, words) in steps {
        let text = error(operation, io::ErrorKind::InvalidInput.into());
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_refusal_by_policy_and_a_missing_family_bring_a_hint() {
    let policy = error(Operation::Join, io::ErrorKind::PermissionDenied.into());
    assert!(policy.ends_with("forbids it"), "{policy}");
    let family = error(Operation::Create, io::ErrorKind::Unsupported.into());
    assert!(family.contains("use the other one"), "{family}");
}

#[cfg(unix)]
#[test]
fn the_limit_of_groups_is_told_from_a_missing_interface() {
    let limit = error(Operation::Join, io::Error::from_raw_os_error(libc::ENOBUFS));
    assert!(limit.contains("igmp_max_memberships"), "{limit}");
    let gone = error(Operation::Join, io::Error::from_raw_os_error(libc::ENODEV));
    assert!(gone.contains("still there"), "{gone}");
}

#[test]
fn a_refused_reuse_port_says_what_it_costs() {
    let warning = Warning::ReusePortRefused {
        interface: "eth0".to_owned(),
        source: io::ErrorKind::Unsupported.into(),
    };
    let text = warning.to_string();
    assert!(text.contains("going on with SO_REUSEADDR alone"), "{text}");
    assert!(text.contains("may fail to share the port"), "{text}");
}
