//! Replays captures: to the engine in virtual time, and to the real program on a separate link.
//!
//! In:  a command line with capture files.
//! Out: reports on standard output. `--live` puts the multicast datagrams on a link, from their
//!      original addresses, in a namespace where `cooee` browses and publishes. The program must
//!      keep running, end properly, and print nothing that controls a terminal.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitCode;
use std::time::Duration;

use cooee_sim::capture::Capture;
use cooee_sim::replay::Report;
use nix::sys::signal::Signal;

use crate::bench::say;
use crate::cable::Outlet;
use crate::cooee;
use crate::error::{Context, Error, Result, ensure};
use crate::frame::{Udp, fragments, multicast_mac};
use crate::harness::{inside_command, missing_namespaces};
use crate::lab::{Families, Lab, Node, is_inside};
use crate::program::Running;

/// Requests the real program as well.
const LIVE: &str = "--live";

/// The longest pause between two datagrams on the link; real captures last for hours.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// How long playing one capture may take on the link.
const LIVE_MAX: Duration = Duration::from_secs(120);

/// How long after the last datagram the program's knowledge is checked.
const SETTLE: Duration = Duration::from_secs(3);

/// How long the program may take to begin, and to end.
const LIMIT: Duration = Duration::from_secs(20);

/// Returns the main function of the program `replay`.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("replay: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let live = arguments.iter().any(|argument| argument == LIVE);
    let files = arguments.iter().filter(|argument| *argument != LIVE);
    let files: Vec<&String> = files.collect();
    if files.is_empty() || files.iter().any(|file| file.starts_with('-')) {
        return Err(Error::new(format!(
            "takes {LIVE} and files, pcap or pcapng"
        )));
    }
    if is_inside() {
        return files.iter().try_for_each(|file| play_live(&read(file)?));
    }
    for file in files {
        let capture = read(file)?;
        say(&format!("== {file}: {} frames", capture.frames));
        if capture.cut + capture.unknown_links > 0 || capture.ends_early {
            say(&format!(
                "   {} frames were not captured whole, {} are of unknown links; the file ends early: {}",
                capture.cut, capture.unknown_links, capture.ends_early
            ));
        }
        say(Report::of(&capture, 1).to_string().trim_end());
        if live {
            go_inside(file)?;
        }
    }
    Ok(())
}

fn read(file: &str) -> Result<Capture> {
    let bytes = std::fs::read(file).context(file)?;
    Capture::read(&bytes).context(file)
}

/// Replays a file on a link, in separate namespaces.
fn go_inside(file: &str) -> Result<()> {
    if let Some(why) = missing_namespaces() {
        return Err(Error::new(why));
    }
    cooee::build()?;
    let status = inside_command("replay", &[LIVE.to_owned(), file.to_owned()])?.status()?;
    ensure!(status.success(), "on a link: {status}");
    Ok(())
}

/// Plays a capture to the real program.
fn play_live(capture: &Capture) -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let (here, player) = (lab.node("here")?, lab.node("player")?);
    lab.plug(&here, &segment, "lan1", Families::Both)?;
    lab.plug(&player, &segment, "eth0", Families::Both)?;
    let plain = start(&here, &["browse", "--interface", "lan1"])?;
    let reported = cooee::start(&here, &["browse", "--interface", "lan1"])?;
    let speaking = cooee::start(&here, &["register", "Onlooker", "_http._tcp", "8000"])?;
    speaking.wait_stdout(LIMIT, |line| line.contains("\"registered\""))?;
    let frames = frames(capture);
    let count = frames.len();
    player.enter(move || put(frames))??;
    std::thread::sleep(SETTLE);
    let found = cooee::services(&cooee::objects(&reported.stdout())?)?;
    let (shown, errors) = (plain.stdout(), plain.stderr());
    for running in [plain, reported, speaking] {
        running.signal(Signal::SIGINT)?;
        let ended = running.finish(LIMIT)?;
        // A browse ends by the signal, a registration after its goodbyes.
        let by_signal = ended.status.signal() == Some(Signal::SIGINT as i32);
        ensure!(
            by_signal || ended.status.success(),
            "it ended: {}, {}",
            ended.status,
            ended.stderr_text()
        );
    }
    for line in shown.iter().chain(&errors) {
        let obeyed = line.text.chars().any(|c| c.is_control() && c != '\t');
        ensure!(!obeyed, "it prints what a terminal obeys: {:?}", line.text);
    }
    say(&format!(
        "live      {count} datagrams; {} services are there at the end",
        found.len()
    ));
    Ok(())
}

fn start(node: &Node, arguments: &[&str]) -> Result<Running> {
    let mut command = cooee::command(node)?;
    command.args(arguments);
    Running::start(command)
}

/// Returns the frames of each multicast datagram, with the pause before it.
fn frames(capture: &Capture) -> Vec<(Duration, Vec<Vec<u8>>)> {
    let mut before = Duration::ZERO;
    let mut frames = Vec::new();
    for (number, datagram) in (0..).zip(&capture.datagrams) {
        let pause = datagram.at.saturating_sub(before).min(PAUSE_MAX);
        before = datagram.at;
        let group = datagram.destination.ip();
        if !group.is_multicast() {
            continue;
        }
        let udp = Udp {
            source_mac: [2, 0, 0, 0, 0, 9],
            source: on_this_link(datagram.source),
            destination: datagram.destination,
            ttl: 255,
            payload: &datagram.bytes,
        };
        let frame = udp.build(multicast_mac(group));
        frames.push((pause, fragments(frame, number)));
    }
    frames
}

/// Returns a source that the kernel accepts: it drops packets from loopback addresses.
fn on_this_link(source: SocketAddr) -> SocketAddr {
    match source.ip() {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_unspecified() => {
            SocketAddr::new(Ipv4Addr::new(10, 1, 77, 1).into(), source.port())
        }
        IpAddr::V4(_) | IpAddr::V6(_) => source,
    }
}

/// Puts frames on the link of this thread's host, each after its pause.
fn put(frames: Vec<(Duration, Vec<Vec<u8>>)>) -> Result<()> {
    let mut outlet = Outlet::open("eth0")?;
    let total: Duration = frames.iter().map(|(pause, _)| *pause).sum();
    // A long capture is replayed as much faster as necessary.
    let factor = (LIVE_MAX.as_secs_f64() / total.as_secs_f64().max(1.0)).min(1.0);
    for (pause, frames) in frames {
        std::thread::sleep(pause.mul_f64(factor));
        for frame in frames {
            outlet.queue(frame);
        }
        outlet.send()?;
    }
    Ok(())
}
