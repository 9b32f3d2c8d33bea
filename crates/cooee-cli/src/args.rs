//! What the program can be asked for.
//!
//! In:  the command line.
//! Out: [`Args`], every value parsed; or clap's message and exit code 2.

use std::net::IpAddr;
use std::time::Duration;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand};
use clap_complete::Shell;

use crate::target::{BrowseTarget, HostName, InterfaceName, ReverseTarget};

/// Hear the link: browse, resolve and follow services on the local network.
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

/// What goes with every verb.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Options {
    /// Print one JSON object a line, as docs/JSON.md describes
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Use this interface only, by name or index; may be given again for more
    #[arg(
        long,
        short,
        global = true,
        value_name = "NAME|INDEX",
        conflicts_with = "all_interfaces"
    )]
    pub(crate) interface: Vec<InterfaceName>,

    /// Use every interface that is up and can multicast, VPNs and containers too
    #[arg(long, global = true)]
    pub(crate) all_interfaces: bool,

    /// Use IPv4 only
    #[arg(short = '4', long = "ipv4", global = true, conflicts_with = "ipv6")]
    pub(crate) ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long = "ipv6", global = true)]
    pub(crate) ipv6: bool,

    /// End after this many seconds, such as 3 or 0.5
    #[arg(long, short, global = true, value_name = "SECS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// End when the first round of answers has settled
    #[arg(long, global = true, conflicts_with = "follow")]
    pub(crate) once: bool,

    /// Go on after the first answer and print every change
    #[arg(long, short, global = true)]
    pub(crate) follow: bool,

    /// Read at most so many queries a second from one host, and ten times as many responses
    #[arg(long, global = true, value_name = "N|off", default_value = "100", value_parser = rate_limit)]
    pub(crate) rate_limit: RateLimitChoice,

    /// Refuse what comes from other subnets, even by multicast
    #[arg(long, global = true)]
    pub(crate) same_subnet: bool,

    /// Say more on standard error; twice for every packet. RUST_LOG says it in detail
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show services of one type, or of every type, and follow them as they come and go
    Browse {
        /// Such as _http._tcp, or _http._tcp,_printer for a subtype; every type if left out
        #[arg(value_name = "TYPE[,SUBTYPE]")]
        target: Option<BrowseTarget>,
    },
    /// Show where one service is and what it says of itself
    Resolve {
        /// The name as people know it, such as "Front Desk"
        name: String,
        /// Such as _ipp._tcp
        #[arg(value_name = "TYPE")]
        service_type: cooee::ServiceType,
    },
    /// Show the addresses of hosts
    Host {
        /// Such as printer.local, or printer alone
        #[arg(required = true, value_name = "NAME")]
        names: Vec<HostName>,
    },
    /// Show the names of addresses
    Reverse {
        /// Such as 192.168.1.7 or fe80::1%eth0
        #[arg(required = true, value_name = "ADDR")]
        addresses: Vec<ReverseTarget>,
    },
    /// Show the records of a name
    Query {
        /// In full, such as printer.local; dots inside a label as \.
        name: cooee::Name,
        /// Such as A, TXT or TYPE65
        #[arg(value_name = "RRTYPE", default_value = "ANY")]
        rtype: cooee::RecordType,
    },
    /// Show the types of service on the link
    Types,
    /// Show every network interface, whether it is taken, and why
    Interfaces,
    /// Announce a service until Ctrl-C, then say goodbye
    Register(RegisterArgs),
    /// Announce a host name and its addresses until Ctrl-C, then say goodbye
    PublishHost {
        /// Such as printer.local, or printer alone
        name: String,
        /// Its addresses; those of this host, on each interface its own, if left out
        #[arg(value_name = "ADDR")]
        addresses: Vec<IpAddr>,
        /// Give up when the name is taken
        #[arg(long)]
        no_rename: bool,
        #[command(flatten)]
        memory: MemoryArgs,
    },
    /// Take commands on standard input, tell events on standard output: docs/PIPE.md
    Pipe {
        #[command(flatten)]
        memory: MemoryArgs,
    },
    /// Watch three hosts come, meet and go, in 15 seconds; needs no network and touches none
    Demo {
        /// Play the host that dies
        #[arg(long, hide = true)]
        mortal: bool,
    },
    /// Print the completions for a shell
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual, or write all of its pages into a folder
    #[command(hide = true)]
    Man {
        /// The folder, which has to exist
        folder: Option<std::path::PathBuf>,
    },
}

