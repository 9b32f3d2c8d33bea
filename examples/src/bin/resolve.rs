//! Resolves one service by name:
//! `cargo run -p cooee-examples --bin resolve "Front Desk" _ipp._tcp`.
//!
//! In:  an instance's name and its type. Out: host, port, attributes and addresses.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::Mdns;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(name), Some(service_type)) = (words.next(), words.next()) else {
        return Err("usage: resolve NAME TYPE".into());
    };
    let mdns = Mdns::new()?;
    let service = mdns.resolve(service_type, name).wait()?;
    println!("{} port {}", service.host(), service.port());
    for string in service.txt().strings() {
        println!("  {}", String::from_utf8_lossy(string));
    }
    for address in service.addresses() {
        println!("  {address} on {}", address.interface());
    }
    Ok(())
}
