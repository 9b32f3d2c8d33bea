//! Arguments that name something on the network.
//!
//! In:  words of the command line.
//! Out: values for the library, or an error with the word and a valid example.

use std::convert::Infallible;
use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

use cooee::{InstanceName, InstanceNameError, Name, ServiceType, ServiceTypeError, Subtype};

/// A type to browse, with its subtype if one is given: `_http._tcp,_printer`.
#[derive(Clone, Debug)]
pub(crate) struct BrowseTarget {
    /// As it was given; reports use this form.
    pub(crate) text: String,
    pub(crate) service_type: ServiceType,
    pub(crate) subtype: Option<Subtype>,
}

impl FromStr for BrowseTarget {
    type Err = ServiceTypeError;

    /// The subtype follows the first comma after a complete type: a type may contain one.
    fn from_str(text: &str) -> Result<Self, ServiceTypeError> {
        let target = |service_type, subtype| Self {
            text: text.to_owned(),
            service_type,
            subtype,
        };
        for (comma, _) in text.match_indices(',') {
            let Some((head, rest)) = text.split_at_checked(comma) else {
                continue;
            };
            if let Ok(service_type) = head.parse() {
                let subtype = rest.get(1..).unwrap_or_default().parse()?;
                return Ok(target(service_type, Some(subtype)));
            }
        }
        Ok(target(text.parse()?, None))
    }
}

/// Returns the arguments, each one once.
pub(crate) fn distinct<'a, T: PartialEq>(given: impl Iterator<Item = &'a T>) -> Vec<&'a T> {
    let mut all = Vec::new();
    for one in given {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// The text of what was given, each thing once.
pub(crate) fn texts<T: PartialEq + ToString>(given: &[T]) -> Vec<String> {
    let distinct = distinct(given.iter()).into_iter();
    distinct.map(ToString::to_string).collect()
}

/// Parses a type that cannot have a subtype.
fn bare_type(text: &str) -> Result<ServiceType, String> {
    text.parse().map_err(|error| {
        let target = text.parse::<BrowseTarget>().ok();
        let both = target.and_then(|target| Some((target.service_type, target.subtype?)));
        both.map_or_else(
            || format!("{error}"),
            |(service_type, subtype)| {
                format!(
                    "`{text}` is a type with a subtype: give `{service_type}` alone; \
                     `register` takes `--sub {subtype}` beside it"
                )
            },
        )
    })
}

/// An instance, from one word or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstanceWords {
    pub(crate) instance: InstanceName,
    /// The type was a word of its own.
    pub(crate) has_type: bool,
}

impl InstanceWords {
    /// Reads a name and the word after it, which is its type; or else a full name, such as
    /// `Front Desk._ipp._tcp.local`. `read` reads a name that stands before its type.
    pub(crate) fn read(
        name: &str,
        next: Option<&str>,
        read: impl FnOnce(&str, &ServiceType) -> Result<InstanceName, InstanceNameError>,
    ) -> Result<Self, String> {
        let refuse = |error: InstanceNameError| error.to_string();
        let typed = next.map(bare_type);
        if let Some(Ok(service_type)) = &typed {
            let instance = read(name, service_type).map_err(refuse)?;
            let has_type = true;
            return Ok(Self { instance, has_type });
        }
        if let Some((label, service_type)) = InstanceName::split_text(name) {
            let instance = InstanceName::from_text(label, &service_type).map_err(refuse)?;
            let has_type = false;
            return Ok(Self { instance, has_type });
        }
        Err(match (next, typed) {
            (Some(next), _) if name.parse::<ServiceType>().is_ok() => format!(
                "`{next}` is not a service type, but `{name}` is: the name comes first, then the \
                 type"
            ),
            (_, Some(Err(error))) => error,
            (_, Some(Ok(_)) | None) => {
                format!("TYPE is missing after `{name}`: expected something like `_http._tcp`")
            }
        })
    }
}

/// Reads the text of a label that is to be published.
pub(crate) fn to_publish(instance: &InstanceName) -> Result<InstanceName, String> {
    let label = std::str::from_utf8(instance.label_bytes())
        .map_err(|_| format!("`{}` is not UTF-8", instance.text()))?;
    InstanceName::new(label, instance.service_type()).map_err(|error| error.to_string())
}

/// Parses a port.
pub(crate) fn port(word: &str) -> Result<u16, String> {
    word.parse()
        .map_err(|_| format!("`{word}` is not a port number: give a number from 0 to 65535"))
}

/// Parses an address to publish, which cannot have an interface.
pub(crate) fn own_address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| {
        let scoped = text.split_once('%');
        match scoped.and_then(|(ip, interface)| Some((ip.parse::<IpAddr>().ok()?, interface))) {
            Some((ip, interface)) => format!(
                "`{text}` names an interface, but an address is announced on every interface in \
                 use: give `{ip}`, and `--interface {interface}` to use no other one"
            ),
            None => format!("`{text}` is not an IP address: expected something like `192.168.1.7`"),
        }
    })
}