/// What is remembered from one run to the next.
#[derive(Debug, ClapArgs)]
pub(crate) struct MemoryArgs {
    /// Remember in this file which names were won in place of taken ones, and try those first
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<std::path::PathBuf>,
}

/// A service to announce.
#[derive(Debug, ClapArgs)]
pub(crate) struct RegisterArgs {
    /// The name for people, such as "Front Door"
    pub(crate) name: String,
    /// Such as _http._tcp
    #[arg(value_name = "TYPE")]
    pub(crate) service_type: cooee::ServiceType,
    /// The port it is connected to; 0 if it is not
    pub(crate) port: u16,
    /// What it says of itself
    #[arg(value_name = "KEY=VALUE")]
    pub(crate) txt: Vec<String>,
    /// Have it found under this subtype too, such as _printer; may be given again for more
    #[arg(long = "sub", value_name = "SUBTYPE")]
    pub(crate) subtypes: Vec<cooee::Subtype>,
    /// Name the host, in place of the system's name for it
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Give that host this address, as a proxy for it; may be given again for more
    #[arg(long = "addr", value_name = "ADDR")]
    pub(crate) addresses: Vec<IpAddr>,
    /// Give up when the name is taken, instead of announcing "Front Door (2)"
    #[arg(long)]
    pub(crate) no_rename: bool,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
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
        Ok(_) | Err(_) => Err("give queries a second, such as 100, or `off`".to_owned()),
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

/// Longer than this is no timeout: a hundred years.
const TIMEOUT_MAX: Duration = Duration::from_secs(100 * 365 * 86_400);

const AFTER_HELP: &str = "\
Exit codes:
  0  something was found, or what was announced has been withdrawn
  1  nothing was found, or not in time, or the name is taken
  2  a wrong argument
  3  it cannot start: no interface, no permission, port 5353 taken for itself by another program

Examples:
  cooee browse                       every service on the link
  cooee browse _http._tcp --once     web servers, then end
  cooee resolve \"Front Desk\" _ipp._tcp
  cooee host printer.local nas.local
  cooee register \"Front Door\" _http._tcp 8080 path=/";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::{CommandFactory, Parser};

    use super::{Args, RateLimitChoice, rate_limit, seconds};

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_timeout_is_a_number_of_seconds_above_zero() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("3"), Ok(Duration::from_secs(3)));
        for wrong in ["0", "-1", "nan", "inf", "1e300", "soon", ""] {
            assert!(seconds(wrong).unwrap_err().contains("such as 3"), "{wrong}");
        }
    }

    #[test]
    fn a_rate_limit_is_a_number_above_zero_or_off() {
        let some = |count| {
            Ok(RateLimitChoice(Some(cooee::RateLimit::queries_per_sec(
                count,
            ))))
        };
        assert_eq!(rate_limit("100"), some(100));
        assert_eq!(rate_limit("4294967295"), some(u32::MAX));
        assert_eq!(rate_limit("off"), Ok(RateLimitChoice(None)));
        for wrong in ["0", "-1", "1.5", "4294967296", "OFF", "none", ""] {
            assert!(rate_limit(wrong).unwrap_err().contains("`off`"), "{wrong}");
        }
    }

    #[test]
    fn options_stand_before_or_after_the_verb() {
        for line in ["cooee --json -4 types", "cooee types -4 --json"] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            assert!(args.options.json && args.options.ipv4);
        }
    }

    #[test]
    fn contradictions_are_refused() {
        for line in [
            "cooee -4 -6 types",
            "cooee --once --follow types",
            "cooee types -i a --all-interfaces",
        ] {
            assert!(Args::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
