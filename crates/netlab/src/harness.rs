//! Runs each test in separate namespaces.
//!
//! In:  a table of named tests and their requirements.
//! Out: the usual test report. A test that cannot run here is reported as ignored, or as failed
//!      where the laboratory is required (`COOEE_LAB=required` or `CI=true`).
//!
//! A test runs as the first process of a new pid namespace, so that all its processes end with it.
//! It has its own network, mounts and (where allowed) users, so that tests never affect each other.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use nix::fcntl::{Flock, FlockArg};

use crate::clock::monotonic;
use crate::error::{Context, Error, Result};
use crate::foreign::Package;
use crate::lab::{INSIDE, Node};
use crate::program::Running;

/// One test of a suite.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// A sentence about behaviour, as an identifier.
    pub name: &'static str,
    /// What must be on the machine besides namespaces.
    pub needs: &'static [Need],
    /// Which tests may run beside it.
    pub turn: Turn,
    /// The test; runs inside.
    pub body: fn() -> Result<()>,
}

/// Which tests may run at the same time: none can hear another, but they share the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It measures time, work or loss, or holds a race: only idle tests run beside it.
    Alone,
    /// It waits for what must come, with time to spare: `SHARED_MAX` such tests run at once.
    Shared,
    /// It does next to nothing for a long time: it runs beside any other.
    Idle,
}

/// A requirement of a test besides namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// `avahi-daemon`, `avahi-publish`, `avahi-browse` and `dbus-daemon`.
    Avahi,
    /// The `cooee` program, which is built when the suite starts.
    Cooee,
    /// The daemon `cooeed`, which is built when the suite starts.
    Cooeed,
    /// D-Bus for Python.
    DbusPython,
    /// `dig`.
    Dig,
    /// A foreign peer of [`crate::foreign`].
    Foreign(Package),
    /// A program, and the package of Debian that has it.
    Program(&'static str, &'static str),
}

/// How many tests share the machine. They sleep for most of their time.
const SHARED_MAX: usize = 3;

/// How long one test may take, namespaces included.
const TEST_LIMIT: Duration = Duration::from_secs(180);

/// A part of a test that another process of this executable plays, in one of its hosts.
#[derive(Clone, Copy, Debug)]
pub struct Role {
    /// The role's name, unlike that of any test.
    pub name: &'static str,
    /// Its work; it reports to the test on standard output.
    pub body: fn() -> Result<()>,
}

/// Returns the main function of a suite of laboratory tests.
pub fn main(tests: &'static [Test], roles: &[Role]) -> ExitCode {
    if let Some(name) = inside_test() {
        let test = tests
            .iter()
            .find(|test| test.name == name)
            .map(|test| test.body);
        let role = roles
            .iter()
            .find(|role| role.name == name)
            .map(|role| role.body);
        return run_body(test.or(role), &name);
    }
    let mut arguments = Arguments::from_args();
    // Each waits in a thread of its own until it is its turn.
    arguments.test_threads.get_or_insert(tests.len());
    let trials = tests
        .iter()
        .map(|test| Trial::ignorable_test(test.name, move || run_trial(test)));
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Returns whether a test that cannot run must fail instead of being skipped.
pub fn is_required() -> bool {
    let set_to = |name: &str, value: &str| std::env::var(name).is_ok_and(|text| text == value);
    set_to("COOEE_LAB", "required") || set_to("CI", "true")
}

/// Returns why the laboratory is not available on this machine; `None` if it is.
pub fn missing_namespaces() -> Option<&'static str> {
    static WHY: OnceLock<Option<String>> = OnceLock::new();
    WHY.get_or_init(|| {
        let probe = "mount -t tmpfs tmpfs /run && mkdir /run/netns && ip netns add probe \
                     && ip link add probe0 type veth peer name probe1 netns probe";
        let output = unshare().args(["sh", "-c", probe]).output();
        match output {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(format!(
                "network namespaces cannot be made here (unshare, mount, ip): {}",
                String::from_utf8_lossy(&output.stderr).trim()
            )),
            Err(error) => Some(format!("unshare cannot be run: {error}")),
        }
    })
    .as_deref()
}

/// Runs this same executable with `arguments` in new namespaces, with the variable `name` set to
/// mark it.
pub fn inside_command(name: &str, arguments: &[String]) -> Result<Command> {
    let executable = std::env::current_exe().context("own path")?;
    let mut command = unshare();
    command.arg(executable).args(arguments).env(INSIDE, name);
    Ok(command)
}

/// Returns a command that plays a role of this executable in `node`.
pub fn role_command(node: &Node, role: &str) -> Result<Command> {
    let mut command = node.command(std::env::current_exe().context("own path")?);
    command.env(INSIDE, role);
    Ok(command)
}

/// Returns the words of a shell that play a role of this executable.
pub fn role_words(role: &str) -> String {
    let program = std::env::current_exe().unwrap_or_default();
    format!("env {INSIDE}={role} {}", program.display())
}

/// Returns the name of the test that this process runs, if it is inside.
pub fn inside_test() -> Option<String> {
    std::env::var(INSIDE).ok()
}