/// A host's name in the text form of names: `printer.local`, or `printer` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostName(pub(crate) Name);

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = |reason: &dyn Display| {
            format!(
                "`{text}` is not a host name: {reason}; expected something like `printer.local`"
            )
        };
        if let Ok(address) = text.parse::<IpAddr>() {
            return Err(format!(
                "`{text}` is an address: `cooee reverse {address}` shows its names"
            ));
        }
        let name: Name = text.parse().map_err(|error| refuse(&error))?;
        match name.label_count() {
            0 => Err(refuse(&"it is empty")),
            1 => name
                .concat(&Name::LOCAL)
                .map(Self)
                .map_err(|error| refuse(&error)),
            _ => Ok(Self(name)),
        }
    }
}

/// An interface, by name or by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InterfaceName {
    Name(String),
    Index(u32),
}

impl FromStr for InterfaceName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.parse() {
            Ok(index) => Self::Index(index),
            Err(_) => Self::Name(text.to_owned()),
        })
    }
}

/// Bytes, two hexadecimal digits each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HexBytes(pub(crate) Vec<u8>);

impl FromStr for HexBytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not hexadecimal: give two digits for each byte");
        let digits: Vec<u32> = text
            .chars()
            .map(|c| c.to_digit(16))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let pairs = digits.chunks_exact(2);
        if !pairs.remainder().is_empty() {
            return Err(wrong());
        }
        let byte = |pair: &[u32]| pair.iter().fold(0, |byte, digit| byte << 4 | digit);
        pairs
            .map(|pair| u8::try_from(byte(pair)).map_err(|_| wrong()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// An address whose names to find, with its interface if one is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReverseTarget {
    /// As it was given; reports use this form.
    pub(crate) text: String,
    pub(crate) ip: IpAddr,
    pub(crate) interface: Option<InterfaceName>,
}

impl FromStr for ReverseTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (ip, interface) = match text.split_once('%') {
            Some((ip, interface)) => (ip, Some(interface)),
            None => (text, None),
        };
        let wrong = || {
            format!(
                "`{text}` is not an IP address: expected something like `192.168.1.7` or \
                 `fe80::1%eth0`"
            )
        };
        let ip = ip.parse().map_err(|_| wrong())?;
        let interface = match interface {
            Some("") => return Err(wrong()),
            Some(interface) => interface.parse().ok(),
            None => None,
        };
        Ok(Self {
            text: text.to_owned(),
            ip,
            interface,
        })
    }
}

#[cfg(test)]
mod tests {
    use cooee::InstanceName;

    use super::{
        BrowseTarget, HostName, InstanceWords, InterfaceName, ReverseTarget, bare_type,
        own_address, to_publish,
    };

    #[test]
    fn a_type_may_carry_a_subtype() {
        let target: BrowseTarget = "_http._tcp,_printer".parse().unwrap();
        assert_eq!(target.service_type.to_string(), "_http._tcp");
        assert_eq!(target.subtype.unwrap().as_str(), "_printer");
        assert!(
            "_http._tcp"
                .parse::<BrowseTarget>()
                .unwrap()
                .subtype
                .is_none()
        );
    }

    #[test]
    fn a_type_may_hold_a_comma() {
        for (text, service_type, subtype) in [
            ("_a,b._tcp", "_a,b._tcp", None),
            ("_a,b._udp.local.,_x,y", "_a,b._udp", Some("_x,y")),
            (r"_a\.b,_tcp,c._tcp", r"_a\.b,_tcp,c._tcp", None),
            ("_http._tcp,_x._tcp", "_http._tcp", Some("_x._tcp")),
        ] {
            let target: BrowseTarget = text.parse().unwrap();
            assert_eq!(target.service_type, service_type.parse().unwrap(), "{text}");
            let given = target.subtype.as_ref().map(cooee::Subtype::as_str);
            assert_eq!(given, subtype, "{text}");
        }
    }

    #[test]
    fn a_wrong_argument_is_named_and_answered_with_a_right_one_once() {
        let type_error = |wrong: &str| wrong.parse::<BrowseTarget>().unwrap_err().to_string();
        let host_error = |wrong: &str| wrong.parse::<HostName>().unwrap_err();
        let long = "x".repeat(64);
        for (error, given, right) in [
            (type_error("http"), "`http`", "`_http._tcp`"),
            (type_error("_http"), "`_http`", "`_http._tcp`"),
            (type_error("_http._sctp"), "`_http._sctp`", "`_http._tcp`"),
            (type_error(""), "``", "`_http._tcp`"),
            (type_error("_http._tcp,"), "``", "`_printer`"),
            (host_error(""), "``", "`printer.local`"),
            (host_error("."), "`.`", "`printer.local`"),
            (host_error("a..b"), "`a..b`", "`printer.local`"),
            (host_error(&long), &format!("`{long}`"), "`printer.local`"),
            (own_address("x").unwrap_err(), "`x`", "`192.168.1.7`"),
            (
                "x".parse::<ReverseTarget>().unwrap_err(),
                "`x`",
                "`192.168.1.7`",
            ),
        ] {
            let count = |text: &str| error.matches(text).count();
            assert_eq!(
                (count(given), count(right), count("expected")),
                (1, 1, 1),
                "{error}"
            );
        }
    }

