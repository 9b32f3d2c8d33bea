//! Shell completions and manual pages, made from the command line's own description.
//!
//! In:  a shell, or a folder.
//! Out: text on standard output, or one page a verb in the folder.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;

/// Writes the completions for a shell.
pub(crate) fn completions(shell: Shell, writer: &mut impl Write) -> io::Result<()> {
    // Made in memory first: the generator takes a writer that fails for a reason to panic.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "cooee", &mut text);
    writer.write_all(&text)
}

/// Writes the manual's main page, or every page into a folder.
pub(crate) fn manual(folder: Option<&Path>, writer: &mut impl Write) -> io::Result<()> {
    match folder {
        Some(folder) => clap_mangen::generate_to(Args::command(), folder),
        None => clap_mangen::Man::new(Args::command()).render(writer),
    }
}
