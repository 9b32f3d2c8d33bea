//! From a message to its reply.
//!
//! In:  the bytes of a message, where it came from and which address it went to.
//! Out: the bytes of the reply, if it gets one; counts.

use std::cell::RefCell;
use std::collections::HashSet;
use std::net::IpAddr;
use std::rc::Rc;

use cooee::{Mdns, Name, RecordType, Ttl};
use cooee_wire::Record;
use tokio::time::{Instant, sleep};

use super::additional::Additional;
use super::admission::{Admission, Admissions};
use super::counters::DnsCounters;
use super::links::Links;
use super::plan::{LinkQuestion, Plan, plan};
use super::progress::HeardOnLink;
use super::questions::{Heard, Questions};
use super::rate::Rate;
use super::reply::{self, Content, Transport};
use super::request::DnsRequest;
use super::scope::Scope;
use super::zone::{Shows, Zone};
use crate::config::DnsServer;

/// Answers messages.
pub(super) struct Responder {
    settings: DnsServer,
    mdns: Mdns,
    links: RefCell<Rc<Links>>,
    admissions: Admissions,
    questions: Questions,
    pub(super) counters: Rc<DnsCounters>,
}

/// Who has sent a message, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub(super) source: IpAddr,
    /// The address of this host.
    pub(super) asked: IpAddr,
    pub(super) transport: Transport,
}

impl Responder {
    pub(super) fn new(mdns: Mdns, settings: DnsServer, counters: Rc<DnsCounters>) -> Self {
        let links = Links::new(&mdns.interfaces());
        let rate = Rate::per_second(settings.requests_per_second);
        Self {
            links: RefCell::new(Rc::new(links)),
            admissions: Admissions::new(settings.allow.clone(), rate),
            questions: Questions::new(
                mdns.clone(),
                settings.wait_max,
                settings.link_questions_per_second,
                Rc::clone(&counters),
            ),
            mdns,
            settings,
            counters,
        }
    }

    /// Follows the interfaces, and ends questions that nobody asks any more.
    pub(super) async fn keep_up(&self) {
        loop {
            sleep(UPKEEP_PAUSE).await;
            let links = Links::new(&self.mdns.interfaces());
            self.links.replace(Rc::new(links));
            self.questions.end_unused(Instant::now());
        }
    }

    /// Judges a message that has come, and counts it.
    pub(super) fn admit(&self, asker: Asker) -> Admission {
        self.counters.received.add();
        let links = Rc::clone(&self.links.borrow());
        let from = (asker.source, asker.asked);
        let admission = self.admissions.judge(Instant::now(), &links, from);
        if admission == Admission::Drop {
            self.counters.rate_limited.add();
        }
        admission
    }

    /// Returns whether a source may connect to an address.
    pub(super) fn may_connect(&self, asker: Asker) -> bool {
        let links = Rc::clone(&self.links.borrow());
        let may = self.admissions.may_ask(&links, asker.source, asker.asked);
        if !may {
            self.counters.refused.add();
        }
        may
    }

    /// Answers or refuses a message.
    pub(super) async fn answer(
        &self,
        message: &[u8],
        asker: Asker,
        admission: Admission,
    ) -> Option<Vec<u8>> {
        let request = match DnsRequest::read(message) {
            Ok(request) => request,
            Err(unreadable) => {
                self.counters.malformed.add();
                return reply::to_unreadable(unreadable);
            }
        };
        let content = match admission {
            Admission::Answer => self.content(&request, asker).await,
            Admission::Refuse => Content::Refused,
            Admission::Drop => return None,
        };
        self.count(&content);
        Some(reply::write(&request, &content, asker.transport))
    }

    async fn content(&self, request: &DnsRequest, asker: Asker) -> Content {
        if request.edns.is_some_and(|edns| edns.version > EDNS_VERSION) {
            return Content::BadVersion;
        }
        let links = Rc::clone(&self.links.borrow());
        let question = (&request.name, request.rtype, request.class);
        match plan(&self.settings, &links, question) {
            Plan::Answer(content) => content,
            Plan::Ask(question) => self.ask(question, &request.name, &links, asker).await,
        }
    }

