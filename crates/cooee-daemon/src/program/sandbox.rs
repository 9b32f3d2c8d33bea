//! The sandbox: the process gives up what it never needs.
//!
//! In:  the files that it reads, the folders that it writes to.
//! Out: a process that reaches no other files (landlock) and that the kernel kills if it runs a
//!      program, attaches to a process or changes the system (seccomp). Where the kernel lacks one of
//!      these, an error that names it, and the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, path_beneath_rules,
};
use seccompiler::{SeccompAction, SeccompFilter, apply_filter};

/// What the process keeps.
pub(super) struct Reach {
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
}

impl Reach {
    /// Reads `files`, also when they are replaced or made later; where they are links, what they
    /// point to now. Files within the folders of `sockets` can be made, written and removed.
    pub(super) fn new<'a>(
        files: impl Iterator<Item = &'a Path>,
        sockets: impl Iterator<Item = &'a Path>,
    ) -> Self {
        let mut read: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        for file in files {
            let entries = std::fs::read_dir(file).into_iter().flatten().flatten();
            let entries = entries.filter_map(|entry| entry.path().canonicalize().ok());
            read.extend(entries.filter(|path| !path.starts_with(file)));
            read.extend(there(file).map(Path::to_owned));
            read.extend(file.parent().and_then(there).map(Path::to_owned));
        }
        let folders = sockets.filter_map(Path::parent);
        let write = folders.map(Path::to_owned).collect();
        Self { read, write }
    }

    /// Restricts this thread and those that it starts, for ever. Returns what the kernel lacks.
    pub(super) fn restrict(&self) -> Vec<String> {
        for folder in &self.write {
            // Without it no rule can name it. Who writes there reports the error.
            let _ = std::fs::create_dir_all(folder);
        }
        let mut lacking = Vec::new();
        match self.restrict_files() {
            Ok(RestrictionStatus { ruleset, .. }) if ruleset != RulesetStatus::NotEnforced => {}
            Ok(_) => lacking.push("the kernel has no landlock".to_owned()),
            Err(error) => lacking.push(error.to_string()),
        }
        if let Err(error) = restrict_calls() {
            lacking.push(error.to_string());
        }
        lacking
    }

    fn restrict_files(&self) -> Result<RestrictionStatus, landlock::RulesetError> {
        let all = AccessFs::from_all(KNOWN);
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let write = AccessFs::WriteFile
            | AccessFs::Truncate
            | AccessFs::MakeReg
            | AccessFs::MakeSock
            | AccessFs::RemoveFile;
        Ruleset::default()
            .handle_access(all)?
            .create()?
            .add_rules(path_beneath_rules(&self.read, read))?
            .add_rules(path_beneath_rules(&self.write, read | write))?
            .restrict_self()
    }
}

/// Returns the path, or the nearest folder above it that exists; never the root.
fn there(path: &Path) -> Option<&Path> {
    let mut above = path.ancestors();
    above
        .find(|path| path.exists())
        .filter(|path| path.parent().is_some())
}

fn restrict_calls() -> Result<(), seccompiler::Error> {
    let rules: BTreeMap<i64, _> = KILLED.iter().map(|call| (*call, Vec::new())).collect();
    let arch = std::env::consts::ARCH.try_into()?;
    let (other, listed) = (SeccompAction::Allow, SeccompAction::KillProcess);
    let filter = SeccompFilter::new(rules, other, listed, arch)?;
    let program: seccompiler::BpfProgram = filter.try_into()?;
    apply_filter(&program)
}

/// What the sandbox knows of. A kernel that knows less applies less.
const KNOWN: ABI = ABI::V5;

/// Files of the system: the machine's id, the sources of names, the kind of an interface.
const SYSTEM: [&str; 5] = [
    "/etc/machine-id",
    "/etc/nsswitch.conf",
    "/var/lib/dbus/machine-id",
    "/sys/class/net",
    "/sys/devices",
];

/// Calls with which a process runs programs, reaches into others or changes the system.
const KILLED: &[i64] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
];

#[cfg(test)]
mod tests;
