//! The URL of a service, for the types that have one.
//!
//! In:  a resolved service.
//! Out: an absolute URL of printable ASCII (RFC 3986), which no host on the network can turn into
//!      an option or a command; or nothing.

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::output::Service;

/// How services of a type are reached.
struct Scheme {
    service_type: &'static str,
    name: &'static str,
    port: u16,
    /// The key of the TXT attribute with the path.
    path: Option<&'static str>,
}

const fn scheme(
    service_type: &'static str,
    name: &'static str,
    port: u16,
    path: Option<&'static str>,
) -> Scheme {
    Scheme {
        service_type,
        name,
        port,
        path,
    }
}

const SCHEMES: &[Scheme] = &[
    scheme("_http._tcp", "http", 80, Some("path")),
    scheme("_https._tcp", "https", 443, Some("path")),
    scheme("_webdav._tcp", "http", 80, Some("path")),
    scheme("_webdavs._tcp", "https", 443, Some("path")),
    scheme("_ipp._tcp", "ipp", 631, Some("rp")),
    scheme("_ipps._tcp", "ipps", 631, Some("rp")),
    scheme("_ftp._tcp", "ftp", 21, Some("path")),
    scheme("_ssh._tcp", "ssh", 22, None),
    scheme("_sftp-ssh._tcp", "sftp", 22, Some("path")),
    scheme("_smb._tcp", "smb", 445, None),
    scheme("_afpovertcp._tcp", "afp", 548, None),
    scheme("_nfs._tcp", "nfs", 2049, Some("path")),
    scheme("_rfb._tcp", "vnc", 5900, None),
];

/// Returns the URL of a service, if its type has one and its host can be written in it.
pub(super) fn url(service: &Service) -> Option<String> {
    let service_type = service.instance.key.service_type().to_string();
    let mut schemes = SCHEMES.iter();
    let scheme = schemes.find(|scheme| scheme.service_type.eq_ignore_ascii_case(&service_type))?;
    if service.port == 0 {
        return None;
    }
    let mut url = format!("{}://{}", scheme.name, host(service)?);
    if service.port != scheme.port {
        // Writing to a `String` cannot fail.
        let _ = write!(url, ":{}", service.port);
    }
    let path = scheme.path.and_then(|key| attribute(service, key));
    url.push('/');
    push_path(&mut url, path.unwrap_or_default().trim_start_matches('/'));
    Some(url)
}

/// Returns the value of a TXT attribute; the first one counts (RFC 6763 section 6.4).
fn attribute<'a>(service: &'a Service, wanted: &str) -> Option<&'a str> {
    let mut pairs = service.txt.iter().filter_map(|text| text.split_once('='));
    let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| value)
}

/// Returns the host name if every program understands it, otherwise an address.
fn host(service: &Service) -> Option<String> {
    let name = &service.host;
    let is_plain = |label: &str| {
        let mut bytes = label.bytes();
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        // A label that begins with a hyphen looks like an option.
        !label.is_empty() && !label.starts_with('-') && bytes.all(is_letter)
    };
    if service.host_exact.is_none() && name.split('.').all(is_plain) {
        return Some(name.clone());
    }
    // The zone of an address means nothing in a URL to most programs.
    let mut addresses = service.addresses.iter();
    let ip = addresses.find_map(|text| text.parse::<IpAddr>().ok())?;
    Some(match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    })
}

/// Appends a path, which may have a query. What is encoded already stays as it is.
fn push_path(url: &mut String, path: &str) {
    for (at, byte) in path.bytes().enumerate() {
        // The rest means nothing in a path, but something to a shell into which it may be pasted.
        let is_kept = byte.is_ascii_alphanumeric()
            || b"-._~/?&=+,:@".contains(&byte)
            || (byte == b'%' && is_encoded(path.as_bytes(), at));
        if is_kept {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

/// Returns whether two hexadecimal digits follow the percent sign at a place.
fn is_encoded(path: &[u8], at: usize) -> bool {
    let digits = path.get(at.saturating_add(1)..at.saturating_add(3));
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::url;
    use crate::output::Service;
    use crate::output::tests::{named, service};

    fn with(service_type: &str, port: u16, txt: &[&str]) -> Service {
        Service {
            instance: named(b"Thing", service_type),
            port,
            txt: txt.iter().map(|text| (*text).to_owned()).collect(),
            ..service()
        }
    }

    #[test]
    fn a_url_has_the_scheme_the_host_and_the_path_of_the_service() {
        for (service_type, port, txt, expected) in [
            ("_http._tcp", 80, &[][..], "http://peer.local/"),
            (
                "_HTTP._tcp",
                8080,
                &["Path=/a b"],
                "http://peer.local:8080/a%20b",
            ),
            (
                "_http._tcp",
                80,
                &["path=//evil/"],
                "http://peer.local/evil/",
            ),
            (
                "_http._tcp",
                80,
                &["path=?q=1&r=%2f%zz#x"],
                "http://peer.local/?q=1&r=%2f%25zz%23x",
            ),
            (
                "_http._tcp",
                80,
                &["path=\u{fc}\u{1b}\"`$("],
                "http://peer.local/%C3%BC%1B%22%60%24%28",
            ),
            (
                "_ipp._tcp",
                631,
                &["rp=ipp/print", "rp=two"],
                "ipp://peer.local/ipp/print",
            ),
            ("_ssh._tcp", 2222, &["path=/x"], "ssh://peer.local:2222/"),
            ("_sftp-ssh._tcp", 22, &[], "sftp://peer.local/"),
            ("_smb._tcp", 445, &[], "smb://peer.local/"),
        ] {
            let found = url(&with(service_type, port, txt));
            assert_eq!(found.as_deref(), Some(expected), "{service_type} {txt:?}");
        }
    }

    #[test]
    fn a_host_that_is_no_plain_name_is_written_as_an_address() {
        for (host, addresses, expected) in [
            (
                "-oProxyCommand=x.local",
                &["10.0.0.1"][..],
                Some("ssh://10.0.0.1/"),
            ),
            (
                "a b.local",
                &["fe80::1%eth0", "2001:db8::1"],
                Some("ssh://[2001:db8::1]/"),
            ),
            ("k\u{fc}che.local", &["fe80::1%eth0"], None),
            ("a/b@c.local", &["10.0.0.1"], Some("ssh://10.0.0.1/")),
        ] {
            let service = Service {
                host: host.to_owned(),
                addresses: addresses.iter().map(|text| (*text).to_owned()).collect(),
                ..with("_ssh._tcp", 22, &[])
            };
            assert_eq!(url(&service).as_deref(), expected, "{host}");
        }
    }

    #[test]
    fn a_type_without_a_scheme_and_a_service_without_a_port_have_no_url() {
        assert_eq!(url(&with("_airplay._tcp", 7000, &[])), None);
        assert_eq!(url(&with("_http._tcp", 0, &[])), None);
    }
}
