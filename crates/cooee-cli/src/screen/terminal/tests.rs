//! The way back: a terminal that is left clean.

use super::base64;

#[test]
fn base64_is_padded_to_four_digits() {
    for (bytes, expected) in [
        (&b""[..], ""),
        (b"f", "Zg=="),
        (b"fo", "Zm8="),
        (b"foo", "Zm9v"),
        (b"foobar", "Zm9vYmFy"),
        (b"\xff\xfe\xfd", "//79"),
    ] {
        assert_eq!(base64(bytes), expected);
    }
}

#[cfg(target_os = "linux")]
#[allow(
    dead_code,
    reason = "each user of the pseudo-terminal needs a part of it"
)]
#[path = "../../../tests/pty/mod.rs"]
mod helper;

#[cfg(target_os = "linux")]
mod pty {
    use super::super::Terminal;
    use super::helper::Pty;

    /// Set where the panic is to happen.
    const INSIDE: &str = "COOEE_SCREEN_INSIDE";

    #[test]
    fn a_panic_restores_the_terminal_before_it_is_reported() {
        let test =
            "screen::terminal::tests::pty::a_panic_restores_the_terminal_before_it_is_reported";
        if let Ok(thread) = std::env::var(INSIDE) {
            let _terminal = Terminal::enter().unwrap();
            if thread == "own" {
                panic!("on purpose");
            }
            let other = std::thread::spawn(|| panic!("on purpose"));
            assert!(other.join().is_err() && Terminal::is_lost());
            return;
        }
        let program = std::env::current_exe().unwrap();
        for (thread, code) in [("own", 101), ("other", 0)] {
            let inside = format!("{INSIDE}={thread}");
            let command = [
                "env",
                &inside,
                program.to_str().unwrap(),
                "--exact",
                test,
                "--nocapture",
            ];
            let (status, written) = Pty::start(&command, 24, 80).end();
            assert_eq!(status.code(), Some(code), "{written}");
            let (left, told) = (written.find("\u{1b}[?1049l"), written.find("on purpose"));
            assert!(left.is_some() && left < told, "{written:?}");
            assert!(written.contains("\u{1b}[?1049h"), "{written:?}");
        }
    }
}
