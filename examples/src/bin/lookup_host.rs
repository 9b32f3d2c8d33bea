//! Looks up the addresses of a host: `cargo run -p cooee-examples --bin lookup_host nas`.
//!
//! In:  a host's name; `.local` may be left out. Out: its addresses, with their interfaces.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::Mdns;

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).ok_or("usage: lookup_host NAME")?;
    let host = Mdns::new()?.lookup_host(name).wait()?;
    for address in &host.addresses {
        println!("{} has {address} on {}", host.name, address.interface());
    }
    Ok(())
}
