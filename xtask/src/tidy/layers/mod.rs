//! The layers of each crate: imports point downwards, never in a circle, and a type name has one
//! meaning.
//!
//! In:  every Rust file of the repository; the tables of layers.
//! Out: imports that point upwards, circles between modules, type names with two meanings.
//!
//! A module is its file together with the folder of the same name. Within a module, a part may name
//! what the file around it defines; its parts must not form a circle. Re-exports are followed: the
//! module that defines an item counts.

mod modules;
mod parse;
mod tables;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Finding;
use super::source::Source;
use modules::{Arrow, Modules, Path};
pub(super) use tables::{TABLES, Tables};

const LAYERS: &str = "layers";
const TYPE_NAME: &str = "type-name";

/// Checks every crate in the tables, and that the tables contain every crate.
pub(super) fn check(sources: &[Source], tables: &Tables) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (root, top) in crate_roots(sources) {
        let name = root.trim_end_matches("/src/").rsplit('/').next();
        let name = name.unwrap_or_default();
        let modules = Modules::new(root, sources.iter());
        let unit = Unit {
            top,
            modules: &modules,
        };
        match tables.layers.iter().find(|(of, _)| *of == name) {
            Some((_, rows)) => findings.extend(unit.layers(rows)),
            None if tables.not_held.contains(&name) => {}
            None => findings.push(unit.finding(format!("no table of layers names `{name}`"))),
        }
        let double = tables.double_names.iter().find(|(of, _)| *of == name);
        findings.extend(unit.type_names(double.map_or(&[], |(_, names)| names)));
    }
    findings
}

/// Returns the `src/` folder of every crate of the workspace with the path of its root file.
fn crate_roots(sources: &[Source]) -> BTreeMap<&str, &str> {
    let roots = sources.iter().filter_map(|source| {
        let file = ["lib.rs", "main.rs"]
            .iter()
            .find_map(|file| source.path.strip_suffix(file));
        let root = file.filter(|root| root.ends_with("/src/") && root.starts_with("crates/"))?;
        Some((root, source.path.as_str()))
    });
    roots.collect()
}

/// One crate under check.
struct Unit<'a> {
    /// The root file, to which findings about the whole crate point.
    top: &'a str,
    modules: &'a Modules,
}

impl Unit<'_> {
    fn finding(&self, message: String) -> Finding {
        finding(self.top, 1, LAYERS, message)
    }

    /// Checks the rows, from top to bottom, and everything that is imported.
    fn layers(&self, rows: &[&str]) -> Vec<Finding> {
        let mut findings = self.table_matches(rows);
        let arrows = self.modules.arrows();
        findings.extend(arrows.iter().filter_map(|arrow| upward(arrow, rows)));
        findings.extend(circles(&arrows));
        findings
    }

    /// Checks that the table names each module once and nothing else.
    fn table_matches(&self, rows: &[&str]) -> Vec<Finding> {
        let mut named = BTreeSet::new();
        let mut findings = Vec::new();
        for name in rows.iter().flat_map(|row| row.split_whitespace()) {
            if !named.insert(name) {
                findings.push(self.finding(format!("the table of layers names `{name}` twice")));
            }
        }
        let modules: BTreeSet<&str> = self.modules.top().collect();
        let missing = modules.difference(&named);
        findings.extend(missing.map(|name| {
            self.finding(format!(
                "module `{name}` has no place in the table of layers"
            ))
        }));
        let gone = named.difference(&modules);
        findings.extend(gone.map(|name| {
            self.finding(format!(
                "the table of layers names `{name}`, which is no module"
            ))
        }));
        findings
    }

    /// Checks that no type name is declared in two modules, except those in `allowed`.
    fn type_names(&self, allowed: &[&str]) -> Vec<Finding> {
        let mut by_name: BTreeMap<&str, BTreeMap<Path, (&str, usize)>> = BTreeMap::new();
        for item in &self.modules.types {
            let parts = self.modules.home_of_parts(&item.module);
            let home = parts.unwrap_or_else(|| item.module.clone());
            let places = by_name.entry(&item.name).or_default();
            places.entry(home).or_insert((&item.file, item.line));
        }
        let double: BTreeMap<&str, Vec<(&str, usize)>> = by_name
            .into_iter()
            .filter(|(_, places)| places.len() > 1)
            .map(|(name, places)| (name, places.into_values().collect()))
            .collect();
        let mut findings = Vec::new();
        for (name, places) in &double {
            let Some(((file, line), others)) = places.split_first() else {
                continue;
            };
            if allowed.contains(name) {
                continue;
            }
            for (other, at) in others {
                let message = format!("`{name}` is also a type at {file}:{line}: rename one");
                findings.push(finding(other, *at, TYPE_NAME, message));
            }
        }
        for name in allowed.iter().filter(|name| !double.contains_key(*name)) {
            let message =
                format!("`{name}` has one meaning now: take it off the list of double names");
            findings.push(finding(self.top, 1, TYPE_NAME, message));
        }
        findings
    }
}

