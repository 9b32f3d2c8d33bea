//! `cooeed alias`: further names of hosts, while the daemon runs.
//!
//! In:  a command; on the socket, a line such as `alias add www nas.local`.
//! Out: a request for the daemon; its answer, which begins with `+`, or with `-` and why not.

use cooee::Name;

use super::args::{AliasCommand, Options};
use super::{load, say, status};
use crate::avahi::check::local_host;
use crate::avahi::names;

/// What a client of the status socket wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ControlRequest {
    /// The status; so does a client that says nothing.
    Status,
    /// Another name for a host; for this one if there is none.
    AddAlias { alias: Name, host: Option<Name> },
    /// No such name any more.
    RemoveAlias(Name),
    /// Every alias.
    ListAliases,
}

impl ControlRequest {
    /// Reads a line.
    pub(super) fn read(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words[..] {
            [] | ["status"] => Ok(Self::Status),
            ["alias", "list"] => Ok(Self::ListAliases),
            ["alias", "remove", alias] => Ok(Self::RemoveAlias(name(alias)?)),
            ["alias", "add", alias] => Ok(Self::AddAlias {
                alias: name(alias)?,
                host: None,
            }),
            ["alias", "add", alias, host] => Ok(Self::AddAlias {
                alias: name(alias)?,
                host: Some(name(host)?),
            }),
            _ => Err(format!("`{line}` is not a command")),
        }
    }
}

/// Reads `www` or `www.local`.
fn name(text: &str) -> Result<Name, String> {
    local_host(text).map_err(|_| format!("`{text}` is not a name such as `www` or `www.local`"))
}

/// Gives a command to the running daemon, and prints its answer.
pub(super) fn run(options: &Options, command: &AliasCommand) -> Result<(), String> {
    let line = line(command)?;
    let path = load::config(options)?.status_socket;
    let answer = status::ask(&path, &line);
    let answer = answer.map_err(|error| format!("{}: {error}", path.display()))?;
    if let Some(reason) = answer.strip_prefix("- ") {
        return Err(reason.trim_end().to_owned());
    }
    let lines = answer.lines().filter_map(|line| line.strip_prefix("+ "));
    for line in lines {
        say(&format!("{line}\n"));
    }
    Ok(())
}

/// Returns the line for a command, in which each name is one word.
fn line(command: &AliasCommand) -> Result<String, String> {
    let name = |text: &str| Ok::<_, String>(names::of(&name(text)?));
    Ok(match command {
        AliasCommand::Add {
            name: alias,
            target: None,
        } => format!("alias add {}", name(alias)?),
        AliasCommand::Add {
            name: alias,
            target: Some(host),
        } => format!("alias add {} {}", name(alias)?, name(host)?),
        AliasCommand::Remove { name: alias } => format!("alias remove {}", name(alias)?),
        AliasCommand::List => "alias list".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{AliasCommand, ControlRequest, line};
    use crate::config::{Config, read_own_file};

    #[test]
    fn each_argument_is_one_name() {
        let add = |name: &str, target: Option<&str>| {
            line(&AliasCommand::Add {
                name: name.to_owned(),
                target: target.map(str::to_owned),
            })
        };
        let wanted = Ok("alias add www.local nas.local".to_owned());
        assert_eq!(add("www", Some("nas.local")), wanted);
        let wanted = Ok("alias add a\\032b.local".to_owned());
        assert_eq!(add("a b", None), wanted);
        assert_eq!(add("a\\032b.local", None), wanted);
        assert!(add("a", Some("")).is_err());
        let remove = AliasCommand::Remove {
            name: "a\nb".to_owned(),
        };
        assert!(line(&remove).is_err());
    }

    #[test]
    fn a_name_is_the_same_on_the_socket_and_in_the_file() {
        let names = [
            ("www", Some("www.local")),
            ("www.LOCAL", Some("www.local")),
            ("www.local.", Some("www.local")),
            ("my\\032nas", Some("my\\032nas.local")),
            ("a\\.b.local", Some("a\\.b.local")),
            ("a\\010b", None),
            ("a.b", None),
            ("www.example.com", None),
            (".", None),
        ];
        for (text, wanted) in names {
            let wanted = wanted.map(|name| crate::avahi::names::read(name).unwrap());
            let on_socket = match ControlRequest::read(&format!("alias add {text}")) {
                Ok(ControlRequest::AddAlias { alias, host: None }) => Some(alias),
                _ => None,
            };
            let mut config = Config::default();
            let is_read = read_own_file(&format!("aliases = ['{text}']"), &mut config).is_ok();
            assert_eq!(is_read, wanted.is_some(), "{text}");
            let in_file = config.aliases.pop();
            assert_eq!((&on_socket, &in_file), (&wanted, &wanted), "{text}");
        }
    }

    #[test]
    fn a_line_is_a_request_or_wrong() {
        let name = |text: &str| text.parse().unwrap();
        assert_eq!(ControlRequest::read(""), Ok(ControlRequest::Status));
        assert_eq!(
            ControlRequest::read("alias list"),
            Ok(ControlRequest::ListAliases)
        );
        let add = |host: Option<&str>| ControlRequest::AddAlias {
            alias: name("www.local"),
            host: host.map(name),
        };
        assert_eq!(ControlRequest::read("alias add www"), Ok(add(None)));
        let with_host = ControlRequest::read("alias add www.local nas");
        assert_eq!(with_host, Ok(add(Some("nas.local"))));
        let remove = ControlRequest::RemoveAlias(name("www.local"));
        assert_eq!(ControlRequest::read("alias remove www"), Ok(remove));
        for wrong in [
            "alias",
            "alias add",
            "alias add a.b",
            "alias add a b c",
            "stop",
        ] {
            assert!(ControlRequest::read(wrong).is_err(), "{wrong}");
        }
    }
}
