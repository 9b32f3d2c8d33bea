//! A network laboratory: real sockets in network namespaces, with foreign peers.
//!
//! In:  test bodies and benchmarks that need hosts, links and other projects' programs.
//! Out: namespaces joined by bridges, programs run in them, frames seen on their links. Nothing
//!      here runs outside separate namespaces, so no packet leaves the machine.

#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]

pub mod asker;
pub mod avahi;
pub mod avahi_browse;
pub mod bench;
pub mod bus;
mod cable;
pub mod capture;
pub mod clock;
pub mod cooee;
pub mod cooeed;
pub mod drops;
pub mod error;
pub mod foreign;
pub mod frame;
pub mod harness;
pub mod hostile;
pub mod hosts;
pub mod lab;
pub mod process;
pub mod program;
pub mod replay;
pub mod served;

pub use error::{Error, Result};
pub use lab::{Lab, Node, Port, Segment};