/// Returns whether an arrow between two modules at the top points up or sideways.
fn upward(arrow: &Arrow, rows: &[&str]) -> Option<Finding> {
    let from = arrow.from.first()?;
    let message = match arrow.to.first() {
        None => format!("`{from}` imports from the crate root, which stands above it"),
        Some(to) if to == from => return None,
        Some(to) => {
            let (from_row, to_row) = (row_of(rows, from)?, row_of(rows, to)?);
            if from_row < to_row {
                return None;
            }
            let place = if from_row == to_row {
                "beside"
            } else {
                "above"
            };
            format!("`{from}` imports `{to}`, which stands {place} it")
        }
    };
    Some(finding(&arrow.file, arrow.line, LAYERS, message))
}

fn row_of(rows: &[&str], name: &str) -> Option<usize> {
    rows.iter()
        .position(|row| row.split_whitespace().any(|module| module == name))
}

/// Finds the circles between the parts of each module; those of the crate root are in its table.
fn circles(arrows: &BTreeSet<Arrow>) -> Vec<Finding> {
    let mut by_module: BTreeMap<&[String], BTreeMap<(&str, &str), &Arrow>> = BTreeMap::new();
    for arrow in arrows {
        let common = arrow.from.iter().zip(&arrow.to);
        let common = common.take_while(|(from, to)| from == to).count();
        let ends = (arrow.from.get(common), arrow.to.get(common));
        if let ((Some(from), Some(to)), Some(module)) = (ends, arrow.from.get(..common)) {
            let among = by_module.entry(module).or_default();
            among.entry((from, to)).or_insert(arrow);
        }
    }
    by_module.remove(&[][..]);
    by_module.values().flat_map(circles_among).collect()
}

/// Reports one shortest circle through every group of modules that import each other.
fn circles_among(arrows: &BTreeMap<(&str, &str), &Arrow>) -> Vec<Finding> {
    let mut reported: BTreeSet<&str> = BTreeSet::new();
    let mut findings = Vec::new();
    for ((from, to), arrow) in arrows {
        if reported.contains(from) {
            continue;
        }
        let Some(way) = way_back(arrows, to, from) else {
            continue;
        };
        reported.extend(way.iter().copied());
        let names: Vec<String> = [*from]
            .iter()
            .chain(&way)
            .map(|name| format!("`{name}`"))
            .collect();
        let message = format!("a circle of imports: {}", names.join(" -> "));
        findings.push(finding(&arrow.file, arrow.line, LAYERS, message));
    }
    findings
}

/// Returns the shortest way along the arrows, including both ends.
fn way_back<'a>(
    arrows: &BTreeMap<(&'a str, &'a str), &Arrow>,
    start: &'a str,
    end: &'a str,
) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::from([start]);
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        if last == end {
            return Some(way);
        }
        for (_, next) in arrows.keys().filter(|(from, _)| *from == last) {
            if seen.insert(next) {
                ways.push_back(way.iter().copied().chain([*next]).collect());
            }
        }
    }
    None
}

fn finding(file: &str, line: usize, rule: &'static str, message: String) -> Finding {
    Finding {
        path: file.to_owned(),
        line,
        rule,
        message,
    }
}

#[cfg(test)]
mod tests;
