//! The program's reports, independent of their form.
//!
//! In:  the library's results, as plain values.
//! Out: JSON objects as `docs/JSON.md` describes them; `text` makes lines of the same values. Names
//!      are plain, with the exact form added where it is different.

use cooee::{InstanceName, Name, Txt};
use serde::Serialize;

/// One event; one object per line with `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Report {
    /// An instance was found.
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
    /// A service type appeared on the link, or disappeared.
    Type {
        action: Action,
        #[serde(rename = "type")]
        service_type: String,
    },
    /// The addresses of a host, always the complete set.
    Host {
        #[serde(flatten)]
        name: Named,
        addresses: Vec<String>,
    },
    /// The names of an address, always the complete set.
    Reverse {
        address: String,
        names: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        names_exact: Option<Vec<String>>,
    },
    /// A record, from a query.
    Record(Record),
    /// The owner of a name says that it has no such record.
    Denied {
        #[serde(flatten)]
        name: Named,
        #[serde(rename = "type")]
        rtype: String,
    },
    /// Some changes were not reported one by one because they came faster than they were read.
    Lagged { missed: u64 },
}

/// An instance of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Instance {
    /// Its identity; the texts are for reading.
    #[serde(skip)]
    pub(crate) key: InstanceName,
    pub(crate) instance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_exact: Option<String>,
    #[serde(rename = "type")]
    pub(crate) service_type: String,
}

/// A full name: plain, and in the text form of names where that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name_exact: Option<String>,
}

/// A service with everything that is needed to connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Service {
    #[serde(flatten)]
    pub(crate) instance: Instance,
    pub(crate) host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_exact: Option<String>,
    pub(crate) port: u16,
    pub(crate) txt: Vec<String>,
    /// The same for people: exact, and safe for a terminal.
    #[serde(skip)]
    pub(crate) txt_shown: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) txt_hex: Option<Vec<String>>,
    pub(crate) addresses: Vec<String>,
    pub(crate) interfaces: Vec<String>,
    /// Each interface with each address that is reached on it.
    #[serde(skip)]
    pub(crate) on: Vec<(String, String)>,
    /// The strings of the TXT record in hexadecimal.
    #[serde(skip)]
    pub(crate) txt_raw: Vec<String>,
}

/// Whether something appeared or disappeared.
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
    /// The data as in a zone file, where names end with a dot.
    pub(crate) text: String,
    /// The same for people, where no name does.
    #[serde(skip)]
    pub(crate) text_shown: String,
    pub(crate) interface: String,
}

/// An interface and the decision about it; a separate kind of object, without `event`.
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
    /// Returns whether this is an answer to a request.
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
    /// Creates an instance, with its type as it is or as the user wrote it.
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

    /// Returns its exact label, as every command accepts it.
    pub(crate) fn text(&self) -> &str {
        self.instance_exact.as_deref().unwrap_or(&self.instance)
    }
}

impl Named {
    /// Creates a full name, with its plain form without escapes.
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

    /// Returns the exact name, as every command accepts it.
    pub(crate) fn text(&self) -> &str {
        self.name_exact.as_deref().unwrap_or(&self.name)
    }
}

impl Service {
    /// Returns its host's exact name.
    pub(crate) fn host_text(&self) -> &str {
        self.host_exact.as_deref().unwrap_or(&self.host)
    }
}

/// Returns TXT strings as text, and all of them as hexadecimal if that is not exact: if one is
/// empty or not UTF-8.
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

/// Returns bytes as lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests;
