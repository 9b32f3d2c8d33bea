//! The `cooee` program under test: built once, then run in hosts.
//!
//! In:  this workspace, or a program named by `COOEE_BIN`.
//! Out: commands that run it, and the JSON objects that it writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Context, Error, Result};
use crate::lab::Node;
use crate::program::{Line, Running};

/// Names a `cooee` program to use instead of building one.
const PROGRAM: &str = "COOEE_BIN";

/// Set by a caller that has just built the programs of this workspace with this executable's profile.
const ARE_BUILT: &str = "COOEE_PROGRAMS_BUILT";

/// How long the program may take to be ready, even on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(10);

/// Builds the program with the profile of this executable; outside the namespaces only.
pub fn build() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf>> = OnceLock::new();
    BUILT.get_or_init(build_now).clone()
}

/// Returns a command that will run `cooee` in `node`.
pub fn command(node: &Node) -> Result<Command> {
    Ok(node.command(path()?))
}

/// Starts `cooee` in `node` with `--json` and these arguments.
pub fn start(node: &Node, arguments: &[&str]) -> Result<Running> {
    let mut command = command(node)?;
    command.args(arguments).arg("--json");
    Running::start(command)
}

/// Starts `cooee pipe` in `node` and waits until it accepts commands.
pub fn start_pipe(node: &Node) -> Result<Running> {
    let mut command = command(node)?;
    command.arg("pipe");
    let running = Running::start_listening(command)?;
    running.wait_stdout(START_LIMIT, |line| line.contains("\"ready\""))?;
    Ok(running)
}

/// Runs `cooee` in `node` with `--json` to its end. Returns the objects it wrote.
pub fn run(node: &Node, arguments: &[&str], limit: Duration) -> Result<Vec<Value>> {
    let finished = start(node, arguments)?.finish(limit)?.success()?;
    objects(&finished.stdout)
}

/// Reads lines of `--json` output.
pub fn objects(lines: &[Line]) -> Result<Vec<Value>> {
    let parsed = lines
        .iter()
        .map(|line| serde_json::from_str(&line.text).context(&line.text));
    parsed.collect()
}

/// A service as reported by `cooee browse --json`, and by the foreign peers in their own forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The type, such as `_http._tcp`.
    pub service_type: String,
    /// The host's name.
    pub host: String,
    /// The port.
    pub port: u64,
    /// The TXT strings in order.
    pub txt: Vec<Vec<u8>>,
    /// The addresses, scoped where they are link-local.
    pub addresses: BTreeSet<String>,
}

/// The services that are there after these events, by instance name.
pub fn services(events: &[Value]) -> Result<BTreeMap<String, Found>> {
    let mut services = BTreeMap::new();
    for event in events {
        let instance = event["instance"].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str() {
            Some("resolved" | "updated") => {
                services.insert(instance, Found::read(event)?);
            }
            Some("removed" | "lost") => {
                services.remove(&instance);
            }
            _ => {}
        }
    }
    Ok(services)
}

impl Found {
    fn read(event: &Value) -> Result<Self> {
        let text = |name: &str| {
            let found = event[name].as_str().map(ToOwned::to_owned);
            found.ok_or_else(|| Error::new(format!("no {name} in {event}")))
        };
        let texts = |name: &str| {
            let items = event[name].as_array().into_iter().flatten();
            items.filter_map(Value::as_str).map(ToOwned::to_owned)
        };
        let port = event["port"].as_u64();
        // Strings that are not UTF-8 are given in this form too.
        let txt = match event["txt_hex"].as_array() {
            Some(_) => texts("txt_hex").map(|hex| bytes(&hex)).collect(),
            None => texts("txt").map(String::into_bytes).collect(),
        };
        Ok(Self {
            service_type: text("type")?,
            host: text("host")?,
            port: port.ok_or_else(|| Error::new(format!("no port in {event}")))?,
            txt,
            addresses: texts("addresses").collect(),
        })
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|digit| Some(digit.to_digit(16)? as u8))
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn path() -> Result<PathBuf> {
    match std::env::var_os(PROGRAM) {
        Some(path) => Ok(path.into()),
        None => Ok(profile_folder()?.join("cooee")),
    }
}

fn build_now() -> Result<PathBuf> {
    let program = path()?;
    if std::env::var_os(PROGRAM).is_some() {
        return Ok(program);
    }
    build_package("cooee-cli", "cooee").map(|()| program)
}

/// Builds a program of this workspace with the profile of this executable.
pub(crate) fn build_package(package: &str, program: &str) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = profile_folder()?;
    if std::env::var_os(ARE_BUILT).is_some() && folder.join(program).exists() {
        return Ok(());
    }
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", package, "--bin", program]);
    command
        .arg("--target-dir")
        .arg(folder.parent().unwrap_or(Path::new("target")));
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let output = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .context("cargo build")?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::new(format!(
        "{program} does not build: {}",
        String::from_utf8_lossy(&output.stderr)
    )))
}

/// Returns the folder of this executable's profile: `target/debug` of `target/debug/deps/x`.
pub(crate) fn profile_folder() -> Result<PathBuf> {
    let executable = std::env::current_exe().context("own path")?;
    let folder = executable.ancestors().find(|folder| {
        folder
            .file_name()
            .is_some_and(|name| name == "debug" || name == "release")
    });
    folder
        .map(Path::to_path_buf)
        .ok_or_else(|| Error::new("not in a target folder"))
}
