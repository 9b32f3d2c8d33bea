//! Why one name is not found: asks step by step, and then on the interfaces that are not used.
//!
//! In:  a driver, and the service or host that is wanted.
//! Out: [`Search`]: what was asked, what was heard, on which link and when. RFC 6763 sections 4
//!      (instances) and 5 (resolution).

use std::time::{Duration, Instant};

use cooee_net::{Decision, Family};
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_wire::{Name, RData, RecordType};

use super::finding::{SearchAnswer, SearchStep};
use crate::event::discovery::RecordEvent;
use crate::mdns::Builder;
use crate::session::handle::Mdns;

/// What is searched for.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Service(InstanceName),
    Host(Name),
}

/// The result of a search.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub(super) wanted: String,
    /// In the order in which they were asked; the search ends at the last one if it has no answer.
    pub(super) steps: Vec<SearchStep>,
    /// What was heard on interfaces that are not used.
    pub(super) elsewhere: Vec<Elsewhere>,
}

/// An answer on an interface that is not used.
#[derive(Clone, Debug)]
pub(super) struct Elsewhere {
    pub(super) interface: String,
    /// Why it is not used.
    pub(super) reason: String,
    pub(super) answer: SearchAnswer,
}

impl Search {
    /// Returns whether everything that is needed to connect was found.
    pub(super) fn is_found(&self) -> bool {
        self.steps
            .last()
            .is_some_and(|step| !step.answers.is_empty())
    }

    /// Asks on the links of the driver, and elsewhere if nobody answers there.
    pub(super) fn run(mdns: &Mdns, wanted: &Target, decisions: &[Decision], port: u16) -> Self {
        let mut search = match wanted {
            Target::Host(name) => Self {
                wanted: name.to_string(),
                steps: vec![addresses(mdns, name)],
                elsewhere: Vec::new(),
            },
            Target::Service(instance) => Self {
                wanted: instance.to_string(),
                steps: service(mdns, instance),
                elsewhere: Vec::new(),
            },
        };
        if !search.is_found() {
            search.elsewhere = elsewhere(wanted, decisions, port);
        }
        search
    }

    /// Asks where no driver can start: only on interfaces that are not used.
    pub(super) fn only_elsewhere(wanted: &Target, decisions: &[Decision], port: u16) -> Self {
        let text = match wanted {
            Target::Host(name) => name.to_string(),
            Target::Service(instance) => instance.to_string(),
        };
        Self {
            wanted: text,
            steps: Vec::new(),
            elsewhere: elsewhere(wanted, decisions, port),
        }
    }
}

fn service(mdns: &Mdns, instance: &InstanceName) -> Vec<SearchStep> {
    let service_type = instance.service_type().name();
    let is_listed = |data: &RData| matches!(data, RData::Ptr(name) if name == instance.name());
    let mut steps = vec![ask(mdns, service_type, RecordType::PTR, is_listed).0];
    let (srv, host) = ask(mdns, instance.name(), RecordType::SRV, |_| true);
    steps.push(srv);
    let Some(RData::Srv(srv)) = host else {
        return steps;
    };
    steps.push(addresses(mdns, &srv.target));
    steps
}

fn addresses(mdns: &Mdns, host: &Name) -> SearchStep {
    let is_address = |data: &RData| matches!(data, RData::A(_) | RData::Aaaa(_));
    ask(mdns, host, RecordType::ANY, is_address).0
}

/// Asks one question until it is answered or the time is over. Returns the first fitting data, too.
fn ask(
    mdns: &Mdns,
    name: &Name,
    rtype: RecordType,
    fits: impl Fn(&RData) -> bool,
) -> (SearchStep, Option<RData>) {
    let start = Instant::now();
    let what = match rtype {
        RecordType::ANY => "the addresses".to_owned(),
        rtype => format!("{rtype} records"),
    };
    let mut step = SearchStep {
        asked: format!("{what} of {name}"),
        waited: Duration::ZERO,
        answers: Vec::new(),
        others: Vec::new(),
    };
    let mut first = None;
    let Ok(records) = mdns.query(name, rtype).start() else {
        return (step, None);
    };
    let mut records = records.blocking();
    let mut end = STEP_MAX;
    while let Some(left) = end.checked_sub(start.elapsed()) {
        let Ok(event) = records.next_timeout(left) else {
            break;
        };
        if let RecordEvent::Added { record, interface } = event {
            let after = start.elapsed();
            let answer = SearchAnswer {
                text: format!("{} {}", record.data.rtype(), record.data),
                interface: interface.name().to_owned(),
                after,
            };
            if !fits(&record.data) {
                if step.others.len() < OTHERS_MAX {
                    step.others.push(answer);
                }
                continue;
            }
            end = end.min(after.saturating_add(SETTLED));
            step.answers.push(answer);
            first.get_or_insert(record.data);
            if step.answers.len() >= ANSWERS_MAX {
                break;
            }
        }
    }
    step.waited = start.elapsed();
    (step, first)
}

/// Asks on interfaces that could be used, but are not.
fn elsewhere(wanted: &Target, decisions: &[Decision], port: u16) -> Vec<Elsewhere> {
    let refused: Vec<&Decision> = decisions
        .iter()
        .filter(|decision| !decision.selected && could_be_used(decision))
        .take(INTERFACES_MAX)
        .collect();
    if refused.is_empty() {
        return Vec::new();
    }
    let names = refused.iter().map(|decision| decision.interface.index);
    let Ok(mdns) = Builder::new().interfaces(names).port(port).build() else {
        return Vec::new();
    };
    let step = match wanted {
        Target::Host(name) => addresses(&mdns, name),
        Target::Service(instance) => ask(&mdns, instance.name(), RecordType::SRV, |_| true).0,
    };
    let answers = step.answers.into_iter().filter_map(|answer| {
        let mut refused = refused.iter();
        let decision = refused.find(|decision| decision.interface.name == answer.interface)?;
        Some(Elsewhere {
            interface: answer.interface.clone(),
            reason: decision.reason.to_string(),
            answer,
        })
    });
    answers.collect()
}

fn could_be_used(decision: &Decision) -> bool {
    let interface = &decision.interface;
    let flags = interface.flags;
    flags.up
        && flags.multicast
        && !flags.loopback
        && [Family::V4, Family::V6]
            .into_iter()
            .any(|family| interface.has_usable(family))
}

/// How long one question may wait: it is asked again after one second, and after three.
const STEP_MAX: Duration = Duration::from_millis(3_500);

/// How long further answers are waited for after the first one.
const SETTLED: Duration = Duration::from_millis(300);

/// How many answers of a step are kept.
const ANSWERS_MAX: usize = 32;

/// How many records of a step are kept that are not what is wanted.
const OTHERS_MAX: usize = 8;

/// On how many interfaces that are not used a name is searched for.
const INTERFACES_MAX: usize = 8;
