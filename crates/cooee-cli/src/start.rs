//! Starts the library with the options of the command line.
//!
//! In:  the options that every command has, and the file of stored names.
//! Out: an `Mdns`, or why there is none.

use std::path::{Path, PathBuf};

use cooee::Mdns;

use crate::args::{MemoryArgs, Options};
use crate::failure::Failure;
use crate::target::InterfaceName;

/// Prepares a driver with the options.
pub(crate) fn builder(options: &Options) -> cooee::Builder {
    let mut builder = Mdns::builder();
    if let Some(limit) = options.rate_limit {
        builder = builder.rate_limit(limit.0);
    };
    if options.same_subnet {
        builder = builder.source_check(cooee::SourceCheck::SameSubnet);
    }
    if !options.interface.is_empty() {
        builder = builder.interfaces(options.interface.iter().map(selector));
    } else if options.all_interfaces {
        builder = builder.all_interfaces();
    }
    match (options.ipv4, options.ipv6) {
        (true, _) => builder.ipv4_only(),
        (_, true) => builder.ipv6_only(),
        (false, false) => builder,
    }
}

/// Starts a driver that only listens.
pub(crate) fn listen(options: &Options) -> Result<Mdns, Failure> {
    Ok(builder(options).build()?)
}

/// Starts a driver that publishes. It stores names, if requested, or refuses to start without.
pub(crate) fn remembering(options: &Options, memory: &MemoryArgs) -> Result<Mdns, Failure> {
    let Some(path) = &memory.state else {
        return listen(options);
    };
    check_place(path).map_err(|error| unusable(path, &error))?;
    let mdns = builder(options).state_file(path).build()?;
    let warnings = mdns.warnings();
    let wrong = warnings.iter().find_map(|warning| {
        if let cooee::Warning::StateFile(error) = &**warning {
            Some(error)
        } else {
            None
        }
    });
    match wrong {
        // The readable part of it is used.
        None | Some(cooee::StateFileError::Corrupt { .. }) => Ok(mdns),
        Some(error) => Err(Failure::Argument(error.to_string())),
    }
}

/// Checks whether a file can be created there, by trying with another name.
fn check_place(path: &Path) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.try", std::process::id()));
    let beside = PathBuf::from(beside);
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)?;
    std::fs::remove_file(&beside)
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Argument(format!("cannot save names to {}: {error}", path.display()))
}

fn selector(name: &InterfaceName) -> cooee::InterfaceSelector {
    match name {
        InterfaceName::Name(name) => name.as_str().into(),
        InterfaceName::Index(index) => (*index).into(),
    }
}
