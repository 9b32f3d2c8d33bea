//! One subject under attack.
//!
//! In:  options.
//! Out: measurements, printed as a table.

use std::time::Duration;

use netlab::asker::{Answers, Asker};
use netlab::bench::{Bench, cpu_of, say};
use netlab::clock::wait_until;
use netlab::drops::Drops;
use netlab::error::{Error, Result};
use netlab::hostile::{Attack, Report, Target, attack_from};
use netlab::lab::Families;
use netlab::process::Memory;
use netlab::{Lab, Node, Port, Segment};

use crate::options::{HELP, Options};
use crate::subject::{self, SERVICE_TYPE, Subject, Victim};

/// The bench.
pub(crate) const BENCH: Bench<Options> = Bench {
    help: HELP,
    read: Options::read,
    prepare: |options| options.subjects.iter().try_for_each(|one| one.prepare()),
    measure,
    subject: subject::main,
};

/// How long registering and browsing may take before the attack, and their state after it.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);

/// How long it is quiet before the state afterwards is checked.
const QUIET: Duration = Duration::from_secs(3);

/// How long the services are asked for afterwards, with one question every [`Options::asking`].
const AFTERWARDS: Duration = Duration::from_secs(2);

/// The result of one attack.
struct Seen {
    report: Report,
    before: Memory,
    after: Memory,
    cpu: Duration,
    answers: Answers,
    /// Datagrams that the kernel dropped because they were not read in time.
    dropped: u64,
    /// Questions and answers when it was over.
    afterwards: Answers,
    /// Honest services that are shown when it is over.
    shown: usize,
    /// Honest services that were gone in between.
    lost: usize,
}

fn measure(options: &Options) -> Result<()> {
    let mut lab = Lab::new()?;
    say(&heading());
    for subject in &options.subjects {
        if let Some(why) = subject.missing() {
            say(&format!("{:<10} not measured: {why}", subject.name()));
            continue;
        }
        let seen = endure_attack(&mut lab, options, *subject)?;
        say(&row(*subject, &seen));
    }
    Ok(())
}

/// Creates a new link with a victim, two honest hosts and an attacker.
fn endure_attack(lab: &mut Lab, options: &Options, subject: Subject) -> Result<Seen> {
    let segment = lab.segment()?;
    let names = ["victim", "honest", "asker", "attacker"];
    let plugged = lab.plugged(names, &segment, "eth0", Families::Both)?;
    let [here, there, asker, attacker] = &plugged;
    let honest = subject::honest(&there.0)?;
    let victim = subject.start(&here.0)?;
    wait_until(SETTLE_LIMIT, || victim.shown() == subject::HONEST);
    let seen = observe(options, &segment, (&victim, here), asker, attacker)?;
    drop((victim, honest));
    for (node, _) in plugged {
        node.remove()?;
    }
    Ok(seen)
}

fn observe(
    options: &Options,
    segment: &Segment,
    (victim, here): (&Victim, &(Node, Port)),
    asker: &(Node, Port),
    attacker: &(Node, Port),
) -> Result<Seen> {
    let ask = || Asker::start(&asker.0, &asker.1, subject::wanted()?, options.asking);
    // Every one of its services has answered before the attack begins.
    let ready = wait_until(SETTLE_LIMIT, || {
        let answers = ask().and_then(|asker| asker.for_a_time(Duration::from_millis(500)));
        answers.is_ok_and(|answers| answers.share() >= 1.0 && answers.wrong == 0)
    });
    if !ready {
        return Err(Error::new("it answers nothing"));
    }
    let attack_of = plan(options, segment, &attacker.1, &here.1)?;
    let before = Memory::of(victim.pid())?;
    let (cpu, drops) = (cpu_of(victim.pid())?, Drops::of(&here.0)?);
    let asking = ask()?;
    let report = attack_from(&attacker.0, attack_of)?;
    let cpu = cpu_of(victim.pid())?.saturating_sub(cpu);
    let answers = asking.stop()?;
    let after = Memory::of(victim.pid())?;
    let dropped = Drops::of(&here.0)?.since(drops).receive_buffer;
    std::thread::sleep(QUIET);
    Ok(Seen {
        report,
        before,
        after,
        cpu,
        answers,
        dropped,
        afterwards: ask()?.for_a_time(AFTERWARDS)?,
        shown: victim.shown(),
        lost: victim.lost(),
    })
}

fn plan(options: &Options, segment: &Segment, from: &Port, to: &Port) -> Result<Attack> {
    Ok(Attack {
        interface: from.interface.clone(),
        network: segment.network(),
        target: Target::of(to, SERVICE_TYPE, subject::instances())?,
        families: options.families.clone(),
        sources: options.sources,
        rate: options.rate,
        duration: options.duration,
        seed: options.seed,
    })
}

fn heading() -> String {
    format!(
        "{:<10} {:>8} | {:>8} {:>8} {:>8} | {:>8} {:>6} {:>8} | {:>8} {:>9} {:>9} {:>9} | {:>8} {:>6} {:>5}",
        "subject",
        "packets",
        "memory",
        "growth",
        "peak",
        "CPU each",
        "core",
        "dropped",
        "answered",
        "median",
        "99 %",
        "worst",
        "answered",
        "shows",
        "lost"
    )
}

fn row(subject: Subject, seen: &Seen) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let before = seen.before.resident;
    let packets = seen.report.sent.max(1) as f64;
    format!(
        "{:<10} {:>6.0}/s | {:>4.1} MiB {:>4.1} MiB {:>4.1} MiB | {:>5.2} us {:>4.1} % {:>8} | {:>6.1} % {:>9} {:>9} {:>9} | {:>6.1} % {:>4}/{} {:>5}",
        subject.name(),
        seen.report.rate(),
        mib(before),
        mib(seen.after.resident.saturating_sub(before)),
        mib(seen.after.peak.saturating_sub(before)),
        seen.cpu.as_secs_f64() * 1e6 / packets,
        seen.cpu.as_secs_f64() * 100.0 / seen.report.lasted.as_secs_f64(),
        seen.dropped,
        seen.answers.share() * 100.0,
        millis(seen.answers.within(0.5)),
        millis(seen.answers.within(0.99)),
        millis(seen.answers.within(1.0)),
        seen.afterwards.share() * 100.0,
        seen.shown,
        subject::HONEST,
        seen.lost
    )
}

fn millis(time: Option<Duration>) -> String {
    time.map_or_else(
        || "never".to_owned(),
        |time| format!("{:.2} ms", time.as_secs_f64() * 1e3),
    )
}
