//! Measures what one hostile host can do: the table in `SECURITY.md` must say no less than is true.
//!
//! In:  every kind of lie, sent in 1, 10 and 1,000 packets, 20 per second.
//! Out: for how long a service is missing or shown wrong after the last of them, and how many
//!      multicasts they cause, compared with the table.

use std::time::Duration;

use cooee_proto::Limits;

use super::super::peer::Flaw;
use super::super::strangers::{Lie, Telling};
use super::super::*;
use crate::{Rng, ms};

/// The default limits.
struct AsShipped;

impl Flaw for AsShipped {
    fn limits(&self, limits: &mut Limits) {
        *limits = Limits::default();
    }
}

/// The largest effect of this many packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Harm {
    missing: Duration,
    wrong: Duration,
    drawn: usize,
}

fn harm(seed: u64, telling: Telling) -> Harm {
    let mut model = Model::new(seed, Some(|_| Some(Box::new(AsShipped))));
    for step in [
        Step::Readdress(0, 0, TWINS),
        Step::Publish(0, 0),
        Step::Publish(1, 1),
        Step::Browse(2),
        Step::Foreign(0, ForeignStep::Publish(0)),
        Step::Foreign(1, ForeignStep::Publish(0)),
        Step::Wait(secs(60)),
    ] {
        model.act(step);
    }
    model.check_news();
    model.note_clear();
    let quiet = model.world.recording().transmissions().len();
    model.act(Step::Lie(telling));
    let (mut harm, ended) = (Harm::default(), model.world.now());
    let living = model.living();
    while model.world.now().saturating_since(ended) < WATCHED {
        let since = model.world.now().saturating_since(ended);
        for browser in [0, 2] {
            for service in &living {
                for link in 0..healing::links_of(service.owner) {
                    if !model.knows(browser, link, service) {
                        harm.missing = since;
                    } else if !model.knows_right(browser, link, service) {
                        harm.wrong = since;
                    }
                }
            }
        }
        model.world.run_for(STEP);
    }
    let new = &model.world.recording().transmissions()[quiet..];
    let of_peer = |host: &str| peer_of(host).is_some();
    let drawn = new.iter().filter(|t| {
        t.at <= ended + AFTERWARDS && t.is_multicast() && t.host.as_deref().is_some_and(of_peer)
    });
    harm.drawn = drawn.count();
    harm
}

/// A row of the table: the largest effect of 1, 10 and 1,000 lies of a kind.
struct Bound {
    lie: Lie,
    text: &'static str,
    missing_secs: [u64; 3],
    wrong_secs: [u64; 3],
    drawn: [usize; 3],
}

impl Bound {
    /// Returns the row as it stands in the table.
    fn row(&self) -> String {
        let missing = self.missing_secs.map(|secs| secs as usize);
        let wrong = self.wrong_secs.map(|secs| secs as usize);
        let columns = [missing, wrong, self.drawn].map(|figures| figures.map(grouped).join(" / "));
        format!("| {} | {} |", self.text, columns.join(" | "))
    }

    /// Returns some forms of this many lies.
    fn tellings(&self, rng: &mut Rng, times: u16) -> Vec<Telling> {
        // Other data may be those of an address, a text, a port or a host.
        let forms = if self.lie == Lie::OtherData {
            3 * FORMS
        } else {
            FORMS
        };
        let mut telling = || {
            let [pick, way, link, ..] = rng.bits().to_le_bytes();
            Telling {
                link: usize::from(link) % LINKS.len(),
                lie: self.lie,
                pick,
                way,
                times,
                pause: ms(50),
            }
        };
        (0..forms).map(|_| telling()).collect()
    }

    /// Returns what the worst of some lies does.
    fn measure(tellings: Vec<Telling>) -> Harm {
        let mut worst = Harm::default();
        for (seed, telling) in (0..).zip(tellings) {
            let harm = harm(seed, telling);
            worst.missing = worst.missing.max(harm.missing);
            worst.wrong = worst.wrong.max(harm.wrong);
            worst.drawn = worst.drawn.max(harm.drawn);
        }
        worst
    }
}

