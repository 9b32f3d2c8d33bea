//! What can be given instead of a parsed value.

use std::borrow::Cow;

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::ServiceType;
use cooee_wire::Name;

use super::sealed::Readable;
use super::{TextOr, type_before};

fn read(given: impl TextOr<ServiceType>) -> Option<String> {
    given.read().ok().map(|read| read.to_string())
}

#[test]
fn text_of_every_kind_and_parsed_values_are_taken() {
    let text = "_http._tcp";
    let (owned, cow) = (text.to_owned(), Cow::Borrowed(text));
    let parsed: ServiceType = text.parse().expect("a service type");
    let all = [
        read(text),
        [&text].map(read)[0].clone(),
        read(&owned),
        read(owned),
        read(&cow),
        read(cow),
        read(&parsed),
        read(parsed),
    ];
    for one in all {
        assert_eq!(one.as_deref(), Some(text));
    }
}

#[test]
fn a_text_that_is_none_is_kept_with_what_is_wrong() {
    let wrong = Readable::<ServiceType>::read("http").expect_err("no service type");
    assert_eq!(wrong.given, "http");
    assert!(wrong.error.to_string().contains("`_http._tcp`"));
    let wrong = Readable::<Name>::read("a..b").expect_err("no name");
    assert_eq!(wrong.given, "a..b");
}

#[test]
fn a_type_and_a_name_in_the_wrong_order_are_recognised() {
    let swapped = type_before("_ipp._tcp", "Front Desk").expect_err("the type comes first");
    let expected = "`Front Desk` is not a service type, but `_ipp._tcp` is: the type comes first, \
                    then the name";
    assert_eq!(swapped.to_string(), expected);
    let registration = crate::Registration::new("Front Door", "_http._tcp", 8080);
    assert!(format!("{registration:?}").contains("Swapped"));
    let wrong = type_before("Front Desk", "ipp").expect_err("no type");
    assert!(
        wrong
            .to_string()
            .starts_with("`ipp` is not a service type:")
    );
    let name = "_ipp._tcp";
    assert!(
        type_before(name, name).is_ok(),
        "a name may look like a type"
    );
}

#[test]
fn an_instance_is_read_from_its_full_name() {
    let read = Readable::<InstanceName>::read("Dr. Who._ipp._tcp.local").expect("a full name");
    assert_eq!(read.to_string(), r"Dr\. Who._ipp._tcp.local");
    let wrong = Readable::<InstanceName>::read("Front Desk").expect_err("no full name");
    assert!(wrong.error.to_string().contains("`Front Desk`"));
}
