//! Which questions are asked when, and what is reported, without a server.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use cooee::{RData, RecordType, Srv, TxtData};

use super::super::message::{DnsQuestion, ZoneRecords};
use super::super::resolver::LookedUp;
use super::super::tests::name;
use super::{ZoneFollower, ZoneGoal};
use crate::args::Args;
use crate::families::Families;
use crate::output::{Action, Report};

/// A zone whose records live for ten seconds, and somebody who follows it.
struct FakeZone {
    follower: ZoneFollower,
    now: Instant,
    records: BTreeMap<String, Vec<RData>>,
    ttl_secs: u32,
    is_down: bool,
    /// Given with every answer.
    others: Vec<String>,
    asked: Vec<String>,
}

impl FakeZone {
    fn new(goal: ZoneGoal) -> Self {
        let now = Instant::now();
        let domain = "zone.example".parse().unwrap();
        let options = Args::parse(["cooee".into(), "types".into()])
            .unwrap()
            .options;
        let families = Families::of(&options);
        Self {
            follower: ZoneFollower::new(domain, goal, families, now),
            now,
            records: BTreeMap::new(),
            ttl_secs: 10,
            is_down: false,
            others: Vec::new(),
            asked: Vec::new(),
        }
    }

    fn browsing() -> Self {
        Self::new(ZoneGoal::Type("_http._tcp".parse().unwrap()))
    }

    /// Sets the records of a name and type: targets, texts or addresses.
    fn set(&mut self, owner: &str, rtype: &str, values: &[&str]) {
        let full = |text: &str| match text {
            "." => name("."),
            text => name(&format!("{text}.zone.example")),
        };
        let data = values.iter().map(|value| match rtype {
            "PTR" => RData::Ptr(full(value)),
            "SRV" => RData::Srv(Srv {
                priority: 0,
                weight: 0,
                port: 80,
                target: full(value),
            }),
            "TXT" => RData::Txt(TxtData::from_strings([value.as_bytes()]).unwrap()),
            _ => RData::from(value.parse::<IpAddr>().unwrap()),
        });
        let key = format!("{}.zone.example {rtype}", owner);
        self.records.insert(key, data.collect());
    }

    fn publish(&mut self, instance: &str) {
        let full = format!("{instance}._http._tcp");
        self.set(&full, "SRV", &["peer"]);
        self.set(&full, "TXT", &["path=/"]);
        self.set("peer", "A", &["10.9.0.2"]);
    }

    fn lookup(&self, key: &str) -> ZoneRecords {
        let data = self.records.get(key).cloned().unwrap_or_default();
        ZoneRecords {
            name_exists: !data.is_empty(),
            data,
            ttl_secs: self.ttl_secs,
        }
    }

    /// Answers everything that is due, and returns what was reported.
    fn settle(&mut self) -> Vec<String> {
        while let Some(question) = self.follower.next_question(self.now) {
            let key = key(&question);
            let others = self
                .others
                .iter()
                .map(|other| (question_of(other), self.lookup(other)));
            let answer = LookedUp {
                records: self.lookup(&key),
                others: others.collect(),
            };
            let answer = if self.is_down {
                Err("down".to_owned())
            } else {
                Ok(answer)
            };
            self.asked.push(key);
            self.follower.on_answer(self.now, &question, answer);
        }
        let reports = std::iter::from_fn(|| self.follower.next_report());
        reports.map(|report| shown(&report)).collect()
    }

    fn pass(&mut self, secs: u64) -> Vec<String> {
        let end = self.now + Duration::from_secs(secs);
        let mut reports = Vec::new();
        while let Some(due) = self.follower.deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            reports.extend(self.settle());
        }
        self.now = end;
        reports
    }
}

fn key(question: &DnsQuestion) -> String {
    format!("{} {}", question.name, question.rtype)
}

fn question_of(key: &str) -> DnsQuestion {
    let (owner, rtype) = key.rsplit_once(' ').unwrap();
    DnsQuestion::new(&name(owner), rtype.parse::<RecordType>().unwrap())
}

