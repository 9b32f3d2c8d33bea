//! The files that users install: Debian packages, a static program, and what belongs to them.
//!
//! In:  nothing, `deb` or `musl`. `deb` needs cargo-deb, `musl` the target of that name.
//! Out: in `target/dist`: the program, the daemon, manual pages and completions; with `deb`, a
//!      package of each; with `musl`, a program that needs no library of the system. Failure if a
//!      program is larger than it may be.

use std::fs;
use std::path::Path;

use crate::shell;

/// Where everything is put.
const FOLDER: &str = "target/dist";

/// The largest program that is delivered.
const PROGRAM_BYTES_MAX: u64 = 5_000_000;

/// The largest daemon that is delivered: it speaks D-Bus besides.
const DAEMON_BYTES_MAX: u64 = 5_500_000;

/// The target whose programs need no library of the system.
const MUSL: &str = "x86_64-unknown-linux-musl";

/// Shell, and the file with its completions. The packages name the same files.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "cooee.bash"),
    ("zsh", "_cooee"),
    ("fish", "cooee.fish"),
];

/// Makes the files for every system, or the package or the program that is named.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => files(),
        ["deb"] => files().and_then(|()| deb()),
        ["musl"] => musl(),
        _ => Err("takes nothing, deb or musl".to_owned()),
    }
}

/// Builds the programs, and lets one write its manual and its completions.
fn files() -> Result<(), String> {
    build("cooee-cli", None)?;
    build("cooee-daemon", None)?;
    let program = format!("{FOLDER}/cooee");
    deliver("target/release/cooee", &program, PROGRAM_BYTES_MAX)?;
    let daemon = format!("{FOLDER}/cooeed");
    deliver("target/release/cooeed", &daemon, DAEMON_BYTES_MAX)?;
    let manual = format!("{FOLDER}/man");
    create(&manual)?;
    shell::run(shell::command(&program, &["man", &manual]))?;
    let completions = format!("{FOLDER}/completions");
    create(&completions)?;
    for (name, file) in COMPLETIONS {
        let text = shell::capture(shell::command(&program, &["completions", name]))?;
        let path = shell::root().join(&completions).join(file);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Packs what `files` has made.
fn deb() -> Result<(), String> {
    if !shell::succeeds(shell::cargo(&["deb", "--version"])) {
        return Err("cargo-deb is missing: `cargo install --locked cargo-deb@3.8.0`".to_owned());
    }
    for package in ["cooee-cli", "cooee-daemon"] {
        let mut command = shell::cargo(&["deb", "--package", package, "--no-build", "--no-strip"]);
        command.args(["--output", FOLDER]);
        shell::run(command)?;
    }
    Ok(())
}

/// Builds a program that runs on any Linux.
fn musl() -> Result<(), String> {
    let sysroot = shell::capture(shell::command("rustc", &["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(MUSL);
    if !library.exists() {
        return Err(format!("the target is missing: `rustup target add {MUSL}`"));
    }
    build("cooee-cli", Some(MUSL))?;
    let built = format!("target/{MUSL}/release/cooee");
    let program = format!("{FOLDER}/cooee-{MUSL}");
    deliver(&built, &program, PROGRAM_BYTES_MAX)
}

fn build(package: &str, target: Option<&str>) -> Result<(), String> {
    let mut command = shell::cargo(&["build", "--release", "--package", package, "--locked"]);
    if let Some(target) = target {
        command.args(["--target", target]);
    }
    shell::run(command)
}

/// Copies a program to where it is delivered from, if it is small enough.
fn deliver(built: &str, program: &str, bytes_max: u64) -> Result<(), String> {
    let (built, program) = (shell::root().join(built), shell::root().join(program));
    create(FOLDER)?;
    let copied = fs::copy(&built, &program);
    let bytes = copied.map_err(|error| format!("{}: {error}", built.display()))?;
    println!("{} has {bytes} bytes", program.display());
    if bytes > bytes_max {
        return Err(format!("it may have at most {bytes_max} bytes"));
    }
    Ok(())
}

fn create(folder: impl AsRef<Path>) -> Result<(), String> {
    let folder = shell::root().join(folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))
}
