//! Any history, decoded from bytes: whatever happens, hosts follow the rules and come to know the
//! truth.
//!
//! In:  bytes, from a fuzzer or from a seed.
//! Out: a panic if a peer breaks a rule, contradicts itself, or does not come to know the truth.
//!
//! Three peers run the agent, browse and publish; some want the same names. Two foreign hosts
//! publish too, and hostile hosts disturb. After each step, the checks run that must hold at any
//! time: nothing leaves the link, no record is sent twice within a second, probes keep their rate,
//! tables keep their limits, no event is about an expired record, no name has two holders for long.
//! Then the network becomes fault-free. An hour later everybody must know everything, and the hour
//! after that must be quiet.

use std::collections::{BTreeMap, BTreeSet};

use cooee_proto::dnssd::event::RequestId;
use cooee_proto::time::Instant;
use cooee_wire::{Record, Ttl};

use crate::nodes::{Policy, Responder, ServiceRecords};
use crate::{Rng, Setup, Weather, World, secs};

use claims::Claims;
use healing::Healing;
use keys::mixed;
use peer::{Flaw, Peer};
use steps::{ForeignStep, Step};
use strangers::Lie;
use traffic::Traffic;

mod act;
mod bounds;
mod cadence;
mod claims;
mod draws;
mod forge;
mod healing;
mod honest;
mod hostile;
mod keys;
mod letter;
mod peer;
mod probed;
mod quiet;
mod steps;
mod strangers;
mod tables;
mod traffic;
mod truth;
mod voices;

/// Runs the history in `bytes` in a world of `seed`, then ends all faults and compares what each
/// peer knows with the truth. Returns how many steps it had.
///
/// # Panics
/// Panics if a rule is broken, after printing the history and the command that repeats it.
pub fn run(seed: u64, bytes: &[u8]) -> usize {
    run_with(seed, bytes, &Lie::ALL, None)
}

/// Returns the bytes of a random history of this length.
pub fn random_history(seed: u64, len: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    (0..len).map(|_| rng.bits().to_le_bytes()[0]).collect()
}

fn run_with(seed: u64, bytes: &[u8], lies: &[Lie], flaw: Option<MakeFlaw>) -> usize {
    let mut replay = Replay {
        seed,
        bytes,
        log: Vec::new(),
    };
    let mut model = Model::new(seed, flaw);
    let mut rest = bytes.iter().copied();
    let mut count = 0;
    while let Some(step) = steps::next(lies, &mut rest) {
        replay.note(&model, format!("{step:?}"));
        model.act(step);
        model.check();
        count += 1;
    }
    replay.note(&model, "all is well from here".to_owned());
    model.settle();
    model.check();
    model.check_truth();
    model.check_quiet();
    replay.note(&model, "a stranger lies in a quiet world".to_owned());
    model.check_draws(
        seed ^ bytes
            .iter()
            .fold(0, |all, byte| mixed(all, u64::from(*byte))),
    );
    count
}

/// Creates the flaw of a peer, if that peer has one.
type MakeFlaw = fn(usize) -> Option<Box<dyn Flaw>>;

/// A world, and what is true in it.
struct Model {
    world: World,
    peers: [PeerState; PEERS],
    foreign: [ForeignState; FOREIGNERS],
    /// Whether packets get lost on a link.
    lossy: [bool; LINKS.len()],
    /// Whether nothing happens to packets on a link: none is lost, late, doubled or echoed.
    calm: [bool; LINKS.len()],
    /// Whether a peer's system refuses to send on a link, over any family.
    refused: [[bool; LINKS.len()]; PEERS],
    /// Who cannot hear whom on which link.
    parted: BTreeSet<(usize, usize, usize)>,
    traffic: Traffic,
    claims: Claims,
    healing: Healing,
    /// When each peer last found no room for something, and how often it had by then.
    crowded: [(Instant, u64); PEERS],
    /// When each peer last was not on a link, or did not browse.
    away_until: [Instant; PEERS],
    /// How many of each peer's events were checked.
    news_seen: [usize; PEERS],
    flaw: Option<MakeFlaw>,
}

/// What a peer's user has requested.
struct PeerState {
    alive: bool,
    asleep: bool,
    plugged: [bool; LINKS.len()],
    publications: Vec<Publication>,
    /// How many services it has ever published.
    published: u16,
    browses: Vec<RequestId>,
    /// Since when all of them run, while there are any.
    browsing_since: Option<Instant>,
}

/// A service that a peer publishes, under this label or the next free one.
struct Publication {
    request: RequestId,
    label: usize,
    txt: u8,
    port: u16,
    /// Since when it is like this.
    changed: Instant,
}

struct ForeignState {
    alive: bool,
    /// Since when each is like this.
    changed: [Instant; SERVICES],
    /// The services it holds: number to TXT.
    services: BTreeMap<usize, u8>,
}

impl Model {
    fn new(seed: u64, flaw: Option<MakeFlaw>) -> Self {
        let mut world = World::new(seed);
        for link in LINKS {
            world.link(link);
        }
        for peer in 0..PEERS {
            let flaw = flaw.and_then(|flaw| flaw(peer));
            let host = world.host(&peer_name(peer), |setup| Peer::new(setup, flaw));
            host.on(LINKS[0]).on(LINKS[1]);
        }
        for foreign in 0..FOREIGNERS {
            // The first lives on one link, the other on both.
            let host = world.host(&foreign_name(foreign), foreigner).on(LINKS[0]);
            if foreign > 0 {
                host.on(LINKS[1]);
            }
        }
        let mut model = Self {
            world,
            peers: std::array::from_fn(|_| PeerState::new()),
            foreign: std::array::from_fn(|_| ForeignState::new()),
            lossy: [false; LINKS.len()],
            calm: [true; LINKS.len()],
            refused: [[false; LINKS.len()]; PEERS],
            parted: BTreeSet::new(),
            traffic: Traffic::default(),
            claims: Claims::default(),
            healing: Healing::default(),
            crowded: [(Instant::ZERO, 0); PEERS],
            away_until: [Instant::ZERO; PEERS],
            news_seen: [0; PEERS],
            flaw,
        };
        model.browse(0);
        model.note_connections();
        model.note_clear();
        model.note_paces();
        model
    }

