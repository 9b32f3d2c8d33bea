//! Other platforms: compiles and lints the workspace for them, and runs tests as a Windows program.
//!
//! In:  `check [--target T]...`, `test [cargo arguments]`, `setup`; nothing means all three.
//! Out: failure if code does not compile or lint for a platform, or if a test fails under Wine.
//!
//! No rustup target is needed. Debian's `rustc-web` contains a compiler that knows every target,
//! and the standard library's source, from which cargo builds what a target needs. Both are
//! unpacked (not installed) once into `XCHECK_HOME` (default `/var/tmp/xcheck`), with 140 MB of
//! download.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell;

/// The platforms besides the one on which this runs.
const TARGETS: [&str; 5] = [
    BARE[0],
    BARE[1],
    WINDOWS,
    "aarch64-apple-darwin",
    "x86_64-unknown-freebsd",
];
const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// Machines without an operating system: code that compiles for them does without the standard
/// library. The second one is a microcontroller, whose atomics are no wider than a pointer of 32
/// bits.
const BARE: [&str; 2] = ["x86_64-unknown-none", "thumbv7em-none-eabihf"];

/// The members that must compile without it.
const CORE: [&str; 2] = ["cooee-wire", "cooee-proto"];

/// Members that are left out: the namespace lab and the chores are for Linux only, and the examples
/// bring a web server, which takes long to compile.
const LEFT_OUT: [&str; 3] = ["cooee-examples", "netlab", "xtask"];

/// Runs the chore.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (verb, rest) = match arguments.split_first() {
        None => ("all", &[][..]),
        Some((verb, rest)) => (verb.as_str(), rest),
    };
    let home = Home::find();
    match verb {
        "setup" => home.set_up(),
        "check" => check(&home, rest),
        "test" => test(&home, rest),
        "all" => check(&home, &[]).and_then(|()| test(&home, &[])),
        other => Err(format!("takes setup, check or test, got `{other}`")),
    }
}

/// Compiles and lints the workspace for each target; `cooee-net` with its tests.
fn check(home: &Home, arguments: &[String]) -> Result<(), String> {
    home.set_up()?;
    for target in targets(arguments)? {
        println!("== {target}");
        if BARE.contains(&target.as_str()) {
            CORE.iter()
                .try_for_each(|member| lint(home, BUILD_CORE, &target, &["--package", member]))?;
            continue;
        }
        let mut members = vec!["--workspace"];
        for member in LEFT_OUT {
            members.extend(["--exclude", member]);
        }
        lint(home, BUILD_STD, &target, &members)?;
        let tests = ["--package", "cooee-net", "--all-targets"];
        lint(home, BUILD_STD, &target, &tests)?;
    }
    Ok(())
}

fn lint(home: &Home, build: &str, target: &str, members: &[&str]) -> Result<(), String> {
    let mut command = shell::command(&home.tool("cargo-clippy"), &["clippy", build]);
    command.args(["--locked", "--target", target]).args(members);
    command.args(["--", "-D", "warnings"]);
    home.equip(&mut command);
    shell::run(command)
}

/// Runs the tests of `cooee-net` under Wine, in a network namespace.
fn test(home: &Home, arguments: &[String]) -> Result<(), String> {
    home.set_up()?;
    home.set_up_wine()?;
    let mut command = shell::cargo(&["test", BUILD_STD, "--locked", "--target", WINDOWS]);
    command
        .args(["--package", "cooee-net", "--lib"])
        .args(arguments);
    command.args(["--", "--test-threads=1", "--nocapture"]);
    home.equip(&mut command);
    command
        .env(
            "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER",
            home.path("runner"),
        )
        .env("WINEPREFIX", home.path("wine"));
    shell::run(command)
}

fn targets(arguments: &[String]) -> Result<Vec<String>, String> {
    let mut targets = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match (word.as_str(), words.next()) {
            ("--target", Some(target)) => targets.push(target.clone()),
            _ => return Err(format!("check takes --target T, got `{word}`")),
        }
    }
    if targets.is_empty() {
        targets.extend(TARGETS.map(str::to_owned));
    }
    Ok(targets)
}