fn unshare() -> Command {
    let mut command = Command::new("unshare");
    // A mapped root of its own; where that is refused, real root is sufficient.
    static MAPPED: OnceLock<bool> = OnceLock::new();
    let mapped = *MAPPED.get_or_init(|| {
        let probe = Command::new("unshare")
            .args(["-rn", "true"])
            .stderr(Stdio::null())
            .status();
        probe.is_ok_and(|status| status.success())
    });
    if mapped {
        command.arg("-r");
    }
    command.args(["-nmpf", "--kill-child", "--mount-proc"]);
    command
}

fn run_body(body: Option<fn() -> Result<()>>, name: &str) -> ExitCode {
    let done = match body {
        Some(body) => body(),
        None => Err(Error::new("there is no such test")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("{name}: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run_trial(test: &'static Test) -> std::result::Result<Completion, Failed> {
    if let Some(why) = why_not(test) {
        if is_required() {
            return Err(Failed::from(format!("required, but {why}")));
        }
        tell(&format!("SKIPPED {}: {why}", test.name));
        return Ok(Completion::ignored_with(why));
    }
    let _turn = take_turn(test.turn)?;
    let mut command = inside_command(test.name, &[])?;
    command.process_group(0);
    let start = monotonic();
    let finished = Running::start(command)?.finish(TEST_LIMIT)?;
    let took = monotonic().saturating_sub(start).as_secs_f32();
    tell(&format!("{took:5.1} s: {}", test.name));
    finished.success()?;
    Ok(Completion::Completed)
}

fn why_not(test: &Test) -> Option<String> {
    if let Some(why) = missing_namespaces() {
        return Some(why.to_owned());
    }
    test.needs.iter().find_map(|need| match need {
        Need::Avahi => crate::avahi::missing(),
        Need::Cooee => crate::cooee::build().err().map(|error| error.to_string()),
        Need::Cooeed => crate::cooeed::build().err().map(|error| error.to_string()),
        Need::DbusPython => missing_dbus_python(),
        Need::Dig => missing_dig(),
        Need::Foreign(package) => package.missing(),
        Need::Program(name, package) => missing_program(name, package),
    })
}

fn missing_dbus_python() -> Option<String> {
    let mut command = Command::new(crate::foreign::python());
    let output = command.args(["-c", "import dbus, gi"]).output();
    let there = output.is_ok_and(|output| output.status.success());
    (!there).then(|| "D-Bus for Python is not installed (Debian: python3-dbus python3-gi)".into())
}

fn missing_dig() -> Option<String> {
    let there = Command::new("dig").arg("-v").output().is_ok();
    (!there).then(|| "dig is not installed (Debian: bind9-dnsutils)".to_owned())
}

fn missing_program(name: &str, package: &str) -> Option<String> {
    let folders = ["/usr/bin", "/usr/sbin"].map(Path::new);
    let is_there = folders.iter().any(|folder| folder.join(name).exists());
    (!is_there).then(|| format!("{name} is not installed (Debian: {package})"))
}

/// Waits for tests that must not run at the same time, including those of other suites of this
/// machine. Those that measure come last: the others would wait for each of them.
fn take_turn(turn: Turn) -> Result<Option<(Flock<File>, Option<Place>)>> {
    let (place, kind) = match turn {
        Turn::Idle => return Ok(None),
        Turn::Shared => (Some(Place::take()), FlockArg::LockShared),
        Turn::Alone => {
            drop(Places::wait_until(|places| {
                places.waiting == 0 && places.taken == 0
            }));
            (None, FlockArg::LockExclusive)
        }
    };
    let name = format!("cooee-netlab-{}.lock", nix::unistd::getuid());
    let path = std::env::temp_dir().join(name);
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .context(path.display())?;
    let lock = Flock::lock(file, kind).map_err(|(_, error)| Error::from(error))?;
    Ok(Some((lock, place)))
}

/// How many of the [`SHARED_MAX`] places are taken, and how many tests wait for one.
struct Places {
    waiting: usize,
    taken: usize,
}

static PLACES: Mutex<Places> = Mutex::new(Places {
    waiting: 0,
    taken: 0,
});
static PLACES_CHANGED: Condvar = Condvar::new();

impl Places {
    fn lock() -> MutexGuard<'static, Self> {
        PLACES.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until(is_it: impl Fn(&Self) -> bool) -> MutexGuard<'static, Self> {
        PLACES_CHANGED
            .wait_while(Self::lock(), |places| !is_it(places))
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the [`SHARED_MAX`] places, until it is dropped.
struct Place;

impl Place {
    fn take() -> Self {
        Places::lock().waiting += 1;
        let mut places = Places::wait_until(|places| places.taken < SHARED_MAX);
        places.waiting -= 1;
        places.taken += 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        Places::lock().taken -= 1;
        PLACES_CHANGED.notify_all();
    }
}

#[allow(
    clippy::print_stderr,
    reason = "a skipped or failed test has to be heard"
)]
fn tell(message: &str) {
    eprintln!("{message}");
}
