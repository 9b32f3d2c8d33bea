//! One run of one subject on a link full of hosts.
//!
//! In:  options.
//! Out: measurements, printed as a table.

use netlab::bench::{Bench, say};
use netlab::drops::Drops;
use netlab::error::Result;
use netlab::hosts::{Config, HostsReport, Played};
use netlab::lab::Families;
use netlab::{Lab, Node, Segment};

use crate::options::Options;
use crate::subject::{self, Measured, Subject};
use crate::table;

/// The result of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) measured: Measured,
    pub(crate) drops: Drops,
    pub(crate) hosts: HostsReport,
}

/// The bench.
pub(crate) const BENCH: Bench<Options> = Bench {
    help: HELP,
    read: Options::read,
    prepare,
    measure: race,
    subject: subject::main,
};

const HELP: &str = "\
How long until every instance on a busy link is resolved, and what it costs.

  --runs N            how often each is measured (5)
  --instances A,B     how many hosts there are (1000,5000)
  --subjects a,b      floor, cooee, cooee-cli, mdns-sd, zeroconf, avahi (all)
  --terse yes|no|only whether the hosts are also played without additional records (yes)
  --limit SECONDS     how long one run may take (20)";

fn prepare(options: &Options) -> Result<()> {
    options
        .subjects
        .iter()
        .try_for_each(|subject| subject.prepare())
}

fn race(options: &Options) -> Result<()> {
    let mut lab = Lab::new()?;
    say(&table::heading());
    for terse in &options.terse {
        for count in &options.instances {
            for subject in &options.subjects {
                measure(&mut lab, options, *subject, *count, *terse)?;
            }
        }
    }
    Ok(())
}

fn measure(
    lab: &mut Lab,
    options: &Options,
    subject: Subject,
    count: u32,
    terse: bool,
) -> Result<()> {
    if let Some(why) = subject.missing() {
        say(&format!("{:<12} not measured: {why}", subject.name()));
        return Ok(());
    }
    let mut runs = Vec::new();
    for _ in 0..options.runs {
        runs.push(run(lab, options, subject, count, terse)?);
    }
    say(&table::row(subject, count, terse, &runs));
    Ok(())
}

/// Creates a new link, fills it, lets the subject browse it, and removes it.
fn run(lab: &mut Lab, options: &Options, subject: Subject, count: u32, terse: bool) -> Result<Run> {
    let segment = lab.segment()?;
    let (asker, crowd) = (lab.node("asker")?, lab.node("crowd")?);
    lab.plug(&asker, &segment, "eth0", Families::V4Only)?;
    let players = play(lab, &crowd, &segment, count, terse)?;
    let before = Drops::of(&asker)?;
    let measured = subject.measure(&asker, count, options.limit)?;
    let drops = Drops::of(&asker)?.since(before);
    let hosts = players.stop()?;
    asker.remove()?;
    crowd.remove()?;
    Ok(Run {
        measured,
        drops,
        hosts,
    })
}

fn play(lab: &mut Lab, node: &Node, segment: &Segment, count: u32, terse: bool) -> Result<Played> {
    let port = lab.plug(node, segment, "eth0", Families::V4Only)?;
    let config = Config {
        interface: port.interface,
        count,
        network: segment.network(),
        ipv6: false,
        additional: !terse,
        seed: u64::from(segment.network().to_bits()),
    };
    Played::start(node, config)
}
