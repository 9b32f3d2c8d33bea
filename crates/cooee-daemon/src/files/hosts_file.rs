//! The file of hosts: `/etc/avahi/hosts`.
//!
//! In:  its text: lines of an address and a name; `#` begins a comment.
//! Out: the hosts with their addresses; a warning for each line that is wrong.
//!
//! avahi-daemon stops reading at the first wrong line. Here the others go on.

use std::net::IpAddr;

use cooee::Name;

use super::grouped::Grouped;
use crate::avahi::check::{fqdn, names_a_host};

/// A host of the file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileHost {
    /// Its full name.
    pub name: Name,
    /// Its addresses, in the order of the file.
    pub addresses: Vec<IpAddr>,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWarning {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// Reads the file.
pub fn read(text: &str) -> (Vec<FileHost>, Vec<LineWarning>) {
    let mut hosts = Grouped::default();
    let mut warnings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match entry(line) {
            Ok(None) => {}
            Ok(Some((address, name))) => hosts.add(name, address),
            Err(reason) => warnings.push(LineWarning {
                line: index.saturating_add(1),
                reason,
            }),
        }
    }
    let hosts = hosts.into_groups().into_iter();
    let hosts = hosts.map(|(name, addresses)| FileHost { name, addresses });
    (hosts.collect(), warnings)
}

fn entry(line: &str) -> Result<Option<(IpAddr, Name)>, String> {
    let text = line.split('#').next().unwrap_or_default();
    let mut words = text
        .split([' ', '\t', '\r'])
        .filter(|word| !word.is_empty());
    let Some(address) = words.next() else {
        return Ok(None);
    };
    let name = words.next().ok_or("a name is missing after the address")?;
    if let Some(more) = words.next() {
        return Err(format!(
            "unexpected `{more}`: expected one address and one name"
        ));
    }
    let wrong = || format!("`{address}` is not an IP address");
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    if !names_a_host(address) {
        return Err(format!(
            "`{address}` is not an address by which others reach a host"
        ));
    }
    let wrong = || format!("`{name}` is not the full name of a host, such as `nas.local`");
    Ok(Some((address, fqdn(name).map_err(|_| wrong())?)))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn each_name_gets_all_its_addresses_and_wrong_lines_cost_only_themselves() {
        let text = "# hosts\n\n10.0.0.7 nas.local # a comment\n\tfe80::7\tnas.local\r\n\
                    10.0.0.8\n10.0.0.9 a.local b.local\nten a.local\n10.0.0.9 a\n10.0.0.9 a.local\n\
                    127.0.0.1 a.local\n224.0.0.5 a.local\n::ffff:10.0.0.9 a.local";
        let (hosts, warnings) = read(text);
        let hosts: Vec<String> = hosts
            .iter()
            .map(|host| format!("{} {:?}", host.name, host.addresses))
            .collect();
        assert_eq!(
            hosts,
            ["nas.local [10.0.0.7, fe80::7]", "a.local [10.0.0.9]"]
        );
        let lines: Vec<usize> = warnings.iter().map(|warning| warning.line).collect();
        assert_eq!(lines, [5, 6, 7, 8, 10, 11, 12]);
    }
}
