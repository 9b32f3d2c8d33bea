//! Publishes a service of another device, which cannot do that itself:
//! `cargo run -p cooee-examples --bin proxy "Office Printer" _ipp._tcp 631 printer 192.168.1.33`.
//!
//! In:  a name, a type and a port; the name and the address of the device. Out: the final name,
//!      until Enter is pressed.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::{Mdns, Registration};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, service_type, port, host, address] = words.as_slice() else {
        return Err("usage: proxy NAME TYPE PORT HOST ADDRESS".into());
    };
    let mdns = Mdns::new()?;
    // Without these two lines, the service would be one of this host.
    let service = Registration::new(service_type, name, port.parse()?)
        .host_named(host)
        .addresses([address.parse()?]);
    let service = mdns.register(service).wait()?;
    println!("registered as {}; press enter to end", service.instance());
    std::io::stdin().read_line(&mut String::new())?;
    println!("{}", service.unregister().wait()?);
    Ok(())
}
