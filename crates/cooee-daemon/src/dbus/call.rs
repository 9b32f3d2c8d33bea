//! Where a call goes.
//!
//! In:  a method call: path, interface, member, signature, sender.
//! Out: its reply, if there is one by now. Calls are judged in Avahi's order: `Introspect` is for
//!      everybody, then the owner of an object is checked, then interface, member and signature.

use zbus::Message;

use super::clients::Clients;
use super::interface::{INTROSPECTABLE, Interface, Kind, SERVER, SERVER2, describe, describe_path};
use super::voice::{Replies, named_error, reply};
use super::{group, server, voice};
use crate::avahi::error::ErrorCode;

/// The object that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Server,
    Object {
        client: u32,
        kind: Kind,
        number: u32,
    },
    /// The path above the objects of a client, which is no object itself.
    Client(u32),
    Nothing,
}

/// Answers a call.
pub(super) fn answer(clients: &mut Clients, call: &Message) -> Replies {
    let header = call.header();
    let (Some(path), Some(member), Some(sender)) =
        (header.path(), header.member(), header.sender())
    else {
        return Vec::new();
    };
    let target = Target::read(path.as_str());
    let interface = header.interface().map_or("", |name| name.as_str());
    let given = call.body().signature().to_string_no_parens();
    let asked = Asked {
        call,
        interface,
        member: member.as_str(),
        given: &given,
        sender: sender.as_str(),
    };
    match target {
        _ if interface == PEER => asked.by_peer(),
        Target::Server => asked.by_server(clients),
        Target::Object {
            client,
            kind,
            number,
        } => asked.by_object(clients, (client, kind, number)),
        Target::Client(client) => asked.by_path(&clients.paths_of(client)),
        Target::Nothing => asked.by_path(&[]),
    }
}

struct Asked<'a> {
    call: &'a Message,
    interface: &'a str,
    member: &'a str,
    given: &'a str,
    sender: &'a str,
}

impl Asked<'_> {
    fn by_peer(&self) -> Replies {
        let answer = match self.member {
            "Ping" => reply(self.call, &()),
            "GetMachineId" => match std::fs::read_to_string(MACHINE_ID) {
                Ok(id) => reply(self.call, &id.trim()),
                Err(_) => voice::error(self.call, ErrorCode::Os),
            },
            _ => named_error(self.call, UNKNOWN_METHOD, UNKNOWN_OF_PEER),
        };
        answer.into_iter().collect()
    }

    /// Answers for a path that is no object, with the objects below it.
    fn by_path(&self, below: &[String]) -> Replies {
        if self.asks_for_description() {
            return reply(self.call, &describe_path(below))
                .into_iter()
                .collect();
        }
        match below.is_empty() {
            true => self.unknown(UNKNOWN_OBJECT),
            false => self.unknown(UNKNOWN_METHOD),
        }
    }

    fn by_server(&self, clients: &mut Clients) -> Replies {
        if self.asks_for_description() {
            return self.described(&[&SERVER, &SERVER2]);
        }
        // The methods of the older interface answer on the newer one, too.
        let takes = match self.interface {
            name if name == SERVER.name => SERVER.takes(self.member),
            name if name == SERVER2.name || name.is_empty() => SERVER2
                .takes(self.member)
                .or_else(|| SERVER.takes(self.member)),
            _ => None,
        };
        if !takes.is_some_and(|takes| self.fits(&takes)) {
            return self.unknown(UNKNOWN_METHOD);
        }
        match server::answer(clients, self.sender, self.call, self.member) {
            Some(answer) => answer,
            None => self.unknown(UNKNOWN_METHOD),
        }
    }

    fn by_object(
        &self,
        clients: &mut Clients,
        (client, kind, number): (u32, Kind, u32),
    ) -> Replies {
        let sender = self.sender;
        let owner = clients.numbered(client);
        let Some(owner) = owner.filter(|owner| owner.has(number, kind)) else {
            return self.by_path(&[]);
        };
        let interface = kind.interface();
        if self.asks_for_description() {
            return self.described(&[interface]);
        }
        if !owner.is(sender) {
            let denied = voice::error(self.call, ErrorCode::AccessDenied);
            return denied.into_iter().collect();
        }
        let takes = interface.takes(self.member);
        let fits = takes.is_some_and(|takes| self.fits(&takes));
        if !self.names(interface) || !fits {
            return self.unknown(UNKNOWN_METHOD);
        }
        let answer = match self.member {
            "Free" => {
                owner.free(number);
                reply(self.call, &())
            }
            "Start" => {
                if let Some(object) = owner.object(number, kind) {
                    object.start();
                }
                reply(self.call, &())
            }
            _ => return group::answer(clients, (client, number), self.call, self.member),
        };
        answer.into_iter().collect()
    }

    /// Returns whether the arguments are those of the method. One without arguments is given any.
    fn fits(&self, takes: &str) -> bool {
        takes.is_empty() || takes == self.given
    }

    /// Returns whether the call is one of this interface. One that names none is of any.
    fn names(&self, interface: &Interface) -> bool {
        self.interface.is_empty() || self.interface == interface.name
    }

    fn asks_for_description(&self) -> bool {
        self.names(&INTROSPECTABLE) && self.member == "Introspect"
    }

    fn described(&self, interfaces: &[&Interface]) -> Replies {
        reply(self.call, &describe(interfaces))
            .into_iter()
            .collect()
    }

    /// What libdbus answers for a program that does not know the call.
    fn unknown(&self, error: &str) -> Replies {
        let text = format!(
            "Method \"{}\" with signature \"{}\" on interface \"{}\" doesn't exist\n",
            self.member,
            self.given,
            if self.interface.is_empty() {
                "(null)"
            } else {
                self.interface
            },
        );
        named_error(self.call, error, &text).into_iter().collect()
    }
}

