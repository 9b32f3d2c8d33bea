//! The command line: avahi-daemon's options, and a few commands.
//!
//! In:  the arguments of the process, and a few variables of its environment.
//! Out: [`Options`], or what clap has to say.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Multicast DNS daemon with Avahi's interfaces.
#[derive(Debug, Parser)]
#[command(name = "cooeed", disable_version_flag = true, max_term_width = 100)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, as of avahi-daemon"
)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Run in the background; return when the daemon is ready
    #[arg(short = 'D', long)]
    pub(super) daemonize: bool,
    /// Log to syslog instead of standard error
    #[arg(short, long)]
    pub(super) syslog: bool,
    /// End the running daemon
    #[arg(short, long, conflicts_with_all = ["reload", "check"])]
    kill: bool,
    /// Let the running daemon read its files again
    #[arg(short, long, conflicts_with = "check")]
    reload: bool,
    /// Exit with 0 if a daemon runs, with 1 if none does
    #[arg(short, long)]
    check: bool,
    /// Print the version
    #[arg(short = 'V', long)]
    version: bool,
    /// Read this file instead of /etc/avahi/avahi-daemon.conf
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Log more
    #[arg(long)]
    pub(super) debug: bool,
    /// Accepted for scripts; has no effect
    #[arg(long)]
    no_rlimits: bool,
    /// Accepted for scripts; has no effect
    #[arg(long)]
    no_drop_root: bool,
    /// Accepted for scripts; has no effect
    #[arg(long)]
    no_chroot: bool,
    /// Accepted for scripts; has no effect
    #[arg(long)]
    no_proc_title: bool,
    /// Do not restrict the process with landlock and seccomp
    #[arg(long)]
    pub(super) no_sandbox: bool,
    /// Read this file instead of /etc/cooee/cooeed.toml
    #[arg(long, value_name = "FILE", env = "COOEED_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// The folder with service files
    #[arg(long, value_name = "FOLDER", default_value = "/etc/avahi/services")]
    pub(super) services: PathBuf,
    /// The file with hosts
    #[arg(long, value_name = "FILE", default_value = "/etc/avahi/hosts")]
    pub(super) hosts: PathBuf,
    /// The file with the process id
    #[arg(long, value_name = "FILE", default_value = "/run/avahi-daemon/pid")]
    pid_file: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check configuration, service and hosts files, and print what is wrong with them
    CheckConfig {
        /// Files to check: *.service, hosts, *.toml, *.conf; all that the daemon reads if none
        files: Vec<PathBuf>,
    },
    /// Show what the running daemon does
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Add, remove or list further names of hosts, until the daemon ends
    #[command(subcommand)]
    Alias(AliasCommand),
}

/// What to do with aliases.
#[derive(Debug, Subcommand)]
pub(super) enum AliasCommand {
    /// Add a name for a host: a CNAME record
    Add {
        /// The name, such as www or www.local
        name: String,
        /// The host; this one if it is left out
        target: Option<String>,
    },
    /// Remove a name that was added
    Remove {
        /// The name, such as www or www.local
        name: String,
    },
    /// List the names, with their hosts
    List,
}

/// What to do.
pub(super) enum Action<'a> {
    Version,
    Check,
    Kill,
    Reload,
    CheckConfig(&'a [PathBuf]),
    Status { json: bool },
    Alias(&'a AliasCommand),
    Run,
}

impl Options {
    pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(arguments)
    }

    pub(super) fn action(&self) -> Action<'_> {
        match &self.command {
            Some(Command::CheckConfig { files }) => Action::CheckConfig(files),
            Some(Command::Status { json }) => Action::Status { json: *json },
            Some(Command::Alias(command)) => Action::Alias(command),
            None if self.version => Action::Version,
            None if self.check => Action::Check,
            None if self.kill => Action::Kill,
            None if self.reload => Action::Reload,
            None => Action::Run,
        }
    }

    pub(super) fn pid_file(&self) -> PathBuf {
        self.pid_file.clone()
    }
}
