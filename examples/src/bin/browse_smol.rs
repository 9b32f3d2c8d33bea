//! Follows the services of a type, with smol:
//! `cargo run -p cooee-examples --bin browse_smol _http._tcp`.
//!
//! In:  a service type. Out: a line for each event, until Ctrl-C.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::Mdns;

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args().nth(1).unwrap_or("_http._tcp".to_owned());
    smol::block_on(async {
        let mdns = Mdns::new()?;
        let mut services = mdns.browse(wanted).start()?;
        while let Some(event) = services.next().await {
            println!("{event}");
        }
        Ok(())
    })
}
