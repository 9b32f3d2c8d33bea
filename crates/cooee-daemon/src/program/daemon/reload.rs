//! Reads the files again, and publishes what has changed in them.
//!
//! In:  SIGHUP, changes of the files, of the host's name, and of aliases that were added.
//! Out: the difference, published; warnings, each once.

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::path::Path;
use std::path::PathBuf;

use cooee::Name;

use super::super::args::Options;
use super::super::load;
use super::Shared;
use crate::config::{AliasHost, Config, DnsServer, Limits};
use crate::dns::Door;
use crate::files::{FileHost, Wanted, Warning, scan_hosts, scan_services};

/// The files that the daemon reads.
pub(super) struct Files {
    services: PathBuf,
    hosts: PathBuf,
    config: Config,
    /// With what the DNS server runs.
    dns: DnsServer,
    /// The configuration with which the daemon has started.
    started: Config,
    warned: BTreeSet<Warning>,
}

impl Files {
    pub(super) fn new(options: &Options, config: Config) -> Self {
        Self {
            services: options.services.clone(),
            hosts: options.hosts.clone(),
            dns: DnsServer::default(),
            started: config.clone(),
            config,
            warned: BTreeSet::new(),
        }
    }

    /// Returns what clients may hold now.
    pub(super) fn limits(&self) -> Limits {
        self.config.limits
    }

    /// Reads the configuration again. One that cannot be read changes nothing.
    pub(super) fn read_config(&mut self, options: &Options) {
        match load::config(options) {
            Ok(config) => {
                let late = self.started.needs_restart(&config);
                if !late.is_empty() {
                    tracing::warn!("these changes need a restart: {}", late.join(", "));
                }
                self.config = config;
            }
            Err(error) => tracing::error!("the configuration stays as it was: {error}"),
        }
    }

    /// Starts the DNS server, or starts it again with other settings.
    pub(super) fn update_dns(&mut self, state: &Shared) {
        if self.config.dns == self.dns {
            return;
        }
        self.dns = self.config.dns.clone();
        let mut door = state.dns_door.borrow_mut();
        // Its sockets are closed before others are opened.
        drop(door.take());
        *door = Some(Door::open(state.watches.mdns(), &self.dns, &state.dns));
    }

    /// Replaces the rules of the reflector, if there are others.
    pub(super) fn update_reflector(&self, state: &Shared) {
        let mut present = state.reflect.borrow_mut();
        if self.config.reflect == *present {
            return;
        }
        present.clone_from(&self.config.reflect);
        if let Err(error) = state.watches.mdns().reflect(present.clone()) {
            tracing::error!("the rules of the reflector stay as they were: {error}");
        }
    }

    /// Publishes what has changed. A file that is there, but cannot be read, stays as it was.
    pub(super) fn update(&mut self, state: &Shared) {
        let mut wanted = Wanted::default();
        let mut published = state.published.borrow_mut();
        if self.config.publishes {
            let host = state.host.now();
            let services = scan_services(&self.services);
            let mut warnings = services.warnings;
            for (path, file) in services.files {
                wanted.file(path, file, &host.label, &host.requested);
            }
            for path in services.unreadable {
                published.keep(&path, &mut wanted);
            }
            let (hosts, more) = scan_hosts(&self.hosts);
            warnings.extend(more);
            match hosts {
                Some(hosts) => hosts.into_iter().for_each(|host| wanted.host(host)),
                None => published.keep_hosts(&mut wanted),
            }
            let own_name = state.host.name();
            self.add_aliases(own_name.as_ref(), &mut wanted);
            for (alias, target) in state.aliases.borrow().iter() {
                if let Some(target) = target.or(own_name.as_ref()) {
                    wanted.alias(alias.clone(), target.clone());
                }
            }
            for server in &self.config.dns_servers {
                wanted.dns_server(*server);
            }
            self.warn(warnings);
        }
        let (withdrawn, new) = published.update(&wanted);
        tracing::debug!(withdrawn, new, "the files have been read");
    }

