//! Publishes a host name until Enter is pressed:
//! `cargo run -p cooee-examples --bin publish_host nas 192.168.1.7`.
//!
//! In:  a name, and addresses; without any, those of this host. Out: the final name.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;
use std::net::IpAddr;

use cooee::Mdns;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let name = words
        .next()
        .ok_or("usage: publish_host NAME [ADDRESS...]")?;
    let addresses: Vec<IpAddr> = words.map(|word| word.parse()).collect::<Result<_, _>>()?;
    let mdns = Mdns::new()?;
    let host = mdns.register_host(name, addresses).wait()?;
    println!("published {}; press enter to end", host.name());
    std::io::stdin().read_line(&mut String::new())?;
    println!("{}", host.unregister().wait()?);
    Ok(())
}
