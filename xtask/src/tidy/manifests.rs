//! Rules about `Cargo.toml` files: licences, lints, and which crate may depend on which.
//!
//! In:  every manifest of the repository.
//! Out: dependencies in a forbidden direction, `std` in the core, missing licences.

use super::Finding;
use super::walk::File;

/// Which crates of the project a crate may depend on in builds; tests may use more.
const DIRECTION: &[(&str, &[&str])] = &[
    ("cooee-wire", &[]),
    ("cooee-proto", &["cooee-wire"]),
    ("cooee-net", &[]),
    ("cooee", &["cooee-net", "cooee-proto", "cooee-wire"]),
    // The simulator is for `cooee demo`, where there is no usable real link.
    // The screen reads the records of messages that arrive anyway.
    (
        "cooee-cli",
        &[
            "cooee",
            "cooee-capture",
            "cooee-proto",
            "cooee-sim",
            "cooee-wire",
        ],
    ),
    // Its DNS server reads and writes messages.
    ("cooee-daemon", &["cooee", "cooee-wire"]),
    ("cooee-sim", &["cooee-capture", "cooee-proto", "cooee-wire"]),
    ("cooee-capture", &[]),
    ("netcell", &[]),
    ("netlab", &["cooee", "cooee-net", "cooee-sim", "cooee-wire"]),
    ("cooee-examples", &["cooee"]),
    ("xtask", &[]),
    (
        "cooee-fuzz",
        &[
            "cooee",
            "cooee-capture",
            "cooee-daemon",
            "cooee-proto",
            "cooee-sim",
            "cooee-wire",
        ],
    ),
];

/// Packages with a newer compiler than the workspace's, for the sake of a dependency: a program that
/// no library leans on.
const NEWER_COMPILER: &[(&str, &str)] = &[("cooee-daemon", "\"1.89\"")];

/// Which external crates the core may use, each without its default features.
const CORE_OUTSIDE: &[&str] = &[
    "arrayvec",
    "fastrand",
    "hashbrown",
    "heapless",
    "memchr",
    "serde",
    "slab",
    "smallvec",
    "tracing",
    "unicode-normalization",
];

/// External crates that implement DNS: only for tests and benchmarks.
const DNS: &[&str] = &[
    "domain",
    "hickory-",
    "simple-dns",
    "dns-parser",
    "mdns-sd",
    "trust-dns-",
    "libmdns",
    "zeroconf",
];

/// Checks every manifest.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let manifests: Vec<Manifest> = files
        .iter()
        .filter(|file| file.name() == "Cargo.toml")
        .map(Manifest::new)
        .collect();
    let shared = manifests
        .iter()
        .find(|manifest| manifest.path == "Cargo.toml");
    let mut findings = Vec::new();
    for manifest in &manifests {
        if manifest.name().is_some() {
            findings.extend(package(manifest));
            findings.extend(dependencies(manifest, shared));
        }
    }
    let texts = ["LICENSE-MIT", "LICENSE-APACHE"];
    let missing = texts
        .iter()
        .filter(|text| !files.iter().any(|file| file.path == **text));
    findings.extend(missing.map(|text| finding("Cargo.toml", 1, format!("{text} is missing"))));
    findings
}

/// One entry `key = value` of a manifest, with its table.
struct Entry {
    line: usize,
    table: String,
    key: String,
    value: String,
}

struct Manifest {
    path: String,
    entries: Vec<Entry>,
}

impl Manifest {
    fn new(file: &File) -> Self {
        let mut entries = Vec::new();
        let mut table = String::new();
        let mut lines = file.text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let line = without_comment(line);
            if let Some(name) = line.strip_prefix('[') {
                name.trim_matches(['[', ']']).clone_into(&mut table);
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let mut value = value.trim().to_owned();
            while is_open(&value) {
                let Some((_, more)) = lines.next() else { break };
                value.push(' ');
                value.push_str(without_comment(more));
            }
            let key = key.trim().to_owned();
            entries.push(Entry {
                line: index + 1,
                table: table.clone(),
                key,
                value,
            });
        }
        Self {
            path: file.path.clone(),
            entries,
        }
    }

    fn value(&self, table: &str, key: &str) -> Option<&str> {
        let found = self
            .entries
            .iter()
            .find(|entry| entry.table == table && entry.key == key);
        found.map(|entry| entry.value.as_str())
    }

    fn name(&self) -> Option<&str> {
        self.value("package", "name")
            .map(|name| name.trim_matches('"'))
    }

    fn says(&self, table: &str, key: &str, value: &str) -> bool {
        self.value(table, key) == Some(value)
    }
}

/// Licence, compiler version and lints of one package.
fn package(manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let apart = manifest
        .entries
        .iter()
        .any(|entry| entry.table == "workspace")
        || manifest.path.starts_with("fuzz/");
    let licensed = manifest.says("package", "license.workspace", "true")
        || manifest.says("package", "license", "\"MIT OR Apache-2.0\"");
    if !licensed {
        findings.push(finding(
            &manifest.path,
            1,
            "the licence is `MIT OR Apache-2.0`",
        ));
    }
    let newer = NEWER_COMPILER.iter().any(|(name, version)| {
        manifest.name() == Some(name) && manifest.says("package", "rust-version", version)
    });
    if !apart && !newer && !manifest.says("package", "rust-version.workspace", "true") {
        findings.push(finding(
            &manifest.path,
            1,
            "`rust-version.workspace = true` is missing",
        ));
    }
    if !apart && !manifest.says("lints", "workspace", "true") {
        findings.push(finding(
            &manifest.path,
            1,
            "`[lints] workspace = true` is missing",
        ));
    }
    findings
}

