//! The form that `serde` gives to services and events, which stays as it is.

use cooee_proto::dnssd::txt::Txt;
use cooee_proto::event::{Answer, Removal};
use cooee_proto::link::Families;
use cooee_wire::{RData, RecordType, Ttl};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{InterfaceId, Service};
use crate::testing::{Offer, interface_names, name, service};
use crate::{
    Family, Goodbyes, Host, InstanceEvent, RecordEvent, RegisterError, SendFailure, ServiceEvent,
    Status, TypeEvent,
};

/// Checks that a value has this form, and is read back from it.
#[track_caller]
fn assert_form<T>(value: &T, form: serde_json::Value)
where
    T: serde::Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(serde_json::to_value(value).unwrap(), form);
    assert_eq!(&serde_json::from_value::<T>(form).unwrap(), value);
}

/// Checks that a value has this form.
#[track_caller]
fn assert_written(value: &impl serde::Serialize, form: serde_json::Value) {
    assert_eq!(serde_json::to_value(value).unwrap(), form);
}

fn lan0() -> InterfaceId {
    interface_names().of(crate::testing::LAN)
}

fn web() -> serde_json::Value {
    json!({
        "instance": "Front\\.Door._http._tcp.local",
        "host": "desk.local",
        "port": 80,
        "priority": 0,
        "weight": 0,
        "txt": ["path=/"],
        "addresses": [{"ip": "fe80::9", "interface": {"index": 2, "name": "lan0"}}],
    })
}

fn front_door() -> Service {
    let mut offer = Offer::new("Front.Door");
    offer.host = "desk".to_owned();
    offer.ip = "fe80::9".parse().unwrap();
    service(&offer)
}

#[test]
fn a_service_has_its_fields_and_is_read_back_with_its_interfaces() {
    let door = front_door();
    assert_form(&door, web());
    let read: Service = serde_json::from_value(web()).unwrap();
    assert_eq!(read.to_string(), door.to_string());
    assert_eq!(read.socket_addrs(), door.socket_addrs());
    let mut ranked = web();
    (ranked["priority"], ranked["weight"]) = (json!(1), json!(2));
    let read: Service = serde_json::from_value(ranked.clone()).unwrap();
    assert_eq!((read.priority(), read.weight()), (1, 2));
    assert_written(&read, ranked);
}

#[test]
fn what_can_be_no_service_is_refused() {
    for (field, wrong, why) in [
        ("addresses", json!([]), "at least one address"),
        ("instance", json!("desk.local"), "not an instance name"),
        (
            "addresses",
            json!([{"ip": "10.0.0.9", "interface": {"index": 0, "name": "lan0"}}]),
            "index 0",
        ),
        ("host", json!("x".repeat(64)), ""),
        ("port", json!(65_536), ""),
    ] {
        let mut service = web();
        service[field] = wrong;
        let error = serde_json::from_value::<Service>(service).unwrap_err();
        assert!(error.to_string().contains(why), "{field}: {error}");
    }
}

#[test]
fn the_strings_of_a_txt_record_are_text_and_otherwise_bytes() {
    let strings: [&[u8]; 5] = [b"path=/", b"flag", b"", b"bin=\xff", b"path=again"];
    let txt = Txt::exactly(strings).unwrap();
    let form = json!(["path=/", "flag", "", [98, 105, 110, 61, 255], "path=again"]);
    assert_form(&txt, form);
    assert_form(&Txt::empty(), json!([]));
    assert!(serde_json::from_value::<Txt>(json!(["x".repeat(256)])).is_err());
    assert!(serde_json::from_value::<Txt>(json!([[256]])).is_err());
}

#[test]
fn an_event_is_named_and_has_what_it_is_about() {
    let (door, newer) = (front_door(), front_door());
    let diff = door.diff(&newer);
    assert_form(&ServiceEvent::Added(door.clone()), json!({"added": web()}));
    let diff_form = json!({"endpoint": false, "txt": false, "addresses": false});
    let updated = json!({"updated": {"service": web(), "diff": diff_form}});
    let service = newer;
    assert_form(&ServiceEvent::Updated { service, diff }, updated);
    let (last, why) = (door.clone(), Removal::InterfaceGone);
    let removed = json!({"removed": {"last": web(), "why": "interface_gone"}});
    assert_form(&ServiceEvent::Removed { last, why }, removed);
    let instance = door.instance().clone();
    let full = json!("Front\\.Door._http._tcp.local");
    let unavailable = ServiceEvent::Unavailable(instance.clone());
    assert_form(&unavailable, json!({"unavailable": full}));
    assert_form(
        &ServiceEvent::Lagged { missed: 3 },
        json!({"lagged": {"missed": 3}}),
    );

    assert_form(
        &InstanceEvent::Found(instance.clone()),
        json!({"found": full}),
    );
    let why = Removal::Goodbye;
    let lost = json!({"lost": {"instance": full, "why": "goodbye"}});
    assert_form(&InstanceEvent::Lost { instance, why }, lost);
    let found = TypeEvent::Found(door.service_type().clone());
    assert_form(&found, json!({"found": "_http._tcp"}));
    let host = Host {
        name: name("desk.local"),
        addresses: door.addresses().collect(),
        v4_denied: true,
        v6_denied: false,
    };
    let form = json!({
        "name": "desk.local",
        "addresses": web()["addresses"],
        "v4_denied": true,
        "v6_denied": false,
    });
    assert_form(&host, form);
}

#[test]
fn a_record_and_a_status_are_written_with_text_for_their_details() {
    let record = Answer {
        name: name("desk.local"),
        ttl: Ttl(120),
        unique: true,
        data: RData::A([10, 0, 0, 9].into()),
        families: Families::default(),
    };
    let interface = json!({"index": 2, "name": "lan0"});
    let form = json!({
        "name": "desk.local", "type": "A", "ttl": 120, "unique": true, "data": "10.0.0.9",
    });
    let added = RecordEvent::Added {
        record,
        interface: lan0(),
    };
    assert_written(
        &added,
        json!({"added": {"record": form, "interface": interface}}),
    );
    let denied = RecordEvent::Denied {
        rtype: RecordType::AAAA,
        interface: lan0(),
    };
    assert_written(
        &denied,
        json!({"denied": {"rtype": "AAAA", "interface": interface}}),
    );

    let waiting = Status::Waiting {
        interface: lan0(),
        family: Some(Family::V6),
        why: SendFailure::NoSocket,
    };
    let why = SendFailure::NoSocket.to_string();
    let form = json!({"waiting": {"interface": interface, "family": "IPv6", "why": why}});
    assert_written(&waiting, form);
    let delayed = Status::UpdateDelayed {
        by: std::time::Duration::from_millis(1_500),
    };
    assert_written(&delayed, json!({"update_delayed": {"by": 1.5}}));
    let error = RegisterError::NameTaken {
        name: name("desk.local"),
    };
    let message = error.to_string();
    assert_written(&Status::Failed(error), json!({"failed": message}));
    assert_written(&Status::Withdrawn, json!("withdrawn"));
    assert_form(&Goodbyes::default(), json!({"interfaces": []}));
}
