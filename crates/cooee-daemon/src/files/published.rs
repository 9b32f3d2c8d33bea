//! What is published from files, and the difference to what should be.
//!
//! In:  what the files say now, and the label of the host.
//! Out: a task for each file, host and alias; those that do not change go on undisturbed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use cooee::Name;
use tokio::task::{JoinHandle, spawn_local};

use super::hosts_file::FileHost;
use super::publish_name::{self, ItemState, Notes};
use super::service_file::ServiceFile;
use super::{dns_server, publish_group};
use crate::publish::publisher::Publisher;

/// Something to publish. Two that are equal need no change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    File(PathBuf),
    Host(Name),
    Alias(Name),
    DnsServer(IpAddr),
}

/// What to publish under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// A file, its name with the host's present label in it, and the label that was asked for.
    Group(ServiceFile, String, String),
    Host(FileHost),
    /// A host without reverse records.
    BareHost(FileHost),
    /// An alias of the host with this name.
    Alias(Name),
    /// A DNS server.
    DnsServer(IpAddr),
}

/// All that should be published.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    items: BTreeMap<Key, Item>,
}

impl Wanted {
    /// Adds a service file, published by a host with this present label, and this one asked for.
    pub(crate) fn file(&mut self, path: PathBuf, file: ServiceFile, label: &str, asked: &str) {
        let name = file.name_on(label);
        let group = Item::Group(file, name, asked.to_owned());
        self.items.insert(Key::File(path), group);
    }

    /// Adds a host.
    pub(crate) fn host(&mut self, host: FileHost) {
        self.items
            .insert(Key::Host(host.name.clone()), Item::Host(host));
    }

    /// Adds a host without reverse records.
    pub(crate) fn bare_host(&mut self, host: FileHost) {
        self.items
            .insert(Key::Host(host.name.clone()), Item::BareHost(host));
    }

    /// Adds a DNS server.
    pub(crate) fn dns_server(&mut self, ip: IpAddr) {
        self.items.insert(Key::DnsServer(ip), Item::DnsServer(ip));
    }

    /// Adds an alias of a host.
    pub(crate) fn alias(&mut self, alias: Name, host: Name) {
        self.items.insert(Key::Alias(alias), Item::Alias(host));
    }
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    withdraw: Vec<Key>,
    publish: Vec<Key>,
}

/// Compares what is published with what should be.
fn difference<'a>(now: impl Iterator<Item = (&'a Key, &'a Item)>, wanted: &Wanted) -> Difference {
    let mut change = Difference::default();
    let mut kept = BTreeSet::new();
    for (key, item) in now {
        match wanted.items.get(key) {
            Some(same) if same == item => {
                kept.insert(key);
            }
            Some(_) | None => change.withdraw.push(key.clone()),
        }
    }
    let new = wanted.items.keys().filter(|key| !kept.contains(key));
    change.publish = new.cloned().collect();
    change
}

/// A task, with what it publishes. Dropping it withdraws that.
struct Running {
    item: Item,
    state: Rc<RefCell<ItemState>>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// All that is published from files.
pub(crate) struct Published {
    publisher: Rc<Publisher>,
    running: BTreeMap<Key, Running>,
}

impl Published {
    /// Publishes nothing yet.
    pub(crate) fn new(publisher: &Rc<Publisher>) -> Self {
        Self {
            publisher: Rc::clone(publisher),
            running: BTreeMap::new(),
        }
    }

    /// Withdraws what is not wanted any more, and publishes what is new. Returns how many of each.
    pub(crate) fn update(&mut self, wanted: &Wanted) -> (usize, usize) {
        let now = self.running.iter();
        let change = difference(now.map(|(key, running)| (key, &running.item)), wanted);
        for key in &change.withdraw {
            self.running.remove(key);
        }
        for key in &change.publish {
            if let Some(item) = wanted.items.get(key) {
                let running = self.start(key, item.clone());
                self.running.insert(key.clone(), running);
            }
        }
        (change.withdraw.len(), change.publish.len())
    }

    /// Keeps a file as it is, because it cannot be read just now.
    pub(crate) fn keep(&self, path: &Path, wanted: &mut Wanted) {
        let key = Key::File(path.to_owned());
        if let Some(running) = self.running.get(&key) {
            wanted.items.insert(key, running.item.clone());
        }
    }

    /// Keeps all hosts as they are.
    pub(crate) fn keep_hosts(&self, wanted: &mut Wanted) {
        for (key, running) in &self.running {
            if matches!(running.item, Item::Host(_)) {
                wanted.items.insert(key.clone(), running.item.clone());
            }
        }
    }

    /// Returns whether a host of this name is published.
    pub(crate) fn has_host(&self, name: &Name) -> bool {
        self.running.contains_key(&Key::Host(name.clone()))
    }

    /// Returns the aliases that are published, each with its host and its state.
    pub(crate) fn aliases(&self) -> Vec<(Name, Name, ItemState)> {
        let aliases = self.running.iter().filter_map(|(key, running)| {
            let (Key::Alias(alias), Item::Alias(host)) = (key, &running.item) else {
                return None;
            };
            Some((alias.clone(), host.clone(), running.state.borrow().clone()))
        });
        aliases.collect()
    }