/// The purpose of a dependency table.
#[derive(Clone, Copy, PartialEq)]
enum Purpose {
    Build,
    Tests,
}

struct Dependency<'a> {
    line: usize,
    name: String,
    purpose: Purpose,
    settings: Vec<&'a str>,
}

fn dependencies(manifest: &Manifest, shared: Option<&Manifest>) -> Vec<Finding> {
    let name = manifest.name().unwrap_or_default();
    let Some((_, allowed)) = DIRECTION.iter().find(|(package, _)| *package == name) else {
        let message = format!("`{name}` has no line in xtask's list of who may lean on whom");
        return vec![finding(&manifest.path, 1, message)];
    };
    let mut findings = Vec::new();
    for dependency in gather(manifest) {
        if dependency.purpose == Purpose::Tests {
            continue;
        }
        if let Some(fault) = fault(name, allowed, &dependency, shared) {
            findings.push(finding(&manifest.path, dependency.line, fault));
        }
    }
    findings
}

fn fault(
    package: &str,
    allowed: &[&str],
    dependency: &Dependency<'_>,
    shared: Option<&Manifest>,
) -> Option<String> {
    let name = dependency.name.as_str();
    if DIRECTION.iter().any(|(ours, _)| *ours == name) {
        let wrong_way = !allowed.contains(&name);
        return wrong_way.then(|| format!("`{package}` may not lean on `{name}`"));
    }
    let is_core = matches!(package, "cooee-wire" | "cooee-proto");
    if is_core && !CORE_OUTSIDE.contains(&name) {
        return Some(format!(
            "`{name}` is not among what the core may take from outside"
        ));
    }
    if is_core && !without_defaults(dependency, shared) {
        return Some(format!(
            "the core takes `{name}` with `default-features = false`"
        ));
    }
    let speaks_dns = DNS
        .iter()
        .any(|other| name == *other || other.ends_with('-') && name.starts_with(other));
    if speaks_dns && !matches!(package, "netlab" | "cooee-fuzz") {
        return Some(format!(
            "`{name}` is a peer to compare with: for tests and benches only"
        ));
    }
    None
}

/// Gathers `[dependencies]` in all their spellings.
fn gather(manifest: &Manifest) -> Vec<Dependency<'_>> {
    let mut list: Vec<Dependency<'_>> = Vec::new();
    for entry in &manifest.entries {
        let Some((purpose, inner)) = dependency_table(&entry.table) else {
            continue;
        };
        let (name, setting) = match inner {
            Some(name) => (name, Some(entry.key.as_str())),
            None => match entry.key.split_once('.') {
                Some((name, setting)) => (name, Some(setting)),
                None => (entry.key.as_str(), None),
            },
        };
        let name = name.trim_matches('"').to_owned();
        let mut settings = vec![entry.value.as_str()];
        settings.extend(setting);
        match list
            .iter_mut()
            .find(|known| known.name == name && known.purpose == purpose)
        {
            Some(known) => known.settings.extend(settings),
            None => list.push(Dependency {
                line: entry.line,
                name,
                purpose,
                settings,
            }),
        }
    }
    list
}

/// Reads a table's name: the purpose of the dependencies, and the one it is about, if it is only
/// one.
fn dependency_table(table: &str) -> Option<(Purpose, Option<&str>)> {
    let kinds = [
        ("dev-dependencies", Purpose::Tests),
        ("build-dependencies", Purpose::Build),
        ("dependencies", Purpose::Build),
    ];
    for (kind, purpose) in kinds {
        if table == kind || table.starts_with("target.") && table.ends_with(&format!(".{kind}")) {
            return Some((purpose, None));
        }
        if let Some(name) = table.strip_prefix(&format!("{kind}.")) {
            return Some((purpose, Some(name)));
        }
        if let Some((_, name)) = table.split_once(&format!(".{kind}.")) {
            return Some((purpose, Some(name)));
        }
    }
    None
}

/// Returns whether a dependency is used without its default features, here or in the workspace's
/// table.
fn without_defaults(dependency: &Dependency<'_>, shared: Option<&Manifest>) -> bool {
    let off = |text: &str| text.replace(' ', "").contains("default-features=false");
    let mut settings = dependency.settings.iter();
    if settings.any(|text| off(text)) {
        return true;
    }
    let pair = dependency
        .settings
        .windows(2)
        .any(|pair| pair == ["false", "default-features"]);
    let inherited = dependency
        .settings
        .iter()
        .any(|text| text.contains("workspace"));
    let entry = shared.and_then(|root| root.value("workspace.dependencies", &dependency.name));
    pair || inherited && entry.is_some_and(off)
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return line.get(..at).unwrap_or(line).trim(),
            _ => {}
        }
    }
    line.trim()
}

fn is_open(value: &str) -> bool {
    let count = |c: char| value.matches(c).count();
    count('[') > count(']') || count('{') > count('}')
}

fn finding(path: &str, line: usize, message: impl Into<String>) -> Finding {
    Finding {
        path: path.to_owned(),
        line,
        rule: "manifest",
        message: message.into(),
    }
}