/// Returns a number with a comma before its last three digits.
fn grouped(number: usize) -> String {
    match (number / 1_000, number % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

/// Measures every [`SHARES`]th row of the table.
fn assert_table(share: usize) {
    let page = include_str!("../../../../../SECURITY.md");
    let mut rng = Rng::new(5);
    let mut broken = Vec::new();
    for (number, bound) in BOUNDS.iter().enumerate() {
        let row = bound.row();
        assert!(page.contains(&row), "SECURITY.md lacks the row {row}");
        for (nth, times) in [1, 10, 1_000].into_iter().enumerate() {
            let tellings = bound.tellings(&mut rng, times);
            if number % SHARES != share {
                continue;
            }
            let harm = Bound::measure(tellings);
            let is_kept = harm.missing <= secs(bound.missing_secs[nth])
                && harm.wrong <= secs(bound.wrong_secs[nth])
                && harm.drawn <= bound.drawn[nth];
            println!("{is_kept} {times} times {:?}: {harm:?}", bound.lie);
            if !is_kept {
                broken.push((bound.lie, times, harm));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn lies_do_no_more_than_the_table_says() {
    assert_table(0);
}

#[test]
fn lies_do_no_more_than_the_second_share_of_the_table_says() {
    assert_table(1);
}

#[test]
fn lies_do_no_more_than_the_third_share_of_the_table_says() {
    assert_table(2);
}

#[test]
fn lies_do_no_more_than_the_last_share_of_the_table_says() {
    assert_table(3);
}

const BOUNDS: [Bound; Lie::ALL.len()] = [
    Bound {
        lie: Lie::SolePointer,
        text: "a pointer with the cache-flush bit",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [15, 80, 5000],
    },
    Bound {
        lie: Lie::DeniesType,
        text: "a denial of a service type",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [5, 5, 35],
    },
    Bound {
        lie: Lie::DeniesName,
        text: "a denial in an owner's name",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [5, 8, 180],
    },
    Bound {
        lie: Lie::ManyTypes,
        text: "records of 64 unknown types",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [12, 15, 50],
    },
    Bound {
        lie: Lie::UnheardQuestions,
        text: "two questions that the owner does not hear",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [8, 35, 3500],
    },
    Bound {
        lie: Lie::Goodbye,
        text: "a goodbye in an owner's name",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [6, 15, 400],
    },
    Bound {
        lie: Lie::OtherData,
        text: "other data in an owner's name",
        missing_secs: [12, 12, 12],
        wrong_secs: [60, 60, 120],
        drawn: [15, 40, 800],
    },
    Bound {
        lie: Lie::ManyPointers,
        text: "two packets of 30 forged pointers each",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [25, 180, 10000],
    },
    Bound {
        lie: Lie::NoAddress,
        text: "unusable addresses of a host",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [10, 40, 400],
    },
    Bound {
        lie: Lie::Fleeting,
        text: "ever new instances that last a second",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [12, 25, 1200],
    },
    Bound {
        lie: Lie::Continues,
        text: "a truncated question that goes on, in an asker's name",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [10, 10, 70],
    },
    Bound {
        lie: Lie::CutQuestion,
        text: "a cut question with known answers",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [5, 8, 35],
    },
    Bound {
        lie: Lie::Oversize,
        text: "a message of more than 9,000 bytes",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [5, 5, 35],
    },
    Bound {
        lie: Lie::KnowsAll,
        text: "a question that knows everything",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [5, 5, 35],
    },
    Bound {
        lie: Lie::Probes,
        text: "a probe that wins every tie-break",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [5, 12, 40],
    },
    Bound {
        lie: Lie::Copies,
        text: "copies of an answer that only its owner hears",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [8, 8, 8],
    },
    Bound {
        lie: Lie::OwnSource,
        text: "fewer records of a name, from the owner's own IPv6 address",
        missing_secs: [5, 5, 5],
        wrong_secs: [5, 5, 5],
        drawn: [5, 8, 300],
    },
];

/// How long after the last lie packets count as caused by it.
const AFTERWARDS: Duration = secs(10);
const WATCHED: Duration = secs(400);
const STEP: Duration = ms(500);
const FORMS: u64 = 4;
/// How many tests share the table.
const SHARES: usize = 4;
