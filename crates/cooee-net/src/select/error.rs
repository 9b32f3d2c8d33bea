//! Errors: there is no interface to use.
//!
//! In:  the list that the operating system gave or refused; the decision about each interface.
//! Out: [`InterfacesError`] and [`SelectError`], which name the available interfaces.

use std::fmt;
use std::io;

use super::{Decision, InterfaceSelector};
use crate::interface::Interface;

/// The interfaces could not be listed, or none of them may be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum InterfacesError {
    /// The operating system did not give its list.
    List(io::Error),
    /// No interface matches the rule.
    Select(SelectError),
}

impl fmt::Display for InterfacesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(error) => write!(f, "listing the network interfaces failed: {error}"),
            Self::Select(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InterfacesError {}

impl From<SelectError> for InterfacesError {
    fn from(error: SelectError) -> Self {
        Self::Select(error)
    }
}

impl From<io::Error> for InterfacesError {
    fn from(error: io::Error) -> Self {
        Self::List(error)
    }
}

/// No interface matches the rule.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SelectError {
    /// A list without an entry.
    EmptyList,
    /// Neither family is wanted.
    NoFamily,
    /// An entry of the list is not an interface of this machine.
    NotFound {
        /// The entry.
        selector: InterfaceSelector,
        /// The available interfaces.
        interfaces: Vec<Interface>,
    },
    /// No interface remains.
    NothingLeft {
        /// Each interface, and why it was left out.
        decisions: Vec<Decision>,
    },
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyList => f.write_str(
                "the list of interfaces is empty: name at least one, or give no list to use the \
                 default rule",
            ),
            Self::NoFamily => {
                f.write_str("neither IPv4 nor IPv6 is wanted: allow at least one of them")
            }
            Self::NotFound {
                selector,
                interfaces,
            } => write!(f, "there is no interface {selector}; {}", There(interfaces)),
            Self::NothingLeft { decisions } => write!(
                f,
                "no interface to use: {}; choose one by name to use it anyway",
                Refusals(decisions)
            ),
        }
    }
}

impl std::error::Error for SelectError {}

struct There<'a>(&'a [Interface]);

impl fmt::Display for There<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("this machine has none");
        }
        f.write_str("there are ")?;
        for (position, interface) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{} (index {})", interface.name, interface.index)?;
        }
        Ok(())
    }
}

struct Refusals<'a>(&'a [Decision]);

impl fmt::Display for Refusals<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("this machine has none");
        }
        for (position, decision) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{}: {}", decision.interface.name, decision.reason)?;
        }
        Ok(())
    }
}
