//! The engine on a simulated host, and what its user has learned.
//!
//! In:  what a user asks for.
//! Out: the agent's events, kept with their times and as the state they amount to.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use cooee_proto::Agent;
use cooee_proto::config::Config;
use cooee_proto::dnssd::{AgentEvent, News, RequestId, Service};
use cooee_proto::link::{LinkChange, LinkId};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Transmit, Verdict};
use cooee_wire::{Name, RData, RecordType};

use crate::Birth;
use crate::node::Node;

/// Runs an [`Agent`] and keeps what it tells.
///
/// It panics where the events contradict each other: a service added twice or removed unknown, one
/// without an address, an event for a request that was stopped.
pub struct Listener {
    agent: Agent,
    news: Vec<(Instant, AgentEvent)>,
    services: BTreeMap<RequestId, Vec<Arc<Service>>>,
    answers: BTreeMap<RequestId, Vec<(LinkId, Name, RData)>>,
    stopped: Vec<RequestId>,
    verdicts: Vec<Verdict>,
}
