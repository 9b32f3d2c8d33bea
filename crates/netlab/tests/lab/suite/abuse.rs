//! Clients on D-Bus that ask for too much.
//!
//! In:  `peers/avahi_abuse.py`, which prints a line for each abuse.
//! Out: whether each call was refused for what is wrong with it, other clients were served, and the
//!      memory of cooeed stayed within bounds.

use std::fs;
use std::time::Duration;

use netlab::avahi::Settings;
use netlab::error::Context;
use netlab::foreign::python;
use netlab::lab::Families;
use netlab::program::Running;
use netlab::served::{Daemon, Served};
use netlab::{Lab, Result, ensure};

/// The program, and the module that it imports.
const FILES: [(&str, &str); 2] = [
    (
        "avahi_abuse.py",
        include_str!("../../../peers/avahi_abuse.py"),
    ),
    ("avahi_bus.py", include_str!("../../../peers/avahi_bus.py")),
];

/// What it must print, apart from the memory.
const WANTED: [&str; 9] = [
    "the calls of a client that reads nothing are sent",
    "calls beside a client that reads nothing: 100 accepted",
    "what waited for it: there",
    // Each of 25 arguments, 20 times.
    "texts of 100,000 bytes: 60 Avahi.InvalidAddressError, 100 Avahi.InvalidDomainNameError, \
     100 Avahi.InvalidHostNameError, 20 Avahi.InvalidRDataError, 20 Avahi.InvalidRecordError, \
     60 Avahi.InvalidServiceNameError, 20 Avahi.InvalidServiceSubtypeError, \
     60 Avahi.InvalidServiceTypeError, 40 Avahi.NotFoundError, 20 Avahi.OSError",
    "100,000 TXT strings, and as many empty ones: 1 Avahi.InvalidRecordError, 2 accepted",
    "a host and a service of 63 brackets: found",
    "10000 groups: 8976 Avahi.TooManyObjectsError, 1024 accepted",
    "a group of another client meanwhile: 1 accepted",
    "a group after them: 1 accepted",
];

/// How much more memory the daemon may have afterwards, in KiB: it has 15 MiB when it starts.
const GROWTH_KIB_MAX: i64 = 32 * 1_024;

/// How long all of it may take.
const LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn others_are_served() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let here = lab.node("here")?;
    lab.plug(&here, &segment, "lan1", Families::Both)?;
    let settings = Settings {
        host_name: "here".to_owned(),
        interfaces: vec!["lan1".to_owned()],
        services: Vec::new(),
    };
    let changes = [("objects-per-client-max=4096", "objects-per-client-max=1024")];
    let served = Served::start_with(&here, Daemon::Cooeed, &settings, &changes)?;
    let folder = here.folder()?;
    for (name, text) in FILES {
        fs::write(folder.join(name), text).context(name)?;
    }
    let pid = served.pid()?;
    let mut command = served.command(python());
    command.arg("-B").arg(folder.join(FILES[0].0));
    command.args([served.bus().address(), pid.to_string()]);
    let finished = Running::start(command)?.finish(LIMIT)?.success()?;
    let (memory, lines): (Vec<String>, Vec<String>) = finished
        .stdout
        .into_iter()
        .map(|line| line.text)
        .partition(|line| line.starts_with("memory: "));
    ensure!(lines == WANTED, "{lines:#?}");
    let growth: i64 = memory
        .concat()
        .replace("memory: ", "")
        .parse()
        .context("memory")?;
    ensure!(growth <= GROWTH_KIB_MAX, "{growth} KiB more");
    Ok(())
}