    async fn ask(
        &self,
        question: LinkQuestion,
        asked: &Name,
        links: &Links,
        asker: Asker,
    ) -> Content {
        let LinkQuestion { zone, name, rtype } = question;
        let expected = links.expected(zone.scope);
        let key = (zone.scope, name.clone(), rtype);
        let soa = || zone.soa(self.settings.ttl_secs_max);
        match self.questions.ask(asker.source, key, &expected).await {
            Heard::Records(records) => {
                let records = self.with_aliases(zone.scope, &name, records).await;
                let max = reply::records_max(asker.transport);
                let answers = self.translate(&zone, asked, &name, &records, max);
                if answers.is_empty() {
                    return Content::Empty(soa());
                }
                let ttl_secs_max = self.settings.ttl_secs_max;
                let additional = Additional::new(&self.questions, &zone, ttl_secs_max);
                let additional = additional.to(&records).await;
                Content::Found {
                    answers,
                    additional,
                }
            }
            Heard::Absent => Content::Empty(soa()),
            Heard::Silent { for_siblings } => {
                self.counters.timed_out.add();
                match for_siblings && is_missing(&zone, rtype) {
                    true => Content::Missing(soa()),
                    false => Content::Empty(soa()),
                }
            }
            Heard::Unknown => Content::Failed,
        }
    }

    /// Adds the aliases that lead from the name to records of other names.
    async fn with_aliases(
        &self,
        scope: Scope,
        name: &Name,
        records: Vec<(HeardOnLink, Ttl)>,
    ) -> Vec<(HeardOnLink, Ttl)> {
        let mut others = records.iter().map(|(record, _)| &record.name);
        let Some(end) = others.find(|owner| *owner != name).cloned() else {
            return records;
        };
        let mut chain = self.questions.aliases(scope, name, &end).await;
        chain.extend(records);
        chain
    }

    /// Returns the records as the zone shows them, each once, and not many more than fit into a reply.
    fn translate(
        &self,
        zone: &Zone,
        asked: &Name,
        name: &Name,
        records: &[(HeardOnLink, Ttl)],
        max: usize,
    ) -> Vec<Record> {
        let mut seen = HashSet::new();
        let shown = records.iter().filter_map(|(heard, ttl)| {
            let ttl_secs = ttl.as_secs().min(self.settings.ttl_secs_max);
            let mut record = zone.record(&heard.name, &heard.data, ttl_secs)?;
            if heard.name == *name {
                // In the letters of the question.
                record.name = asked.clone();
            }
            Some(record)
        });
        shown
            .filter(|record| seen.insert((record.name.clone(), record.data.clone())))
            .take(max)
            .collect()
    }

    fn count(&self, content: &Content) {
        let counters = &self.counters;
        match content {
            Content::Found { .. } => counters.answered.add(),
            Content::Empty(_) | Content::Missing(_) => counters.negative.add(),
            Content::Failed => counters.failed.add(),
            Content::Refused | Content::BadVersion => counters.refused.add(),
        }
    }
}

/// Returns whether a name for which nobody has answered does not exist. A name of a zone that shows a
/// link may always have names below it, and so may one that was asked about for one type alone.
//= https://www.rfc-editor.org/rfc/rfc8766#section-5.6
//# Where the text above refers to returning "a negative response to the
//# remote client", it is describing returning a "no error no answer"
//# negative response, not NXDOMAIN.
fn is_missing(zone: &Zone, rtype: RecordType) -> bool {
    match zone.shows {
        Shows::Local => matches!(rtype, RecordType::A | RecordType::AAAA),
        Shows::Addresses { .. } => rtype == RecordType::PTR,
        Shows::Link => false,
    }
}

/// The version of EDNS (RFC 6891).
const EDNS_VERSION: u8 = 0;

/// How often the interfaces are looked at.
const UPKEEP_PAUSE: std::time::Duration = std::time::Duration::from_secs(1);
