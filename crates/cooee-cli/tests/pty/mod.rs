//! A program in a pseudo-terminal, and what its terminal shows.
//!
//! In:  a command, the size of the terminal, keys.
//! Out: the screen as a terminal would show it, and the modes that the program leaves behind.
#![allow(clippy::unwrap_used, reason = "a failure here fails the test")]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// A running program and its terminal.
pub(crate) struct Pty {
    child: Child,
    /// Kept open, so that the terminal outlives the program.
    terminal: File,
    controller: File,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    /// Everything that the program has written.
    written: Vec<u8>,
}

impl Pty {
    /// Starts a program, as the leader of a session with the terminal.
    pub(crate) fn start(command: &[&str], rows: u16, columns: u16) -> Self {
        let controller: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let path = ptsname(&controller, Vec::new()).unwrap();
        let open = || {
            let mut options = File::options();
            options.read(true).write(true);
            std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NOCTTY);
            options.open(path.to_str().unwrap()).unwrap()
        };
        let (terminal, controller) = (open(), File::from(controller));
        set_size(&controller, rows, columns);
        let child = Command::new("setsid")
            .arg("--ctty")
            .args(command)
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .env_remove("RUST_LOG")
            .stdin(Stdio::from(open()))
            .stdout(Stdio::from(open()))
            .stderr(Stdio::from(open()))
            .spawn()
            .expect("util-linux has setsid");
        let mut reader = controller.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(len @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..len].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            terminal,
            controller,
            output,
            parser: vt100::Parser::new(rows, columns, 0),
            written: Vec::new(),
        }
    }

    /// Waits until what the terminal shows satisfies a condition.
    pub(crate) fn wait(&mut self, what: &str, is_it: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let screen = self.parser.screen().contents();
            if is_it(&screen) {
                return;
            }
            assert!(Instant::now() < end, "waiting for {what}:\n{screen}");
            self.read(Duration::from_millis(100));
        }
    }

    /// Waits until the terminal shows a text.
    pub(crate) fn expect(&mut self, text: &str) {
        self.wait(text, |screen| screen.contains(text));
    }

    /// Reads for a time.
    pub(crate) fn run_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.read(Duration::from_millis(100));
        }
    }

    fn read(&mut self, time: Duration) {
        if let Ok(bytes) = self.output.recv_timeout(time) {
            self.parser.process(&bytes);
            self.written.extend(bytes);
        }
    }

    /// Types keys.
    pub(crate) fn send(&mut self, keys: &str) {
        self.controller.write_all(keys.as_bytes()).unwrap();
    }

    /// Changes the size of the terminal.
    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        set_size(&self.controller, rows, columns);
        self.parser.set_size(rows, columns);
    }

    /// Returns the id of the program.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns whether the terminal shows the alternate screen.
    pub(crate) fn is_covered(&self) -> bool {
        self.parser.screen().alternate_screen()
    }

    /// Returns whether the terminal hands over each key unread, without an echo.
    pub(crate) fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        !modes.intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }

    /// Waits until the program has ended. Returns how, and everything that it has written.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() >= end {
                let _ = self.child.kill();
                panic!("it does not end:\n{}", self.parser.screen().contents());
            }
            self.read(Duration::from_millis(50));
        };
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        // What was written is all there when nothing has the terminal open any more.
        drop(self.terminal);
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.parser.process(&bytes);
            self.written.extend(bytes);
        }
        let cooked = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        assert!(modes.contains(cooked), "raw mode is left on");
        let screen = self.parser.screen();
        assert!(
            !screen.alternate_screen(),
            "the alternate screen is left on"
        );
        assert!(!screen.hide_cursor(), "the cursor is left hidden");
        (status, String::from_utf8_lossy(&self.written).into_owned())
    }
}

fn set_size(terminal: &File, rows: u16, columns: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).unwrap();
}

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// `O_NOCTTY` on Linux: this process keeps the terminal that it has.
const NOCTTY: i32 = 0o400;