    fn add_aliases(&self, own_name: Option<&Name>, wanted: &mut Wanted) {
        if let Some(own_name) = own_name {
            for alias in &self.config.aliases {
                wanted.alias(alias.clone(), own_name.clone());
            }
        }
        for AliasHost { name, addresses } in self.config.hosts.iter().cloned() {
            wanted.bare_host(FileHost { name, addresses });
        }
    }

    /// Logs each warning when it is new.
    fn warn(&mut self, warnings: Vec<Warning>) {
        for warning in &warnings {
            if !self.warned.contains(warning) {
                tracing::warn!("{warning}");
            }
        }
        self.warned = warnings.into_iter().collect();
    }
}

/// Wakes up when the files change.
pub(super) struct Changes {
    #[cfg(target_os = "linux")]
    folders: Vec<PathBuf>,
    #[cfg(target_os = "linux")]
    watch: Option<crate::files::Watch>,
}

#[cfg(target_os = "linux")]
impl Changes {
    pub(super) fn new(options: &Options) -> Self {
        let hosts = options.hosts.parent().map(Path::to_owned);
        let mut changes = Self {
            folders: [Some(options.services.clone()), hosts]
                .into_iter()
                .flatten()
                .collect(),
            watch: None,
        };
        changes.renew();
        changes
    }

    /// Watches the folders that have these paths now, if another has come in the place of one.
    pub(super) fn renew(&mut self) {
        if self
            .watch
            .as_ref()
            .is_some_and(|watch| !watch.is_outdated())
        {
            return;
        }
        match crate::files::Watch::new(&self.folders) {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => tracing::warn!("not all changes of files are seen: {error}"),
        }
    }

    /// Waits for a change.
    pub(super) async fn next(&mut self) {
        if let Some(watch) = &mut self.watch {
            match watch.changed().await {
                Ok(()) => return self.renew(),
                Err(error) => tracing::warn!("changes of files are not seen any more: {error}"),
            }
            self.watch = None;
        }
        std::future::pending().await
    }
}

/// Only SIGHUP reads the files again.
#[cfg(not(target_os = "linux"))]
impl Changes {
    pub(super) fn new(_options: &Options) -> Self {
        Self {}
    }

    pub(super) fn renew(&mut self) {}

    pub(super) async fn next(&mut self) {
        std::future::pending().await
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{Changes, Options};
    use clap::Parser;
    use std::fs;
    use std::path::Path;
    use std::time::Duration;
    use tokio::time::timeout;

    async fn is_seen(changes: &mut Changes) -> bool {
        let next = timeout(Duration::from_secs(10), changes.next());
        next.await.is_ok()
    }

    fn changes(services: &Path, hosts: &Path) -> Changes {
        let arguments = [
            "cooeed".as_ref(),
            "--services".as_ref(),
            services.as_os_str(),
        ];
        let hosts = ["--hosts".as_ref(), hosts.as_os_str()];
        Changes::new(&Options::parse_from(arguments.into_iter().chain(hosts)))
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn files_in_a_folder_that_replaces_another_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let services = folder.path().join("avahi/services");
        fs::create_dir_all(&services).unwrap();
        let mut changes = changes(&services, &folder.path().join("etc/hosts"));
        fs::rename(&services, folder.path().join("old")).unwrap();
        assert!(is_seen(&mut changes).await);
        fs::create_dir(&services).unwrap();
        assert!(is_seen(&mut changes).await);
        fs::write(services.join("a.service"), "").unwrap();
        assert!(is_seen(&mut changes).await);
        assert!(!is_seen(&mut changes).await);
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_folder_whose_parent_appears_is_seen_when_the_watch_is_renewed() {
        let folder = tempfile::tempdir().unwrap();
        let services = folder.path().join("a/b/services");
        let mut changes = changes(&services, &folder.path().join("b/c/hosts"));
        fs::create_dir_all(&services).unwrap();
        assert!(!is_seen(&mut changes).await);
        changes.renew();
        fs::write(services.join("a.service"), "").unwrap();
        assert!(is_seen(&mut changes).await);
    }
}
