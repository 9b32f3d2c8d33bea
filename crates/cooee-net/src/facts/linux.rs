//! The facts of Linux.
//!
//! In:  `/proc`, `/etc/nsswitch.conf`, `/run`, and the output of `nft`.
//! Out: [`SystemFacts`]. Each file is read up to a limit, and each folder too.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{
    Fact, FirewallRule, Membership, NameService, PortHolder, Program, SystemFacts, Unknown, tables,
};

pub(super) fn read(port: u16) -> SystemFacts {
    SystemFacts {
        holders: holders(port),
        memberships: memberships(),
        firewall: firewall(),
        name_service: name_service(),
        neighbours: text_of("/proc/net/arp").map(|text| tables::neighbours(&text)),
    }
}

fn holders(port: u16) -> Fact<Vec<PortHolder>> {
    let mut lines = tables::udp_sockets(&text_of("/proc/net/udp")?, port);
    // Without IPv6 there is no such file.
    let v6 = text_of("/proc/net/udp6").unwrap_or_default();
    lines.extend(tables::udp_sockets(&v6, port));
    let programs = programs(&lines.iter().map(|line| line.inode).collect::<Vec<_>>());
    let holder = |line: tables::UdpSocketLine| PortHolder {
        local: line.local,
        program: programs.get(&line.inode).cloned(),
        uid: line.uid,
        dropped: line.dropped,
    };
    Ok(lines.into_iter().map(holder).collect())
}

/// Returns the programs that have these sockets open, as far as this user may know.
fn programs(inodes: &[u64]) -> BTreeMap<u64, Program> {
    let mut programs = BTreeMap::new();
    let pids = entries("/proc").filter_map(|name| name.parse::<u32>().ok());
    for pid in pids.take(PROCESSES_MAX) {
        let folder = format!("/proc/{pid}/fd");
        for entry in entries(&folder).take(DESCRIPTORS_MAX) {
            let Some(inode) = socket_inode(&format!("{folder}/{entry}")) else {
                continue;
            };
            if !inodes.contains(&inode) || programs.contains_key(&inode) {
                continue;
            }
            let name = text_of(&format!("/proc/{pid}/comm")).unwrap_or_default();
            let name = name.trim().to_owned();
            programs.insert(inode, Program { pid, name });
        }
    }
    programs
}

fn socket_inode(path: &str) -> Option<u64> {
    let target = fs::read_link(path).ok()?;
    let inode = target.to_str()?.strip_prefix("socket:[")?;
    inode.strip_suffix(']')?.parse().ok()
}

fn entries(folder: &str) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

fn memberships() -> Fact<Vec<Membership>> {
    let mut memberships = tables::memberships_v4(&text_of("/proc/net/igmp")?);
    let v6 = text_of("/proc/net/igmp6").unwrap_or_default();
    memberships.extend(tables::memberships_v6(&v6));
    Ok(memberships)
}

fn name_service() -> Fact<NameService> {
    let conf = text_of("/etc/nsswitch.conf");
    Ok(NameService {
        hosts: conf.ok().as_deref().and_then(tables::hosts_sources),
        avahi: Path::new("/run/avahi-daemon/socket").exists(),
        avahi_program: avahi_program(),
        resolved: Path::new("/run/systemd/resolve/io.systemd.Resolve").exists(),
        modules: modules(),
    })
}

/// Returns the program that serves in Avahi's place, if it runs. The file may be older than the
/// process that has the number now.
fn avahi_program() -> Option<Program> {
    let pid = text_of("/run/avahi-daemon/pid").ok()?.trim().parse().ok()?;
    let name = text_of(&format!("/proc/{pid}/comm")).ok()?;
    let name = name.trim().to_owned();
    AVAHI_PROGRAMS
        .contains(&name.as_str())
        .then_some(Program { pid, name })
}

