//! Checks that must hold for any arguments of a call on D-Bus.
//!
//! In:  bytes, from a fuzzer or from its corpus: a method, then its arguments, each in a short form.
//! Out: nothing, or a panic that says what does not hold. Whatever is accepted can be published or
//!      asked for.

use cooee::{InstanceName, Name, RData, RecordType, ServiceType};
use cooee_daemon::avahi::check::{self, Group, LookUp, ServiceRef};
use cooee_daemon::avahi::flags::{LookupFlags, PublishFlags};
use cooee_daemon::avahi::state::DomainBrowserKind;
use cooee_daemon::avahi::{alternative, names};

/// Calls the method that the first byte selects, with arguments made of the others.
pub(crate) fn check(bytes: &[u8]) {
    let Some((method, rest)) = bytes.split_first() else {
        return;
    };
    let mut given = Arguments { rest };
    match method % 15 {
        0 => add_service(&mut given),
        1 => add_subtype(&mut given),
        2 => update_txt(&mut given),
        3 => add_address(&mut given),
        4 => add_record(&mut given),
        5 => browse_services(&mut given),
        6 => browse_domains(&mut given),
        7 => resolve_service(&mut given),
        8 => resolve_host(&mut given),
        9 => resolve_address(&mut given),
        10 => browse_records(&mut given),
        11 => host_label(given.text()),
        12 => next_host(given.text()),
        13 => next_service(given.text()),
        _ => text_of_a_name(given.text()),
    }
}

/// Arguments, read from bytes. What is not there is 0, or empty.
struct Arguments<'b> {
    rest: &'b [u8],
}

impl<'b> Arguments<'b> {
    fn bytes(&mut self) -> &'b [u8] {
        let length = usize::from(self.u16());
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// D-Bus lets no text through but UTF-8 without the character 0.
    fn text(&mut self) -> &'b str {
        let bytes = self.bytes().split(|byte| *byte == 0).next();
        std::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }

    fn strings(&mut self) -> Vec<&'b [u8]> {
        let count = self.u16();
        let strings = (0..count).map_while(|_| (!self.rest.is_empty()).then(|| self.bytes()));
        strings.collect()
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    fn i32(&mut self) -> i32 {
        i32::from_le_bytes(self.array())
    }

    fn array<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let mut array = [0; LENGTH];
        for byte in &mut array {
            if let Some((first, rest)) = self.rest.split_first() {
                (*byte, self.rest) = (*first, rest);
            }
        }
        array
    }

    fn group(&mut self) -> Group {
        Group {
            interface: self.i32(),
            protocol: self.i32(),
            flags: self.u32(),
        }
    }

    fn look_up(&mut self) -> LookUp {
        LookUp {
            interface: self.i32(),
            protocol: self.i32(),
            flags: 0,
        }
    }
}

fn add_service(given: &mut Arguments<'_>) {
    let group = given.group();
    let (name, of_type, domain, host) = (given.text(), given.text(), given.text(), given.text());
    let strings = given.strings();
    let Ok(accepted) = check::add_service(group, name, of_type, domain, host) else {
        return;
    };
    service(&accepted.service, group, name);
    if let Some(host) = accepted.host {
        full_name(&host);
    }
    txt(&strings);
}

fn add_subtype(given: &mut Arguments<'_>) {
    let group = given.group();
    let (name, of_type, domain, whole) = (given.text(), given.text(), given.text(), given.text());
    let accepted = check::add_service_subtype(group, name, of_type, domain, whole);
    let Ok((accepted, label)) = accepted else {
        return;
    };
    service(&accepted, group, name);
    assert!(
        Name::from_labels([label.as_bytes(), b"_sub"]).is_ok(),
        "{label:?}"
    );
}

fn update_txt(given: &mut Arguments<'_>) {
    let group = given.group();
    let (name, of_type, domain) = (given.text(), given.text(), given.text());
    if let Ok(accepted) = check::update_service_txt(group, name, of_type, domain) {
        service(&accepted, group, name);
        txt(&given.strings());
    }
}

fn add_address(given: &mut Arguments<'_>) {
    let group = given.group();
    let (name, text) = (given.text(), given.text());
    if let Ok(accepted) = check::add_address(group, name, text) {
        publish_flags(accepted.flags, group);
        full_name(&accepted.name);
        assert_eq!(text.parse(), Ok(accepted.address));
    }
}

fn add_record(given: &mut Arguments<'_>) {
    let group = given.group();
    let name = given.text();
    let (class, rtype, ttl_secs) = (given.u16(), given.u16(), given.u32());
    let data = given.bytes();
    let Ok(accepted) = check::add_record(group, name, class, rtype, ttl_secs, data) else {
        return;
    };
    publish_flags(accepted.flags, group);
    assert_eq!((class, accepted.data.rtype().0), (1, rtype));
    assert!(accepted.ttl_secs == ttl_secs && ttl_secs > 0);
    text_form(&accepted.name);
    let mut bytes = Vec::new();
    accepted.data.write_uncompressed(&mut bytes);
    assert_eq!(RData::parse(RecordType(rtype), &bytes), Ok(accepted.data));
}

fn browse_services(given: &mut Arguments<'_>) {
    let call = given.look_up();
    let (of_type, domain) = (given.text(), given.text());
    if let Ok(accepted) = check::service_browser(call, of_type, domain) {
        full_name(&accepted.name);
        assert!(
            accepted
                .name
                .labels()
                .next()
                .is_some_and(|label| label.starts_with(b"_"))
        );
    }
}