impl Target {
    fn read(path: &str) -> Self {
        if path == "/" {
            return Self::Server;
        }
        let client = path.strip_prefix("/Client").and_then(plain_number);
        let object = Self::object(path).or(client.map(Self::Client));
        object.unwrap_or(Self::Nothing)
    }

    fn object(path: &str) -> Option<Self> {
        let (client, object) = path.strip_prefix("/Client")?.split_once('/')?;
        let digits = object.find(|character: char| character.is_ascii_digit())?;
        let (kind, number) = object.split_at_checked(digits)?;
        Some(Self::Object {
            client: plain_number(client)?,
            kind: Kind::named(kind)?,
            number: plain_number(number)?,
        })
    }
}

/// Reads a number without sign or leading zeros, as paths have it.
fn plain_number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

const PEER: &str = "org.freedesktop.DBus.Peer";
const UNKNOWN_METHOD: &str = "org.freedesktop.DBus.Error.UnknownMethod";
const UNKNOWN_OBJECT: &str = "org.freedesktop.DBus.Error.UnknownObject";
const UNKNOWN_OF_PEER: &str = "Unknown method invoked on org.freedesktop.DBus.Peer interface";
const MACHINE_ID: &str = "/etc/machine-id";

#[cfg(test)]
mod tests {
    use super::{Kind, Target};

    #[test]
    fn a_path_is_read_only_in_its_one_form() {
        let browser = Target::Object {
            client: 0,
            kind: Kind::ServiceBrowser,
            number: 12,
        };
        assert_eq!(Target::read("/Client0/ServiceBrowser12"), browser);
        assert_eq!(Target::read("/"), Target::Server);
        assert_eq!(Target::read("/Client7"), Target::Client(7));
        for wrong in [
            "/Client07",
            "/Client/ServiceBrowser1",
            "/Client00/ServiceBrowser1",
            "/Client0/ServiceBrowser01",
            "/Client0/ServiceBrowser",
            "/Client0/Server1",
            "/Client0/ServiceBrowser1/x",
            "/Client+1/ServiceBrowser1",
        ] {
            assert_eq!(Target::read(wrong), Target::Nothing, "{wrong}");
        }
    }
}
