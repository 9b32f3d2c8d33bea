//! The daemon `cooeed` in a host.
//!
//! In:  a host, its name, its interfaces, and files for its folder of services.
//! Out: a running daemon, and the answers of a text socket, its own or Avahi's.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::cooee::{build_package, profile_folder};
use crate::error::{Context, Error, Result};
use crate::lab::Node;
use crate::program::{Finished, Running};

/// How long the daemon may take to serve.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A running daemon; dropping it kills it.
#[derive(Debug)]
pub struct Cooeed {
    node: Node,
    folder: PathBuf,
    daemon: Running,
}

/// Builds the program with the profile of this executable; outside the namespaces only.
pub fn build() -> Result<()> {
    static BUILT: OnceLock<Result<()>> = OnceLock::new();
    BUILT
        .get_or_init(|| build_package("cooee-daemon", "cooeed"))
        .clone()
}

impl Cooeed {
    /// Starts the daemon and waits until it is ready.
    pub fn start(
        node: &Node,
        host_name: &str,
        interface: &str,
        files: &[(&str, &str)],
    ) -> Result<Self> {
        let daemon = Self::launch(node, host_name, interface, files)?;
        daemon.wait_log(" is ready")?;
        Ok(daemon)
    }

    /// Starts the daemon with further settings of its own file, and waits until it is ready.
    pub fn start_with(
        node: &Node,
        host_name: &str,
        interface: &str,
        settings: &str,
    ) -> Result<Self> {
        let daemon = Self::launch_with(node, host_name, interface, &[], settings)?;
        daemon.wait_log(" is ready")?;
        Ok(daemon)
    }

    /// Starts the daemon, which waits for its interface.
    pub fn launch(
        node: &Node,
        host_name: &str,
        interface: &str,
        files: &[(&str, &str)],
    ) -> Result<Self> {
        Self::launch_with(node, host_name, interface, files, "")
    }

    fn launch_with(
        node: &Node,
        host_name: &str,
        interface: &str,
        files: &[(&str, &str)],
        settings: &str,
    ) -> Result<Self> {
        let folder = node.folder()?.join("cooeed");
        fs::create_dir_all(folder.join("services")).context(folder.display())?;
        let server = format!(
            "[server]\nhost-name={host_name}\nallow-interfaces={interface}\nenable-dbus=warn\n"
        );
        let at = |name: &str| folder.join(name);
        fs::write(at("daemon.conf"), server).context("configuration")?;
        write_own(&folder, settings)?;
        for (name, text) in files {
            fs::write(at("services").join(name), text).context(name)?;
        }
        let daemon = Running::start(command(node, &folder, &[])?)?;
        let node = node.clone();
        Ok(Self {
            node,
            folder,
            daemon,
        })
    }

    /// Waits for a line of its log.
    pub fn wait_log(&self, wanted: &str) -> Result<()> {
        let line = self
            .daemon
            .wait_stderr(START_LIMIT, |line| line.contains(wanted));
        line.map(drop)
    }

    /// Gives it other settings of its own file, as in [`Cooeed::start_with`].
    pub fn set(&self, settings: &str) -> Result<()> {
        write_own(&self.folder, settings)?;
        self.run(&["--reload"])?.success().map(drop)
    }

    /// Returns the process id of the daemon.
    pub fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// Returns the path of a service file.
    pub fn service_file(&self, name: &str) -> PathBuf {
        self.folder.join("services").join(name)
    }

    /// Returns the path of its text socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Runs the program with further arguments, such as `--reload`, to its end.
    pub fn run(&self, arguments: &[&str]) -> Result<Finished> {
        Running::start(command(&self.node, &self.folder, arguments)?)?.finish(ANSWER_LIMIT)
    }
}

/// Writes its own file: sockets in its folder, and further settings.
fn write_own(folder: &Path, settings: &str) -> Result<()> {
    let own = format!(
        "[text-socket]\npath = \"{0}/socket\"\n[status]\npath = \"{0}/status\"\n{settings}",
        folder.display()
    );
    fs::write(folder.join("own.toml"), own).context("configuration")
}

fn command(node: &Node, folder: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = node.command(profile_folder()?.join("cooeed"));
    command.arg("-f").arg(folder.join("daemon.conf"));
    command.arg("--config").arg(folder.join("own.toml"));
    command.arg("--services").arg(folder.join("services"));
    command.arg("--hosts").arg(folder.join("hosts"));
    command.arg("--pid-file").arg(folder.join("pid"));
    command.args(arguments);
    Ok(command)
}

/// Sends a line to a text socket, and returns the whole answer.
pub fn ask(socket: &Path, line: &[u8]) -> Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket).context(socket.display())?;
    stream
        .set_read_timeout(Some(ANSWER_LIMIT))
        .context("limit")?;
    stream.write_all(&[line, b"\n"].concat()).context("line")?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => Ok(answer),
        Err(error) => Err(Error::new(format!("{}: {error}", line.escape_ascii()))),
    }
}
