//! Lists the services that are found within three seconds, without `async`:
//! `cargo run -p cooee-examples --bin browse_blocking`.
//!
//! In:  a service type; all types if there is none. Out: one line per service.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;
use std::time::Duration;

use cooee::{Mdns, ServiceEvent};

fn main() -> Result<(), Box<dyn Error>> {
    let mdns = Mdns::new()?;
    let services = match std::env::args().nth(1) {
        Some(wanted) => mdns.browse(wanted).start()?,
        None => mdns.browse_all().start()?,
    };
    for event in services.blocking().for_at_most(Duration::from_secs(3)) {
        if let ServiceEvent::Added(service) = event {
            println!("{service}");
        }
    }
    Ok(())
}
