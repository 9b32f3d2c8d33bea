//! Options that choose a domain of unicast DNS, and the servers to ask.
//!
//! In:  `--domain`, `--server`.
//! Out: [`DomainArgs`], with a domain into which names of the link can be translated, and the
//!      addresses of servers. RFC 6763 section 11.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use clap::Args;
use cooee::Name;

use super::Verb;

/// Where services are looked for, if not on the link.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct DomainArgs {
    /// Ask DNS servers for this domain, such as eth0.home.example, instead of the link; prints
    /// lines even on a terminal
    #[arg(long, value_name = "ZONE")]
    domain: Option<BrowsingDomain>,
    /// Ask this DNS server, not those in /etc/resolv.conf (repeatable)
    #[arg(
        long = "server",
        value_name = "ADDR[:PORT]",
        value_parser = server,
        requires = "domain"
    )]
    pub(crate) servers: Vec<SocketAddr>,
}

impl DomainArgs {
    /// Returns the domain if DNS servers are to be asked; `local` is the link.
    pub(crate) fn unicast(&self) -> Option<&BrowsingDomain> {
        self.domain
            .as_ref()
            .filter(|domain| domain.0 != Name::LOCAL)
    }
}

/// Returns what to say about an option that has no meaning for a domain, or only for one.
pub(super) fn misplaced(args: &super::Args) -> Option<&'static str> {
    let (Verb::Browse { domain, .. } | Verb::Resolve { domain, .. } | Verb::Types { domain }) =
        &args.verb
    else {
        return None;
    };
    let (options, is_unicast) = (&args.options, domain.unicast().is_some());
    let given = [
        (
            is_unicast && !options.interface.is_empty(),
            "`--interface` has no meaning with `--domain`: DNS servers are asked",
        ),
        (
            is_unicast && options.all_interfaces,
            "`--all-interfaces` has no meaning with `--domain`: DNS servers are asked",
        ),
        (
            is_unicast && options.rate_limit.is_some(),
            "`--rate-limit` has no meaning with `--domain`: DNS servers are asked",
        ),
        (
            is_unicast && options.same_subnet,
            "`--same-subnet` has no meaning with `--domain`: DNS servers are asked",
        ),
        (
            !is_unicast && !domain.servers.is_empty(),
            "`--server` has no meaning with `--domain local`, which is the link",
        ),
    ];
    let stray = given.into_iter().find(|(is_misplaced, _)| *is_misplaced);
    stray.map(|(_, message)| message)
}

/// A domain in which services can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrowsingDomain(Name);

impl BrowsingDomain {
    /// Returns its name.
    pub(crate) fn name(&self) -> &Name {
        &self.0
    }

    /// Returns a name of the link as it is in the domain; `None` if it is too long there.
    pub(crate) fn name_of(&self, on_link: &Name) -> Option<Name> {
        let count = on_link.label_count().saturating_sub(1);
        let labels = on_link.labels().take(count).chain(self.0.labels());
        let name = Name::from_labels(labels).ok()?;
        (name.wire_len() <= NAME_BYTES_MAX).then_some(name)
    }
}

impl FromStr for BrowsingDomain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = |reason: &str| {
            format!("`{text}` is not a domain: {reason}; expected something like `home.example`")
        };
        if text.parse::<IpAddr>().is_ok() {
            return Err(refuse("it is an address, as `--server` takes"));
        }
        let name: Name = text.parse().map_err(|error| refuse(&format!("{error}")))?;
        if name.is_root() {
            return Err(refuse("it is empty"));
        }
        // Such questions belong to Multicast DNS (RFC 6762 section 3).
        if name.ends_with(&Name::LOCAL) && name != Name::LOCAL {
            return Err(refuse("names under `local` are not in unicast DNS"));
        }
        if name.wire_len() > DOMAIN_BYTES_MAX {
            return Err(refuse("it leaves no room for service names"));
        }
        Ok(Self(name))
    }
}

