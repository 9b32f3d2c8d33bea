//! What the program has to say, apart from how it looks.
//!
//! In:  what the library found, turned into plain values.
//! Out: JSON objects as `docs/JSON.md` describes them; `text` makes lines of the same values.
//!      Names are plain, and exact beside that where the plain form is not.

use cooee::{InstanceName, Name, Txt};
use serde::Serialize;

/// One thing to say; one object a line with `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Report {
    /// An instance was heard of.
    Found(Instance),
    /// A service is complete for the first time.
    Resolved(Service),
    /// A resolved service changed.
    Updated {
        #[serde(flatten)]
        service: Service,
        changed: Vec<&'static str>,
    },
    /// A resolved service is gone: its last state, and why.
    Removed {
        #[serde(flatten)]
        service: Service,
        why: &'static str,
    },
    /// A service says that it is not available.
    Unavailable(Instance),
    /// An instance is gone.
    Lost {
        #[serde(flatten)]
        instance: Instance,
        why: &'static str,
    },
    /// A service type is on the link, or no longer.
    Type {
        action: Action,
        #[serde(rename = "type")]
        service_type: String,
    },
    /// The addresses of a host, all of them each time.
    Host {
        #[serde(flatten)]
        name: Named,
        addresses: Vec<String>,
    },
    /// The names of an address, all of them each time.
    Reverse {
        address: String,
        names: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        names_exact: Option<Vec<String>>,
    },
    /// A record, by query.
    Record(Record),
    /// The owner of a name says that it has no such record.
    Denied {
        #[serde(flatten)]
        name: Named,
        #[serde(rename = "type")]
        rtype: String,
    },
    /// Some changes were not told one by one because they came faster than they were read.
    Lagged { missed: u64 },
}

/// An instance of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Instance {
    /// What it is known by; the texts are to be read.
    #[serde(skip)]
    pub(crate) key: InstanceName,
    pub(crate) instance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_exact: Option<String>,
    #[serde(rename = "type")]
    pub(crate) service_type: String,
}

/// A full name: plain, and in the text form of names where that says more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name_exact: Option<String>,
}

/// A service with all that is needed to connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Service {
    #[serde(flatten)]
    pub(crate) instance: Instance,
    pub(crate) host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_exact: Option<String>,
    pub(crate) port: u16,
    pub(crate) txt: Vec<String>,
    /// The same as people read it: exact, and harmless to a terminal.
    #[serde(skip)]
    pub(crate) txt_shown: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) txt_hex: Option<Vec<String>>,
    pub(crate) addresses: Vec<String>,
    pub(crate) interfaces: Vec<String>,
}

/// Whether a thing came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Add,
    Remove,
}

/// A record on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    pub(crate) action: Action,
    #[serde(flatten)]
    pub(crate) name: Named,
    #[serde(rename = "type")]
    pub(crate) rtype: String,
    pub(crate) ttl: u32,
    pub(crate) rdata: String,
    pub(crate) text: String,
    pub(crate) interface: String,
}

/// An interface and what became of it; an object of its own kind, without `event`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) index: u32,
    pub(crate) selected: bool,
    pub(crate) reason: String,
    pub(crate) addresses: Vec<String>,
    /// The families without a socket, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) deaf: Vec<Deaf>,
}

/// A family of an interface for which no socket can be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Deaf {
    pub(crate) family: String,
    pub(crate) reason: String,
}

impl Report {
    /// Whether somebody who asked for something got it.
    pub(crate) fn is_answer(&self) -> bool {
        match self {
            Self::Found(_) | Self::Resolved(_) | Self::Updated { .. } | Self::Unavailable(_) => {
                true
            }
            Self::Type { action, .. } => *action == Action::Add,
            Self::Record(record) => record.action == Action::Add,
            Self::Host { addresses, .. } => !addresses.is_empty(),
            Self::Reverse { names, .. } => !names.is_empty(),
            Self::Removed { .. } | Self::Lost { .. } | Self::Denied { .. } => false,
            Self::Lagged { .. } => false,
        }
    }
}

impl Instance {
    /// An instance, with its type as it is or as the user named it.
    pub(crate) fn new(key: &InstanceName, service_type: Option<&str>) -> Self {
        let (plain, exact) = (key.label(), key.text());
        let service_type = service_type.map(str::to_owned);
        Self {
            key: key.clone(),
            instance_exact: (plain != exact).then(|| exact.into_owned()),
            instance: plain.into_owned(),
            service_type: service_type.unwrap_or_else(|| key.service_type().to_string()),
        }
    }

    /// Its label exactly, as every verb takes it.
    pub(crate) fn text(&self) -> &str {
        self.instance_exact.as_deref().unwrap_or(&self.instance)
    }
}

impl Named {
    /// A full name, its plain form without escapes.
    pub(crate) fn new(name: &Name) -> Self {
        let labels: Vec<_> = name.labels().map(String::from_utf8_lossy).collect();
        let plain = if labels.is_empty() {
            ".".to_owned()
        } else {
            labels.join(".")
        };
        let exact = name.to_string();
        Self {
            name_exact: (plain != exact).then_some(exact),
            name: plain,
        }
    }

    /// The name exactly, as every verb takes it.
    pub(crate) fn text(&self) -> &str {
        self.name_exact.as_deref().unwrap_or(&self.name)
    }
}

impl Service {
    /// Its host's name exactly.
    pub(crate) fn host_text(&self) -> &str {
        self.host_exact.as_deref().unwrap_or(&self.host)
    }
}

/// TXT strings as text, and all of them as hexadecimal when that is not exact: when one is not UTF-8,
/// or is empty.
pub(crate) fn txt_strings(txt: &Txt) -> (Vec<String>, Option<Vec<String>>) {
    let text = txt
        .strings()
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .collect();
    let is_text = |bytes: &[u8]| !bytes.is_empty() && std::str::from_utf8(bytes).is_ok();
    let exact = txt.exact_strings().all(is_text);
    let hex = (!exact).then(|| txt.exact_strings().map(hex).collect());
    (text, hex)
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests;
