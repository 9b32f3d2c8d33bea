//! What the objects on the bus offer: methods and signals with their arguments.
//!
//! In:  an object's kind.
//! Out: the signature that a method takes, and the XML that `Introspect` answers.

use std::fmt::Write as _;

/// An interface. Each member is a line: for a method its name, what it takes, and after `->` what it
/// gives; for a signal the word `signal`, its name and its arguments. An argument is `name:type`.
pub(super) struct Interface {
    pub(super) name: &'static str,
    members: &'static [&'static str],
}

/// The kind of an object that a client creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    EntryGroup,
    DomainBrowser,
    ServiceTypeBrowser,
    ServiceBrowser,
    ServiceResolver,
    HostNameResolver,
    AddressResolver,
    RecordBrowser,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::EntryGroup,
        Self::DomainBrowser,
        Self::ServiceTypeBrowser,
        Self::ServiceBrowser,
        Self::ServiceResolver,
        Self::HostNameResolver,
        Self::AddressResolver,
        Self::RecordBrowser,
    ];

    /// Returns its interface.
    pub(super) fn interface(self) -> &'static Interface {
        match self {
            Self::EntryGroup => &ENTRY_GROUP,
            Self::DomainBrowser => &DOMAIN_BROWSER,
            Self::ServiceTypeBrowser => &SERVICE_TYPE_BROWSER,
            Self::ServiceBrowser => &SERVICE_BROWSER,
            Self::ServiceResolver => &SERVICE_RESOLVER,
            Self::HostNameResolver => &HOST_NAME_RESOLVER,
            Self::AddressResolver => &ADDRESS_RESOLVER,
            Self::RecordBrowser => &RECORD_BROWSER,
        }
    }

    /// Returns its name, as in the object's path.
    pub(super) fn name(self) -> &'static str {
        let name = self.interface().name;
        name.rsplit_once('.').map_or(name, |(_, last)| last)
    }

    /// Returns the kind with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Interface {
    /// Returns the signature of what a method takes; `None` if there is no such method.
    pub(super) fn takes(&self, method: &str) -> Option<String> {
        let members = self.members.iter().map(|line| Member::read(line));
        let mut methods = members.filter(|member| !member.is_signal);
        let found = methods.find(|member| member.name == method)?;
        Some(found.takes.iter().map(|(_, kind)| *kind).collect())
    }
}

/// Returns the XML that describes an object with these interfaces.
pub(super) fn describe(interfaces: &[&Interface]) -> String {
    let mut xml = String::from(DOCTYPE);
    xml.push_str("<node>\n");
    for interface in [&INTROSPECTABLE]
        .into_iter()
        .chain(interfaces.iter().copied())
    {
        write_interface(interface, &mut xml);
    }
    xml.push_str("</node>\n");
    xml
}

/// Returns the XML that describes a path without an object, with the objects below it.
pub(super) fn describe_path(below: &[String]) -> String {
    let mut xml = String::from(DOCTYPE);
    xml.push_str("<node>\n");
    for name in below {
        // Writing to a `String` cannot fail.
        let _ = writeln!(xml, "  <node name=\"{name}\"/>");
    }
    xml.push_str("</node>\n");
    xml
}

fn write_interface(interface: &Interface, xml: &mut String) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(xml, "  <interface name=\"{}\">", interface.name);
    for member in interface.members {
        let member = Member::read(member);
        let tag = if member.is_signal { "signal" } else { "method" };
        let _ = writeln!(xml, "    <{tag} name=\"{}\">", member.name);
        let (taken, given) = (member.takes.iter(), member.gives.iter());
        let taken = taken.map(|argument| (argument, "in"));
        for ((name, kind), direction) in taken.chain(given.map(|argument| (argument, "out"))) {
            let _ = write!(xml, "      <arg name=\"{name}\" type=\"{kind}\"");
            if !member.is_signal {
                let _ = write!(xml, " direction=\"{direction}\"");
            }
            xml.push_str("/>\n");
        }
        let _ = writeln!(xml, "    </{tag}>");
    }
    xml.push_str("  </interface>\n");
}

struct Member {
    is_signal: bool,
    name: &'static str,
    takes: Vec<(&'static str, &'static str)>,
    gives: Vec<(&'static str, &'static str)>,
}

