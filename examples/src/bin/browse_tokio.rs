//! Follows the services of a type, with Tokio:
//! `cargo run -p cooee-examples --bin browse_tokio _http._tcp`.
//!
//! In:  a service type. Out: a line for each service that appears, changes or disappears, until
//!      Ctrl-C.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::{Mdns, ServiceEvent};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args().nth(1).unwrap_or("_http._tcp".to_owned());
    let mdns = Mdns::new()?;
    let mut services = mdns.browse(wanted).start()?;
    while let Some(event) = services.next().await {
        match event {
            ServiceEvent::Added(service) => {
                println!("+ {} at {:?}", service.name(), service.socket_addrs());
            }
            ServiceEvent::Updated { service, diff } => println!("~ {} {diff:?}", service.name()),
            ServiceEvent::Removed { last, why } => println!("- {}: {why}", last.name()),
            // This program was too slow: forget all services. Those that are there follow again.
            ServiceEvent::Lagged { missed } => println!("! {missed} events were dropped"),
            ServiceEvent::Unavailable(instance) => println!("! {instance} is not available"),
            _ => {}
        }
    }
    Ok(())
}
