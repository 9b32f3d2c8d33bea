//! What happens to a host that has registered something.
//!
//! In:  a sudden end, a cable pulled, an address replaced, no file descriptors left.
//! Out: whether others soon see the truth, under the same name.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use netlab::clock::wait_until;
use netlab::cooee;
use netlab::lab::Families;
use netlab::program::{Line, Running};
use netlab::{Error, Lab, Node, Port, Result, ensure};

use super::changes::{wait_for_addresses, wait_for_names};
use super::life::cpu_of;
use super::setup::{HTTP, ONCE_LIMIT};

/// How long a change may take to be announced, or asked about: it is damped, and probed for.
const SEEN_LIMIT: Duration = Duration::from_secs(5);

/// A host that registers, and one that browses.
struct Link {
    lab: Lab,
    here: Node,
    port: Port,
    browsing: Running,
}

impl Link {
    fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let (here, onlooker) = (lab.node("here")?, lab.node("onlooker")?);
        let port = lab.plug(&here, &segment, "lan1", Families::V4Only)?;
        lab.plug(&onlooker, &segment, "eth0", Families::V4Only)?;
        let browsing = cooee::start(&onlooker, &["browse", HTTP])?;
        Ok(Self {
            lab,
            here,
            port,
            browsing,
        })
    }

    /// Registers, and waits until the other host has found it.
    fn register(&self) -> Result<Running> {
        let arguments = ["register", "Web", HTTP, "80", "--host", "here"];
        let running = cooee::start(&self.here, &arguments)?;
        running.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
        wait_for_names(&self.browsing, ONCE_LIMIT, &["Web"])?;
        Ok(running)
    }
}

fn has(lines: &[Line], word: &str) -> bool {
    lines.iter().any(|line| line.text.contains(word))
}

pub(crate) fn killed() -> Result<()> {
    let link = Link::new()?;
    link.register()?.kill();
    // Its earlier records are still in every cache, and no reason to take another name.
    let again = link.register()?;
    std::thread::sleep(Duration::from_secs(2));
    ensure!(!has(&again.stdout(), "renamed"), "{:?}", again.stdout());
    let shown = link.browsing.stdout();
    ensure!(
        !has(&shown, "\"removed\"") && !has(&shown, "\"lost\""),
        "{shown:?}"
    );
    Ok(())
}

pub(crate) fn unplugged_and_readdressed() -> Result<()> {
    let link = Link::new()?;
    let registered = link.register()?;
    let old = link
        .port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4 address"))?;
    let [a, b, ..] = old.octets();
    let new = Ipv4Addr::new(a, b, 200, 3);
    link.port.unplug()?;
    std::thread::sleep(Duration::from_secs(1));
    for (verb, address) in [("del", old), ("add", new)] {
        let address = format!("{address}/16");
        link.here.ip(&["addr", verb, &address, "dev", "lan1"])?;
    }
    link.port.replug()?;
    wait_for_addresses(&link.browsing, "Web", &BTreeSet::from([new.to_string()]))?;
    // The interface goes down and up again as a whole.
    link.here.ip(&["link", "set", "lan1", "down"])?;
    std::thread::sleep(Duration::from_millis(500));
    link.here.ip(&["link", "set", "lan1", "up"])?;
    std::thread::sleep(Duration::from_secs(3));
    let said = registered.stdout();
    ensure!(!has(&said, "renamed"), "it fled from itself: {said:?}");
    wait_for_addresses(&link.browsing, "Web", &BTreeSet::from([new.to_string()]))
}

pub(crate) fn no_descriptors() -> Result<()> {
    let mut link = Link::new()?;
    let program = cooee::command(&link.here)?;
    let path = program.get_args().last().map(ToOwned::to_owned);
    let path = path.ok_or_else(|| Error::new("no program"))?;
    let mut few = link.here.command("sh");
    few.args(["-c", "ulimit -n 6; exec \"$0\" browse --once"])
        .arg(path);
    let ended = Running::start(few)?.finish(SEEN_LIMIT)?;
    let (code, said) = (ended.status.code(), ended.stderr_text());
    ensure!(
        code == Some(3) && said.contains("error:"),
        "exit code {code:?}: {said}"
    );

    // None are left for a new interface, while the old one goes on.
    let registered = link.register()?;
    let pid = registered.pid().to_string();
    let limit = link
        .here
        .run("prlimit", &["--pid", &pid, "--nofile=6"], SEEN_LIMIT)?;
    limit.success()?;
    let (before, segment) = (cpu_of(&registered)?, link.lab.segment()?);
    link.lab
        .plug(&link.here, &segment, "eth7", Families::V4Only)?;
    let reported = wait_until(SEEN_LIMIT, || has(&registered.stderr(), "eth7"));
    ensure!(reported, "it says nothing of it: {:?}", registered.stderr());
    std::thread::sleep(Duration::from_secs(3));
    let cpu = cpu_of(&registered)?.saturating_sub(before);
    ensure!(cpu < Duration::from_millis(300), "it spins: {cpu:?}");
    let found = cooee::run(
        &link.lab.existing("onlooker")?,
        &["browse", HTTP, "--once"],
        ONCE_LIMIT,
    )?;
    ensure!(
        cooee::services(&found)?.contains_key("Web"),
        "it is gone: {found:?}"
    );
    Ok(())
}
