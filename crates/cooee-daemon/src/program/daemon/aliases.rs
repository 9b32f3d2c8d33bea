//! Aliases that were added while the daemon runs.
//!
//! In:  requests of the status socket; the aliases that are published.
//! Out: aliases to publish besides those of the configuration, until the daemon ends.

use std::collections::BTreeMap;

use cooee::Name;

/// Further names, each with its host; this host if there is none.
#[derive(Debug)]
pub(super) struct Aliases {
    /// Whether anything is published at all.
    publishes: bool,
    added: BTreeMap<Name, Option<Name>>,
}

impl Aliases {
    pub(super) fn new(publishes: bool) -> Self {
        Self {
            publishes,
            added: BTreeMap::new(),
        }
    }

    /// Adds an alias, unless there is one of this name, or it would lead to itself.
    pub(super) fn add(
        &mut self,
        alias: Name,
        host: Option<Name>,
        this_host: Option<&Name>,
        published: &[Name],
    ) -> Result<(), String> {
        if !self.publishes {
            return Err("`disable-publishing` is set".to_owned());
        }
        if this_host == Some(&alias) {
            return Err(format!("{alias} is the name of this host"));
        }
        if host.as_ref() == Some(&alias) {
            return Err(format!("{alias} cannot be an alias of itself"));
        }
        if host
            .as_ref()
            .is_some_and(|host| self.leads_to(host, &alias))
        {
            return Err(format!(
                "{alias} would be an alias of itself, by way of others"
            ));
        }
        if published.contains(&alias) || self.added.contains_key(&alias) {
            return Err(format!("{alias} is an alias already"));
        }
        if self.added.len() >= ALIASES_MAX {
            return Err(format!("there are {ALIASES_MAX} aliases already"));
        }
        self.added.insert(alias, host);
        Ok(())
    }

    /// Returns whether a name is an alias of another, itself or by way of others.
    fn leads_to(&self, name: &Name, other: &Name) -> bool {
        let hosts = std::iter::successors(Some(name), |name| self.added.get(name)?.as_ref());
        // `add` lets no chain lead back into itself.
        hosts.into_iter().any(|host| host == other)
    }

    /// Removes an alias that was added.
    pub(super) fn remove(&mut self, alias: &Name, published: &[Name]) -> Result<(), String> {
        match self.added.remove(alias) {
            Some(_) => Ok(()),
            None if published.contains(alias) => {
                Err(format!("{alias} is set in cooeed.toml; remove it there"))
            }
            None => Err(format!("{alias} is not an alias")),
        }
    }

    /// Returns all that were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Name, Option<&Name>)> {
        let added = self.added.iter();
        added.map(|(alias, host)| (alias, host.as_ref()))
    }
}

/// How many aliases may be added. More are refused.
const ALIASES_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::{ALIASES_MAX, Aliases};
    use cooee::Name;

    #[test]
    fn an_alias_is_added_once_and_only_an_added_one_is_removed() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        let configured = [name("git.local")];
        let mut silent = Aliases::new(false);
        assert!(silent.add(name("www.local"), None, None, &[]).is_err());
        let mut aliases = Aliases::new(true);
        let www = name("www.local");
        assert_eq!(aliases.add(www.clone(), None, None, &configured), Ok(()));
        for known in [&www, &configured[0]] {
            assert!(aliases.add(known.clone(), None, None, &configured).is_err());
        }
        assert_eq!(aliases.iter().collect::<Vec<_>>(), [(&www, None)]);
        let error = aliases.remove(&configured[0], &configured).unwrap_err();
        assert!(error.contains("cooeed.toml"), "{error}");
        assert_eq!(aliases.remove(&www, &configured), Ok(()));
        assert!(aliases.remove(&www, &configured).is_err());
        for number in 0..ALIASES_MAX {
            let alias = name(&format!("a{number}.local"));
            aliases
                .add(alias, Some(www.clone()), None, &configured)
                .unwrap();
        }
        assert!(aliases.add(www, None, None, &configured).is_err());
    }

    #[test]
    fn an_alias_is_neither_the_name_of_this_host_nor_leads_to_itself() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        let this_host = name("box.local");
        let mut aliases = Aliases::new(true);
        let mut add = |alias: &str, host: Option<&str>| {
            let added = aliases.add(name(alias), host.map(name), Some(&this_host), &[]);
            added.err().unwrap_or_default()
        };
        for host in [None, Some("nas.local")] {
            let error = add("BOX.local", host);
            assert!(error.ends_with("is the name of this host"), "{error}");
        }
        let error = add("x.local", Some("X.local"));
        assert!(error.ends_with("an alias of itself"), "{error}");
        assert_eq!(add("a.local", Some("b.local")), "");
        assert_eq!(add("b.local", Some("c.local")), "");
        let error = add("c.local", Some("a.local"));
        assert!(error.ends_with("by way of others"), "{error}");
        assert_eq!(add("c.local", Some("box.local")), "");
    }
}