    #[test]
    fn a_subtype_where_none_can_be_is_shown_its_place() {
        assert_eq!(bare_type("_http._tcp").unwrap().to_string(), "_http._tcp");
        let advice = bare_type("_http._tcp,_printer").unwrap_err();
        assert!(
            advice.contains("`_http._tcp` alone") && advice.contains("`--sub _printer`"),
            "{advice}"
        );
        assert!(bare_type("http").unwrap_err().contains("`_http._tcp`"));
    }

    fn instance(name: &str, next: Option<&str>) -> Result<(String, bool), String> {
        let words = InstanceWords::read(name, next, InstanceName::from_text)?;
        Ok((words.instance.to_string(), words.has_type))
    }

    #[test]
    fn an_instance_is_two_words_or_its_full_name() {
        for (name, next, full, has_type) in [
            ("Full", Some("_http._tcp"), "Full._http._tcp.local", true),
            (
                "Full._http._tcp.local",
                None,
                "Full._http._tcp.local",
                false,
            ),
            (
                "Full._http._tcp.local",
                Some("80"),
                "Full._http._tcp.local",
                false,
            ),
            (
                "Dr. Who._http._tcp",
                None,
                r"Dr\. Who._http._tcp.local",
                false,
            ),
            (
                r"Dr\. Who._http._tcp.local.",
                None,
                r"Dr\. Who._http._tcp.local",
                false,
            ),
            // With a type beside it, every dot belongs to the name.
            (
                "a._http._tcp",
                Some("_ipp._tcp"),
                r"a\._http\._tcp._ipp._tcp.local",
                true,
            ),
        ] {
            assert_eq!(
                instance(name, next),
                Ok((full.to_owned(), has_type)),
                "{name}"
            );
        }
    }

    #[test]
    fn an_instance_without_its_type_or_in_the_wrong_order_is_shown_the_right_one() {
        for (name, next, advice) in [
            (
                "_ipp._tcp",
                Some("Front Desk"),
                "the name comes first, then the type",
            ),
            (
                "Full",
                None,
                "TYPE is missing after `Full`: expected something like `_http._tcp`",
            ),
            ("Full", Some("http"), "`http` is not a service type"),
            ("Full._http._tcp.example", None, "TYPE is missing"),
            ("._http._tcp.local", None, "must not be empty"),
        ] {
            let error = instance(name, next).unwrap_err();
            assert!(error.contains(advice), "{error}");
        }
        let odd = r"caf\200._http._tcp.local".parse().unwrap();
        assert_eq!(to_publish(&odd), Err(r"`caf\200` is not UTF-8".to_owned()));
    }

    #[test]
    fn an_address_to_publish_names_no_interface() {
        assert_eq!(own_address("fe80::9").unwrap().to_string(), "fe80::9");
        let advice = own_address("fe80::9%eth0").unwrap_err();
        assert!(
            advice.contains("give `fe80::9`") && advice.contains("`--interface eth0`"),
            "{advice}"
        );
        for wrong in ["", "nas.local", "x%eth0"] {
            assert!(own_address(wrong).unwrap_err().contains("192.168.1.7"));
        }
    }

    #[test]
    fn local_is_implied_in_a_host_name() {
        for text in ["printer", "printer.local", "printer.local.", "printer."] {
            assert_eq!(
                text.parse::<HostName>().unwrap().0.to_string(),
                "printer.local"
            );
        }
        assert!("".parse::<HostName>().is_err());
        for address in ["10.88.0.2", "fe80::1"] {
            let advice = address.parse::<HostName>().unwrap_err();
            assert!(
                advice.contains(&format!("`cooee reverse {address}`")),
                "{advice}"
            );
        }
        for text in [r"a\.b\.", r"a\.b\..", r"a\.b\..local."] {
            let name = text.parse::<HostName>().unwrap().0;
            assert_eq!(name.first_label(), Some(&b"a.b."[..]), "{text}");
            assert_eq!(name.label_count(), 2, "{text}");
        }
        assert!(
            "x".repeat(64)
                .parse::<HostName>()
                .unwrap_err()
                .contains("printer.local")
        );
    }

    #[test]
    fn an_address_may_carry_its_interface() {
        let target: ReverseTarget = "fe80::1%eth0".parse().unwrap();
        assert_eq!(target.ip.to_string(), "fe80::1");
        assert_eq!(
            target.interface,
            Some(InterfaceName::Name("eth0".to_owned()))
        );
        assert_eq!("10.0.0.1".parse::<ReverseTarget>().unwrap().interface, None);
        for wrong in ["", "printer.local", "fe80::1%", "10.0.0.256"] {
            assert!(
                wrong
                    .parse::<ReverseTarget>()
                    .unwrap_err()
                    .contains("192.168.1.7"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_number_is_an_index() {
        assert_eq!("3".parse(), Ok(InterfaceName::Index(3)));
        assert_eq!("eth0".parse(), Ok(InterfaceName::Name("eth0".to_owned())));
    }
}