fn shown(report: &Report) -> String {
    match report {
        Report::Found(instance) => format!("found {}", instance.instance),
        Report::Lost { instance, why } => format!("lost {} {why}", instance.instance),
        Report::Unavailable(instance) => format!("unavailable {}", instance.instance),
        Report::Resolved(service) => {
            format!(
                "resolved {} {}",
                service.instance.instance,
                service.addresses.join(" ")
            )
        }
        Report::Updated { service, changed } => {
            format!(
                "updated {} {}",
                service.instance.instance,
                changed.join(" ")
            )
        }
        Report::Removed { service, why } => format!("removed {} {why}", service.instance.instance),
        Report::Type {
            action,
            service_type,
        } => match action {
            Action::Add => format!("+{service_type}"),
            Action::Remove => format!("-{service_type}"),
        },
        Report::Host { .. }
        | Report::Reverse { .. }
        | Report::Record(_)
        | Report::Denied { .. }
        | Report::Lagged { .. } => panic!("{report:?}"),
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn an_arrival_a_change_and_a_departure_are_seen_when_the_records_have_run_out() {
    let mut zone = FakeZone::browsing();
    assert_eq!(zone.settle(), NOTHING);
    assert!(zone.follower.is_round_over());
    zone.publish("Web");
    zone.set("_http._tcp", "PTR", &["Web._http._tcp"]);
    assert_eq!(zone.pass(9), NOTHING);
    assert_eq!(zone.pass(1), ["found Web", "resolved Web 10.9.0.2"]);
    zone.set("Web._http._tcp", "TXT", &["path=/new"]);
    zone.set("peer", "AAAA", &["fd00::2"]);
    let mut changes = zone.pass(10);
    changes.sort();
    assert_eq!(changes, ["updated Web addresses", "updated Web txt"]);
    zone.set("_http._tcp", "PTR", &[]);
    assert_eq!(zone.pass(10), ["removed Web expired", "lost Web expired"]);
    zone.asked.clear();
    assert_eq!(zone.pass(20), NOTHING);
    assert_eq!(zone.asked, ["_http._tcp.zone.example PTR"; 2]);
}

#[test]
fn additional_records_save_questions() {
    let mut zone = FakeZone::browsing();
    zone.publish("Web");
    zone.set("_http._tcp", "PTR", &["Web._http._tcp"]);
    zone.others = ["Web._http._tcp.zone.example SRV", "peer.zone.example A"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(zone.settle(), ["found Web", "resolved Web 10.9.0.2"]);
    zone.asked.sort();
    let wanted = [
        "Web._http._tcp.zone.example TXT",
        "_http._tcp.zone.example PTR",
        "peer.zone.example AAAA",
    ];
    assert_eq!(zone.asked, wanted);
    // They also keep what is known up to date.
    zone.asked.clear();
    zone.pass(10);
    zone.asked.sort();
    assert_eq!(zone.asked, wanted);
}

#[test]
fn the_time_between_questions_has_bounds() {
    for (ttl_secs, count) in [(0, 60), (7, 8), (u32::MAX, 1)] {
        let mut zone = FakeZone::browsing();
        zone.ttl_secs = ttl_secs;
        zone.settle();
        zone.asked.clear();
        zone.pass(if ttl_secs == u32::MAX { 600 } else { 60 });
        assert_eq!(zone.asked.len(), count, "TTL {ttl_secs}");
    }
    let mut zone = FakeZone::browsing();
    let names: Vec<String> = (0..1_001)
        .map(|number| format!("{number}._http._tcp"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    zone.set("_http._tcp", "PTR", &names);
    zone.ttl_secs = 0;
    assert_eq!(zone.settle().len(), 1_000);
    let warning = zone.follower.next_warning();
    assert_eq!(warning.as_deref(), Some("only 1000 services are followed"));
    zone.pass(20);
    zone.asked.clear();
    zone.pass(42);
    let count = zone.asked.len();
    assert!((2_000..=100 * 63).contains(&count), "{count}");
}

#[test]
fn while_no_server_answers_everything_stays_for_a_minute() {
    let mut zone = FakeZone::browsing();
    zone.publish("Web");
    zone.set("_http._tcp", "PTR", &["Web._http._tcp"]);
    zone.settle();
    zone.is_down = true;
    assert_eq!(zone.pass(60), NOTHING);
    assert_eq!(zone.follower.next_warning().as_deref(), Some("down"));
    assert_eq!(zone.follower.next_warning(), None);
    assert_eq!(zone.follower.why_nothing().as_deref(), Some("down"));
    assert_eq!(
        zone.pass(100),
        ["removed Web unanswered", "lost Web unanswered"]
    );
    zone.is_down = false;
    assert_eq!(zone.pass(100), ["found Web", "resolved Web 10.9.0.2"]);
}

#[test]
fn what_is_incomplete_is_found_and_not_resolved() {
    let mut zone = FakeZone::browsing();
    zone.set("_http._tcp", "PTR", &["Web._http._tcp"]);
    assert_eq!(zone.settle(), ["found Web"]);
    zone.publish("Web");
    assert_eq!(zone.pass(10), ["resolved Web 10.9.0.2"]);
    zone.set("peer", "A", &["fe80::1"]);
    assert_eq!(zone.pass(10), ["removed Web no address"]);
    zone.set("peer", "A", &["10.9.0.3"]);
    assert_eq!(zone.pass(10), ["resolved Web 10.9.0.3"]);
    zone.set("Web._http._tcp", "SRV", &["."]);
    assert_eq!(
        zone.pass(10),
        ["removed Web not available", "unavailable Web"]
    );
    assert_eq!(zone.pass(30), NOTHING);
}

#[test]
fn names_of_a_link_are_not_asked_for() {
    let mut zone = FakeZone::browsing();
    let key = "_http._tcp.zone.example PTR".to_owned();
    zone.records
        .insert(key, vec![RData::Ptr(name("Web._http._tcp.local"))]);
    assert_eq!(zone.settle(), NOTHING);
    assert_eq!(zone.asked.len(), 1);
}

#[test]
fn types_come_and_go_and_each_is_browsed_if_all_are_wanted() {
    let listing = "_services._dns-sd._udp";
    let mut zone = FakeZone::new(ZoneGoal::Types);
    zone.set(listing, "PTR", &["_http._tcp", "_ipp._tcp", "nonsense"]);
    assert_eq!(zone.settle(), ["+_http._tcp", "+_ipp._tcp"]);
    zone.set(listing, "PTR", &["_ipp._tcp"]);
    assert_eq!(zone.pass(10), ["-_http._tcp"]);

    let mut zone = FakeZone::new(ZoneGoal::All);
    zone.publish("Web");
    zone.set(listing, "PTR", &["_http._tcp", "_ipp._tcp"]);
    zone.set("_http._tcp", "PTR", &["Web._http._tcp"]);
    assert_eq!(zone.settle(), ["found Web", "resolved Web 10.9.0.2"]);
    zone.set(listing, "PTR", &["_ipp._tcp"]);
    assert_eq!(zone.pass(10), ["removed Web expired", "lost Web expired"]);
}

#[test]
fn one_service_is_followed_without_a_list() {
    let instance = "Web._http._tcp.local".parse().unwrap();
    let mut zone = FakeZone::new(ZoneGoal::Instance(instance));
    assert_eq!(zone.settle(), NOTHING);
    let why = zone.follower.why_nothing().unwrap();
    assert_eq!(why, "`Web._http._tcp.zone.example` does not exist");
    zone.publish("Web");
    assert_eq!(zone.pass(10), ["resolved Web 10.9.0.2"]);
    zone.records = BTreeMap::new();
    assert_eq!(zone.pass(10), ["removed Web expired"]);
}
