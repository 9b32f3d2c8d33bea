//! Parses words as a command.
//!
//! In:  the words of a line.
//! Out: a [`Command`] whose parts are values, or what is wrong with which word.

use std::net::IpAddr;

use cooee::{InstanceName, Name, RecordType, Txt, TxtBuilder};

use crate::target::{
    BrowseTarget, HexBytes, HostName, InstanceWords, own_address, port, to_publish,
};

/// A command.
#[derive(Debug)]
pub(crate) enum Command {
    Register(Register),
    Update {
        instance: InstanceName,
        txt: Txt,
        port: Option<u16>,
    },
    Unregister(InstanceName),
    Browse {
        target: BrowseTarget,
        resolve: bool,
    },
    StopBrowse(BrowseTarget),
    Resolve(InstanceName),
    StopResolve(InstanceName),
    ResolveHost(HostName),
    StopResolveHost(HostName),
    Query(Name, RecordType),
    StopQuery(Name, RecordType),
    Types,
    StopTypes,
    PublishHost {
        name: HostName,
        addresses: Vec<IpAddr>,
    },
    UnpublishHost(HostName),
    Metrics,
    Quit,
}

/// A service to register.
#[derive(Debug)]
pub(crate) struct Register {
    pub(crate) instance: InstanceName,
    pub(crate) port: u16,
    pub(crate) txt: Txt,
    pub(crate) subtypes: Vec<cooee::Subtype>,
    pub(crate) host: Option<String>,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) no_rename: bool,
    pub(crate) any_type: bool,
}

impl Command {
    /// Parses the words of a line; there is at least one.
    pub(crate) fn parse(words: Vec<String>) -> Result<Self, String> {
        let mut words = words.into_iter();
        let verb = words.next().unwrap_or_default();
        let mut rest = Arguments::parse(words, options_of(&verb))?;
        let command = rest.command(&verb)?;
        rest.end()?;
        Ok(command)
    }
}

