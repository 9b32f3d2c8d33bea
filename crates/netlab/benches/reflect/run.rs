//! Each reflector with each number of services, one after the other.
//!
//! In:  options.
//! Out: the table.

use netlab::Lab;
use netlab::bench::{Bench, say};
use netlab::error::{Error, Result};

use crate::case::Case;
use crate::options::{HELP, Options};
use crate::table;

/// The bench.
pub(crate) const BENCH: Bench<Options> = Bench {
    help: HELP,
    read: Options::read,
    prepare,
    measure,
    subject: |_| Err(Error::new("no subject is a process of this program")),
};

fn prepare(options: &Options) -> Result<()> {
    options.routers.iter().try_for_each(|kind| kind.prepare())
}

fn measure(options: &Options) -> Result<()> {
    let mut lab = Lab::new()?;
    say(&table::heading());
    for count in &options.services {
        for kind in &options.routers {
            if let Some(why) = kind.missing() {
                say(&format!("{}: not measured: {why}", kind.name()));
                continue;
            }
            let mut rounds = Vec::new();
            for _ in 0..options.rounds {
                rounds.push(Case::begin(&mut lab, *kind, *count)?.run(options.chatter)?);
            }
            let phases = rounds.first().map_or(0, Vec::len);
            for phase in 0..phases {
                let of_all: Vec<_> = rounds.iter().filter_map(|round| round.get(phase)).collect();
                say(&table::row(*kind, *count, &of_all));
            }
        }
    }
    Ok(())
}