impl Member {
    fn read(line: &'static str) -> Self {
        let (rest, is_signal) = match line.strip_prefix("signal ") {
            Some(rest) => (rest, true),
            None => (line, false),
        };
        let (before, after) = rest.split_once("->").unwrap_or((rest, ""));
        let (name, taken) = before.trim().split_once(' ').unwrap_or((before.trim(), ""));
        let arguments = |text: &'static str| {
            let words = text.split_ascii_whitespace();
            words.filter_map(|word| word.split_once(':')).collect()
        };
        Self {
            is_signal,
            name,
            takes: arguments(taken),
            gives: arguments(after),
        }
    }
}

const DOCTYPE: &str = "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n\
    \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n";

pub(super) const INTROSPECTABLE: Interface = Interface {
    name: "org.freedesktop.DBus.Introspectable",
    members: &["Introspect -> data:s"],
};

macro_rules! server {
    ($name:literal, $($lookup:literal)+) => {
        Interface {
            name: $name,
            members: &[
                "GetVersionString -> version:s",
                "GetAPIVersion -> version:u",
                "GetHostName -> name:s",
                "SetHostName name:s",
                "GetHostNameFqdn -> name:s",
                "GetDomainName -> name:s",
                "IsNSSSupportAvailable -> yes:b",
                "GetState -> state:i",
                "signal StateChanged state:i error:s",
                "GetLocalServiceCookie -> cookie:u",
                "GetAlternativeHostName name:s -> name:s",
                "GetAlternativeServiceName name:s -> name:s",
                "GetNetworkInterfaceNameByIndex index:i -> name:s",
                "GetNetworkInterfaceIndexByName name:s -> index:i",
                "ResolveHostName interface:i protocol:i name:s aprotocol:i flags:u \
                 -> interface:i protocol:i name:s aprotocol:i address:s flags:u",
                "ResolveAddress interface:i protocol:i address:s flags:u \
                 -> interface:i protocol:i aprotocol:i address:s name:s flags:u",
                "ResolveService interface:i protocol:i name:s type:s domain:s aprotocol:i flags:u \
                 -> interface:i protocol:i name:s type:s domain:s host:s aprotocol:i address:s \
                 port:q txt:aay flags:u",
                "EntryGroupNew -> path:o",
                $($lookup,)+
            ],
        }
    };
}

pub(super) const SERVER: Interface = server!(
    "org.freedesktop.Avahi.Server",
    "DomainBrowserNew interface:i protocol:i domain:s btype:i flags:u -> path:o"
    "ServiceTypeBrowserNew interface:i protocol:i domain:s flags:u -> path:o"
    "ServiceBrowserNew interface:i protocol:i type:s domain:s flags:u -> path:o"
    "ServiceResolverNew interface:i protocol:i name:s type:s domain:s aprotocol:i flags:u -> path:o"
    "HostNameResolverNew interface:i protocol:i name:s aprotocol:i flags:u -> path:o"
    "AddressResolverNew interface:i protocol:i address:s flags:u -> path:o"
    "RecordBrowserNew interface:i protocol:i name:s clazz:q type:q flags:u -> path:o"
);

pub(super) const SERVER2: Interface = server!(
    "org.freedesktop.Avahi.Server2",
    "DomainBrowserPrepare interface:i protocol:i domain:s btype:i flags:u -> path:o"
    "ServiceTypeBrowserPrepare interface:i protocol:i domain:s flags:u -> path:o"
    "ServiceBrowserPrepare interface:i protocol:i type:s domain:s flags:u -> path:o"
    "ServiceResolverPrepare interface:i protocol:i name:s type:s domain:s aprotocol:i flags:u -> path:o"
    "HostNameResolverPrepare interface:i protocol:i name:s aprotocol:i flags:u -> path:o"
    "AddressResolverPrepare interface:i protocol:i address:s flags:u -> path:o"
    "RecordBrowserPrepare interface:i protocol:i name:s clazz:q type:q flags:u -> path:o"
);

const ENTRY_GROUP: Interface = Interface {
    name: "org.freedesktop.Avahi.EntryGroup",
    members: &[
        "Free",
        "Commit",
        "Reset",
        "GetState -> state:i",
        "signal StateChanged state:i error:s",
        "IsEmpty -> empty:b",
        "AddService interface:i protocol:i flags:u name:s type:s domain:s host:s port:q txt:aay",
        "AddServiceSubtype interface:i protocol:i flags:u name:s type:s domain:s subtype:s",
        "UpdateServiceTxt interface:i protocol:i flags:u name:s type:s domain:s txt:aay",
        "AddAddress interface:i protocol:i flags:u name:s address:s",
        "AddRecord interface:i protocol:i flags:u name:s clazz:q type:q ttl:u rdata:ay",
    ],
};

