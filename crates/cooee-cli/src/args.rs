//! What the program can be asked for.
//!
//! In:  the command line.
//! Out: [`Args`], every value parsed; or clap's message and exit code 2.

use std::ffi::OsString;
use std::net::IpAddr;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{
    Arg, ArgAction, ArgMatches, Args as ClapArgs, Command, CommandFactory, Error, FromArgMatches,
    Parser, Subcommand,
};
use clap_complete::Shell;

use crate::target::{BrowseTarget, HexBytes, HostName, InterfaceName, ReverseTarget, own_address};

mod domain;
mod instance;
mod monitor;

pub(crate) use domain::{BrowsingDomain, DomainArgs, NAME_BYTES_MAX, server};
pub(crate) use instance::{ResolveArgs, ServiceArgs};
pub(crate) use monitor::{DecodeArgs, MonitorArgs, TypeFilter};

/// Browse, resolve and follow services on the local network.
///
/// Multicast DNS (RFC 6762) and DNS-Based Service Discovery (RFC 6763), without a daemon.
#[derive(Debug, Parser)]
#[command(name = "cooee", version, after_help = AFTER_HELP, arg_required_else_help = true, max_term_width = 80)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What goes with most commands: [`Meaning`] says with which.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Options {
    /// Print one JSON object per line, as docs/JSON.md describes
    #[arg(long)]
    pub(crate) json: bool,

    /// Use only this interface, by name or index (repeatable)
    #[arg(
        long,
        short,
        value_name = "NAME|INDEX",
        conflicts_with = "all_interfaces"
    )]
    pub(crate) interface: Vec<InterfaceName>,

    /// Use every interface that is up and supports multicast, including VPNs and containers
    #[arg(long)]
    pub(crate) all_interfaces: bool,

    /// Use IPv4 only
    #[arg(short = '4', long = "ipv4", conflicts_with = "ipv6")]
    pub(crate) ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long = "ipv6")]
    pub(crate) ipv6: bool,

    /// End after this many seconds, such as 3 or 0.5
    #[arg(long, short, value_name = "SECS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// End when no new answers arrive
    #[arg(long, conflicts_with = "follow")]
    pub(crate) once: bool,

    /// Continue after the first answer and print every change
    #[arg(long, short)]
    pub(crate) follow: bool,

    /// Accept at most N queries per second per host, and ten times as many responses [default: 100]
    #[arg(long, value_name = "N|off", value_parser = rate_limit)]
    pub(crate) rate_limit: Option<RateLimitChoice>,

    /// Accept only packets from the link's own subnets, even by multicast
    #[arg(long)]
    pub(crate) same_subnet: bool,

    /// Log more (-vv logs every packet); RUST_LOG gives fine control
    #[arg(long, short, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show and follow the services of one type, or of every type
    Browse {
        /// Such as _http._tcp, or _http._tcp,_printer for a subtype; by default, every type
        #[arg(value_name = "TYPE[,SUBTYPE]")]
        target: Option<BrowseTarget>,
        /// Print lines even on a terminal, instead of the live screen
        #[arg(long)]
        plain: bool,
        #[command(flatten)]
        domain: DomainArgs,
    },
    /// Show one service: host, port, addresses and TXT attributes
    Resolve {
        #[command(flatten)]
        service: ResolveArgs,
        #[command(flatten)]
        domain: DomainArgs,
    },
    /// Show the addresses of hosts
    Host {
        /// Such as printer.local, or printer alone
        #[arg(required = true, value_name = "NAME")]
        names: Vec<HostName>,
    },
    /// Show the host names of addresses
    Reverse {
        /// Such as 192.168.1.7 or fe80::1%eth0
        #[arg(required = true, value_name = "ADDR")]
        addresses: Vec<ReverseTarget>,
    },
    /// Show the records of a name
    Query {
        /// The full name, such as printer.local; \. is a dot inside a label
        name: cooee::Name,
        /// Such as A, TXT or TYPE65
        #[arg(value_name = "RRTYPE", default_value = "ANY")]
        rtype: cooee::RecordType,
    },
    /// List the service types on the network
    Types {
        #[command(flatten)]
        domain: DomainArgs,
    },
    /// List the network interfaces: whether each one is used, and why
    Interfaces,
    /// Find out why Multicast DNS does not work here, and what to do; takes 5 s, or --timeout
    Doctor {
        /// A host, such as printer.local, or the full name of a service, that is not found; or the
        /// name of a service before its TYPE
        name: Option<String>,
        /// Such as _ipp._tcp
        #[arg(value_name = "TYPE")]
        service_type: Option<String>,
        /// Go on until Ctrl-C, or for this time, such as 90s or 10m; print each problem when it
        /// appears and when it is gone
        #[arg(long, value_name = "TIME", num_args = 0..=1, value_parser = time)]
        watch: Option<Option<Duration>>,
    },
    /// Show every message on the network, or in a capture file
    Monitor(MonitorArgs),
    /// Show a message in hexadecimal or base64, or a capture file, as text
    Decode(DecodeArgs),
    /// Announce a service until Ctrl-C, then send goodbyes
    #[command(override_usage = "cooee register [OPTIONS] <NAME> <TYPE> <PORT> [KEY=VALUE]...")]
    Register(RegisterArgs),
    /// Announce a host name and its addresses until Ctrl-C, then send goodbyes
    PublishHost {
        /// Such as printer.local, or printer alone
        name: String,
        /// Its addresses; by default, those of this host, on each interface its own
        #[arg(value_name = "ADDR", value_parser = own_address)]
        addresses: Vec<IpAddr>,
        /// Give up if another host uses the name
        #[arg(long)]
        no_rename: bool,
        #[command(flatten)]
        memory: MemoryArgs,
    },
    /// Read commands from standard input and print events, as docs/PIPE.md describes
    Pipe {
        #[command(flatten)]
        memory: MemoryArgs,
    },
    /// Play a scripted demonstration in 11 seconds; needs no network
    #[cfg(feature = "demo")]
    Demo {
        /// Play the host that dies
        #[arg(long, hide = true)]
        mortal: bool,
    },
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual, or write all of its pages into a folder
    Man {
        /// Created if it does not exist
        folder: Option<std::path::PathBuf>,
    },
}

