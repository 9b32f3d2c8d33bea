//! The shape of the agent until it is there.
#![allow(
    missing_docs,
    unused_variables,
    dead_code,
    reason = "goes away with the agent's arrival"
)]
use cooee_proto::config::Config;
use cooee_proto::dnssd::event::News;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::{ServiceType, Subtype};
use cooee_proto::event::Query;
use cooee_proto::link::{LinkChange, LinkId};
use cooee_proto::stats::Stats;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Deadline, Ignored, Transmit, Verdict};
use cooee_wire::Name;
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestId(u64);
pub(crate) struct AgentEvent {
    pub(crate) request: RequestId,
    pub(crate) news: News,
}
#[derive(Clone, Copy, Debug)]
pub(crate) struct AddressFamilies {
    pub(crate) v4: bool,
    pub(crate) v6: bool,
}
impl Default for AddressFamilies {
    fn default() -> Self {
        Self { v4: true, v6: true }
    }
}
#[derive(Clone, Debug, Default)]
pub(crate) struct BrowseOptions {
    pub(crate) subtype: Option<Subtype>,
    pub(crate) resolve: bool,
    pub(crate) link: Option<LinkId>,
}
pub(crate) struct Agent;
impl Agent {
    pub(crate) fn new(config: Config, seed: u64, now: Instant) -> Self {
        Self
    }
    pub(crate) fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) -> Verdict {
        Verdict::Ignored(Ignored::NotOurs)
    }
    pub(crate) fn handle_timeout(&mut self, now: Instant) {}
    pub(crate) fn handle_link(&mut self, now: Instant, change: LinkChange) {}
    pub(crate) fn browse(
        &mut self,
        now: Instant,
        service_type: &ServiceType,
        options: BrowseOptions,
    ) -> RequestId {
        RequestId(0)
    }
    pub(crate) fn resolve(
        &mut self,
        now: Instant,
        instance: &InstanceName,
        link: Option<LinkId>,
    ) -> RequestId {
        RequestId(0)
    }
    pub(crate) fn lookup_host(
        &mut self,
        now: Instant,
        name: &Name,
        families: AddressFamilies,
        link: Option<LinkId>,
    ) -> RequestId {
        RequestId(0)
    }
    pub(crate) fn lookup_addr(
        &mut self,
        now: Instant,
        ip: IpAddr,
        link: Option<LinkId>,
    ) -> RequestId {
        RequestId(0)
    }
    pub(crate) fn browse_types(&mut self, now: Instant, link: Option<LinkId>) -> RequestId {
        RequestId(0)
    }
    pub(crate) fn query(&mut self, now: Instant, query: Query) -> RequestId {
        RequestId(0)
    }
    pub(crate) fn stop(&mut self, now: Instant, request: RequestId) {}
    pub(crate) fn reconfirm(&mut self, now: Instant, instance: &InstanceName) {}
    pub(crate) fn stats(&self) -> Stats {
        Stats::default()
    }
    pub(crate) fn poll_event(&mut self) -> Option<AgentEvent> {
        None
    }
    pub(crate) fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Transmit> {
        None
    }
    pub(crate) fn poll_timeout(&self) -> Option<Deadline> {
        None
    }
}