macro_rules! browser {
    ($name:literal, $new:literal, $remove:literal) => {
        Interface {
            name: $name,
            members: &[
                "Free",
                "Start",
                $new,
                $remove,
                "signal Failure error:s",
                "signal AllForNow",
                "signal CacheExhausted",
            ],
        }
    };
}

const DOMAIN_BROWSER: Interface = browser!(
    "org.freedesktop.Avahi.DomainBrowser",
    "signal ItemNew interface:i protocol:i domain:s flags:u",
    "signal ItemRemove interface:i protocol:i domain:s flags:u"
);
const SERVICE_TYPE_BROWSER: Interface = browser!(
    "org.freedesktop.Avahi.ServiceTypeBrowser",
    "signal ItemNew interface:i protocol:i type:s domain:s flags:u",
    "signal ItemRemove interface:i protocol:i type:s domain:s flags:u"
);
const SERVICE_BROWSER: Interface = browser!(
    "org.freedesktop.Avahi.ServiceBrowser",
    "signal ItemNew interface:i protocol:i name:s type:s domain:s flags:u",
    "signal ItemRemove interface:i protocol:i name:s type:s domain:s flags:u"
);
const RECORD_BROWSER: Interface = browser!(
    "org.freedesktop.Avahi.RecordBrowser",
    "signal ItemNew interface:i protocol:i name:s clazz:q type:q rdata:ay flags:u",
    "signal ItemRemove interface:i protocol:i name:s clazz:q type:q rdata:ay flags:u"
);

macro_rules! resolver {
    ($name:literal, $found:literal) => {
        Interface {
            name: $name,
            members: &["Free", "Start", $found, "signal Failure error:s"],
        }
    };
}

const SERVICE_RESOLVER: Interface = resolver!(
    "org.freedesktop.Avahi.ServiceResolver",
    "signal Found interface:i protocol:i name:s type:s domain:s host:s aprotocol:i address:s \
     port:q txt:aay flags:u"
);
const HOST_NAME_RESOLVER: Interface = resolver!(
    "org.freedesktop.Avahi.HostNameResolver",
    "signal Found interface:i protocol:i name:s aprotocol:i address:s flags:u"
);
const ADDRESS_RESOLVER: Interface = resolver!(
    "org.freedesktop.Avahi.AddressResolver",
    "signal Found interface:i protocol:i aprotocol:i address:s name:s flags:u"
);

#[cfg(test)]
mod tests {
    use super::{Kind, SERVER, SERVER2, describe, describe_path};

    #[test]
    fn a_method_takes_what_its_line_says_and_a_signal_is_no_method() {
        let group = Kind::EntryGroup.interface();
        assert_eq!(group.takes("AddService").as_deref(), Some("iiussssqaay"));
        assert_eq!(group.takes("Commit").as_deref(), Some(""));
        assert_eq!(group.takes("StateChanged"), None);
        assert_eq!(SERVER.takes("ServiceBrowserPrepare"), None);
        assert_eq!(
            SERVER2.takes("ServiceBrowserPrepare").as_deref(),
            Some("iissu")
        );
    }

    #[test]
    fn a_path_names_the_kind_of_its_object() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
        assert_eq!(Kind::named("Server"), None);
    }

    #[test]
    fn arguments_of_methods_have_a_direction_and_those_of_signals_have_none() {
        let xml = describe(&[Kind::EntryGroup.interface()]);
        let argument = r#"<arg name="txt" type="aay" direction="in"/>"#;
        assert!(xml.contains(argument), "{xml}");
        assert!(xml.contains(r#"<arg name="error" type="s"/>"#), "{xml}");
        assert!(
            xml.contains(r#"<arg name="state" type="i" direction="out"/>"#),
            "{xml}"
        );
    }

    #[test]
    fn a_path_without_an_object_is_described_by_the_objects_below_it() {
        let below = ["EntryGroup1".to_owned(), "ServiceBrowser2".to_owned()];
        let xml = describe_path(&below);
        assert!(xml.contains("<node name=\"ServiceBrowser2\"/>"), "{xml}");
        assert!(!describe_path(&[]).contains("name="), "{xml}");
    }
}
