//! The text form of events.

use cooee_proto::dnssd::service::ServiceDiff;
use cooee_proto::event::Removal;

use super::{InstanceEvent, ServiceEvent, TypeEvent};
use crate::testing::{Offer, service};

#[test]
fn every_event_about_a_service_is_one_line_for_people() {
    let service = service(&Offer::new("web"));
    let mut diff = ServiceDiff::default();
    (diff.endpoint, diff.txt) = (true, true);
    let instance = service.instance().clone();
    let at = "web._http._tcp.local at web-host.local:80 (10.0.0.9)";
    let cases = [
        (
            ServiceEvent::Added(service.clone()).to_string(),
            format!("added {at}"),
        ),
        (
            ServiceEvent::Updated {
                service: service.clone(),
                diff,
            }
            .to_string(),
            format!("updated {at}: endpoint, txt"),
        ),
        (
            ServiceEvent::Removed {
                last: service.clone(),
                why: Removal::Unconfirmed,
            }
            .to_string(),
            "removed web._http._tcp.local: not confirmed".to_owned(),
        ),
        (
            ServiceEvent::Unavailable(instance.clone()).to_string(),
            "unavailable web._http._tcp.local".to_owned(),
        ),
        (
            ServiceEvent::Lagged { missed: 7 }.to_string(),
            "lagged: 7 events were dropped".to_owned(),
        ),
        (
            InstanceEvent::Lost {
                instance,
                why: Removal::Goodbye,
            }
            .to_string(),
            "lost web._http._tcp.local: goodbye".to_owned(),
        ),
        (
            TypeEvent::Found(service.service_type().clone()).to_string(),
            "found _http._tcp".to_owned(),
        ),
    ];
    for (shown, expected) in cases {
        assert_eq!(shown, expected);
    }
}
