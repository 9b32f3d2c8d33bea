//! Programs that run under a test's observation.
//!
//! In:  a command.
//! Out: its lines with the time each was read; killed by pid when dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{monotonic, wait_until};
use crate::error::{Context, Error, Result};

/// One line that a program wrote.
#[derive(Clone, Debug)]
pub struct Line {
    /// When it was read, on the machine's monotonic clock.
    pub at: Duration,
    /// The line without its end.
    pub text: String,
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: Vec<Line>,
    /// What it wrote to standard error.
    pub stderr: Vec<Line>,
}

impl Finished {
    /// Returns its standard output as one text.
    pub fn stdout_text(&self) -> String {
        text_of(&self.stdout)
    }

    /// Returns its standard error as one text.
    pub fn stderr_text(&self) -> String {
        text_of(&self.stderr)
    }

    /// Turns any exit but a successful one into an error that shows both outputs.
    pub fn success(self) -> Result<Self> {
        if self.status.success() {
            return Ok(self);
        }
        Err(Error::new(format!(
            "{}\nstdout: {}\nstderr: {}",
            self.status,
            self.stdout_text(),
            self.stderr_text()
        )))
    }
}

/// A program that is running; dropping it kills and reaps it.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines,
    stderr: Lines,
    readers: Vec<std::thread::JoinHandle<()>>,
}

type Lines = Arc<Mutex<Vec<Line>>>;

impl Running {
    /// Starts `command` with no input and both outputs collected line by line.
    pub fn start(command: Command) -> Result<Self> {
        Self::spawn(command, Stdio::null())
    }

    /// Starts `command` with an input that [`Running::tell`] writes to.
    pub fn start_listening(command: Command) -> Result<Self> {
        Self::spawn(command, Stdio::piped())
    }

    fn spawn(mut command: Command, stdin: Stdio) -> Result<Self> {
        let name = format!("{command:?}");
        command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context(&name)?;
        let (stdout, stderr) = (Lines::default(), Lines::default());
        let mut readers = Vec::new();
        if let Some(pipe) = child.stdout.take() {
            readers.push(collect(pipe, Arc::clone(&stdout)));
        }
        if let Some(pipe) = child.stderr.take() {
            readers.push(collect(pipe, Arc::clone(&stderr)));
        }
        Ok(Self {
            name,
            stdin: child.stdin.take(),
            child,
            stdout,
            stderr,
            readers,
        })
    }

    /// Returns its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to its standard input.
    pub fn tell(&self, line: &str) -> Result<()> {
        let mut stdin = self.stdin.as_ref().ok_or_else(|| Error::new("no input"))?;
        let line = format!("{line}\n");
        stdin.write_all(line.as_bytes()).context(&self.name)
    }

    /// Ends its standard input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Returns the lines of standard output so far.
    pub fn stdout(&self) -> Vec<Line> {
        locked(&self.stdout)
    }

    /// Returns the lines of standard error so far.
    pub fn stderr(&self) -> Vec<Line> {
        locked(&self.stderr)
    }

    /// Waits until a line of standard output satisfies `wanted`. Returns that line.
    pub fn wait_stdout(&self, limit: Duration, wanted: impl Fn(&str) -> bool) -> Result<Line> {
        self.wait_line(&self.stdout, limit, wanted)
    }

    /// Waits until a line of standard error satisfies `wanted`. Returns that line.
    pub fn wait_stderr(&self, limit: Duration, wanted: impl Fn(&str) -> bool) -> Result<Line> {
        self.wait_line(&self.stderr, limit, wanted)
    }

    /// Sends a signal to it.
    pub fn signal(&self, signal: nix::sys::signal::Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id()).context("pid")?;
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).context(&self.name)
    }

    /// Waits until it ends by itself; after `limit` it is killed, which is an error.
    pub fn finish(mut self, limit: Duration) -> Result<Finished> {
        let mut status = None;
        wait_until(limit, || {
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        });
        let Some(status) = status else {
            let said = format!("{}{}", text_of(&self.stdout()), text_of(&self.stderr()));
            return Err(Error::new(format!(
                "{} still ran after {limit:?}: {said}",
                self.name
            )));
        };
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        Ok(Finished {
            status,
            stdout: self.stdout(),
            stderr: self.stderr(),
        })
    }

    /// Kills it at once (`SIGKILL`) and waits for its end.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn wait_line(
        &self,
        lines: &Lines,
        limit: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Line> {
        let mut found = None;
        wait_until(limit, || {
            found = locked(lines).into_iter().find(|line| wanted(&line.text));
            found.is_some()
        });
        found.ok_or_else(|| {
            let said = format!("{}{}", text_of(&self.stdout()), text_of(&self.stderr()));
            Error::new(format!(
                "{} did not say so within {limit:?}: {said}",
                self.name
            ))
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn collect(pipe: impl Read + Send + 'static, lines: Lines) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(1..)) {
            let text = String::from_utf8_lossy(&bytes)
                .trim_end_matches(['\n', '\r'])
                .to_owned();
            bytes.clear();
            let line = Line {
                at: monotonic(),
                text,
            };
            lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(line);
        }
    })
}

fn locked(lines: &Lines) -> Vec<Line> {
    lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn text_of(lines: &[Line]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        text.push_str(&line.text);
        text.push('\n');
        text
    })
}