/// Reads the address of a server: `10.0.0.1`, `10.0.0.1:5353`, `fe80::1%eth0`, `[fe80::1%eth0]:53`.
pub(crate) fn server(text: &str) -> Result<SocketAddr, String> {
    let wrong = || {
        format!(
            "`{text}` is not the address of a server: expected something like `10.0.0.1`, \
             `10.0.0.1:53` or `[fd00::1]:53`"
        )
    };
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(wrong)?)),
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            Some(_) | None => (text, None),
        },
    };
    let port = match port.map(str::parse) {
        None => DNS_PORT,
        Some(Ok(port)) if port > 0 => port,
        Some(_) => return Err(wrong()),
    };
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    match host.split_once('%') {
        Some((ip, scope)) if ip.parse::<Ipv6Addr>().is_ok() && !scope.is_empty() => {
            // A numeric address: the system finds the interface, and asks nobody.
            let found = (host, port).to_socket_addrs().ok();
            let found = found.and_then(|mut addresses| addresses.next());
            found.ok_or_else(|| format!("`{text}`: there is no interface `{scope}`"))
        }
        Some(_) | None => Err(wrong()),
    }
}

const DNS_PORT: u16 = 53;

/// The longest name in unicast DNS, on the wire (RFC 1035 section 2.3.4).
pub(crate) const NAME_BYTES_MAX: usize = 255;

/// What is left of it before `_services._dns-sd._udp`, the question for types.
const DOMAIN_BYTES_MAX: usize = NAME_BYTES_MAX - 23;

#[cfg(test)]
mod tests {
    use cooee::Name;

    use super::{BrowsingDomain, server};

    #[test]
    fn a_domain_is_a_name_that_is_not_of_the_link() {
        for text in [
            "eth0.home.example",
            "example.",
            r"First\032Floor.lab.example",
            "local",
        ] {
            assert!(text.parse::<BrowsingDomain>().is_ok(), "{text}");
        }
        let long = vec!["a".repeat(60); 4].join(".");
        for (text, reason) in [
            ("", "empty"),
            (".", "empty"),
            ("a..b", "empty label"),
            ("10.0.0.1", "--server"),
            ("home.local", "not in unicast DNS"),
            (&long, "no room"),
        ] {
            let error = text.parse::<BrowsingDomain>().unwrap_err();
            assert!(
                error.contains(reason) && error.contains("home.example"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_name_of_the_link_has_its_place_in_the_domain() {
        let domain: BrowsingDomain = "eth0.home.example".parse().unwrap();
        let name = |text: &str| text.parse::<Name>().unwrap();
        let moved = domain.name_of(&name("_http._tcp.local"));
        assert_eq!(moved, Some(name("_http._tcp.eth0.home.example")));
        let long = vec!["a".repeat(60); 4].join(".");
        assert_eq!(domain.name_of(&name(&format!("{long}.local"))), None);
    }

    #[test]
    fn a_server_is_an_address_with_or_without_a_port() {
        for (text, read) in [
            ("10.0.0.1", "10.0.0.1:53"),
            ("10.0.0.1:5300", "10.0.0.1:5300"),
            ("fd00::1", "[fd00::1]:53"),
            ("[fd00::1]", "[fd00::1]:53"),
            ("[fd00::1]:5300", "[fd00::1]:5300"),
            ("fe80::1%1", "[fe80::1%1]:53"),
            ("[fe80::1%1]:5300", "[fe80::1%1]:5300"),
        ] {
            assert_eq!(server(text).unwrap().to_string(), read, "{text}");
        }
        for wrong in [
            "",
            "dns.example",
            "10.0.0.1:0",
            "10.0.0.1:x",
            "[fd00::1]x",
            "a%1",
        ] {
            assert!(
                server(wrong).unwrap_err().contains("10.0.0.1:53"),
                "{wrong}"
            );
        }
        assert!(
            server("fe80::1%nosuch0")
                .unwrap_err()
                .contains("no interface `nosuch0`")
        );
    }
}
