//! Checks that must hold for any text or bytes given as a service type, an instance name or
//! attributes.
//!
//! In:  bytes, from a fuzzer or from its corpus.
//! Out: nothing, or a panic that says what does not hold.

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::{ServiceType, Subtype};
use cooee_proto::dnssd::txt::{Txt, TxtValue};
use cooee_proto::wire::{Name, TxtData};

/// Takes bytes as each of the forms; whatever is accepted survives its own text and wire form.
pub(crate) fn check(bytes: &[u8]) {
    attributes(bytes);
    strings(bytes);
    if let Ok(name) = Name::from_wire(bytes) {
        from_network(&name);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    service_type(text);
    subtype(text);
    instance(text);
}

fn service_type(text: &str) {
    let Ok(service_type) = text.parse::<ServiceType>() else {
        return;
    };
    let again = service_type.to_string().parse();
    assert_eq!(again.as_ref(), Ok(&service_type), "{text:?}");
    assert_eq!(
        ServiceType::from_name(service_type.name()),
        Some(service_type.clone())
    );
    assert_eq!(
        service_type.name().first_label(),
        Some(service_type.service_bytes())
    );
}

fn subtype(text: &str) {
    let Ok(subtype) = text.parse::<Subtype>() else {
        return;
    };
    let name = http().subtype_name(&subtype);
    assert_eq!(name.first_label(), Some(text.as_bytes()));
    assert_eq!(name.label_count(), 5);
}

fn instance(text: &str) {
    let Ok(instance) = InstanceName::new(text, &http()) else {
        return;
    };
    // Text is converted to form NFC, once; ASCII already has it.
    let again = InstanceName::new(&instance.label(), &http());
    assert_eq!(again.as_ref(), Ok(&instance), "{text:?}");
    if text.is_ascii() {
        assert_eq!(instance.label(), text);
    }
    let name: Name = instance
        .to_string()
        .parse()
        .expect("the text form of an instance is a name");
    assert_eq!(
        InstanceName::from_name(&name).as_ref(),
        Some(&instance),
        "{text:?}"
    );
}

/// Names from the network are accepted more widely; accepted names stay unchanged.
fn from_network(name: &Name) {
    if let Some(service_type) = ServiceType::from_name(name) {
        assert_eq!(service_type.name(), name);
        assert!(service_type.service_bytes().starts_with(b"_"));
        let again: ServiceType = service_type.to_string().parse().expect("its own text");
        // The text leaves the domain out, and with it the case in which it was written.
        assert_eq!(again.name(), name);
        assert_eq!(again.service_bytes(), service_type.service_bytes());
    }
    if let Some(instance) = InstanceName::from_name(name) {
        assert_eq!(instance.name(), name);
        assert_eq!(Some(instance.label_bytes()), name.first_label());
        let parent = name.parent().expect("an instance has a type");
        assert_eq!(instance.service_type().name(), &parent);
    }
}

/// Bytes as the data of a TXT record.
fn attributes(bytes: &[u8]) {
    let Ok(data) = TxtData::from_wire(bytes) else {
        return;
    };
    let txt = Txt::from_data(data);
    let strings: Vec<&[u8]> = txt.strings().collect();
    assert_eq!(txt.is_empty(), strings.is_empty());
    for (key, value) in txt.iter() {
        assert!(!key.is_empty());
        if let TxtValue::Bytes(value) = value {
            assert!(key.len() + 1 + value.len() <= 3 * 255, "{key}");
        }
        let first = txt
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(&key));
        if key.is_ascii() {
            assert_eq!(txt.value(&key), first.map(|(_, value)| value));
        }
    }
    if let Ok(again) = Txt::from_strings(strings.iter().copied()) {
        assert!(again.strings().eq(txt.strings()));
    }
}

/// Lines as the strings of a TXT record.
fn strings(bytes: &[u8]) {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let Ok(txt) = Txt::from_strings(lines.iter().copied()) else {
        return;
    };
    assert!(txt.strings().eq(lines.iter().copied()));
    for line in lines {
        let key = line.split(|byte| *byte == b'=').next().unwrap_or_default();
        let key = std::str::from_utf8(key).expect("keys are ASCII");
        assert!(txt.value(key).is_some(), "{key}");
    }
}

fn http() -> ServiceType {
    "_http._tcp".parse().expect("a service type")
}
