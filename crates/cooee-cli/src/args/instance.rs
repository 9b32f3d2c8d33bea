//! Arguments that name a service instance, in one word or two.
//!
//! In:  a name and a type, or a full name; for `register`, a port and attributes after it.
//! Out: [`ResolveArgs`], [`ServiceArgs`], every value parsed.

use std::collections::VecDeque;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use cooee::InstanceName;

use crate::target::{InstanceWords, port, to_publish};

/// A service to resolve.
#[derive(Debug)]
pub(crate) struct ResolveArgs {
    pub(crate) instance: InstanceName,
}

/// A service to announce.
#[derive(Debug)]
pub(crate) struct ServiceArgs {
    pub(crate) instance: InstanceName,
    pub(crate) port: u16,
    pub(crate) txt: Vec<String>,
}

/// The words of `resolve`.
#[derive(Args)]
struct ResolveWords {
    /// The name as people know it, such as "Front Desk"; \DDD is a byte, \\ a backslash. Or the
    /// full name, such as "Front Desk._ipp._tcp.local", without TYPE
    name: String,
    /// Such as _ipp._tcp
    #[arg(value_name = "TYPE")]
    service_type: Option<String>,
}

/// The words of `register`. After a full name, each of them stands one place earlier.
#[derive(Args)]
struct RegisterWords {
    /// The name for people, such as "Front Door"; \DDD is a byte, \\ a backslash. Or the full name,
    /// such as "Front Door._http._tcp.local", without TYPE
    name: String,
    /// Such as _http._tcp
    #[arg(value_name = "TYPE")]
    service_type: Option<String>,
    /// The port to connect to; 0 for none
    port: Option<String>,
    /// TXT attributes
    #[arg(value_name = "KEY=VALUE")]
    txt: Vec<String>,
}

impl ResolveWords {
    fn parse(self) -> Result<ResolveArgs, String> {
        let next = self.service_type.as_deref();
        let words = InstanceWords::read(&self.name, next, InstanceName::from_text)?;
        match next {
            Some(next) if !words.has_type => Err(format!(
                "`{next}` is one word too many after the full name `{}`",
                self.name
            )),
            Some(_) | None => Ok(ResolveArgs {
                instance: words.instance,
            }),
        }
    }
}

impl RegisterWords {
    fn parse(self) -> Result<ServiceArgs, String> {
        let rest = self.service_type.into_iter().chain(self.port);
        let mut rest: VecDeque<String> = rest.chain(self.txt).collect();
        let next = rest.front().map(String::as_str);
        let words = InstanceWords::read(&self.name, next, InstanceName::from_text)?;
        if words.has_type {
            rest.pop_front();
        }
        let number = rest.pop_front().ok_or("PORT is missing")?;
        Ok(ServiceArgs {
            instance: to_publish(&words.instance)?,
            port: port(&number)?,
            txt: rest.into(),
        })
    }
}

/// Lets clap read some words, which then become the arguments.
macro_rules! read_from_words {
    ($($args:ty: $words:ty),+) => {$(
        impl FromArgMatches for $args {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                let words = <$words>::from_arg_matches(matches)?;
                let refuse = |message| Error::raw(ErrorKind::ValueValidation, message);
                words.parse().map_err(refuse)
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Args for $args {
            fn augment_args(command: Command) -> Command {
                <$words>::augment_args(command)
            }

            fn augment_args_for_update(command: Command) -> Command {
                <$words>::augment_args_for_update(command)
            }
        }
    )+};
}

read_from_words!(ResolveArgs: ResolveWords, ServiceArgs: RegisterWords);