    /// Checks what must hold at any time.
    fn check(&mut self) {
        self.check_news();
        self.check_tables();
        self.check_cadence();
        self.note_clear();
        self.note_crowds();
        self.check_healing();
        self.note_connections();
        self.note_paces();
        self.check_claims();
    }

    /// Ends all faults: the weather is calm, everyone is awake and connected, and all false records
    /// expire.
    fn settle(&mut self) {
        for (link, name) in LINKS.iter().enumerate() {
            self.act(Step::Weather(link, 0));
            self.act(Step::Heal(link));
            self.world.weather(name, Weather::calm());
        }
        for peer in 0..PEERS {
            self.wake(peer);
            self.restart(peer, true);
            for link in 0..LINKS.len() {
                self.refuse(peer, link, 0);
                self.readdress(peer, link, DUAL);
                self.plug(peer, link);
            }
        }
        // Packets of a host that sends rarely may all have been lost, and a conflict of a host that
        // nobody asks would remain unnoticed.
        self.check();
        self.world.run_for(bounds::HEALS_WITHIN + secs(2));
        self.check();
        self.world.run_for(bounds::HEALED_WITHIN);
        self.check();
        for foreign in 0..FOREIGNERS {
            self.act(Step::Foreign(foreign, ForeignStep::Announce));
        }
        self.world.run_for(secs(5));
        self.check();
        // The longest time before a browse asks again, and then the answers.
        self.world.run_for(secs(3_600 + 3_600 / 50 + 10));
    }
}

impl PeerState {
    fn new() -> Self {
        Self {
            alive: true,
            asleep: false,
            plugged: [true; LINKS.len()],
            publications: Vec::new(),
            published: 0,
            browses: Vec::new(),
            browsing_since: None,
        }
    }
}

impl ForeignState {
    fn new() -> Self {
        Self {
            alive: true,
            changed: [Instant::ZERO; SERVICES],
            services: BTreeMap::new(),
        }
    }
}

/// The history so far; printed with the command that repeats it when the run fails.
struct Replay<'b> {
    seed: u64,
    bytes: &'b [u8],
    log: Vec<String>,
}

impl Replay<'_> {
    fn note(&mut self, model: &Model, what: String) {
        self.log.push(format!("+{:?} {what}", model.world.age()));
    }
}

impl Drop for Replay<'_> {
    #[allow(
        clippy::print_stderr,
        reason = "the lines that make a failure repeatable"
    )]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let from = self.log.len().saturating_sub(LOG_LINES);
        for line in &self.log[from..] {
            eprintln!("{line}");
        }
        let hex: String = self
            .bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        eprintln!(
            "replay the history: COOEE_SEED={:#x} COOEE_MODEL_HISTORY={hex} \
             cargo test -p cooee-sim model::tests::a_given_history -- --exact",
            self.seed
        );
    }
}

/// A foreign host whose records have a TTL of some minutes.
fn foreigner(setup: Setup<'_>) -> Responder {
    Responder::new(setup).with_policy(policy())
}

fn policy() -> Policy {
    Policy {
        ttl_host: TTL_HOST,
        ttl_other: TTL_OTHER,
        nsec: true,
        ..Policy::default()
    }
}

fn peer_name(peer: usize) -> String {
    format!("p{peer}")
}

fn peer_of(host: &str) -> Option<usize> {
    host.strip_prefix('p')?.parse().ok()
}

/// Returns the number of a host: peers come first.
fn host_of(host: &str) -> Option<usize> {
    let foreign = host
        .strip_prefix('h')
        .and_then(|number| number.parse().ok());
    peer_of(host).or(foreign.map(|foreign: usize| PEERS + foreign))
}

fn foreign_name(foreign: usize) -> String {
    format!("h{foreign}")
}

fn service(foreign: usize, number: usize, txt: u8) -> ServiceRecords {
    let host = format!("{}.local", foreign_name(foreign));
    let host = host.parse().expect("a name");
    let label = format!("{number} on {}", foreign_name(foreign));
    let mut service = ServiceRecords::new(&label, TYPE, &host);
    service.txt = vec![format!("v={txt}")];
    service
}

fn records(foreign: usize, number: usize, txt: u8) -> Vec<Record> {
    service(foreign, number, txt).records(&policy())
}

const TYPE: &str = "_http._tcp";
const LINKS: [&str; 2] = ["lan", "wifi"];
const PEERS: usize = 3;
const FOREIGNERS: usize = 2;
/// How many services a host has at most.
const SERVICES: usize = 3;
/// The names of its services and of itself.
const CLAIMS_MAX: usize = SERVICES + 1;
/// The labels that peers choose from; the last is a foreign host's.
const LABELS: [&str; 3] = ["Desk", "Lamp", "0 on h0"];
const TTL_HOST: Ttl = Ttl(120);
const TTL_OTHER: Ttl = Ttl(300);
/// The way to address a peer that gives it one address of each family.
const DUAL: u8 = 5;
/// The addressing that gives it one of IPv4 and two of IPv6.
const TWINS: u8 = 6;
/// How much of a failed history is printed.
const LOG_LINES: usize = 60;

#[cfg(test)]
mod tests;
