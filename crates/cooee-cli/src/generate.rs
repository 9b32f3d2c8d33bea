//! Shell completions and manual pages, made from the command line's own description.
//!
//! In:  a shell, or a folder; the interfaces of this machine.
//! Out: text on standard output, or one page a verb in the folder.

use std::io::{self, Write};
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use crate::args::command;
use crate::failure::Failure;

/// Writes the completions for a shell.
pub(crate) fn completions(shell: Shell, writer: &mut impl Write) -> io::Result<()> {
    let interfaces = cooee::interfaces().unwrap_or_default();
    let names = interfaces
        .iter()
        .map(|decision| decision.interface.name.clone());
    let interfaces: Vec<String> = names.filter(|name| is_plain(name)).collect();
    let mut offering = command().mut_args(|arg| offer(arg, &interfaces));
    offering = offering.mut_subcommands(|verb| verb.mut_args(|arg| offer(arg, &interfaces)));
    // Made in memory first: the generator takes a writer that fails for a reason to panic.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut offering, "cooee", &mut text);
    if shell == Shell::Fish {
        // The generator has no values for what is no option.
        let types = TYPES.join(" ");
        let verbs = "browse resolve register";
        writeln!(
            text,
            "complete -c cooee -n \"__fish_seen_subcommand_from {verbs}\" -f -a \"{types}\""
        )?;
    }
    writer.write_all(&text)
}

/// Gives an argument the words that a shell is to offer for it.
fn offer(arg: clap::Arg, interfaces: &[String]) -> clap::Arg {
    match arg.get_id().as_str() {
        "interface" if !interfaces.is_empty() => {
            arg.value_parser(PossibleValuesParser::new(interfaces.iter().cloned()))
        }
        "target" | "service_type" => arg.value_parser(PossibleValuesParser::new(TYPES)),
        _ => arg,
    }
}

/// Whether a name is a word of every shell.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.chars().all(plain)
}

/// Writes the manual's main page, or every page into a folder.
pub(crate) fn manual(folder: Option<&Path>, writer: &mut impl Write) -> Result<(), Failure> {
    let Some(folder) = folder else {
        return Ok(clap_mangen::Man::new(command()).render(writer)?);
    };
    clap_mangen::generate_to(command(), folder).map_err(|error| {
        let folder = folder.display();
        Failure::Argument(format!(
            "the pages cannot be written into {folder}: {error}"
        ))
    })
}

/// Types that many networks have.
const TYPES: [&str; 24] = [
    "_adisk._tcp",
    "_afpovertcp._tcp",
    "_airplay._tcp",
    "_companion-link._tcp",
    "_device-info._tcp",
    "_esphomelib._tcp",
    "_ftp._tcp",
    "_googlecast._tcp",
    "_hap._tcp",
    "_home-assistant._tcp",
    "_http._tcp",
    "_https._tcp",
    "_ipp._tcp",
    "_ipps._tcp",
    "_matter._tcp",
    "_mqtt._tcp",
    "_nfs._tcp",
    "_pdl-datastream._tcp",
    "_printer._tcp",
    "_raop._tcp",
    "_scanner._tcp",
    "_sftp-ssh._tcp",
    "_smb._tcp",
    "_ssh._tcp",
];
