//! A private bus with the daemon that serves `org.freedesktop.Avahi` on it.
//!
//! In:  a host, which daemon, and the settings that are the same for either.
//! Out: a running daemon that can be stopped and started again, and commands for its clients.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::avahi::{Settings, write_configuration};
use crate::bus::Bus;
use crate::clock::wait_until;
use crate::cooee::profile_folder;
use crate::error::{Context, Error, Result};
use crate::lab::Node;
use crate::program::{Line, Running};

/// How long a daemon may take to report that it runs.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long a daemon may take to end when it is asked to.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Which program serves `org.freedesktop.Avahi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon {
    /// The real `avahi-daemon`.
    Avahi,
    /// `cooeed`; a test that starts it needs [`crate::harness::Need::Cooeed`].
    Cooeed,
}

/// A bus with a daemon on it; dropping it kills both.
#[derive(Debug)]
pub struct Served {
    running: Option<Running>,
    daemon: Daemon,
    bus: Bus,
}

impl Served {
    /// Starts a bus and a daemon in `node`. Returns when the daemon has its name and its services.
    pub fn start(node: &Node, daemon: Daemon, settings: &Settings) -> Result<Self> {
        Self::start_with(node, daemon, settings, &[])
    }

    /// Does the same with changes of `avahi-daemon.conf`: each text with what takes its place.
    pub fn start_with(
        node: &Node,
        daemon: Daemon,
        settings: &Settings,
        changes: &[(&str, &str)],
    ) -> Result<Self> {
        let bus = Bus::start(node)?;
        write_configuration(bus.folder(), settings)?;
        let file = bus.folder().join("avahi/avahi-daemon.conf");
        let text = fs::read_to_string(&file).context(file.display())?;
        let changed = changes
            .iter()
            .fold(text, |text, (old, new)| text.replace(old, new));
        fs::write(&file, changed).context(file.display())?;
        let mut served = Self {
            running: None,
            daemon,
            bus,
        };
        let running = served.resume()?;
        for name in settings.services.iter().map(|service| &service.instance) {
            let name = format!("\"{name}\"");
            running.wait_stderr(START_LIMIT, |line| {
                line.contains(&name) && line.contains("established")
            })?;
        }
        Ok(served)
    }

    /// Returns the bus.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Returns a command for this host whose system bus and Avahi these are.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.bus.command(program)
    }

    /// Returns the folder that is `/run/avahi-daemon` for the commands.
    pub fn run_folder(&self) -> PathBuf {
        self.bus.folder().join("run")
    }

    /// Returns the daemon's process id.
    pub fn pid(&self) -> Result<u32> {
        let running = self.running.as_ref();
        let running = running.ok_or_else(|| Error::new("the daemon is stopped"))?;
        Ok(running.pid())
    }

    /// Returns what the daemon has logged since it was started last.
    pub fn log(&self) -> Vec<Line> {
        let running = self.running.as_ref();
        running.map(Running::stderr).unwrap_or_default()
    }

    /// Ends the daemon with `SIGTERM`; the bus stays.
    pub fn stop(&mut self) -> Result<()> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        running.signal(Signal::SIGTERM)?;
        running.finish(STOP_LIMIT).map(drop)
    }

    /// Starts the daemon, which must have been stopped, and waits until it has its host name.
    pub fn resume(&mut self) -> Result<&Running> {
        let running = Running::start(self.program()?)?;
        let runs = wait_until(START_LIMIT, || {
            self.state().is_ok_and(|state| state == RUNNING)
        });
        if !runs {
            let said: Vec<String> = running.stderr().into_iter().map(|line| line.text).collect();
            return Err(Error::new(format!("{:?}: {said:?}", self.daemon)));
        }
        Ok(self.running.insert(running))
    }

    fn program(&self) -> Result<Command> {
        Ok(match self.daemon {
            Daemon::Avahi => {
                let mut command = self.bus.daemon_command("avahi-daemon");
                command.args(["--no-drop-root", "--no-chroot", "--no-rlimits"]);
                command
            }
            Daemon::Cooeed => {
                let own = self.bus.folder().join("own.toml");
                let text = "[status]\npath = \"/run/avahi-daemon/status\"\n";
                fs::write(&own, text).context(own.display())?;
                let path = profile_folder()?.join("cooeed");
                let mut command = self.bus.daemon_command(path);
                command.arg("--config").arg(own);
                command
            }
        })
    }

    /// Asks for the state of the server, as clients do.
    fn state(&self) -> Result<String> {
        let mut command = self.command("dbus-send");
        command.args(["--system", "--print-reply=literal"]);
        command.args(["--dest=org.freedesktop.Avahi", "/"]);
        command.arg("org.freedesktop.Avahi.Server.GetState");
        let said = Running::start(command)?.finish(STOP_LIMIT)?.success()?;
        Ok(said.stdout_text().trim().to_owned())
    }
}

/// What `dbus-send` prints for the state of a server that has its host name.
const RUNNING: &str = "int32 2";
