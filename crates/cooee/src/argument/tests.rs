//! What can be given instead of a parsed value.

use std::borrow::Cow;

use cooee_proto::dnssd::service_type::ServiceType;
use cooee_wire::Name;

use super::TextOr;
use super::sealed::Readable;

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
