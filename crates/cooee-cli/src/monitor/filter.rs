//! Which messages are shown.
//!
//! In:  the filters of the command line; messages.
//! Out: whether a message passes all of them.

use std::collections::HashSet;
use std::net::IpAddr;

use cooee::observe::{MessageKind, Sighting};
use cooee::{Name, RecordType};
use cooee_wire::{Message, NameRef};

use crate::args::{MonitorArgs, TypeFilter};

/// The filters.
#[derive(Debug, Default)]
pub(super) struct Filter {
    name: Option<String>,
    of_type: Option<TypeFilter>,
    host: Option<HostFilter>,
    kinds: Vec<String>,
}

#[derive(Debug)]
enum HostFilter {
    Address(IpAddr),
    /// A name in lower case, and the addresses that have been seen as its own.
    Name(String, HashSet<IpAddr>),
}

impl Filter {
    /// Takes the filters of the command line.
    pub(super) fn new(args: &MonitorArgs) -> Self {
        let host = args.host.as_deref().map(|text| match text.parse() {
            Ok(address) => HostFilter::Address(address),
            Err(_) => HostFilter::Name(full(text), HashSet::new()),
        });
        Self {
            name: args.name.as_deref().map(str::to_lowercase),
            of_type: args.of_type.clone(),
            host,
            kinds: args.kind.clone(),
        }
    }

    /// Returns whether a message passes.
    pub(super) fn passes(&mut self, sighting: &Sighting<'_>, kind: MessageKind) -> bool {
        let is_kind = |wanted: &String| wanted == kind.as_str();
        if !self.kinds.is_empty() && !self.kinds.iter().any(is_kind) {
            return false;
        }
        if let Some(host) = &mut self.host {
            if !host.has_sent(sighting) {
                return false;
            }
        }
        if self.name.is_none() && self.of_type.is_none() {
            return true;
        }
        let items = items(sighting.bytes);
        let has_name = self.name.as_ref().is_none_or(|wanted| {
            let mut names = items.iter().map(|(name, _)| name);
            names.any(|name| name.to_string().to_lowercase().contains(wanted))
        });
        let has_type = self.of_type.as_ref().is_none_or(|wanted| {
            let mut items = items.iter();
            items.any(|(name, rtype)| has_type(wanted, name, *rtype))
        });
        has_name && has_type
    }
}

impl HostFilter {
    fn has_sent(&mut self, sighting: &Sighting<'_>) -> bool {
        let source = sighting.source.ip();
        match self {
            Self::Address(address) => *address == source,
            Self::Name(name, addresses) => {
                if addresses.len() < ADDRESSES_MAX && is_named(sighting, name) {
                    addresses.insert(source);
                }
                addresses.contains(&source)
            }
        }
    }
}

/// Returns whether a response says that its source address has this name.
fn is_named(sighting: &Sighting<'_>, wanted: &str) -> bool {
    let Ok(message) = Message::parse(sighting.bytes) else {
        return false;
    };
    let source = sighting.source.ip();
    let mut records = message.records().flatten();
    records.any(|(_, record)| {
        let record = record.to_record().ok();
        record.is_some_and(|record| {
            let is_own = record.data.ip() == Some(source);
            is_own && record.name.to_string().to_lowercase() == *wanted
        })
    })
}

/// Returns the names of all questions and records, with their types.
fn items(bytes: &[u8]) -> Vec<(Name, RecordType)> {
    let Ok(message) = Message::parse(bytes) else {
        return Vec::new();
    };
    let owned = |(name, rtype): (NameRef<'_>, RecordType)| Some((name.to_name().ok()?, rtype));
    let questions = message.questions().flatten();
    let questions = questions.map(|question| (question.name, question.rtype));
    let records = message.records().flatten();
    let records = records.map(|(_, record)| (record.name, record.rtype));
    questions.chain(records).filter_map(owned).collect()
}

fn has_type(wanted: &TypeFilter, name: &Name, rtype: RecordType) -> bool {
    match wanted {
        TypeFilter::Record(wanted) => *wanted == rtype,
        TypeFilter::Service(wanted) => {
            let name = format!(".{}.", name.to_string().to_lowercase());
            name.contains(&format!(".{}.", wanted.trim_matches('.')))
        }
    }
}

/// Returns a host name in lower case, with `.local` if it is a label alone.
fn full(text: &str) -> String {
    let text = text.trim_end_matches('.').to_lowercase();
    if text.contains('.') {
        text
    } else {
        format!("{text}.local")
    }
}

/// More addresses than a host has; a flood of claims cannot make the filter grow.
const ADDRESSES_MAX: usize = 64;
