//! What the library weighs: memory for each service, allocations for each packet, and the size and
//! the build of a small program that uses it.
//!
//! In:  `memory` or `build` for one of the two halves.
//! Out: figures and a profile of the engine's memory, failure if a figure is above its ceiling; the
//!      seconds of processor time that each crate takes to build, and the size of the program.
//!
//! Seconds of processor time change less with the load of the machine than those of the clock.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::shell;

/// Where the tests are built, with the names of places.
const FOLDER: &str = "target/weigh";

/// Names the file to which this program, called in place of the compiler, adds what it measured.
pub(crate) const LOG: &str = "COOEE_WEIGH_LOG";

/// The small program, whose folder is not in this repository: it depends on the library, at the
/// path for which `LIBRARY` stands, and on nothing else.
const MANIFEST: &str = r#"[package]
name = "hello"
version = "0.0.0"
edition = "2024"

[dependencies]
cooee = { path = "LIBRARY" }

[profile.release]
strip = true

[workspace]
"#;

/// Its source.
const SOURCE: &str = r#"//! Prints the web servers of the local network.
use cooee::{Mdns, ServiceEvent};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mdns = Mdns::new()?;
    for event in mdns.browse("_http._tcp").start()?.blocking() {
        if let ServiceEvent::Added(service) = event {
            println!("{} at {:?}", service.name(), service.socket_addrs());
        }
    }
    Ok(())
}
"#;

/// Weighs both halves, or the one that is named.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => memory().and_then(|()| build()),
        ["memory"] => memory(),
        ["build"] => build(),
        _ => Err("takes nothing, `memory` or `build`".to_owned()),
    }
}

/// Runs the tests of the engine's weight, and prints its profile.
fn memory() -> Result<(), String> {
    let mut command = shell::cargo(&[
        "test",
        "--quiet",
        "--locked",
        "--package",
        "cooee-proto",
        "--test",
        "weight",
        "--target-dir",
        FOLDER,
        "--",
        "--include-ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    // The profile names the places from which memory was allocated.
    command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    shell::run(command)
}

/// Builds the small program from nothing, prints the time for each crate and the size, and removes
/// everything that was built.
fn build() -> Result<(), String> {
    let name = format!("cooee-weigh-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let built = prepare(&folder)
        .map_err(|error| about(&folder, &error))
        .and_then(|()| build_in(&folder));
    let removed = fs::remove_dir_all(&folder).map_err(|error| about(&folder, &error));
    built.and(removed)
}

fn build_in(folder: &Path) -> Result<(), String> {
    let log = folder.join("log");
    let this = std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    for profile in ["dev", "release"] {
        let mut command = shell::cargo(&["build", "--quiet", "--profile", profile]);
        command
            .arg("--manifest-path")
            .arg(folder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(folder.join("target"))
            .env("RUSTC_WRAPPER", &this)
            .env(LOG, &log);
        shell::run(command)?;
        let text = fs::read_to_string(&log).map_err(|error| about(&log, &error))?;
        print!("{}", table(profile, &text));
        fs::remove_file(&log).map_err(|error| about(&log, &error))?;
    }
    let program = folder.join("target/release/hello");
    let size = fs::metadata(&program).map_err(|error| about(&program, &error))?;
    println!("{} bytes in the stripped program", size.len());
    Ok(())
}

/// Writes the small program.
fn prepare(folder: &Path) -> std::io::Result<()> {
    let library = shell::root().join("crates/cooee");
    let manifest = MANIFEST.replace("LIBRARY", &library.to_string_lossy());
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/main.rs"), SOURCE)?;
    fs::copy(shell::root().join("Cargo.lock"), folder.join("Cargo.lock")).map(drop)
}

fn about(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Returns a line for each crate, slowest first, and one for all of them.
fn table(profile: &str, log: &str) -> String {
    let mut crates: Vec<(u64, &str)> = log.lines().filter_map(parse).collect();
    crates.sort_by_key(|(hundredths, _)| std::cmp::Reverse(*hundredths));
    let all = crates.iter().map(|(hundredths, _)| hundredths).sum();
    let total = [(all, "all")];
    let lines = total.iter().chain(&crates).map(|(hundredths, name)| {
        let (whole, part) = (hundredths / 100, hundredths % 100);
        format!("{whole:>5}.{part:02} s  {profile}  {name}\n")
    });
    lines.collect()
}

/// Reads a line of the log: hundredths of a second and a name.
fn parse(line: &str) -> Option<(u64, &str)> {
    let (hundredths, name) = line.split_once(' ')?;
    Some((hundredths.parse().ok()?, name))
}

/// Runs the compiler in whose place this program was called, and adds to the log how long it took.
pub(crate) fn compile(log: &Path) -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().unwrap_or_default();
    let words: Vec<_> = words.collect();
    let began = Instant::now();
    let Ok(status) = Command::new(program).args(&words).status() else {
        return ExitCode::FAILURE;
    };
    let mut names = words.windows(2).filter(|pair| pair[0] == "--crate-name");
    let name = names.next_back().map(|pair| pair[1].to_string_lossy());
    // Cargo asks the compiler for its settings by a crate with this name.
    if let Some(name) = name.filter(|name| name != "___") {
        let clock = || began.elapsed().as_millis() / 10;
        let spent = children().map_or_else(clock, u128::from);
        let file = OpenOptions::new().create(true).append(true).open(log);
        let _ = file.and_then(|mut file| file.write_all(format!("{spent} {name}\n").as_bytes()));
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Returns the processor time of this process's children that have ended, in hundredths of a
/// second; `None` where the system does not say.
fn children() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The 14th and 15th field after the name in parentheses are the children's times.
    let (_, fields) = stat.rsplit_once(')')?;
    let times = fields.split_whitespace().skip(13).take(2);
    times.map(|time| time.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::{children, table};

    #[test]
    fn the_slowest_crate_comes_first_and_the_sum_before_it() {
        let text = table("dev", "5 small\n1234 large\nnonsense\n");
        let lines: Vec<&str> = text.lines().collect();
        let wanted = [
            "   12.39 s  dev  all",
            "   12.34 s  dev  large",
            "    0.05 s  dev  small",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_times_of_children_can_be_read() {
        assert!(children().is_some());
    }
}