/// The folder with the unpacked compiler and the Wine prefix.
struct Home(PathBuf);

impl Home {
    fn find() -> Self {
        let path = std::env::var_os("XCHECK_HOME").unwrap_or_else(|| "/var/tmp/xcheck".into());
        Self(path.into())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Returns a program of the unpacked compiler.
    fn tool(&self, name: &str) -> String {
        self.path(TREE)
            .join("usr/bin")
            .join(name)
            .to_string_lossy()
            .into_owned()
    }

    fn libraries(&self) -> PathBuf {
        self.path(TREE).join("usr/lib/x86_64-linux-gnu")
    }

    /// Creates a cargo use the unpacked compiler, with a separate target folder.
    fn equip(&self, command: &mut Command) {
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = self.path(TREE).join("usr/bin");
        command
            .env("CARGO", cargo())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("LD_LIBRARY_PATH", self.libraries())
            .env("RUSTC", self.tool("rustc"))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_DIR", shell::root().join("target/xcheck"))
            // The toolchain that started this chore is a different one.
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("RUSTDOC");
    }

    /// Unpacks the compiler, unless it is there and works.
    fn set_up(&self) -> Result<(), String> {
        if self.works() {
            return Ok(());
        }
        println!(
            "unpacking a compiler for other platforms into {}",
            self.0.display()
        );
        let (packages, tree) = (self.path("packages"), self.path(TREE));
        for folder in [&packages, &tree] {
            empty(folder)?;
        }
        let mut download = shell::command("apt-get", &["-q", "download"]);
        download.args(package_names()?).current_dir(&packages);
        shell::run(download)?;
        for package in files(&packages)? {
            let mut unpack = shell::command("dpkg", &["-x"]);
            unpack.arg(package).arg(&tree);
            shell::run(unpack)?;
        }
        fs::remove_dir_all(&packages).map_err(|error| at(&packages, &error))?;
        if self.works() {
            Ok(())
        } else {
            Err("the unpacked compiler does not run".to_owned())
        }
    }

    fn works(&self) -> bool {
        let mut command = shell::command(&self.tool("rustc"), &["--version"]);
        command.env("LD_LIBRARY_PATH", self.libraries());
        shell::succeeds(command) && Path::new(&self.tool("cargo-clippy")).is_file()
    }

    /// Creates the Wine prefix and the runner that puts a Windows program into a namespace.
    fn set_up_wine(&self) -> Result<(), String> {
        let runner = self.path("runner");
        fs::write(&runner, RUNNER).map_err(|error| at(&runner, &error))?;
        shell::run(shell::command("chmod", &["+x", &runner.to_string_lossy()]))?;
        let library = self.path("wine/drive_c/windows/system32/bcryptprimitives.dll");
        if library.is_file() {
            return Ok(());
        }
        println!("making a Wine prefix in {}", self.path("wine").display());
        // Its exit code means little; what matters is whether the prefix exists afterwards.
        let _ = shell::capture(self.wine("wine", &["wineboot", "-i"]));
        shell::run(self.wine("/usr/lib/wine/wineserver", &["-w"]))?;
        let source = self.path("random.c");
        fs::write(&source, RANDOM).map_err(|error| at(&source, &error))?;
        let mut compile = shell::command("x86_64-w64-mingw32-gcc", &["-shared", "-O2", "-s", "-o"]);
        compile.arg(&library).arg(&source).arg("-ladvapi32");
        shell::run(compile)
    }

    fn wine(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = shell::command(program, arguments);
        command
            .env("WINEPREFIX", self.path("wine"))
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=;winemenubuilder.exe=d");
        command
    }
}

/// Returns the packages to unpack; two of them have a version in their name.
fn package_names() -> Result<Vec<String>, String> {
    let development = "libstd-rust-web-dev";
    let library = match dependency(development, "libstd-rust-web-") {
        Ok(library) => library,
        Err(_) => {
            // A bare machine has no package lists yet.
            shell::run(shell::command("apt-get", &["-q", "update"]))?;
            dependency(development, "libstd-rust-web-")?
        }
    };
    let compiler = dependency(&library, "libllvm")?;
    let fixed = ["rustc-web", "rust-web-src", "rust-web-clippy", development];
    let mut names: Vec<String> = fixed.map(str::to_owned).to_vec();
    names.extend([library, compiler]);
    Ok(names)
}

/// Returns the dependency of a Debian package whose name begins like this.
fn dependency(package: &str, beginning: &str) -> Result<String, String> {
    let text = shell::capture(shell::command("apt-cache", &["depends", package]))?;
    first_dependency(&text, beginning).ok_or_else(|| {
        format!("no package {beginning}* for {package} here (Debian 12 has it); apt-get update?")
    })
}

fn first_dependency(text: &str, beginning: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|name| name.starts_with(beginning))
        .map(str::to_owned)
}

