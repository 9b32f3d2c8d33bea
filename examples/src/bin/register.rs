//! Registers a service until Enter is pressed:
//! `cargo run -p cooee-examples --bin register "Front Door" _http._tcp 8080 path=/`.
//!
//! In:  a name, a type, a port, attributes. Out: the final name, and status changes.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::{Mdns, Registration, Txt};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, service_type, port, attributes @ ..] = words.as_slice() else {
        return Err("usage: register NAME TYPE PORT [KEY=VALUE...]".into());
    };
    let mdns = Mdns::new()?;
    let txt = Txt::from_strings(attributes.iter().map(String::as_bytes))?;
    let registration = Registration::new(service_type, name, port.parse()?).txt(txt);
    let service = mdns.register(registration).wait()?;
    println!("registered as {}; press enter to end", service.name());

    // Another host may claim the name later. Then the service gets another name.
    let changes = service.status().blocking();
    std::thread::spawn(move || changes.for_each(|status| println!("{status}")));
    service.set_txt_key("state", "ready").wait()?;

    std::io::stdin().read_line(&mut String::new())?;
    println!("{}", service.unregister().wait()?);
    Ok(())
}
