//! A private system bus in a host, for Avahi and its clients.
//!
//! In:  a host.
//! Out: a bus on which everyone may do everything, and commands whose system bus, `/etc/avahi` and
//!      `/run/avahi-daemon` are those of the host.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::{Context, Result};
use crate::lab::Node;
use crate::program::Running;

/// How long the bus may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running `dbus-daemon`; dropping it kills it.
#[derive(Debug)]
pub struct Bus {
    node: Node,
    folder: PathBuf,
    _daemon: Running,
}

impl Bus {
    /// Starts a bus in `node` on which everyone may do everything.
    pub fn start(node: &Node) -> Result<Self> {
        let folder = node.folder()?;
        for part in ["avahi/services", "run"] {
            fs::create_dir_all(folder.join(part)).context(folder.display())?;
        }
        let file = folder.join("bus.conf");
        fs::write(&file, configuration(&folder)).context(file.display())?;
        let mut command = node.command("dbus-daemon");
        command.arg(format!("--config-file={}", file.display()));
        command.args(["--nofork", "--nopidfile", "--print-address"]);
        let daemon = Running::start(command)?;
        daemon.wait_stdout(START_LIMIT, |line| line.starts_with("unix:"))?;
        Ok(Self {
            node: node.clone(),
            folder,
            _daemon: daemon,
        })
    }

    /// Returns its address, in the form of `DBUS_SYSTEM_BUS_ADDRESS`.
    pub fn address(&self) -> String {
        format!("unix:path={}/bus", self.folder.display())
    }

    /// Returns a command for this host whose system bus this is.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.mounted("", program.as_ref())
    }

    /// Returns a command for a daemon, which finds root under the name `avahi` as well.
    pub(crate) fn daemon_command(&self, program: impl AsRef<OsStr>) -> Command {
        let users = "mount --bind \"$1/passwd\" /etc/passwd \
                     && mount --bind \"$1/group\" /etc/group && ";
        self.mounted(users, program.as_ref())
    }

    /// Returns the folder that holds its socket and what its commands see as their own.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The mounts are those of the program alone: `ip netns exec` gives it a mount namespace.
    fn mounted(&self, further: &str, program: &OsStr) -> Command {
        let script = format!(
            "{further}mount --bind \"$1/avahi\" /etc/avahi && mkdir -p /run/avahi-daemon \
             && mount --bind \"$1/run\" /run/avahi-daemon && shift && exec \"$@\""
        );
        let mut command = self.node.command("sh");
        command.args(["-c", &script, "sh"]);
        command.arg(&self.folder).arg(program);
        command
            .env("DBUS_SYSTEM_BUS_ADDRESS", self.address())
            .env("LC_ALL", "C.UTF-8");
        command
    }
}

fn configuration(folder: &Path) -> String {
    format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig><type>system</type><listen>unix:path={}/bus</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/>\
         <allow send_type=\"*\"/><allow send_destination=\"*\"/><allow receive_type=\"*\"/></policy>\
         <limit name=\"max_connections_per_user\">4096</limit>\
         <limit name=\"max_completed_connections\">4096</limit>\
         <limit name=\"max_incomplete_connections\">1024</limit></busconfig>\n",
        folder.display()
    )
}
