//! Error messages: whose fault it is, where, and what to do.

use std::error::Error;
use std::io;
use std::time::Duration;

use cooee_proto::dnssd::instance_name::InstanceName;

use super::{BrowseError, DriverError, LookupError, ResolveError, StartError, UnknownInterface};
use crate::testing::name;
use crate::{RegisterError, ServiceType, Txt, UpdateError, Warning};

#[test]
fn each_error_says_what_happened_and_what_to_do() {
    let ipp = "_ipp._tcp".parse().expect("a service type");
    let instance = InstanceName::new("Front Desk", &ipp).expect("an instance name");
    let after = Duration::from_secs(3);
    let unknown = UnknownInterface {
        given: "eth9".into(),
        in_use: vec!["lo".to_owned()],
    };
    let nothing = UnknownInterface {
        given: 7.into(),
        in_use: vec![],
    };
    let denied = LookupError::NoAddress {
        name: name("printer.local"),
    };
    let waiting = StartError::Wait(io::Error::from(io::ErrorKind::OutOfMemory));
    let cases = [
        (
            BrowseError::from(DriverError::Stopped).to_string(),
            "the Multicast DNS driver has shut down; create a new `Mdns`",
        ),
        (
            ResolveError::from(DriverError::Stopped).to_string(),
            "the Multicast DNS driver has shut down; create a new `Mdns`",
        ),
        (
            LookupError::from(unknown).to_string(),
            "interface \"eth9\" is not in use; in use: lo",
        ),
        (
            BrowseError::from(nothing).to_string(),
            "interface index 7 is not in use; none is",
        ),
        (
            ResolveError::TimedOut { instance, after }.to_string(),
            "`Front Desk._ipp._tcp.local` was not resolved within 3 s: no such service answers here; browse `_ipp._tcp` to see which do",
        ),
        (
            denied.to_string(),
            "`printer.local` says that it has no address of the wanted family",
        ),
        (
            LookupError::TimedOut {
                asked: "192.0.2.7".to_owned(),
                after,
            }
            .to_string(),
            "`192.0.2.7` was not found within 3 s: no host here answers for it",
        ),
        (
            waiting.to_string(),
            "waiting for sockets is not possible: out of memory; is the limit of open files reached?",
        ),
        (
            Warning::Changes(io::Error::from(io::ErrorKind::PermissionDenied)).to_string(),
            "changes of interfaces cannot be followed: permission denied",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}

#[test]
fn no_error_repeats_its_source() {
    let ipp: ServiceType = "_ipp._tcp".parse().expect("a service type");
    let no_type = "ipp".parse::<ServiceType>().expect_err("no service type");
    let no_label = InstanceName::new("", &ipp).expect_err("no label");
    let no_key = Txt::from_strings([b"=".as_slice()]).expect_err("no key");
    let io = || io::Error::from(io::ErrorKind::OutOfMemory);
    let all: [Box<dyn Error>; 10] = [
        Box::new(StartError::Wait(io())),
        Box::new(StartError::Thread(io())),
        Box::new(StartError::Interfaces(io().into())),
        Box::new(BrowseError::from(DriverError::Stopped)),
        Box::new(BrowseError::from(no_type.clone())),
        Box::new(ResolveError::from(no_label.clone())),
        Box::new(RegisterError::from(no_type)),
        Box::new(RegisterError::from(no_label)),
        Box::new(RegisterError::from(no_key.clone())),
        Box::new(UpdateError::from(no_key)),
    ];
    for error in &all {
        let mut above = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let text = error.to_string();
            assert!(!above.contains(&text), "{above:?} repeats {text:?}");
            above = text;
            source = error.source();
        }
    }
}
