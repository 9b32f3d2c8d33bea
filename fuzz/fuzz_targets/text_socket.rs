//! Any line of the text socket is a request, or is refused in one line of text.
#![no_main]

use cooee_daemon::text_socket::line;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(answer) = line::read(bytes) {
        assert!(answer.starts_with(b"-") && answer.ends_with(b"\n"));
        assert!(answer.len() < 1_200);
    }
});
