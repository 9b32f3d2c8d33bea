//! Shell completions and manual pages, made from the command line's own description.
//!
//! In:  a shell, or a folder.
//! Out: text on standard output, or one page a verb in the folder.

use std::io::{self, Write};
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use crate::args::command;
use crate::failure::Failure;

/// Writes the completions for a shell.
pub(crate) fn completions(shell: Shell, writer: &mut impl Write) -> io::Result<()> {
    let mut offering = command().mut_args(offer);
    offering = offering.mut_subcommands(|verb| verb.mut_args(offer));
    // Generated in memory first, because the generator panics if its writer fails.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut offering, "cooee", &mut text);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if let Some((fixed, asked)) = interfaces(shell) {
        text = text.replace(&fixed, asked);
    }
    if shell == Shell::Fish {
        // The generator has no values for arguments that are not options.
        let types = TYPES.join(" ");
        let commands = "browse resolve register";
        let line = format!(
            "complete -c cooee -n \"__fish_seen_subcommand_from {commands}\" -f -a \"{types}\"\n"
        );
        text.push_str(&line);
    }
    writer.write_all(text.as_bytes())
}

/// Sets the words that a shell offers for an argument.
fn offer(arg: clap::Arg) -> clap::Arg {
    match arg.get_id().as_str() {
        "interface" => arg.value_parser(PossibleValuesParser::new([INTERFACES])),
        "target" | "service_type" => arg.value_parser(PossibleValuesParser::new(TYPES)),
        _ => arg,
    }
}

/// Returns what the generator writes for the interfaces, and what finds those there are when it is
/// asked.
fn interfaces(shell: Shell) -> Option<(String, &'static str)> {
    match shell {
        // The shell evaluates the words once more, so only plain names are offered.
        Shell::Bash => Some((
            format!("\"{INTERFACES}\""),
            r#""$(cooee interfaces --json 2>/dev/null | sed -n 's/^{"name":"\([A-Za-z0-9._-]*\)".*/\1/p')""#,
        )),
        Shell::Zsh => Some((format!("({INTERFACES})"), "_net_interfaces")),
        Shell::Fish => Some((
            format!("\"{INTERFACES}\\t''\""),
            "\"(__fish_print_interfaces)\"",
        )),
        // They are offered options, but no values.
        Shell::Elvish | Shell::PowerShell | _ => None,
    }
}

/// Stands for the interfaces until [`interfaces`] puts a question in its place.
const INTERFACES: &str = "COOEE_INTERFACES";

/// Writes the manual's main page, or every page into a folder.
pub(crate) fn manual(folder: Option<&Path>, writer: &mut impl Write) -> Result<(), Failure> {
    let Some(folder) = folder else {
        return Ok(clap_mangen::Man::new(command()).render(writer)?);
    };
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command(), folder));
    written.map_err(|error| {
        let folder = folder.display();
        Failure::Argument(format!(
            "the pages cannot be written into {folder}: {error}"
        ))
    })
}

/// Types that are common on networks.
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
