//! Shared by the tests: services made by hand, a responder, a network namespace.
//!
//! In:  offers in words. Out: messages, services, a host on `lo` that answers.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use cooee_proto::config::Config;
use cooee_proto::dnssd::event::{DiscoveryEvent, News};
use cooee_proto::dnssd::{Agent, BrowseOptions};
use cooee_proto::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::Instant;
use cooee_proto::transmit::Datagram;
use cooee_wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, Section, Srv, Ttl, TxtData,
};

use crate::event::service::{InterfaceNames, Service};

mod responder;

pub(crate) use netcell::{run as in_namespace, sh};
pub(crate) use responder::Responder;

/// The link of services made by hand.
pub(crate) const LAN: LinkId = LinkId(2);

/// A service that a host offers.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) label: String,
    pub(crate) service_type: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) txt: String,
    pub(crate) ip: IpAddr,
    pub(crate) ttl: u32,
}

impl Offer {
    /// Returns an offer of `_http._tcp` on the host of its name.
    pub(crate) fn new(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            service_type: "_http._tcp".to_owned(),
            host: format!("{label}-host"),
            port: 80,
            txt: "path=/".to_owned(),
            ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9)),
            ttl: 120,
        }
    }

    pub(crate) fn with_type(mut self, service_type: &str) -> Self {
        self.service_type = service_type.to_owned();
        self
    }

    pub(crate) fn with_txt(mut self, txt: &str) -> Self {
        self.txt = txt.to_owned();
        self
    }

    pub(crate) fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Returns the same offer, withdrawn.
    pub(crate) fn goodbye(mut self) -> Self {
        self.ttl = 0;
        self
    }

    /// Returns everything about it, in one response.
    pub(crate) fn response(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 1_452);
        for (name, cache_flush, data) in self.records() {
            let ttl = Ttl(self.ttl);
            let fields = RecordFields {
                name: &name,
                class: Class::IN,
                cache_flush,
                ttl,
                data: &data,
            };
            builder
                .record(Section::Answer, fields)
                .expect("the records of one offer fit");
        }
        builder.finish();
        bytes
    }

    /// Returns whether a question is about it.
    pub(crate) fn answers(&self, asked: &Name) -> bool {
        self.records().iter().any(|(name, _, _)| name == asked)
    }

    fn records(&self) -> Vec<(Name, bool, RData)> {
        let service_type = name(&format!("{}.local", self.service_type));
        let instance = service_type
            .prepend(self.label.as_bytes())
            .expect("a short label");
        let host = name(&format!("{}.local", self.host));
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: self.port,
            target: host.clone(),
        };
        let txt = TxtData::from_strings([self.txt.as_bytes()]).expect("a short string");
        let (address, reverse) = match self.ip {
            IpAddr::V4(ip) => (RData::A(ip), cooee_proto::dnssd::reverse_name(self.ip)),
            IpAddr::V6(ip) => (RData::Aaaa(ip), cooee_proto::dnssd::reverse_name(self.ip)),
        };
        vec![
            (
                name("_services._dns-sd._udp.local"),
                false,
                RData::Ptr(service_type.clone()),
            ),
            (service_type, false, RData::Ptr(instance.clone())),
            (instance.clone(), true, RData::Srv(srv)),
            (instance, true, RData::Txt(txt)),
            (host.clone(), true, address),
            (reverse, true, RData::Ptr(host)),
        ]
    }
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name in a test is one")
}

/// Returns an agent on one link, [`LAN`].
pub(crate) fn agent() -> Agent {
    let mut agent = Agent::new(Config::default(), 1, Instant::ZERO);
    let addresses = vec![LinkAddress {
        ip: "10.0.0.1".parse().expect("an address"),
        prefix_len: 24,
    }];
    let info = LinkInfo {
        addresses,
        mtu: 1_500,
    };
    agent.handle_link(Instant::ZERO, LinkChange::Up { link: LAN, info });
    agent
}

/// Passes an offer to an agent.
pub(crate) fn hear(agent: &mut Agent, now: Instant, offer: &Offer) {
    let datagram = Datagram {
        link: LAN,
        source: "10.0.0.9:5353".parse().expect("an address"),
        destination: "224.0.0.251".parse().expect("an address"),
        bytes: &offer.response(),
    };
    let _ = agent.handle_datagram(now, datagram);
}

/// Returns the names of interfaces in tests: `lan0` is [`LAN`].
pub(crate) fn interface_names() -> InterfaceNames {
    let mut names = InterfaceNames::default();
    names.learn([(LAN.0, "lan0")].into_iter());
    names
}

/// Returns the service that an offer resolves to.
pub(crate) fn service(offer: &Offer) -> Service {
    Service::new(proto_service(offer), &interface_names())
}

fn proto_service(offer: &Offer) -> Arc<cooee_proto::dnssd::service::Service> {
    let mut agent = agent();
    let service_type = offer.service_type.parse().expect("a type in a test is one");
    let options = BrowseOptions {
        resolve: true,
        ..BrowseOptions::default()
    };
    agent.browse(Instant::ZERO, &service_type, options);
    hear(&mut agent, Instant::ZERO, offer);
    while let Some(event) = agent.poll_event() {
        if let News::Discovery(DiscoveryEvent::Added(service)) = event.news {
            return service;
        }
    }
    panic!("{offer:?} does not resolve");
}
