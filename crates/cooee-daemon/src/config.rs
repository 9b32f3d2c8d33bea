//! The configuration: avahi-daemon's file and the daemon's own, in one value.
//!
//! In:  the texts of `/etc/avahi/avahi-daemon.conf` and `/etc/cooee/cooeed.toml`.
//! Out: a [`Config`], and remarks with line numbers. What Avahi accepts is never refused; in the
//!      own file, anything unknown is an error.

mod avahi_file;
mod dns;
pub mod ini;
mod own_file;
mod reflect;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use cooee::reflect::ReflectRule;
use cooee::{Family, Name};

pub use avahi_file::read as read_avahi_file;
pub use dns::{DnsServer, LinkZone, Prefix};
pub use own_file::read as read_own_file;

/// All settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own in the file"
)]
pub struct Config {
    /// The host's name, one label; the system's if `None`.
    pub host_name: Option<String>,
    /// Whether the host's name is the machine's id.
    pub host_name_from_machine_id: bool,
    /// Domains that are browsed besides `local`.
    pub browse_domains: Vec<String>,
    /// Whether IPv4 is used.
    pub use_ipv4: bool,
    /// Whether IPv6 is used.
    pub use_ipv6: bool,
    /// The only interfaces to use; all if empty.
    pub allow_interfaces: Vec<String>,
    /// Interfaces that are not used.
    pub deny_interfaces: Vec<String>,
    /// Whether interfaces that connect two hosts are used.
    pub allow_point_to_point: bool,
    /// Whether only interfaces with a carrier are used.
    pub only_running: bool,
    /// How the bus is used.
    pub dbus: Dbus,
    /// Whether anything is published at all.
    pub publishes: bool,
    /// Whether clients may publish.
    pub clients_may_publish: bool,
    /// Whether each service gets the cookie of this daemon.
    pub adds_cookie: bool,
    /// Whether the host's name and addresses are published.
    pub publishes_addresses: bool,
    /// Whether the kind of machine and system is published.
    pub publishes_hinfo: bool,
    /// DNS servers to publish.
    pub dns_servers: Vec<IpAddr>,
    /// Limits.
    pub limits: Limits,
    /// The text socket.
    pub text_socket: TextSocket,
    /// The socket of `cooeed status`.
    pub status_socket: PathBuf,
    /// Where numbers can be read in the form of Prometheus.
    pub metrics: Option<Listen>,
    /// The DNS server.
    pub dns: DnsServer,
    /// The rules of the reflector. It is off if there are none.
    pub reflect: Vec<ReflectRule>,
    /// Further names of this host.
    pub aliases: Vec<Name>,
    /// Further hosts without reverse records.
    pub hosts: Vec<AliasHost>,
}

/// How the bus is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dbus {
    /// The daemon ends without it.
    Required,
    /// The daemon goes on without it, and connects later.
    Optional,
    /// It is not used.
    Off,
}

/// Limits of what clients may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Clients on the bus at once. More are refused.
    pub clients_max: usize,
    /// Objects of one client at once. More are refused.
    pub objects_per_client_max: usize,
    /// Entries of one group. More are refused.
    pub entries_per_group_max: usize,
    /// How many bytes of signals all clients together may leave unread. The one that leaves most
    /// loses its objects. The bus allows 127 MiB.
    pub unread_bytes_max: usize,
    /// Records in the cache; the library's limit if `None`.
    pub cache_records_max: Option<usize>,
}

/// Settings of the text socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSocket {
    /// Whether there is one.
    pub is_on: bool,
    /// Its path.
    pub path: PathBuf,
    /// How many clients are served at once. More are refused.
    pub clients_max: usize,
    /// How long to wait when nobody answers.
    pub silence_max: Duration,
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On loopback.
    Loopback(SocketAddr),
    /// On a Unix socket.
    Unix(PathBuf),
}

/// A host that is published without reverse records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasHost {
    /// Its name.
    pub name: Name,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

impl Config {
    /// Returns the only address family that is used; both if `None`.
    pub fn only_family(&self) -> Option<Family> {
        match (self.use_ipv4, self.use_ipv6) {
            (true, false) => Some(Family::V4),
            (false, true) => Some(Family::V6),
            (true, true) | (false, false) => None,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host_name: None,
            host_name_from_machine_id: false,
            browse_domains: Vec::new(),
            use_ipv4: true,
            use_ipv6: true,
            allow_interfaces: Vec::new(),
            deny_interfaces: Vec::new(),
            allow_point_to_point: false,
            only_running: false,
            dbus: Dbus::Required,
            publishes: true,
            clients_may_publish: true,
            adds_cookie: false,
            publishes_addresses: true,
            publishes_hinfo: false,
            dns_servers: Vec::new(),
            limits: Limits::default(),
            text_socket: TextSocket::default(),
            status_socket: PathBuf::from("/run/cooeed/status"),
            metrics: None,
            dns: DnsServer::default(),
            reflect: Vec::new(),
            aliases: Vec::new(),
            hosts: Vec::new(),
        }
    }
}

impl Config {
    /// Returns what differs and has an effect only after a restart, by its keys.
    pub fn needs_restart(&self, new: &Self) -> Vec<&'static str> {
        let interfaces = |config: &Self| {
            (
                (config.use_ipv4, config.use_ipv6),
                (
                    config.allow_interfaces.clone(),
                    config.deny_interfaces.clone(),
                ),
                (config.allow_point_to_point, config.only_running),
            )
        };
        let name = |config: &Self| (config.host_name.clone(), config.host_name_from_machine_id);
        let publishes = |config: &Self| {
            (
                (config.publishes, config.clients_may_publish),
                (config.publishes_addresses, config.publishes_hinfo),
                config.adds_cookie,
            )
        };
        let cache = |config: &Self| config.limits.cache_records_max;
        let checks = [
            ("the host's name", name(self) != name(new)),
            ("the interfaces", interfaces(self) != interfaces(new)),
            ("enable-dbus", self.dbus != new.dbus),
            ("browse-domains", self.browse_domains != new.browse_domains),
            ("what is published", publishes(self) != publishes(new)),
            ("cache-entries-max", cache(self) != cache(new)),
            ("[text-socket]", self.text_socket != new.text_socket),
            ("[status]", self.status_socket != new.status_socket),
            ("[metrics]", self.metrics != new.metrics),
        ];
        let late = checks.into_iter().filter(|(_, differs)| *differs);
        late.map(|(key, _)| key).collect()
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients_max: 4_096,
            objects_per_client_max: 8_192,
            entries_per_group_max: 1_024,
            unread_bytes_max: 32 * 1_024 * 1_024,
            cache_records_max: None,
        }
    }
}

impl Default for TextSocket {
    fn default() -> Self {
        Self {
            is_on: true,
            path: PathBuf::from("/run/avahi-daemon/socket"),
            clients_max: 256,
            silence_max: SILENCE_MAX,
        }
    }
}

/// The time of silence: the second question goes out at most 1.12 seconds after the call, and
/// answers take at most half a second.
const SILENCE_MAX: Duration = Duration::from_millis(2_200);

/// Something to say about a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line, from 1.
    pub line: usize,
    /// What there is to say.
    pub text: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

#[cfg(test)]
mod tests;