    /// Returns what is published: where it comes from, and its state.
    pub(crate) fn report(&self) -> Vec<(String, ItemState)> {
        let all = self.running.iter();
        all.map(|(key, running)| (key.source(), running.state.borrow().clone()))
            .collect()
    }

    fn start(&self, key: &Key, item: Item) -> Running {
        let state = Rc::new(RefCell::new(ItemState::default()));
        let notes = Notes::new(key.source(), &state);
        let mdns = self.publisher.mdns.clone();
        let task = match (key, item.clone()) {
            (_, Item::Group(file, name, host)) => spawn_local(publish_group::publish(
                Rc::clone(&self.publisher),
                file,
                name,
                host,
                notes,
            )),
            (_, Item::BareHost(host)) => spawn_local(publish_name::bare_host(mdns, host, notes)),
            (_, Item::Host(host)) => spawn_local(publish_name::host(mdns, host, notes)),
            (Key::Alias(name) | Key::Host(name), Item::Alias(host)) => {
                spawn_local(publish_name::alias(mdns, name.clone(), host, notes))
            }
            (_, Item::DnsServer(ip)) => {
                spawn_local(dns_server::publish(Rc::clone(&self.publisher), ip, notes))
            }
            (Key::File(_) | Key::DnsServer(_), Item::Alias(_)) => spawn_local(async {}),
        };
        Running { item, state, task }
    }
}

impl Key {
    fn source(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Host(name) => format!("host {name}"),
            Self::Alias(name) => format!("alias {name}"),
            Self::DnsServer(ip) => format!("DNS server {ip}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Difference, Key, Published, Wanted, difference};
    use crate::files::hosts_file::FileHost;
    use crate::files::publish_name::Stage;
    use crate::files::service_file::ServiceFile;
    use crate::publish::publisher::Publisher;
    use cooee::Mdns;
    use std::rc::Rc;
    use tokio::task::{LocalSet, yield_now};

    fn wanted(files: &[(&str, &str)], host: &str) -> Wanted {
        let mut wanted = Wanted::default();
        for (path, name) in files {
            let file = ServiceFile {
                name: (*name).to_owned(),
                replaces_wildcards: true,
                services: Vec::new(),
            };
            wanted.file((*path).into(), file, host, "box");
        }
        wanted
    }

    fn change(old: &Wanted, new: &Wanted) -> Difference {
        difference(old.items.iter(), new)
    }

    #[test]
    fn what_does_not_change_is_neither_withdrawn_nor_published() {
        let old = wanted(&[("a", "A"), ("b", "B"), ("c", "C on %h")], "box");
        assert_eq!(change(&old, &old), Difference::default());
        let key = |path: &str| Key::File(path.into());
        let new = wanted(
            &[("a", "A"), ("b", "B2"), ("d", "D"), ("c", "C on %h")],
            "box",
        );
        let expected = Difference {
            withdraw: vec![key("b")],
            publish: vec![key("b"), key("d")],
        };
        assert_eq!(change(&old, &new), expected);
    }

    #[test]
    fn a_new_name_of_the_host_changes_only_files_with_its_name_in_theirs() {
        let files = [("a", "A"), ("c", "C on %h")];
        let expected = vec![Key::File("c".into())];
        let change = change(&wanted(&files, "box"), &wanted(&files, "box-2"));
        assert_eq!(change.withdraw, expected);
        assert_eq!(change.publish, expected);
    }

    async fn publish_a_host_and_an_alias_of_itself() {
        let mdns = Mdns::builder().interfaces(["lo"]).build().unwrap();
        let mut published = Published::new(&Rc::new(Publisher::new(mdns, true)));
        let (host, alias) = ("nas.local".parse().unwrap(), "www.local".parse().unwrap());
        let mut wanted = Wanted::default();
        wanted.host(FileHost {
            name: host,
            addresses: vec![[127, 0, 0, 1].into()],
        });
        wanted.alias(alias, "WWW.local".parse().unwrap());
        published.update(&wanted);
        yield_now().await;
        assert!(published.has_host(&"NAS.local".parse().unwrap()));
        let aliases = published.aliases();
        let [(alias, _, item)] = &aliases[..] else {
            panic!("one alias: {aliases:?}");
        };
        assert!(!published.has_host(alias));
        let reason = "it cannot be an alias of itself".to_owned();
        assert_eq!(item.stage, Stage::Failed(reason));
        assert_eq!(item.name, "www.local");
    }

    #[test]
    fn hosts_are_known_and_an_alias_of_itself_is_not_published() {
        let test =
            "files::published::tests::hosts_are_known_and_an_alias_of_itself_is_not_published";
        netcell::run(test, "ip link set lo up", || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            LocalSet::new().block_on(&runtime, publish_a_host_and_an_alias_of_itself());
        });
    }
}