/// What is remembered from one run to the next.
#[derive(Debug, ClapArgs)]
pub(crate) struct MemoryArgs {
    /// Store the names chosen after conflicts in this file, and try them first after a restart
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<std::path::PathBuf>,
}

/// A service to announce.
#[derive(Debug, ClapArgs)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// Add a string to its TXT record unchanged, after the attributes; its key may be missing or repeated (repeatable)
    #[arg(long = "txt-string", value_name = "STRING", conflicts_with = "txt_hex")]
    pub(crate) txt_strings: Vec<String>,
    /// The same in hexadecimal, two digits for each byte
    #[arg(long, value_name = "HEX")]
    pub(crate) txt_hex: Vec<HexBytes>,
    /// Add a subtype under which it can be found, such as _printer (repeatable)
    #[arg(long = "sub", value_name = "SUBTYPE")]
    pub(crate) subtypes: Vec<cooee::Subtype>,
    /// Set the host name; by default, it is the system's name
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Set an address of that host, as a proxy for it (repeatable)
    #[arg(long = "addr", value_name = "ADDR", value_parser = own_address)]
    pub(crate) addresses: Vec<IpAddr>,
    /// Give up if another host uses the name, instead of announcing "Front Door (2)"
    #[arg(long)]
    pub(crate) no_rename: bool,
    /// Allow a type that breaks the rules for service names, such as _dyson_mqtt._tcp
    #[arg(long)]
    pub(crate) any_type: bool,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
}

impl Args {
    /// Reads the command line, the program's name first.
    pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        let words: Vec<OsString> = words.into_iter().collect();
        let mut command = command();
        let matches = command
            .try_get_matches_from_mut(&words)
            .map_err(|error| explain(error, &words))?;
        let refuse = |error: Error| {
            let verb = matches.subcommand_name().unwrap_or_default();
            match command.find_subcommand_mut(verb) {
                Some(verb) => error.format(verb),
                None => error.format(&mut command),
            }
        };
        let mut args = Self::from_arg_matches(&matches).map_err(refuse)?;
        let Some((verb, own)) = matches.subcommand() else {
            return Ok(args);
        };
        let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let options = Options::augment_args(Command::new("options"));
        let mut options = options.get_arguments();
        if let Some(stray) = options.find(|option| {
            let id = option.get_id().as_str();
            given(id) && Meaning::of(id, verb) == Meaning::None
        }) {
            let option = format!("--{}", stray.get_long().unwrap_or_default());
            let message = no_meaning(&option, verb);
            return Err(command.error(ErrorKind::ArgumentConflict, message));
        }
        args.options.add(own);
        match domain::misplaced(&args).or_else(|| args.options.contradiction()) {
            Some(message) => Err(command.error(ErrorKind::ArgumentConflict, message)),
            None => Ok(args),
        }
    }
}

