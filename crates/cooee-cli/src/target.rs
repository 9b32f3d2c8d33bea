//! Arguments that name something on the network.
//!
//! In:  words of the command line.
//! Out: values for the library, or an error with the word and a valid example.

use std::convert::Infallible;
use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

use cooee::{Name, ServiceType, ServiceTypeError, Subtype};

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
pub(crate) fn bare_type(text: &str) -> Result<ServiceType, String> {
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
    use super::{BrowseTarget, HostName, InterfaceName, ReverseTarget, bare_type, own_address};

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
