//! Shows every Multicast DNS message on the network:
//! `cargo run -p cooee-examples --bin monitor`.
//!
//! In:  nothing. Out: each message as text, until Ctrl-C.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::{Mdns, MonitorEvent};

fn main() -> Result<(), Box<dyn Error>> {
    let mdns = Mdns::new()?;
    for event in mdns.monitor().start()?.blocking() {
        match event {
            MonitorEvent::Message(message) => println!("{message}"),
            MonitorEvent::Lagged { missed } => println!(";; {missed} messages were dropped"),
            _ => {}
        }
    }
    Ok(())
}
