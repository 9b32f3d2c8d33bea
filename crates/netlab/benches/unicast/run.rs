//! The steps: idle, the list, each service once, all of them again and again.
//!
//! In:  options.
//! Out: the table.

use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

use cooee_wire::{Name, RData, RecordType};
use netlab::bench::{self, Bench, cpu_of, say};
use netlab::clock::monotonic;
use netlab::cooeed::{self, Cooeed};
use netlab::error::{Context, Error, Result};
use netlab::hosts::{Config, Played};
use netlab::lab::Families;
use netlab::process::Memory;
use netlab::{Lab, Node};

use crate::asker::{Answers, Question, list, load};

/// The bench.
pub(crate) const BENCH: Bench<Options> = Bench {
    help: HELP,
    read: Options::read,
    prepare: |_| cooeed::build(),
    measure,
    subject: |_| Err(Error::new("no subject is a process of this program")),
};

const HELP: &str = "\
cargo bench -p netlab --bench unicast -- [options]
  --services 1000   how many services there are on the link
  --rate 1000       how many questions are asked per second
  --seconds 20      for how long";

/// What is to be measured.
pub(crate) struct Options {
    services: u32,
    rate: u32,
    seconds: u32,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            services: 1000,
            rate: 1000,
            seconds: 20,
        };
        bench::options(arguments, |name, value| {
            let number = value.parse().context(value)?;
            match name {
                "--services" => options.services = number,
                "--rate" => options.rate = number,
                "--seconds" => options.seconds = number,
                _ => return Err(Error::new(format!("{name}? try --help"))),
            }
            Ok(())
        })?;
        Ok(options)
    }
}

/// The domain of the link.
const DOMAIN: &str = "link.example";

/// The type that the hosts offer.
const TYPE: &str = "_bench._tcp";

/// How long the daemon has before something is measured.
const SETTLE: Duration = Duration::from_secs(3);

fn measure(options: &Options) -> Result<()> {
    let mut lab = Lab::new()?;
    let (link, other) = (lab.segment()?, lab.segment()?);
    let [here, hosts, asker] = ["here", "hosts", "asker"].map(|name| lab.node(name));
    let (here, hosts, asker) = (here?, hosts?, asker?);
    lab.plug(&here, &link, "lan1", Families::V4Only)?;
    lab.plug(&hosts, &link, "eth0", Families::V4Only)?;
    let port = lab.plug(&here, &other, "pod0", Families::V4Only)?;
    lab.plug(&asker, &other, "eth0", Families::V4Only)?;
    let played = Config {
        interface: "eth0".to_owned(),
        count: options.services,
        network: link.network(),
        ipv6: false,
        additional: true,
        seed: 1,
    };
    let _played = Played::start(&hosts, played)?;
    let ip = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
    let settings = format!(
        "[dns]\nlisten = [\"{ip}:53\"]\nrequests-per-second = 100000\n[[dns.zone]]\n\
         name = \"{DOMAIN}\"\ninterface = \"lan1\"\nserver-name = \"proxy.example\"\n"
    );
    let daemon = Cooeed::start_with(&here, "here", "lan1", &settings)?;
    sleep(SETTLE);
    let server = SocketAddr::from((ip, 53));
    let run = Run {
        daemon: &daemon,
        asker: &asker,
        server,
    };
    say("step         asked  answered   empty  median ms   99 % ms     CPU ms  packets  memory kB");
    run.step("idle", || Ok(Answers::default()))?;
    let instances = run.list(options.services)?;
    let each = questions(&instances)?;
    let once = (each.len(), options.rate);
    run.step("each once", || run.load(&each, once))?;
    let again = (
        options.rate as usize * options.seconds as usize,
        options.rate,
    );
    run.step("again", || run.load(&each, again))
}

/// One daemon and one asker.
struct Run<'r> {
    daemon: &'r Cooeed,
    asker: &'r Node,
    server: SocketAddr,
}

impl Run<'_> {
    /// Asks for the list until all services are in it.
    fn list(&self, services: u32) -> Result<Vec<RData>> {
        let question = (name(TYPE)?, RecordType::PTR);
        let begun = monotonic();
        let mut asked = 0;
        loop {
            asked += 1;
            let (server, question) = (self.server, question.clone());
            let found = self.asker.enter(move || list(server, &question))??;
            let after = monotonic().saturating_sub(begun).as_secs_f64();
            say(&format!(
                "list {asked}: {} services after {after:.2} s",
                found.len()
            ));
            if found.len() >= services as usize || asked >= LISTS_MAX {
                return Ok(found);
            }
        }
    }

    fn load(&self, questions: &[Question], pace: (usize, u32)) -> Result<Answers> {
        let (server, questions) = (self.server, questions.to_vec());
        self.asker.enter(move || load(server, &questions, pace))?
    }

    /// Does something, and prints what it cost the daemon.
    fn step(&self, step: &str, work: impl FnOnce() -> Result<Answers>) -> Result<()> {
        let pid = self.daemon.pid();
        let before = (cpu_of(pid)?, self.packets()?);
        let answers = work()?;
        let cpu = cpu_of(pid)?.saturating_sub(before.0);
        let packets = self.packets()?.saturating_sub(before.1);
        say(&format!(
            "{step:<11} {:>6} {:>9} {:>7} {:>10.2} {:>9.2} {:>10.1} {packets:>8} {:>10}",
            answers.asked,
            answers.took.len(),
            answers.empty,
            answers.within(50).as_secs_f64() * 1e3,
            answers.within(99).as_secs_f64() * 1e3,
            cpu.as_secs_f64() * 1e3,
            Memory::of(pid)?.resident / 1024,
        ));
        Ok(())
    }

    /// Returns how many packets the daemon has sent on the link.
    fn packets(&self) -> Result<u64> {
        let status = self.daemon.run(&["status", "--json"])?.success()?;
        let status = status.stdout_text();
        let status: serde_json::Value = serde_json::from_str(&status).context(&status)?;
        Ok(status["packets_sent"].as_u64().unwrap_or_default())
    }
}

/// Returns the questions that resolve each instance.
fn questions(instances: &[RData]) -> Result<Vec<Question>> {
    let mut questions = Vec::new();
    for instance in instances {
        let RData::Ptr(instance) = instance else {
            return Err(Error::new(format!("{instance} is no instance")));
        };
        questions.push((instance.clone(), RecordType::SRV));
        questions.push((instance.clone(), RecordType::TXT));
    }
    Ok(questions)
}

fn name(of_type: &str) -> Result<Name> {
    format!("{of_type}.{DOMAIN}").parse().context(of_type)
}

/// How often the list is asked for.
const LISTS_MAX: u32 = 10;
