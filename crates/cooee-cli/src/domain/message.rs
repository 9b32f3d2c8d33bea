//! Messages to DNS servers and from them.
//!
//! In:  a question; the bytes of a reply.
//! Out: the bytes of a query; what the reply means. RFC 1035 section 4.1, RFC 2308 (absent records),
//!      RFC 6891 section 6.1 (EDNS).

use std::collections::HashMap;

use cooee::{Name, RData, RecordType};
use cooee_wire::{Class, Edns, Flags, Message, MessageBuilder, Rcode, Section};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct DnsQuestion {
    pub(super) name: Name,
    pub(super) rtype: RecordType,
}

impl DnsQuestion {
    /// Creates a question.
    pub(super) fn new(name: &Name, rtype: RecordType) -> Self {
        let name = name.clone();
        Self { name, rtype }
    }
}

/// The records of one name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ZoneRecords {
    /// Empty if there are none.
    pub(super) data: Vec<RData>,
    /// How long that is valid.
    pub(super) ttl_secs: u32,
    /// Whether the name exists, perhaps with records of other types.
    pub(super) name_exists: bool,
}

/// What a reply means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DnsReply {
    /// It is not a reply to this question.
    Foreign,
    /// The records, or that there are none; and others that the server has added.
    Records(ZoneRecords, HashMap<DnsQuestion, ZoneRecords>),
    /// The name is an alias, and the server does not give the records of the other name.
    Alias { target: Name, ttl_secs: u32 },
    /// It does not fit into a datagram.
    Truncated,
    /// The server names others that know more.
    Referral,
    /// The server gives an error code.
    Error(Rcode),
    /// It cannot be read.
    Malformed,
}

/// Writes a query.
pub(super) fn query(id: u16, question: &DnsQuestion, with_edns: bool) -> Vec<u8> {
    let mut buffer = Vec::new();
    let flags = Flags::QUERY.with_recursion_desired(true);
    let mut builder = MessageBuilder::new(&mut buffer, id, flags, QUERY_BYTES);
    // A name and the fixed parts are less than what a query may have.
    let _ = builder.question(&question.name, question.rtype, Class::IN, false);
    if with_edns {
        let _ = builder.edns(Edns::new(PAYLOAD_BYTES_MAX));
    }
    builder.finish();
    buffer
}

/// Reads a reply to the query with this number.
pub(super) fn read(bytes: &[u8], id: u16, question: &DnsQuestion) -> DnsReply {
    let Some(message) = Message::parse(bytes).ok().filter(|message| {
        let header = message.header();
        header.id == id && header.flags.is_response() && header.flags.opcode() == 0
    }) else {
        return DnsReply::Foreign;
    };
    let (flags, counts) = (message.header().flags, message.header().counts);
    // A server that could not read the question does not repeat it.
    let is_unread = counts.questions == 0 && flags.rcode() == Rcode::FORM_ERR;
    if !is_unread && !repeats(&message, question) {
        return DnsReply::Foreign;
    }
    if !matches!(flags.rcode(), Rcode::NO_ERROR | Rcode::NX_DOMAIN) {
        return DnsReply::Error(flags.rcode());
    }
    if flags.truncated() {
        return DnsReply::Truncated;
    }
    match Contents::read(&message) {
        Some(contents) => contents.judge(question, flags),
        None => DnsReply::Malformed,
    }
}

fn repeats(message: &Message<'_>, question: &DnsQuestion) -> bool {
    let mut questions = message.questions();
    let first = questions.next().and_then(Result::ok);
    let is_same = first.is_some_and(|first| {
        let is_plain = first.class == Class::IN && !first.unicast_response;
        is_plain && first.rtype == question.rtype && first.name.matches(&question.name)
    });
    is_same && questions.next().is_none()
}

/// The records of a reply, by name and type.
#[derive(Default)]
struct Contents {
    answers: HashMap<DnsQuestion, ZoneRecords>,
    additionals: HashMap<DnsQuestion, ZoneRecords>,
    /// How long it is valid that there is nothing, if the reply says so.
    negative_ttl_secs: Option<u32>,
    has_name_servers: bool,
}