impl Options {
    /// Adds what stands after the verb.
    fn add(&mut self, own: &ArgMatches) {
        fn one<T: Clone + Send + Sync + 'static>(own: &ArgMatches, id: &str) -> Option<T> {
            own.try_get_one::<T>(id).ok().flatten().cloned()
        }
        let flag = |id: &str| one::<bool>(own, id) == Some(true);
        self.json |= flag("json");
        self.all_interfaces |= flag("all_interfaces");
        self.ipv4 |= flag("ipv4");
        self.ipv6 |= flag("ipv6");
        self.once |= flag("once");
        self.follow |= flag("follow");
        self.same_subnet |= flag("same_subnet");
        self.timeout = one(own, "timeout").or(self.timeout);
        self.rate_limit = one(own, "rate_limit").or(self.rate_limit);
        let verbose: u8 = one(own, "verbose").unwrap_or_default();
        self.verbose = self.verbose.saturating_add(verbose);
        let more = own
            .try_get_many::<InterfaceName>("interface")
            .ok()
            .flatten();
        self.interface.extend(more.into_iter().flatten().cloned());
    }

    /// Two options before and after the verb that contradict each other.
    fn contradiction(&self) -> Option<&'static str> {
        let pairs = [
            (
                self.ipv4 && self.ipv6,
                "`--ipv4` and `--ipv6` contradict each other",
            ),
            (
                self.once && self.follow,
                "`--once` and `--follow` contradict each other",
            ),
            (
                self.all_interfaces && !self.interface.is_empty(),
                "`--interface` and `--all-interfaces` contradict each other",
            ),
        ];
        pairs
            .into_iter()
            .find(|(both, _)| *both)
            .map(|(_, message)| message)
    }
}

/// Returns the command line: each option stands before the verb, or after each verb that knows it.
pub(crate) fn command() -> Command {
    let options = Options::augment_args(Command::new("options"));
    let options: Vec<Arg> = options.get_arguments().cloned().collect();
    Args::command().mut_subcommands(|mut verb| {
        let name = verb.get_name().to_owned();
        let is_patient = PATIENT.contains(&name.as_str());
        for (place, option) in (OWN_OPTIONS_MAX..).zip(options.iter().cloned()) {
            let is_wait = is_patient && option.get_id() == "timeout";
            let option = match Meaning::of(option.get_id().as_str(), &name) {
                Meaning::Changes => option.display_order(place),
                Meaning::Repeats => option.hide(true),
                Meaning::None => continue,
            };
            let is_more = name == "monitor" && option.get_id() == "verbose";
            verb = verb.arg(if is_wait {
                option.help(WAIT_HELP)
            } else if is_more {
                option.help(RECORDS_HELP)
            } else {
                option
            });
        }
        verb
    })
}

/// More options than a verb has of its own; they are shown first.
const OWN_OPTIONS_MAX: usize = 100;

const WAIT_HELP: &str =
    "End after this many seconds, such as 3 or 0.5 [default: 5; none with --follow]";

const RECORDS_HELP: &str = "Show all records of each message (-vv also logs)";

/// What an option of [`Options`] means to a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The verb acts on it, and its help shows it.
    Changes,
    /// It says what the verb does anyway: it is accepted, and no help shows it.
    Repeats,
    /// It is refused.
    None,
}

