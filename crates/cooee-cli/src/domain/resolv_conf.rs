//! Which DNS servers are asked, and how patiently.
//!
//! In:  the servers of the command line, or else the text of `/etc/resolv.conf`.
//! Out: [`ServerList`].

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::args::server;
use crate::failure::Failure;

/// The servers, and how they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerList {
    /// In the order in which they are asked.
    pub(super) servers: Vec<SocketAddr>,
    /// How long to wait for an answer.
    pub(super) timeout: Duration,
    /// How often each server is asked.
    pub(super) attempts: u32,
}

impl ServerList {
    /// Takes the servers of the command line; those of the file if there are none.
    pub(super) fn of(given: &[SocketAddr], file: &Path) -> Result<Self, Failure> {
        if !given.is_empty() {
            return Ok(Self {
                servers: given.to_vec(),
                ..Self::default()
            });
        }
        let file_name = file.display();
        let none = |message| Failure::Start {
            message,
            hint: Some("`--server ADDR` names a DNS server"),
        };
        let text = std::fs::read(file)
            .map_err(|error| none(format!("no DNS server is known: {file_name}: {error}")))?;
        let list = Self::parse(&String::from_utf8_lossy(&text));
        if list.servers.is_empty() {
            let message = format!("no DNS server is known: {file_name} names none");
            return Err(none(message));
        }
        Ok(list)
    }

    /// Reads the text of a file. Lines of which nothing is known are left out, as by the system.
    fn parse(text: &str) -> Self {
        let mut list = Self::default();
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("nameserver") if list.servers.len() < SERVERS_MAX => {
                    let address = words.next().and_then(|word| server(word).ok());
                    list.servers.extend(address);
                }
                Some("options") => words.for_each(|word| list.option(word)),
                Some(_) | None => {}
            }
        }
        list
    }

    fn option(&mut self, word: &str) {
        let Some((name, Ok(value))) = word
            .split_once(':')
            .map(|(name, value)| (name, value.parse::<u32>()))
        else {
            return;
        };
        if name == "timeout" {
            self.timeout = Duration::from_secs(value.clamp(1, TIMEOUT_SECS_MAX).into());
        } else if name == "attempts" {
            self.attempts = value.clamp(1, ATTEMPTS_MAX);
        }
    }
}

impl Default for ServerList {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            timeout: Duration::from_secs(5),
            attempts: 2,
        }
    }
}

/// How many servers of a file are used, by the system too.
const SERVERS_MAX: usize = 3;

/// The longest `timeout` and the most `attempts` that the system accepts.
const TIMEOUT_SECS_MAX: u32 = 30;
const ATTEMPTS_MAX: u32 = 5;

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::ServerList;
    use crate::failure::Failure;

    #[test]
    fn servers_and_options_are_read_and_the_rest_is_left_out() {
        let list = ServerList::parse(
            "# a comment\nsearch home.example\nnameserver 10.0.0.1\nnameserver nonsense\n\
             nameserver\t fe80::1%1 # link\n;nameserver 10.0.0.8\noptions edns0 timeout:2 attempts:99\n\
             nameserver fd00::1\nnameserver 10.0.0.9\n",
        );
        let servers: Vec<String> = list.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["10.0.0.1:53", "[fe80::1%1]:53", "[fd00::1]:53"]);
        assert_eq!((list.timeout, list.attempts), (Duration::from_secs(2), 5));
        let odd = ServerList::parse("options timeout:0 attempts:x timeout");
        assert_eq!((odd.timeout, odd.attempts), (Duration::from_secs(1), 2));
    }

    #[test]
    fn servers_that_are_given_need_no_file_and_nothing_else_does_without() {
        let nowhere = Path::new("/nonexistent/resolv.conf");
        let given = "10.0.0.1:53".parse().unwrap();
        assert_eq!(ServerList::of(&[given], nowhere).unwrap().servers, [given]);
        for (file, part) in [
            (nowhere, "/nonexistent/resolv.conf: "),
            (Path::new("/dev/null"), "/dev/null names none"),
        ] {
            let failure = ServerList::of(&[], file).unwrap_err();
            let Failure::Start { message, hint } = failure else {
                panic!("{failure:?}")
            };
            assert!(message.contains(part), "{message}");
            assert!(hint.unwrap().contains("--server"));
        }
    }
}