impl Contents {
    /// Returns `None` if the message cannot be read to its end.
    fn read(message: &Message<'_>) -> Option<Self> {
        let mut contents = Self::default();
        for record in message.records() {
            let (section, record) = record.ok()?;
            if record.class != Class::IN || record.cache_flush {
                continue;
            }
            // A record with a fault in its data costs only itself.
            let Ok(record) = record.to_record() else {
                continue;
            };
            let ttl_secs = record.ttl.as_secs();
            let records = match section {
                Section::Answer => &mut contents.answers,
                Section::Additional => &mut contents.additionals,
                Section::Authority => {
                    contents.has_name_servers |= record.rtype() == RecordType::NS;
                    if let Some(minimum_secs) = minimum_secs(&record.data) {
                        contents.negative_ttl_secs = Some(ttl_secs.min(minimum_secs));
                    }
                    continue;
                }
            };
            let key = DnsQuestion::new(&record.name, record.rtype());
            let set = records.entry(key).or_insert_with(|| ZoneRecords {
                data: Vec::new(),
                ttl_secs,
                name_exists: true,
            });
            set.ttl_secs = set.ttl_secs.min(ttl_secs);
            if !set.data.contains(&record.data) && set.data.len() < RECORDS_MAX {
                set.data.push(record.data);
            }
        }
        Some(contents)
    }

    fn judge(mut self, question: &DnsQuestion, flags: Flags) -> DnsReply {
        let mut asked = question.clone();
        let mut ttl_secs_max = u32::MAX;
        let mut is_alias = false;
        for _ in 0..ALIASES_MAX {
            if let Some(mut found) = self.answers.remove(&asked) {
                found.ttl_secs = found.ttl_secs.min(ttl_secs_max);
                return DnsReply::Records(found, self.additionals);
            }
            let alias = DnsQuestion::new(&asked.name, RecordType::CNAME);
            let Some(alias) = self.answers.remove(&alias) else {
                break;
            };
            if let Some(RData::Cname(target)) = alias.data.into_iter().next() {
                asked.name = target;
                is_alias = true;
                ttl_secs_max = ttl_secs_max.min(alias.ttl_secs);
            }
        }
        let name_exists = flags.rcode() != Rcode::NX_DOMAIN;
        if name_exists && self.negative_ttl_secs.is_none() {
            if is_alias {
                return DnsReply::Alias {
                    target: asked.name,
                    ttl_secs: ttl_secs_max,
                };
            }
            if self.has_name_servers && !flags.authoritative() {
                return DnsReply::Referral;
            }
        }
        let ttl_secs = self.negative_ttl_secs.unwrap_or(NEGATIVE_TTL_SECS);
        let nothing = ZoneRecords {
            data: Vec::new(),
            ttl_secs: ttl_secs.min(ttl_secs_max),
            name_exists,
        };
        DnsReply::Records(nothing, self.additionals)
    }
}

/// Returns the last field of a SOA record: how long a name is known not to exist (RFC 2308 section
/// 4).
fn minimum_secs(data: &RData) -> Option<u32> {
    let RData::Opaque { rtype, bytes } = data else {
        return None;
    };
    let minimum = bytes.last_chunk().filter(|_| *rtype == RecordType::SOA)?;
    Some(u32::from_be_bytes(*minimum))
}

/// The longest datagram that is accepted: it is not fragmented on any usual path.
const PAYLOAD_BYTES_MAX: u16 = 1_232;

/// The room for a query: a name of 256 bytes, the other fields and an OPT record need 283.
const QUERY_BYTES: usize = 512;

/// How many aliases are followed from one name.
pub(super) const ALIASES_MAX: usize = 8;

/// How many records of one name and type are used.
const RECORDS_MAX: usize = 1_000;

/// How long it is valid that there is nothing, if a server does not say it: as long as a discovery
/// proxy would (RFC 8766 section 5.5.1).
const NEGATIVE_TTL_SECS: u32 = 10;
