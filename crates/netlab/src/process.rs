//! The cost of a running program, and the processor on which it runs.
//!
//! In:  a process id.
//! Out: its memory, now and at its peak, and what of it is private; how often it woke; its threads on
//!      one processor.

use std::fs;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use crate::error::{Context, Error, Result};

/// The memory of a process that is in RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Bytes now.
    pub resident: u64,
    /// The most bytes there ever were.
    pub peak: u64,
    /// Bytes now that are in no file: heap, stacks, and pages of files that were written to.
    pub private: u64,
}

impl Memory {
    /// Reads the kernel's data about a process.
    pub fn of(pid: u32) -> Result<Self> {
        let bytes = |file, field| {
            let path = format!("/proc/{pid}/{file}");
            let text = fs::read_to_string(&path).context(&path)?;
            let kib = read_kib(&text, field);
            let kib = kib.ok_or_else(|| Error::new(format!("no {field} in {path}")))?;
            Ok::<_, Error>(kib * 1024)
        };
        Ok(Self {
            resident: bytes("status", "VmRSS:")?,
            peak: bytes("status", "VmHWM:")?,
            // `RssAnon` of `status` may be wrong by some dozens of pages for each processor.
            private: bytes("smaps_rollup", "Anonymous:")?,
        })
    }
}

/// Restricts the calling thread to the first processor.
pub fn keep_thread_on_first_processor() -> Result<()> {
    keep(Pid::from_raw(0))
}

/// Restricts the threads that a process has now, and those that they start, to the first processor.
pub fn keep_on_first_processor(pid: u32) -> Result<()> {
    let folder = format!("/proc/{pid}/task");
    for thread in fs::read_dir(&folder).context(&folder)? {
        let name = thread.context(&folder)?.file_name();
        let id = name.to_string_lossy().parse().context(&folder)?;
        keep(Pid::from_raw(id))?;
    }
    Ok(())
}

fn keep(thread: Pid) -> Result<()> {
    let mut first = CpuSet::new();
    first.set(0)?;
    Ok(sched_setaffinity(thread, &first)?)
}

/// Returns how often the threads of a process have gone to sleep: how often it woke.
pub fn wake_ups_of(pid: u32) -> Result<u64> {
    let folder = format!("/proc/{pid}/task");
    let mut sum = 0;
    for thread in fs::read_dir(&folder).context(&folder)? {
        let path = thread.context(&folder)?.path().join("status");
        let text = fs::read_to_string(&path).context(path.display())?;
        let field = "voluntary_ctxt_switches:";
        let rest = text.lines().find_map(|line| line.strip_prefix(field));
        let count = rest.and_then(|rest| rest.trim().parse::<u64>().ok());
        sum += count.ok_or_else(|| Error::new(format!("no {field} in {}", path.display())))?;
    }
    Ok(sum)
}

fn read_kib(text: &str, field: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(field))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Memory, read_kib};

    #[test]
    fn a_process_has_had_at_least_the_memory_it_has() {
        let memory = Memory::of(std::process::id()).expect("this process is there");
        assert!(memory.resident > 100_000 && memory.peak >= memory.resident);
        assert!((1..memory.resident).contains(&memory.private));
    }

    #[test]
    fn fields_are_found_by_name() {
        let text = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(read_kib(text, "VmRSS:"), Some(1024));
        assert_eq!(read_kib(text, "VmHWM:"), Some(2048));
        assert_eq!(read_kib(text, "VmData:"), None);
    }
}
