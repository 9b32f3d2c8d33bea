//! All cases: each begins alone, then all are idle together.
//!
//! In:  options.
//! Out: the table.

use netlab::Lab;
use netlab::bench::{Bench, say};
use netlab::error::Result;

use crate::case::{Carried, Case};
use crate::options::{HELP, Options};
use crate::subject::{self, Subject, Task};
use crate::table;

/// The bench.
pub(crate) const BENCH: Bench<Options> = Bench {
    help: HELP,
    read: Options::read,
    prepare,
    measure,
    subject: subject::main,
};

fn prepare(options: &Options) -> Result<()> {
    options
        .subjects
        .iter()
        .try_for_each(|subject| subject.prepare())
}

fn measure(options: &Options) -> Result<()> {
    let mut lab = Lab::new()?;
    let mut cases = Vec::new();
    for task in &options.tasks {
        for subject in &options.subjects {
            if let Some(why) = subject.missing(*task) {
                say(&format!(
                    "{} {}: not measured: {why}",
                    task.name(),
                    subject.name()
                ));
                continue;
            }
            let base = base_memory(&mut lab, *subject, *task)?;
            for count in options.sizes(*task) {
                cases.push((base, Case::begin(&mut lab, *subject, *task, count)?));
            }
        }
    }
    say(&table::heading(options.idle));
    for (base, case) in cases {
        let carried = case.end(options.idle)?;
        say(&table::row(&carried, base));
    }
    Ok(())
}

/// The memory of the same subject with next to nothing to remember.
fn base_memory(lab: &mut Lab, subject: Subject, task: Task) -> Result<Carried> {
    Case::begin(lab, subject, task, LITTLE)?.end(std::time::Duration::ZERO)
}

/// How many hosts or services are next to nothing.
const LITTLE: u32 = 1;
