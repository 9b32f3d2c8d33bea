//! Any text is a service file with a name and a service, or is refused with one of its lines.
#![no_main]

use cooee_daemon::files::service_file;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match service_file::read(text) {
        Ok(file) => {
            assert!(!file.name.is_empty() && !file.services.is_empty());
            let typed = |service: &service_file::FileService| !service.service_type.is_empty();
            assert!(file.services.iter().all(typed));
        }
        Err(error) => {
            assert!(!error.reason.is_empty());
            let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            assert!((1..=lines).contains(&error.line));
        }
    }
});
