//! Events about own services and hosts, independent of their form.
//!
//! In:  the library's events about what is published.
//! Out: JSON objects as `docs/JSON.md` and `docs/PIPE.md` describe them; lines for people.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use cooee::{Goodbyes, InstanceName, Name, Status};
use serde::Serialize;

use crate::escape::escape;
use crate::output::{Instance, Named};

/// One event; one object per line with `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum PublishReport {
    /// Commands are accepted.
    Ready { version: &'static str },
    /// A service has its name and is being announced.
    Registered {
        #[serde(flatten)]
        instance: Instance,
        #[serde(flatten)]
        place: Option<Place>,
    },
    /// A service lost its name in a conflict.
    Renamed {
        old: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        old_exact: Option<String>,
        #[serde(flatten)]
        instance: Instance,
    },
    /// Removes a service that is withdrawn.
    Unregistered {
        #[serde(flatten)]
        instance: Instance,
        #[serde(skip_serializing_if = "Option::is_none")]
        goodbyes: Option<Vec<Sent>>,
    },
    /// A host has its name and is being announced.
    HostRegistered {
        #[serde(flatten)]
        name: Named,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<String>,
    },
    /// A host lost its name in a conflict.
    HostRenamed {
        old: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        old_exact: Option<String>,
        #[serde(flatten)]
        name: Named,
    },
    /// A host is withdrawn.
    HostUnregistered {
        #[serde(flatten)]
        name: Named,
        #[serde(skip_serializing_if = "Option::is_none")]
        goodbyes: Option<Vec<Sent>>,
    },
    /// A change of a service is announced.
    UpdateAnnounced(Instance),
    /// Nothing can be sent on an interface, so something is not published there.
    Waiting {
        #[serde(flatten)]
        instance: Option<Instance>,
        #[serde(flatten)]
        name: Option<Named>,
        interface: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        family: Option<String>,
        reason: String,
    },
    /// What was said with `Waiting` is over.
    WaitingOver {
        #[serde(flatten)]
        instance: Option<Instance>,
        #[serde(flatten)]
        name: Option<Named>,
        interface: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        family: Option<String>,
    },
    /// A change of a service came too soon after others, and waits this long.
    UpdateDelayed {
        #[serde(flatten)]
        instance: Instance,
        seconds: u64,
    },
    /// A command failed; nothing else changed.
    Error { command: String, message: String },
    /// Counters.
    Metrics(BTreeMap<&'static str, u64>),
}

/// The host, port and addresses of an announced service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    pub(crate) host: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_exact: Option<String>,
    pub(crate) port: u16,
    pub(crate) addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) subtypes: Vec<String>,
}

/// Goodbyes on one interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sent {
    pub(crate) interface: String,
    pub(crate) datagrams: usize,
    pub(crate) records: usize,
}

/// Converts the goodbyes, interface by interface.
pub(crate) fn sent(goodbyes: &Goodbyes) -> Vec<Sent> {
    let on = goodbyes.interfaces.iter();
    on.map(|on| Sent {
        interface: on.interface.name().to_owned(),
        datagrams: on.datagrams,
        records: on.records,
    })
    .collect()
}

/// Returns what a status says of an interface, or a family of it, by which a service or a host is
/// not published; `None` of any other.
pub(crate) fn waiting(
    service: Option<&InstanceName>,
    host: Option<&Name>,
    status: &Status,
) -> Option<PublishReport> {
    let instance = service.map(|name| Instance::new(name, None));
    let name = host.map(Named::new);
    if let Status::Waiting {
        interface,
        family,
        why,
    } = status
    {
        return Some(PublishReport::Waiting {
            instance,
            name,
            interface: interface.name().to_owned(),
            family: family.map(|family| family.to_string()),
            reason: why.to_string(),
        });
    }
    if let Status::WaitingOver { interface, family } = status {
        return Some(PublishReport::WaitingOver {
            instance,
            name,
            interface: interface.name().to_owned(),
            family: family.map(|family| family.to_string()),
        });
    }
    None
}

