//! A real Avahi in a host: `dbus-daemon`, `avahi-daemon` and its publishers.
//!
//! In:  a host, its interfaces and the services that Avahi is to publish.
//! Out: a running daemon that can be killed, and publishers that can be stopped.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::bus::Bus;
use crate::error::{Context, Error, Result};
use crate::lab::Node;
use crate::program::{Finished, Line, Running};

/// The programs, all in Debian's packages `avahi-daemon`, `avahi-utils` and `dbus`.
const PROGRAMS: [&str; 4] = [
    "avahi-daemon",
    "avahi-publish",
    "avahi-browse",
    "dbus-daemon",
];

/// How long a daemon may take to report that it runs.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The configuration of Avahi.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The host name without `.local`.
    pub host_name: String,
    /// The interfaces it may use.
    pub interfaces: Vec<String>,
    /// Services that its configuration holds from the start.
    pub services: Vec<Service>,
}

/// A service in the form that its publisher gives to Avahi.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The instance name, one label, not escaped.
    pub instance: String,
    /// The type, such as `_http._tcp`.
    pub service_type: String,
    /// The port.
    pub port: u16,
    /// The TXT strings in order.
    pub txt: Vec<String>,
}

/// A running Avahi; dropping it kills both daemons.
#[derive(Debug)]
pub struct Avahi {
    daemon: Running,
    bus: Bus,
}

/// Why Avahi cannot be run on this machine; `None` if it can.
pub fn missing() -> Option<String> {
    let lacking = PROGRAMS.iter().find(|program| {
        let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        !folders
            .iter()
            .any(|folder| Path::new(folder).join(program).exists())
    })?;
    Some(format!(
        "{lacking} is not installed (Debian: avahi-daemon avahi-utils dbus)"
    ))
}

impl Avahi {
    /// Starts both daemons in `node` and waits until Avahi holds the services of its
    /// configuration under their names.
    pub fn start(node: &Node, settings: &Settings) -> Result<Self> {
        let avahi = Self::launch(node, settings)?;
        for service in &settings.services {
            let wanted = format!("Service \"{}\"", service.instance);
            avahi.daemon.wait_stderr(START_LIMIT, |line| {
                line.starts_with(&wanted) && line.contains("successfully established")
            })?;
        }
        Ok(avahi)
    }

    /// Starts both daemons in `node`. Avahi then has its own name and begins with its services.
    pub fn launch(node: &Node, settings: &Settings) -> Result<Self> {
        let bus = Bus::start(node)?;
        write_configuration(&node.folder()?, settings)?;
        let mut command = bus.daemon_command("avahi-daemon");
        command.args(["--no-drop-root", "--no-chroot", "--no-rlimits"]);
        let daemon = Running::start(command)?;
        daemon.wait_stderr(START_LIMIT, |line| line.contains("Server startup complete"))?;
        Ok(Self { daemon, bus })
    }

    /// Lets `avahi-publish` publish one service until the result is dropped or stopped.
    pub fn publish(&self, service: &Service) -> Result<Running> {
        let mut command = self.bus.command("avahi-publish");
        command.args(["-s", &service.instance, &service.service_type]);
        command.arg(service.port.to_string()).args(&service.txt);
        Running::start(command)
    }

    /// Publishes the same under a subtype as well, such as `_printer._sub._http._tcp`.
    pub fn publish_subtype(&self, service: &Service, subtype: &str) -> Result<Running> {
        let mut command = self.bus.command("avahi-publish");
        command.arg(format!("--subtype={subtype}"));
        command.args(["-s", &service.instance, &service.service_type]);
        command.arg(service.port.to_string()).args(&service.txt);
        Running::start(command)
    }

    /// Lets `avahi-publish` publish one address record until the result is dropped or stopped.
    pub fn publish_address(&self, name: &str, address: std::net::IpAddr) -> Result<Running> {
        let mut command = self.bus.command("avahi-publish");
        command.args(["-a", "-R", name]).arg(address.to_string());
        Running::start(command)
    }

    /// Waits until a publisher reports that its name is established.
    pub fn wait_established(&self, publisher: &Running, limit: Duration) -> Result<()> {
        publisher
            .wait_stderr(limit, |line| line.starts_with("Established"))
            .map(drop)
    }