/// The arguments of a command, sorted.
#[derive(Debug, Default)]
struct Arguments {
    words: std::collections::VecDeque<String>,
    txt: TxtBuilder,
    subtypes: Vec<cooee::Subtype>,
    host: Option<String>,
    addresses: Vec<IpAddr>,
    port: Option<u16>,
    no_rename: bool,
    any_type: bool,
    escaped: bool,
    resolve: bool,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>, allowed: &[&str]) -> Result<Self, String> {
        let mut all = Self::default();
        while let Some(word) = words.next() {
            if word == "--" {
                all.words.extend(words);
                break;
            }
            if !word.starts_with("--") {
                all.words.push_back(word);
                continue;
            }
            if !allowed.contains(&word.as_str()) {
                return Err(format!("`{word}` is not an option here{}", one_of(allowed)));
            }
            all.option(&word, &mut words)?;
        }
        Ok(all)
    }

    fn option(
        &mut self,
        option: &str,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<(), String> {
        match option {
            "--no-rename" => {
                self.no_rename = true;
                return Ok(());
            }
            "--escaped" => {
                self.escaped = true;
                return Ok(());
            }
            "--any-type" => {
                self.any_type = true;
                return Ok(());
            }
            "--resolve" => {
                self.resolve = true;
                return Ok(());
            }
            _ => {}
        }
        let value = words
            .next()
            .ok_or_else(|| format!("`{option}` needs a value after it"))?;
        match option {
            "--txt" => {
                self.txt.attribute(value.as_bytes());
            }
            "--txt-hex" => {
                self.txt.string(&parse::<HexBytes>(&value)?.0);
            }
            "--sub" => self.subtypes.push(parse(&value)?),
            "--addr" => self.addresses.push(own_address(&value)?),
            "--port" => self.port = Some(port(&value)?),
            _ => self.host = Some(value),
        }
        Ok(())
    }

    fn command(&mut self, verb: &str) -> Result<Command, String> {
        Ok(match verb {
            "register" => self.register()?,
            "update" => Command::Update {
                instance: self.own_instance()?,
                txt: self.txt()?,
                port: self.port,
            },
            "unregister" => Command::Unregister(self.own_instance()?),
            "browse" => Command::Browse {
                target: self.target()?,
                resolve: self.resolve,
            },
            "stop-browse" => Command::StopBrowse(self.target()?),
            "resolve" => Command::Resolve(self.instance()?),
            "stop-resolve" => Command::StopResolve(self.instance()?),
            "resolve-host" => Command::ResolveHost(self.host()?),
            "stop-resolve-host" => Command::StopResolveHost(self.host()?),
            "query" => {
                let (name, rtype) = self.question()?;
                Command::Query(name, rtype)
            }
            "stop-query" => {
                let (name, rtype) = self.question()?;
                Command::StopQuery(name, rtype)
            }
            "types" => Command::Types,
            "stop-types" => Command::StopTypes,
            "publish-host" => self.publish_host()?,
            "unpublish-host" => Command::UnpublishHost(self.host()?),
            "metrics" => Command::Metrics,
            "quit" => Command::Quit,
            other => {
                return Err(format!(
                    "`{other}` is not a command; docs/PIPE.md lists them"
                ));
            }
        })
    }

    fn register(&mut self) -> Result<Command, String> {
        let instance = self.own_instance()?;
        let port = port(&self.word("PORT")?)?;
        Ok(Command::Register(Register {
            instance,
            port,
            txt: self.txt()?,
            subtypes: std::mem::take(&mut self.subtypes),
            host: self.host.take(),
            addresses: std::mem::take(&mut self.addresses),
            no_rename: self.no_rename,
            any_type: self.any_type,
        }))
    }

    fn publish_host(&mut self) -> Result<Command, String> {
        let name = self.host()?;
        let first = self.word("IP")?;
        let addresses = std::iter::once(first).chain(self.words.drain(..));
        let addresses = addresses
            .map(|word| own_address(&word))
            .collect::<Result<_, _>>()?;
        Ok(Command::PublishHost { name, addresses })
    }

    /// Parses an instance to ask for: any that was found.
    fn instance(&mut self) -> Result<InstanceName, String> {
        let name = self.word("INSTANCE")?;
        let read = if self.escaped {
            InstanceName::from_text
        } else {
            InstanceName::to_ask_for
        };
        let next = self.words.front().map(String::as_str);
        let words = InstanceWords::read(&name, next, read)?;
        if words.has_type {
            self.words.pop_front();
        }
        Ok(words.instance)
    }

    /// Parses an instance that is published: its label is text.
    fn own_instance(&mut self) -> Result<InstanceName, String> {
        to_publish(&self.instance()?)
    }

    fn host(&mut self) -> Result<HostName, String> {
        self.word("NAME")?.parse()
    }

    fn target(&mut self) -> Result<BrowseTarget, String> {
        parse(&self.word("TYPE")?)
    }

    fn question(&mut self) -> Result<(Name, RecordType), String> {
        let name = self.word("NAME")?;
        let name = name
            .parse()
            .map_err(|error| format!("`{name}` is not a name: {error}"))?;
        let rtype = self.word("RRTYPE")?;
        let rtype = rtype
            .parse()
            .map_err(|error| format!("`{rtype}` is {error}"))?;
        Ok((name, rtype))
    }

    fn txt(&mut self) -> Result<Txt, String> {
        let txt = std::mem::take(&mut self.txt).finish();
        txt.map_err(|error| error.to_string())
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        let word = self.words.pop_front();
        word.ok_or_else(|| format!("{what} is missing"))
    }

    fn end(&mut self) -> Result<(), String> {
        match self.words.pop_front() {
            Some(word) => Err(format!(
                "`{word}` is one word too many; quote what belongs together"
            )),
            None => Ok(()),
        }
    }
}

fn options_of(verb: &str) -> &'static [&'static str] {
    match verb {
        "register" => &[
            "--txt",
            "--txt-hex",
            "--sub",
            "--host",
            "--addr",
            "--no-rename",
            "--any-type",
            "--escaped",
        ],
        "update" => &["--txt", "--txt-hex", "--port", "--escaped"],
        "unregister" | "resolve" | "stop-resolve" => &["--escaped"],
        "browse" => &["--resolve"],
        _ => &[],
    }
}

fn one_of(options: &[&str]) -> String {
    match options {
        [] => String::new(),
        options => format!("; there are {}", options.join(", ")),
    }
}

fn parse<T: std::str::FromStr>(word: &str) -> Result<T, String>
where
    T::Err: std::fmt::Display,
{
    word.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests;