/// Returns the event of a status, if it is about a name.
pub(crate) fn of(status: &Status) -> Option<PublishReport> {
    match status {
        Status::Registered(name) => Some(PublishReport::Registered {
            instance: Instance::new(name, None),
            place: None,
        }),
        Status::Renamed { old, new } => {
            let old = Instance::new(old, None);
            Some(PublishReport::Renamed {
                old: old.instance,
                old_exact: old.instance_exact,
                instance: Instance::new(new, None),
            })
        }
        Status::HostRegistered(name) => Some(PublishReport::HostRegistered {
            name: Named::new(name),
            addresses: Vec::new(),
        }),
        Status::HostRenamed { old, new } => {
            let old = Named::new(old);
            Some(PublishReport::HostRenamed {
                old: old.name,
                old_exact: old.name_exact,
                name: Named::new(new),
            })
        }
        Status::Waiting { .. } | Status::WaitingOver { .. } => waiting(None, None, status),
        Status::RecordRegistered
        | Status::NameTaken(_)
        | Status::Failed(_)
        | Status::Withdrawn
        | Status::Lagged { .. }
        | _ => None,
    }
}

/// Holds back `registered` of a service until its host has its name, so that it is true when it is
/// reported.
#[derive(Debug, Default)]
pub(crate) struct Ordered {
    has_host: bool,
    /// Boxed, because there can be thousands of services, and it is there for a moment only.
    held: Option<Box<PublishReport>>,
}

impl Ordered {
    /// Returns what to report now.
    pub(crate) fn sort(
        &mut self,
        report: PublishReport,
    ) -> impl Iterator<Item = PublishReport> + use<> {
        let mut now = [None, None];
        match report {
            PublishReport::Registered { .. } if !self.has_host => {
                self.held = Some(Box::new(report));
            }
            PublishReport::HostRegistered { .. } => {
                self.has_host = true;
                now = [Some(report), self.held.take().map(|held| *held)];
            }
            PublishReport::HostRenamed { .. } => {
                self.has_host = false;
                now = [Some(report), None];
            }
            PublishReport::Renamed { .. } => {
                self.held = None;
                now = [Some(report), None];
            }
            PublishReport::Ready { .. }
            | PublishReport::Registered { .. }
            | PublishReport::Unregistered { .. }
            | PublishReport::HostUnregistered { .. }
            | PublishReport::UpdateAnnounced(_)
            | PublishReport::UpdateDelayed { .. }
            | PublishReport::Waiting { .. }
            | PublishReport::WaitingOver { .. }
            | PublishReport::Error { .. }
            | PublishReport::Metrics(_) => now = [Some(report), None],
        }
        now.into_iter().flatten()
    }
}

impl PublishReport {
    /// Returns whether it tells of a host, and not of what is on it.
    pub(crate) fn is_about_host(&self) -> bool {
        matches!(self, Self::HostRegistered { .. } | Self::HostRenamed { .. })
    }