fn browse_domains(given: &mut Arguments<'_>) {
    let call = given.look_up();
    let (domain, number) = (given.text(), given.i32());
    let Some(kind) = DomainBrowserKind::from_number(number) else {
        return;
    };
    if check::domain_browser(call, domain, kind).is_ok() {
        let name = format!("{}._dns-sd._udp.local", kind.label());
        full_name(&name.parse().expect("the name of a domain browser"));
    }
}

fn resolve_service(given: &mut Arguments<'_>) {
    let call = LookUp {
        flags: given.u32(),
        ..given.look_up()
    };
    let (name, of_type, domain) = (given.text(), given.text(), given.text());
    let accepted = check::service_resolver(call, name, of_type, domain, given.i32());
    let Ok(accepted) = accepted else {
        return;
    };
    let allowed = LookupFlags::USE_MULTICAST.with(LookupFlags::NO_TXT);
    assert!(
        accepted
            .flags
            .is_within(allowed.with(LookupFlags::NO_ADDRESS))
    );
    assert_eq!(accepted.flags.bits(), call.flags);
    assert_eq!(accepted.name.as_deref().unwrap_or_default(), name);
    service_type(&accepted.service_type);
}

fn resolve_host(given: &mut Arguments<'_>) {
    let call = given.look_up();
    if let Ok(accepted) = check::host_name_resolver(call, given.text(), given.i32()) {
        full_name(&accepted.name);
    }
}

fn resolve_address(given: &mut Arguments<'_>) {
    let call = given.look_up();
    if let Ok(accepted) = check::address_resolver(call, given.text()) {
        let reverse = cooee_daemon::avahi::reverse::reverse_name(accepted.address);
        full_name(&reverse.expect("an address has a name"));
    }
}

fn browse_records(given: &mut Arguments<'_>) {
    let call = given.look_up();
    let (name, class, rtype) = (given.text(), given.u16(), given.u16());
    if let Ok(accepted) = check::record_browser(call, name, class, rtype) {
        assert_eq!((class, accepted.rtype), (1, rtype));
        text_form(&accepted.name);
    }
}

fn host_label(text: &str) {
    if let Ok(label) = check::host_label(text) {
        let name = Name::from_labels([label.as_bytes(), b"local"]).expect("a label is a name");
        full_name(&name);
    }
}

fn next_host(text: &str) {
    if let Some(next) = alternative::host(text) {
        assert_ne!(next, text);
        host_label(&next);
        assert!(check::host_label(&next).is_ok(), "{next:?}");
    }
}

fn next_service(text: &str) {
    if let Some(next) = alternative::service(text) {
        assert_ne!(next, text);
        assert!(
            (1..=names::LABEL_BYTES_MAX).contains(&next.len()),
            "{next:?}"
        );
        if check::service_name(text).is_ok() {
            assert!(check::service_name(&next).is_ok(), "{next:?}");
        }
    }
}

fn text_of_a_name(text: &str) {
    let Some(labels) = names::labels(text) else {
        assert!(names::normalize(text).is_none() && names::read(text).is_none());
        return;
    };
    let normal = names::normalize(text).expect("what can be read can be written");
    // What was short with plain characters may be too long with escapes.
    if normal.len() <= names::NAME_TEXT_BYTES_MAX {
        assert_eq!(names::labels(&normal).as_ref(), Some(&labels));
        assert_eq!(names::normalize(&normal), Some(normal));
    }
    if let Some(name) = names::read(text) {
        text_form(&name);
    }
}

fn service(accepted: &ServiceRef, group: Group, name: &str) {
    publish_flags(accepted.flags, group);
    assert_eq!(accepted.name, name);
    service_type(&accepted.service_type);
    // A name may still be too long for its type.
    if let Ok(instance) = InstanceName::new(name, &accepted.service_type) {
        // It is composed already when it is read again.
        let again = InstanceName::new(&instance.label(), &accepted.service_type);
        assert_eq!(again.as_ref(), Ok(&instance));
        full_name(instance.name());
    }
}

fn service_type(accepted: &ServiceType) {
    let name = accepted.name();
    assert_eq!(ServiceType::from_name(name).as_ref(), Some(accepted));
    full_name(name);
}

fn publish_flags(accepted: PublishFlags, group: Group) {
    assert_eq!(accepted.bits(), group.flags);
    assert!(!accepted.has(PublishFlags::USE_WIDE_AREA));
}

fn txt(strings: &[&[u8]]) {
    if let Ok(txt) = check::txt(strings.iter().copied()) {
        let mut bytes = Vec::new();
        RData::Txt(txt.data().clone()).write_uncompressed(&mut bytes);
        let read = RData::parse(RecordType::TXT, &bytes);
        assert_eq!(read, Ok(RData::Txt(txt.data().clone())));
    }
}

/// A name of two labels or more.
fn full_name(name: &Name) {
    assert!(name.labels().count() >= 2, "{name}");
    text_form(name);
}

/// A name survives both text forms.
fn text_form(name: &Name) {
    assert_eq!(name.to_string().parse().as_ref(), Ok(name));
    let text = names::of(name);
    if text.len() <= names::NAME_TEXT_BYTES_MAX {
        assert_eq!(names::read(&text).as_ref(), Some(name));
    }
}