/// Looks for the modules of the C library. Where none is found, they may be elsewhere.
fn modules() -> Option<Vec<String>> {
    let mut folders: Vec<String> = LIBRARY_FOLDERS.map(str::to_owned).to_vec();
    for folder in LIBRARY_FOLDERS {
        let of_machine = entries(folder).filter(|name| name.contains("-linux-"));
        folders.extend(of_machine.map(|name| format!("{folder}/{name}")));
    }
    let files = folders.iter().flat_map(|folder| entries(folder));
    let modules: Vec<String> = files.filter_map(|file| tables::nss_module(&file)).collect();
    let is_known = !modules.is_empty();
    let of_mdns = modules.into_iter().filter(|name| name.starts_with("mdns"));
    is_known.then(|| of_mdns.collect())
}

/// Reads the rules of `nft`, and of old versions of `iptables`.
fn firewall() -> Fact<Vec<FirewallRule>> {
    let legacy = IPTABLES
        .into_iter()
        .filter_map(|(table, program, family)| iptables(table, program, family));
    let legacy: Vec<FirewallRule> = legacy.flatten().collect();
    match nft() {
        Ok(mut rules) => {
            rules.extend(legacy);
            Ok(rules)
        }
        Err(_) if !legacy.is_empty() => Ok(legacy),
        Err(why) => Err(why),
    }
}

/// Asks an old version of `iptables`, which needs a privilege, if its tables are in use.
fn iptables(table: &str, program: &str, family: &str) -> Option<Vec<FirewallRule>> {
    // Asking would load the tables.
    let used = text_of(table).ok()?;
    if !used.lines().any(|name| name == "filter") {
        return None;
    }
    let mut paths = PROGRAM_FOLDERS
        .iter()
        .map(|folder| format!("{folder}/{program}"));
    let path = paths.find(|path| Path::new(path).exists())?;
    let text = output_of(&path, &["-t", "filter"]).ok()?;
    Some(tables::iptables_rules(&text, family))
}

/// Asks `nft`, which needs a privilege. It also shows the rules of newer versions of `iptables`.
fn nft() -> Fact<Vec<FirewallRule>> {
    let Some(program) = NFT_PATHS.iter().find(|path| Path::new(path).exists()) else {
        return Err(Unknown::unreadable("nft", &"it is not installed"));
    };
    let text = output_of(program, &["list", "ruleset"])
        .map_err(|why| Unknown::unreadable("nft list ruleset", &why))?;
    Ok(tables::nft_rules(&text))
}

/// Runs a program and returns its output, up to a limit of time and length.
fn output_of(program: &str, arguments: &[&str]) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let output = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(output) = output {
            let _ = output.take(BYTES_MAX).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let end = Instant::now() + PROGRAM_TIME_MAX;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) if Instant::now() < end => thread::sleep(PROGRAM_PAUSE),
            Ok(None) => break Err("it does not end".to_owned()),
            Err(error) => break Err(error.to_string()),
        }
    };
    if status.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let text = reader.join().unwrap_or_default();
    match status? {
        status if status.success() => Ok(text),
        _ => Err("it is not permitted".to_owned()),
    }
}

fn text_of(path: &str) -> Fact<String> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().map_err(|error| Unknown::unreadable(path, &error))
}

/// The programs that serve in Avahi's place.
const AVAHI_PROGRAMS: [&str; 2] = ["avahi-daemon", "cooeed"];

/// The lists of tables in use, the programs that show them, and their families.
const IPTABLES: [(&str, &str, &str); 2] = [
    ("/proc/net/ip_tables_names", "iptables-legacy-save", "ip"),
    ("/proc/net/ip6_tables_names", "ip6tables-legacy-save", "ip6"),
];

const PROGRAM_FOLDERS: &[&str] = &["/usr/sbin", "/sbin", "/usr/bin"];

const LIBRARY_FOLDERS: [&str; 4] = ["/usr/lib", "/usr/lib64", "/lib", "/lib64"];

const NFT_PATHS: &[&str] = &["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"];

/// The most that is read of one file or program.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// How many processes are searched for the sockets of the port.
const PROCESSES_MAX: usize = 16_384;

/// How many open files of one process are searched.
const DESCRIPTORS_MAX: usize = 4_096;

/// How long a program of the system may take.
const PROGRAM_TIME_MAX: Duration = Duration::from_secs(2);

const PROGRAM_PAUSE: Duration = Duration::from_millis(10);