/// Returns the cargo that started this program, not rustup's front end for it.
fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn empty(folder: &Path) -> Result<(), String> {
    // It may not exist, which is fine.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| at(folder, &error))?;
    Ok(entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect())
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// The unpacked packages.
const TREE: &str = "tree";

const BUILD_STD: &str = "-Zbuild-std=std,panic_unwind";

/// Builds the part that needs no operating system.
const BUILD_CORE: &str = "-Zbuild-std=core,alloc";

/// Wine before 8.13 lacks the library from which Rust's standard library takes its random numbers.
const RANDOM: &str = "\
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    return SystemFunction036(data, (ULONG)length);
}
";

/// Wine's sockets are in its server, so a server is started in the namespace of the program.
const RUNNER: &str = r#"#!/bin/sh
unset LD_LIBRARY_PATH
export WINEDEBUG=-all COOEE_NET_INSIDE=wine
/usr/lib/wine/wineserver -k 2>/dev/null
exec timeout 300 unshare -rnm -- sh -c '
    for s in accept_dad router_solicitations; do
        echo 0 > /proc/sys/net/ipv6/conf/default/$s
    done
    ip link set lo up
    ip link add lan0 type veth peer name lan1
    ip addr add 10.99.0.1/24 dev lan0
    ip addr add 10.99.0.2/24 dev lan1
    ip link set lan0 up
    ip link set lan1 up
    for f in /proc/sys/net/ipv4/conf/*/accept_local; do echo 1 > $f; done
    # The carrier is noticed with a delay; link-local addresses come with it.
    for dev in lan0 lan1; do
        n=0
        until ip -6 addr show dev $dev scope link | grep -q fe80 || [ $n = 500 ]; do
            sleep 0.01
            n=$((n + 1))
        done
    done
    wine "$@"
    result=$?
    /usr/lib/wine/wineserver -k
    exit $result
' sh "$@"
"#;

#[cfg(test)]
mod tests {
    use super::{TARGETS, first_dependency, targets};

    #[test]
    fn a_dependency_is_found_by_the_beginning_of_its_name() {
        let text = "libstd-rust-web-dev\n  Depends: libc6\n  Depends: libstd-rust-web-1.96\n";
        assert_eq!(
            first_dependency(text, "libstd-rust-web-").as_deref(),
            Some("libstd-rust-web-1.96")
        );
        assert_eq!(first_dependency(text, "libllvm"), None);
    }

    #[test]
    fn check_takes_targets_or_all_of_them() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(targets(&[]), Ok(TARGETS.map(str::to_owned).to_vec()));
        assert_eq!(targets(&words(&["--target", "a"])), Ok(words(&["a"])));
        assert!(targets(&words(&["--target"])).is_err());
        assert!(targets(&words(&["fast"])).is_err());
    }
}
