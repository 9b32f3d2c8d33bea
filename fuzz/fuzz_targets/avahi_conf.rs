//! Any text is a configuration, perhaps with remarks about its lines; so is any file of hosts.
#![no_main]

use cooee_daemon::config::{Config, read_avahi_file, read_own_file};
use cooee_daemon::files::hosts_file;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let lines = 1..=text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let mut config = Config::default();
    for remark in read_avahi_file(text, &mut config) {
        assert!(lines.contains(&remark.line) && !remark.text.is_empty());
    }
    let before = config.clone();
    if let Err(remark) = read_own_file(text, &mut config) {
        assert!(lines.contains(&remark.line) && !remark.text.is_empty());
        assert_eq!(config, before);
    }
    let (hosts, warnings) = hosts_file::read(text);
    assert!(hosts.iter().all(|host| !host.addresses.is_empty()));
    assert!(warnings.iter().all(|warning| lines.contains(&warning.line)));
});
