//! The arguments of the commands that show messages.
//!
//! In:  the command line.
//! Out: [`MonitorArgs`] and [`DecodeArgs`].

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use cooee::observe::MessageKind;

/// What to show of the network.
#[derive(Clone, Debug, Args)]
pub(crate) struct MonitorArgs {
    /// Show only messages with a name that contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// Show only messages with this record type, such as SRV, or this service type, such as _http._tcp
    #[arg(long = "type", value_name = "TYPE", value_parser = type_filter)]
    pub(crate) of_type: Option<TypeFilter>,
    /// Show only messages from this host: an address, or a name such as printer.local
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Show only messages of this kind (repeatable)
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(MessageKind::NAMES))]
    pub(crate) kind: Vec<String>,
    /// Also write the messages to this file, in the form pcapng
    #[arg(long, value_name = "FILE")]
    pub(crate) pcap: Option<PathBuf>,
    /// Show the messages of a pcap or pcapng file instead of the network
    #[arg(long, value_name = "FILE")]
    pub(crate) read: Option<PathBuf>,
    /// Show a table of the hosts instead, chattiest first
    #[arg(long)]
    pub(crate) stats: bool,
}

/// What to decode.
#[derive(Clone, Debug, Args)]
pub(crate) struct DecodeArgs {
    /// A file, or the bytes of a message as hexadecimal or base64; by default, standard input
    #[arg(value_name = "FILE|TEXT")]
    pub(crate) input: Option<String>,
}

/// A type to filter by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeFilter {
    Record(cooee::RecordType),
    /// The labels of a service type, in lower case.
    Service(String),
}

fn type_filter(text: &str) -> Result<TypeFilter, String> {
    if text.starts_with('_') {
        return Ok(TypeFilter::Service(text.to_ascii_lowercase()));
    }
    let rtype = text.parse().map(TypeFilter::Record);
    rtype.map_err(|_| "give a record type such as SRV, or a service type such as _http._tcp".into())
}
