//! Parses the output of `avahi-browse -p`.
//!
//! In:  its lines: `=;eth0;IPv4;name;type;domain;host;address;port;"txt" "txt"`, names escaped.
//! Out: services as [`Found`], with the addresses of all their lines together.

use std::collections::{BTreeMap, BTreeSet};

use crate::cooee::Found;
use crate::error::{Error, Result};
use crate::program::Line;

/// The services that were resolved, by instance name.
pub fn resolved(lines: &[Line]) -> Result<BTreeMap<String, Found>> {
    let mut services: BTreeMap<String, Found> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.text.starts_with('=')) {
        let (instance, found) = read(&line.text)
            .ok_or_else(|| Error::new(format!("not a line of avahi-browse: {}", line.text)))?;
        match services.get_mut(&instance) {
            Some(known) => known.addresses.extend(found.addresses),
            None => drop(services.insert(instance, found)),
        }
    }
    Ok(services)
}

/// The names of instances that came and did not go, from the lines of `avahi-browse -p`.
pub fn present(lines: &[Line]) -> BTreeSet<String> {
    let mut seen: BTreeSet<(String, String, String)> = BTreeSet::new();
    for line in lines {
        let fields: Vec<&str> = line.text.splitn(5, ';').collect();
        let [action, interface, family, name, _] = fields[..] else {
            continue;
        };
        let key = (
            unescaped_text(name),
            interface.to_owned(),
            family.to_owned(),
        );
        match action {
            "+" => drop(seen.insert(key)),
            "-" => drop(seen.remove(&key)),
            _ => {}
        }
    }
    seen.into_iter().map(|(name, ..)| name).collect()
}

fn read(line: &str) -> Option<(String, Found)> {
    let fields: Vec<&str> = line.splitn(10, ';').collect();
    let [_, _, _, name, service_type, _, host, address, port, txt] = fields[..] else {
        return None;
    };
    let found = Found {
        service_type: service_type.to_owned(),
        host: host.to_owned(),
        port: port.parse().ok()?,
        txt: strings(txt),
        addresses: BTreeSet::from([address.to_owned()]),
    };
    Some((unescaped_text(name), found))
}

/// Reads `"b" "a=1"`; quotation marks and backslashes inside are escaped, the last string of the
/// record comes first.
fn strings(text: &str) -> Vec<Vec<u8>> {
    let mut strings = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.strip_prefix('"') {
        let mut escaped = false;
        let end = start.bytes().position(|byte| {
            let is_end = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            is_end
        });
        let end = end.unwrap_or(start.len());
        strings.push(unescaped(&start[..end]));
        rest = start.get(end + 1..).unwrap_or_default().trim_start();
    }
    strings.reverse();
    strings
}

fn unescaped_text(text: &str) -> String {
    String::from_utf8_lossy(&unescaped(text)).into_owned()
}

/// Reads `\DDD` (a byte in decimal) and `\x` (the character itself).
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let number = rest.get(..3).and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            digits.parse::<u8>().ok()
        });
        match number {
            Some(number) => {
                bytes.push(number);
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                if let Some((&literal, after)) = rest.split_first() {
                    bytes.push(literal);
                    rest = after;
                }
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Line, present, resolved};

    fn lines(texts: &[&str]) -> Vec<Line> {
        let line = |text: &&str| Line {
            at: Duration::ZERO,
            text: (*text).to_owned(),
        };
        texts.iter().map(line).collect()
    }

    #[test]
    fn escapes_are_read_and_the_lines_of_one_service_are_one() {
        let printed = lines(&[
            "+;eth0;IPv4;Dr\\.\\032Who;_http._tcp;local",
            "=;eth0;IPv4;Dr\\.\\032Who;_http._tcp;local;a.local;10.0.0.1;80;\"b=\\\"\\255\\\\\" \"c;d\"",
            "=;eth0;IPv6;Dr\\.\\032Who;_http._tcp;local;a.local;fd00::1;80;\"b=\\\"\\255\\\\\" \"c;d\"",
        ]);
        let found = resolved(&printed).unwrap();
        let service = &found["Dr. Who"];
        assert_eq!(service.txt, [&b"c;d"[..], b"b=\"\xff\\"]);
        let addresses: Vec<&String> = service.addresses.iter().collect();
        assert_eq!(addresses, ["10.0.0.1", "fd00::1"]);
        assert_eq!((service.port, service.host.as_str()), (80, "a.local"));
    }

    #[test]
    fn a_service_is_gone_when_its_last_line_is_taken_back() {
        let printed = lines(&[
            "+;eth0;IPv4;a;_http._tcp;local",
            "+;eth0;IPv6;a;_http._tcp;local",
            "-;eth0;IPv4;a;_http._tcp;local",
        ]);
        assert_eq!(present(&printed).len(), 1);
        let more = [printed, lines(&["-;eth0;IPv6;a;_http._tcp;local"])].concat();
        assert!(present(&more).is_empty());
    }
}