impl Meaning {
    /// Returns what the option means, by the name of its field.
    fn of(option: &str, verb: &str) -> Self {
        match (verb, option) {
            ("browse" | "types", "follow") => Self::Repeats,
            ("query" | "resolve" | "host" | "reverse", "once") => Self::Repeats,
            ("browse" | "types" | "query" | "resolve" | "host" | "reverse", _) => Self::Changes,
            ("register" | "publish-host" | "pipe", "once" | "follow") => Self::None,
            ("pipe", "json") => Self::Repeats,
            ("register" | "publish-host" | "pipe", _) => Self::Changes,
            (
                "monitor",
                "json" | "interface" | "all_interfaces" | "ipv4" | "ipv6" | "timeout" | "verbose",
            )
            | ("decode", "json")
            | ("interfaces", "json" | "interface" | "all_interfaces" | "ipv4" | "ipv6")
            | ("interfaces" | "demo" | "doctor", "verbose")
            | ("doctor", "json" | "interface" | "all_interfaces" | "ipv4" | "ipv6" | "timeout") => {
                Self::Changes
            }
            _ => Self::None,
        }
    }
}

/// The commands that wait for one answer, for some seconds.
const PATIENT: &[&str] = &["resolve", "host", "reverse"];

/// Says of an option of the program that this verb has no use for it.
fn explain(error: Error, words: &[OsString]) -> Error {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(unknown)) if error.kind() == ErrorKind::UnknownArgument => {
            unknown
        }
        _ => return error,
    };
    let is_known = |option: &Arg| {
        let long = option
            .get_long()
            .is_some_and(|long| *unknown == format!("--{long}"));
        long || option
            .get_short()
            .is_some_and(|short| *unknown == format!("-{short}"))
    };
    let options = Options::augment_args(Command::new("options"));
    let mut command = command();
    let verb = words.iter().skip(1).find_map(|word| {
        let verb = command.find_subcommand(word)?;
        Some(verb.get_name().to_owned())
    });
    match verb {
        Some(verb) if options.get_arguments().any(is_known) => {
            command.error(ErrorKind::UnknownArgument, no_meaning(unknown, &verb))
        }
        _ => error,
    }
}

fn no_meaning(option: &str, verb: &str) -> String {
    format!("`{option}` has no meaning for `{verb}`; `cooee {verb} --help` shows what has")
}

/// How much one host may send, if there is a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimitChoice(pub(crate) Option<cooee::RateLimit>);

/// Reads a number of queries a second, or `off`.
fn rate_limit(text: &str) -> Result<RateLimitChoice, String> {
    if text == "off" {
        return Ok(RateLimitChoice(None));
    }
    match text.parse() {
        Ok(count) if count > 0 => Ok(RateLimitChoice(Some(cooee::RateLimit::queries_per_sec(
            count,
        )))),
        Ok(_) | Err(_) => Err("give queries per second, such as 100, or `off`".to_owned()),
    }
}

/// Reads seconds: a number above zero.
fn seconds(text: &str) -> Result<Duration, String> {
    let advice = || "give seconds above 0, such as 3 or 0.5".to_owned();
    let number: f64 = text.parse().map_err(|_| advice())?;
    let duration = Duration::try_from_secs_f64(number).map_err(|_| advice())?;
    if duration.is_zero() || duration > TIMEOUT_MAX {
        Err(advice())
    } else {
        Ok(duration)
    }
}

/// Reads a time with a unit, or in seconds.
fn time(text: &str) -> Result<Duration, String> {
    let units = [("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
    let with_unit = units
        .iter()
        .find_map(|(unit, secs)| Some((text.strip_suffix(unit)?, secs)));
    let (number, secs) = with_unit.unwrap_or((text, &1.0));
    let time = number.parse::<f64>().ok().map(|number| number * secs);
    let time = time.and_then(|time| seconds(&time.to_string()).ok());
    time.ok_or_else(|| "give a time such as 90s, 10m or 2h; a NAME comes before --watch".to_owned())
}

/// Longer than this is no timeout: a hundred years.
const TIMEOUT_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);

const AFTER_HELP: &str = "\
Exit codes:
  0  something was found; or a service was announced and then withdrawn; or no problem
  1  nothing was found in time; or the name belongs to another host; or `doctor` has findings
  2  an argument is wrong
  3  it cannot start: no interface, no permission, or another program holds port 5353 exclusively
  4  announced, but on one interface nothing could be sent, or nothing over IPv4 or IPv6

Examples:
  cooee browse                       every service on the link
  cooee browse _http._tcp --once     web servers, then end
  cooee resolve \"Front Desk\" _ipp._tcp
  cooee host printer.local nas.local
  cooee register \"Front Door\" _http._tcp 8080 path=/";

#[cfg(test)]
mod tests;
