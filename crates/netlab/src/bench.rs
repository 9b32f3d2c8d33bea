//! Shared by the benchmarks: measured processes, processor time, medians.
//!
//! In:  a benchmark's command line and its parts.
//! Out: the benchmark run in separate namespaces; numbers for its tables.
//!
//! A benchmark is one executable in three parts: the outer process makes the namespaces, the inner
//! one measures, and each subject is a separate process, so that its cost can be measured.

use std::process::ExitCode;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

use crate::error::{Context, Error, Result};
use crate::harness::{inside_command, missing_namespaces};
use crate::lab::is_inside;

/// The first argument of the process that is one subject; its name and more follow.
pub const SUBJECT: &str = "--subject";

/// The parts of a bench.
pub struct Bench<O> {
    /// How it is called, shown for `--help`.
    pub help: &'static str,
    /// Reads its command line.
    pub read: fn(&[String]) -> Result<O>,
    /// Builds what is needed, before the namespaces are entered.
    pub prepare: fn(&O) -> Result<()>,
    /// Measures, inside.
    pub measure: fn(&O) -> Result<()>,
    /// Is the subject that the arguments after [`SUBJECT`] name.
    pub subject: fn(&[String]) -> Result<()>,
}

impl<O> Bench<O> {
    /// Returns the main function of a bench.
    pub fn main(&self) -> ExitCode {
        let arguments: Vec<String> = std::env::args()
            .skip(1)
            .filter(|argument| argument != "--bench")
            .collect();
        match self.run(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                say(&error.to_string());
                ExitCode::FAILURE
            }
        }
    }

    fn run(&self, arguments: &[String]) -> Result<()> {
        match arguments.split_first() {
            Some((first, rest)) if first == SUBJECT => return (self.subject)(rest),
            Some((first, _)) if first == "--help" => {
                say(self.help);
                return Ok(());
            }
            Some(_) | None => {}
        }
        let options = (self.read)(arguments)?;
        if is_inside() {
            return (self.measure)(&options);
        }
        if let Some(why) = missing_namespaces() {
            return Err(Error::new(why));
        }
        (self.prepare)(&options)?;
        let status = inside_command("bench", arguments)?.status()?;
        if status.success() {
            Ok(())
        } else {
            Err(Error::new(status.to_string()))
        }
    }
}

/// Prints a line.
#[allow(clippy::print_stdout, reason = "a bench reports on standard output")]
pub fn say(line: &str) {
    println!("{line}");
}

/// Iterates over the options of a command line: each is a name and a value.
pub fn options(arguments: &[String], mut set: impl FnMut(&str, &str) -> Result<()>) -> Result<()> {
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| Error::new(format!("{name} what?")))?;
        set(name, value)?;
    }
    Ok(())
}

/// Finds the one of `all` that has a name; `what` says in an error what they are.
pub fn named<T: Copy>(
    all: &[T],
    name_of: impl Fn(T) -> &'static str,
    what: &str,
    name: &str,
) -> Result<T> {
    let mut all = all.iter().copied();
    let found = all.find(|item| name_of(*item) == name);
    found.ok_or_else(|| Error::new(format!("no {what} is called {name}")))
}

/// Reads a list of items with commas between them.
pub fn list<T>(text: &str, read: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    text.split(',').map(read).collect()
}

/// The processor time that this process has used so far, in user space and the kernel.
pub fn own_cpu() -> Duration {
    usage(UsageWho::RUSAGE_SELF)
}

/// The processor time of the processes that this one started and that have ended.
pub fn children_cpu() -> Duration {
    usage(UsageWho::RUSAGE_CHILDREN)
}

/// Returns the processor time of a running process, all its threads that have not ended.
pub fn cpu_of(pid: u32) -> Result<Duration> {
    let folder = format!("/proc/{pid}/task");
    let mut sum = Duration::ZERO;
    for thread in std::fs::read_dir(&folder).context(&folder)? {
        let path = thread.context(&folder)?.path().join("schedstat");
        let text = std::fs::read_to_string(&path).context(path.display())?;
        let first = text.split_whitespace().next();
        let nanos = first.and_then(|word| word.parse().ok());
        sum += Duration::from_nanos(nanos.ok_or_else(|| Error::new(text.clone()))?);
    }
    Ok(sum)
}

fn usage(who: UsageWho) -> Duration {
    let Ok(usage) = getrusage(who) else {
        return Duration::ZERO;
    };
    let micros = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64);
    Duration::from_micros(micros.iter().sum())
}

/// Sorted values, with their least, greatest and percentiles.
#[derive(Clone, Debug)]
pub struct Sorted(Vec<f64>);

impl Sorted {
    /// Sorts values.
    pub fn new(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// Returns the least; not a number when there is none.
    pub fn least(&self) -> f64 {
        self.at(0.0)
    }

    /// Returns the one in the middle.
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// Returns the greatest.
    pub fn greatest(&self) -> f64 {
        self.at(1.0)
    }

    /// The one below which a share of them are, 0 to 1.
    pub fn at(&self, share: f64) -> f64 {
        let place = (self.0.len() as f64 * share) as usize;
        let place = place.min(self.0.len().saturating_sub(1));
        self.0.get(place).copied().unwrap_or(f64::NAN)
    }
}
