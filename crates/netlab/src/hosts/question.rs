//! What a datagram asks of the hosts.
//!
//! In:  a DNS message.
//! Out: ranges of hosts with the records they are asked for, and the known answers listed.

use cooee_wire::{Message, NameRef, RDataRef, RecordRef, RecordType};

use super::answer::{HOST_PREFIX, INSTANCE_PREFIX, Mask, SERVICE_LABELS, ttl_secs};

/// One question: some records of the hosts from `first` up to but without `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) mask: Mask,
    /// Whether the answer may be sent to the asker alone.
    pub(crate) unicast: bool,
}

/// The contents of one datagram for the hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) asked: Vec<Asked>,
    /// Records that the asker knows, sorted by host.
    pub(crate) known: Vec<(u32, Mask)>,
    /// Whether more known answers follow.
    pub(crate) truncated: bool,
}

impl Heard {
    /// Reads a query that concerns the first `count` hosts; `None` for all else.
    pub(crate) fn read(payload: &[u8], count: u32) -> Option<Self> {
        let message = Message::parse(payload).ok()?;
        let flags = message.header().flags;
        if flags.is_response() || flags.opcode() != 0 {
            return None;
        }
        let questions = message.questions().filter_map(Result::ok);
        let asked = questions.filter_map(|question| {
            let (first, last, mask) = asked_of(&question.name, question.rtype, count)?;
            Some(Asked {
                first,
                last,
                mask,
                unicast: question.unicast_response,
            })
        });
        let answers = message.answers().filter_map(Result::ok);
        let mut known: Vec<_> = answers.filter_map(|record| known_from(&record)).collect();
        known.sort_unstable_by_key(|(host, _)| *host);
        let heard = Self {
            asked: asked.collect(),
            known,
            truncated: flags.truncated(),
        };
        (!heard.asked.is_empty() || !heard.known.is_empty()).then_some(heard)
    }

    /// Returns the records of `host` that the asker knows.
    pub(crate) fn known_of(&self, host: u32) -> Mask {
        let start = self.known.partition_point(|(number, _)| *number < host);
        let own = self
            .known
            .iter()
            .skip(start)
            .take_while(|(number, _)| *number == host);
        own.fold(Mask::default(), |mask, (_, known)| mask.with(*known))
    }
}

/// Returns the hosts and records that a question concerns.
fn asked_of(name: &NameRef<'_>, rtype: RecordType, count: u32) -> Option<(u32, u32, Mask)> {
    let wanted = match rtype {
        RecordType::PTR => Mask::PTR,
        RecordType::SRV => Mask::SRV,
        RecordType::TXT => Mask::TXT,
        RecordType::A => Mask::A,
        RecordType::AAAA => Mask::AAAA,
        RecordType::ANY => Mask::PTR.with(Mask::INSTANCE).with(Mask::HOST),
        _ => return None,
    };
    let (first, last, owned) = match owner_of(name)? {
        Owner::Service => (0, count, Mask::PTR),
        Owner::Instance(host) => (host, host.saturating_add(1), Mask::INSTANCE),
        Owner::Host(host) => (host, host.saturating_add(1), Mask::HOST),
    };
    let mask = wanted.only(owned);
    (last <= count && !mask.is_empty()).then_some((first, last, mask))
}

/// A known answer that is fresh enough to suppress the host's answer.
//= https://www.rfc-editor.org/rfc/rfc6762#section-7.1
//# A Multicast DNS responder MUST NOT answer a Multicast DNS query if
//# the answer it would give is already included in the Answer Section
//# with an RR TTL at least half the correct value.
fn known_from(record: &RecordRef<'_>) -> Option<(u32, Mask)> {
    let (host, mask) = match (owner_of(&record.name)?, record.rtype) {
        (Owner::Service, RecordType::PTR) => (listed_by(record)?, Mask::PTR),
        (Owner::Instance(host), RecordType::SRV) => (host, Mask::SRV),
        (Owner::Instance(host), RecordType::TXT) => (host, Mask::TXT),
        (Owner::Host(host), RecordType::A) => (host, Mask::A),
        (Owner::Host(host), RecordType::AAAA) => (host, Mask::AAAA),
        (Owner::Service | Owner::Instance(_) | Owner::Host(_), _) => return None,
    };
    (record.ttl.as_secs() >= ttl_secs(mask) / 2).then_some((host, mask))
}

/// The host whose instance a PTR record lists.
fn listed_by(record: &RecordRef<'_>) -> Option<u32> {
    let Ok(RDataRef::Ptr(name)) = record.data() else {
        return None;
    };
    let Some(Owner::Instance(host)) = owner_of(&name) else {
        return None;
    };
    Some(host)
}

enum Owner {
    Service,
    Instance(u32),
    Host(u32),
}

fn owner_of(name: &NameRef<'_>) -> Option<Owner> {
    let mut labels = name.labels().map_while(Result::ok);
    let first = labels.next()?;
    if let Some(number) = number_after(first, HOST_PREFIX) {
        return Some(Owner::Host(number));
    }
    let is = |label: Option<&[u8]>, wanted: &str| {
        label.is_some_and(|label| label.eq_ignore_ascii_case(wanted.as_bytes()))
    };
    let [service, protocol] = SERVICE_LABELS;
    if is(Some(first), service) && is(labels.next(), protocol) {
        return Some(Owner::Service);
    }
    let number = number_after(first, INSTANCE_PREFIX)?;
    is(labels.next(), service).then_some(Owner::Instance(number))
}

fn number_after(label: &[u8], prefix: &str) -> Option<u32> {
    let (start, digits) = label.split_at_checked(prefix.len())?;
    if !start.eq_ignore_ascii_case(prefix.as_bytes()) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
