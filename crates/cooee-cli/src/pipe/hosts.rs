//! The hosts of what one `cooee pipe` has registered, which many services share.
//!
//! In:  the status events about each service's host.
//! Out: which of them are news for the reader.

use std::collections::{HashMap, HashSet};

use cooee::{Name, Status};

/// Which services received which event.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    registered: HashMap<Name, HashSet<u64>>,
    renamed: HashMap<(Name, Name), HashSet<u64>>,
}

impl Hosts {
    /// Handles an event of a service. Returns whether no other service received it before, if it is
    /// about its host.
    pub(crate) fn on_status(&mut self, service: u64, status: &Status) -> bool {
        if let Status::HostRegistered(host) = status {
            return self.on_registered(service, host);
        }
        if let Status::HostRenamed { old, new } = status {
            return self.on_renamed(service, old, new);
        }
        true
    }

    fn on_registered(&mut self, service: u64, name: &Name) -> bool {
        add(self.registered.entry(name.clone()).or_default(), service)
    }

    fn on_renamed(&mut self, service: u64, old: &Name, new: &Name) -> bool {
        if let Some(users) = self.registered.get_mut(old) {
            users.remove(&service);
        }
        let names = (old.clone(), new.clone());
        add(self.renamed.entry(names).or_default(), service)
    }

    /// Handles the end of a service.
    pub(crate) fn on_end(&mut self, service: u64) {
        drop_from(&mut self.registered, service);
        drop_from(&mut self.renamed, service);
    }
}

fn add(services: &mut HashSet<u64>, service: u64) -> bool {
    let is_news = services.is_empty();
    services.insert(service);
    is_news
}

fn drop_from<K>(all: &mut HashMap<K, HashSet<u64>>, service: u64) {
    all.retain(|_, services| {
        services.remove(&service);
        !services.is_empty()
    });
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn what_many_services_are_told_of_one_host_is_news_once_until_the_last_of_them_ends() {
        let [desk, other] = ["desk.local", "desk-2.local"].map(|name| name.parse().unwrap());
        let mut hosts = Hosts::default();
        for round in [1, 11] {
            assert!(hosts.on_registered(round, &desk));
            assert!(!hosts.on_registered(round + 1, &desk));
            assert!(hosts.on_renamed(round, &desk, &other));
            assert!(!hosts.on_renamed(round + 1, &desk, &other));
            assert!(hosts.on_registered(round, &other));
            assert!(!hosts.on_registered(round + 1, &other));
            hosts.on_end(round);
            assert!(!hosts.on_registered(round + 2, &other));
            hosts.on_end(round + 1);
            hosts.on_end(round + 2);
        }
    }
}