    /// Returns what Avahi itself finds of a type on the host's links.
    pub fn browse(&self, service_type: &str, limit: Duration) -> Result<Finished> {
        self.start_browse(service_type)?.finish(limit)
    }

    /// Returns the address of one family that Avahi finds for a host name, by `avahi-resolve`.
    pub fn resolve_host(&self, name: &str, family: &str, limit: Duration) -> Result<String> {
        let mut command = self.bus.command("avahi-resolve");
        command.args(["-n", family, name]);
        let said = Running::start(command)?.finish(limit)?.success()?;
        let text = said.stdout_text();
        let address = text.split_whitespace().last().map(ToOwned::to_owned);
        address.ok_or_else(|| Error::new(format!("{name}: {}", said.stderr_text())))
    }

    /// Starts `avahi-browse -rpt`, which ends when the first round of answers has settled.
    pub fn start_browse(&self, service_type: &str) -> Result<Running> {
        // Line by line, so that each line is read when it is written.
        let mut command = self.bus.command("stdbuf");
        command.args(["-oL", "avahi-browse", "-rptk", service_type]);
        Running::start(command)
    }

    /// Starts `avahi-browse -p`, which reports services as they appear and disappear.
    pub fn follow(&self, service_type: &str) -> Result<Running> {
        let mut command = self.bus.command("stdbuf");
        command.args(["-oL", "avahi-browse", "-p", service_type]);
        Running::start(command)
    }

    /// Starts `avahi-browse -rp`, which resolves what appears and goes on.
    pub fn follow_resolved(&self, service_type: &str) -> Result<Running> {
        let mut command = self.bus.command("stdbuf");
        command.args(["-oL", "avahi-browse", "-rpk", service_type]);
        Running::start(command)
    }

    /// Returns the bus on which it is served.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Returns what the daemon has printed so far.
    pub fn said(&self) -> Vec<Line> {
        self.daemon.stderr()
    }

    /// Returns the process id of `avahi-daemon`.
    pub fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// Kills `avahi-daemon` with `SIGKILL`: no goodbye is sent.
    pub fn kill(self) {
        self.daemon.kill();
    }
}

impl Service {
    /// Returns the service as a file in `/etc/avahi/services`.
    fn xml(&self) -> String {
        let txt: String = self
            .txt
            .iter()
            .map(|string| format!("<txt-record>{}</txt-record>", escape(string)))
            .collect();
        format!(
            "<?xml version=\"1.0\" standalone='no'?>\n\
             <!DOCTYPE service-group SYSTEM \"avahi-service.dtd\">\n\
             <service-group><name>{}</name>\
             <service><type>{}</type><port>{}</port>{txt}</service></service-group>\n",
            escape(&self.instance),
            self.service_type,
            self.port
        )
    }
}

/// Writes what either daemon reads, and users that it can be: the mapped root alone.
pub(crate) fn write_configuration(folder: &Path, settings: &Settings) -> Result<()> {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).context(path.display())
    };
    fs::create_dir_all(folder.join("avahi/services")).context(folder.display())?;
    write(
        "passwd",
        "root:x:0:0::/:/bin/sh\navahi:x:0:0::/:/bin/false\n".to_owned(),
    )?;
    write("group", "root:x:0:\navahi:x:0:\nnetdev:x:0:\n".to_owned())?;
    write("avahi/avahi-daemon.conf", daemon_configuration(settings))?;
    write("avahi/hosts", String::new())?;
    for (number, service) in settings.services.iter().enumerate() {
        write(
            &format!("avahi/services/{number:05}.service"),
            service.xml(),
        )?;
    }
    Ok(())
}

fn daemon_configuration(settings: &Settings) -> String {
    format!(
        "[server]\nhost-name={}\nallow-interfaces={}\nuse-ipv4=yes\nuse-ipv6=yes\n\
         ratelimit-interval-usec=0\nratelimit-burst=0\nclients-max=4096\n\
         objects-per-client-max=4096\nentries-per-entry-group-max=64\n\
         cache-entries-max=65536\n[wide-area]\nenable-wide-area=no\n[publish]\n\
         publish-hinfo=no\npublish-workstation=no\npublish-aaaa-on-ipv4=yes\n\
         publish-a-on-ipv6=yes\n",
        settings.host_name,
        settings.interfaces.join(",")
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