    /// Returns the same as a line for people.
    pub(crate) fn line(&self) -> String {
        let (style, word, text) = match self {
            Self::Ready { version } => (CAME, "ready", (*version).to_owned()),
            Self::Registered { instance, place } => {
                let place = place.as_ref().map(Place::lines).unwrap_or_default();
                (CAME, "registered", format!("{}{place}", named(instance)))
            }
            Self::Renamed {
                old,
                old_exact,
                instance,
            } => (
                CHANGED,
                "renamed",
                instead(&named(instance), old_exact.as_ref().unwrap_or(old)),
            ),
            Self::Unregistered { instance, goodbyes } => {
                withdrawn(&named(instance), goodbyes.as_deref())
            }
            Self::HostRegistered { name, addresses } => {
                let addresses = below(addresses.iter());
                (CAME, "host", format!("{}{addresses}", escape(name.text())))
            }
            Self::HostRenamed {
                old,
                old_exact,
                name,
            } => (
                CHANGED,
                "renamed",
                instead(&escape(name.text()), old_exact.as_ref().unwrap_or(old)),
            ),
            Self::HostUnregistered { name, goodbyes } => {
                withdrawn(&escape(name.text()), goodbyes.as_deref())
            }
            Self::UpdateAnnounced(name) => (CHANGED, "announced", named(name)),
            // The reason is in the warning on standard error.
            Self::Waiting {
                interface, family, ..
            } => {
                let way = way(interface, family.as_deref());
                (
                    CHANGED,
                    "waiting",
                    format!("until something can be sent on {way}"),
                )
            }
            Self::WaitingOver {
                interface, family, ..
            } => (
                CHANGED,
                "ended",
                format!("waiting for {}", way(interface, family.as_deref())),
            ),
            Self::UpdateDelayed { instance, seconds } => {
                let text = format!("{}  by {seconds} s", named(instance));
                (CHANGED, "delayed", text)
            }
            Self::Error { message, .. } => (WENT, "error", escape(message).into_owned()),
            Self::Metrics(counters) => (CAME, "metrics", format!("{counters:?}")),
        };
        format!("{style}{word:<11}{style:#}{text}\n")
    }
}

impl Place {
    pub(crate) fn new(
        host: Option<Name>,
        port: u16,
        addresses: Vec<String>,
        subtypes: Vec<String>,
    ) -> Self {
        let host = host.as_ref().map(Named::new);
        Self {
            host: host
                .as_ref()
                .map(|host| host.name.clone())
                .unwrap_or_default(),
            host_exact: host.and_then(|host| host.name_exact),
            port,
            addresses,
            subtypes,
        }
    }

    /// Returns lines below that of the service.
    fn lines(&self) -> String {
        let host = self.host_exact.as_ref().unwrap_or(&self.host);
        let place = format!("{host}:{}", self.port);
        let subtypes = self.subtypes.iter();
        let subtypes: Vec<String> = subtypes.map(|name| format!("subtype {name}")).collect();
        below(std::iter::once(&place)) + &below(self.addresses.iter()) + &below(subtypes.iter())
    }
}

/// Returns a separate line for all of these, in the column of the text; none if there are none.
fn below<'a>(items: impl Iterator<Item = &'a String>) -> String {
    let items: Vec<_> = items.map(|item| escape(item)).collect();
    if items.is_empty() {
        return String::new();
    }
    format!("\n{:11}{}", "", items.join("  "))
}

/// That nothing was ever sent by a way.
pub(crate) fn unsent(interface: &str, family: Option<&str>) -> String {
    format!("nothing could be sent on {}", way(interface, family))
}

fn way(interface: &str, family: Option<&str>) -> String {
    let interface = escape(interface);
    match family {
        Some(family) => format!("{interface} over {family}"),
        None => interface.into_owned(),
    }
}

fn named(instance: &Instance) -> String {
    format!(
        "{}  {}",
        escape(instance.text()),
        escape(&instance.service_type)
    )
}

fn instead(name: &str, old: &str) -> String {
    format!("{name}  instead of {}", escape(old))
}

fn withdrawn(name: &str, goodbyes: Option<&[Sent]>) -> (Style, &'static str, String) {
    let goodbyes = goodbye_summary(goodbyes.unwrap_or_default());
    (WENT, "withdrawn", format!("{name}  {goodbyes}"))
}

fn goodbye_summary(goodbyes: &[Sent]) -> String {
    if goodbyes.is_empty() {
        return "no goodbye was sent".to_owned();
    }
    let on: Vec<String> = goodbyes
        .iter()
        .map(|sent| {
            let plural = if sent.datagrams == 1 { "" } else { "s" };
            let (count, interface) = (sent.datagrams, escape(&sent.interface));
            format!("goodbyes in {count} datagram{plural} on {interface}")
        })
        .collect();
    on.join(", ")
}

const CAME: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const WENT: Style = AnsiColor::Red.on_default();

#[cfg(test)]
mod tests;
