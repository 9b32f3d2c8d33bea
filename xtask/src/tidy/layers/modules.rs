//! The modules of one crate, and which of them a path leads to.
//!
//! In:  the Rust files of a crate's `src` folder.
//! Out: the module that defines the item of a path, with re-exports followed; every arrow from one
//!      module to another.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{Import, Parsed, parse};
use crate::tidy::source::Source;

/// A module's path from the crate root, which is the empty path.
pub(super) type Path = Vec<String>;

/// The most re-exports that are followed from one name.
const HOPS_MAX: usize = 16;

/// One crate's modules.
#[derive(Default)]
pub(super) struct Modules {
    /// The contents of each module, by its path.
    by_path: BTreeMap<Path, Module>,
    imports: Vec<Located<Import>>,
    /// Every type that is declared, in path order.
    pub(super) types: Vec<Type>,
}

#[derive(Default)]
struct Module {
    children: BTreeSet<String>,
    conditional_children: BTreeSet<String>,
    aliases: BTreeMap<String, Path>,
    globs: Vec<Path>,
}

struct Located<T> {
    file: String,
    module: Path,
    item: T,
}

/// A type's name and the place where it is declared.
pub(super) struct Type {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) module: Path,
    pub(super) name: String,
}

/// One module names an item that another defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrow {
    pub(super) from: Path,
    pub(super) to: Path,
    pub(super) file: String,
    pub(super) line: usize,
}

impl Modules {
    /// Reads the files below `root`, a crate's `src/` folder; tests are left out.
    pub(super) fn new<'a>(root: &str, sources: impl Iterator<Item = &'a Source>) -> Self {
        let mut modules = Self::default();
        for source in sources {
            if source.is_test_file() {
                continue;
            }
            if let Some(module) = source.path.strip_prefix(root).and_then(module_of) {
                modules.add(&source.path, &module, parse(source));
            }
        }
        modules
    }

    fn add(&mut self, file: &str, module: &Path, parsed: Parsed) {
        self.by_path.entry(module.clone()).or_default();
        for declared in parsed.modules {
            let entry = self.by_path.entry(joined(module, &declared.within));
            let entry = entry.or_default();
            if declared.is_conditional {
                entry.conditional_children.insert(declared.name.clone());
            }
            entry.children.insert(declared.name);
        }
        for declared in parsed.types {
            self.types.push(Type {
                file: file.to_owned(),
                line: declared.line,
                module: joined(module, &declared.within),
                name: declared.name,
            });
        }
        for import in parsed.imports {
            let module = joined(module, &import.within);
            let entry = self.by_path.entry(module.clone()).or_default();
            match (&import.alias, import.path.split_last()) {
                (Some(_), Some((last, path))) if last == "*" => entry.globs.push(path.to_vec()),
                (Some(alias), _) => {
                    entry.aliases.insert(alias.clone(), import.path.clone());
                }
                (None, _) => {}
            }
            let file = file.to_owned();
            self.imports.push(Located {
                file,
                module,
                item: import,
            });
        }
    }

    /// Returns the modules directly below the crate root.
    pub(super) fn top(&self) -> impl Iterator<Item = &str> {
        let root = self.by_path.get(&Path::new());
        root.into_iter()
            .flat_map(|module| module.children.iter().map(String::as_str))
    }

    /// Returns one common parent for all conditional parts of a module, such as those for one
    /// platform each.
    pub(super) fn home_of_parts(&self, module: &Path) -> Option<Path> {
        (1..=module.len()).find_map(|length| {
            let (name, whole) = module.get(..length)?.split_last()?;
            let parent = self.by_path.get(whole)?;
            let is_part =
                parent.conditional_children.contains(name) || !parent.children.contains(name);
            is_part.then(|| joined(whole, &["<part>".to_owned()]))
        })
    }

    /// Returns every arrow between two modules, in order and once per line.
    pub(super) fn arrows(&self) -> BTreeSet<Arrow> {
        let arrows = self.imports.iter().filter_map(|import| {
            let to = self.resolve(&import.module, &import.item.path, HOPS_MAX)?;
            (to != import.module).then(|| Arrow {
                from: import.module.clone(),
                to,
                file: import.file.clone(),
                line: import.item.line,
            })
        });
        arrows.collect()
    }

    /// Returns the module that defines the item of `path`, written in `module`; none if it is of
    /// another crate.
    fn resolve(&self, module: &Path, path: &[String], hops: usize) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.descend(Path::new(), rest, hops),
            "self" => self.descend(module.clone(), rest, hops),
            "super" => {
                let (_, parent) = module.split_last()?;
                match rest.first() {
                    Some(next) if next == "super" => self.resolve(&parent.to_vec(), rest, hops),
                    _ => self.descend(parent.to_vec(), rest, hops),
                }
            }
            _ if self.knows(module, first) => self.descend(module.clone(), path, hops),
            _ => None,
        }
    }

    fn knows(&self, module: &Path, name: &str) -> bool {
        self.by_path.get(module).is_some_and(|module| {
            module.children.contains(name) || module.aliases.contains_key(name)
        })
    }

    /// Walks down from a module: first through its children, then through its re-exports.
    fn descend(&self, module: Path, path: &[String], hops: usize) -> Option<Path> {
        let Some((first, rest)) = path.split_first() else {
            return Some(module);
        };
        let Some(here) = self.by_path.get(&module) else {
            return Some(module);
        };
        if here.children.contains(first) {
            return self.descend(joined(&module, std::slice::from_ref(first)), rest, hops);
        }
        let hops = hops.checked_sub(1)?;
        if let Some(alias) = here.aliases.get(first) {
            let leads_to_itself = alias.len() == 1 && alias.first() == Some(first);
            if leads_to_itself {
                return None;
            }
            let mut full = alias.clone();
            full.extend_from_slice(rest);
            return self.resolve(&module, &full, hops);
        }
        let through_glob = here.globs.iter().find_map(|glob| {
            let target = self.resolve(&module, glob, hops)?;
            self.defines(&target, first).then_some(target)
        });
        through_glob.or(Some(module))
    }

    fn defines(&self, module: &Path, name: &str) -> bool {
        self.types
            .iter()
            .any(|item| item.module == *module && item.name == name)
    }
}

/// Returns the module of a file below `src/`; none for a separate program below `src/bin/`.
fn module_of(file: &str) -> Option<Path> {
    let file = file.strip_suffix(".rs")?;
    let mut path: Path = file.split('/').map(str::to_owned).collect();
    match file {
        "lib" | "main" => path.clear(),
        _ if file.starts_with("bin/") => return None,
        _ if path.last().is_some_and(|last| last == "mod") => {
            path.pop();
        }
        _ => {}
    }
    Some(path)
}

fn joined(module: &[String], more: &[String]) -> Path {
    module.iter().chain(more).cloned().collect()
}
