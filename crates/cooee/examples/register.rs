//! Registers a service until Enter is pressed: `cargo run --example register -- "Front Door"
//! _http._tcp 8080 path=/`.
//!
//! In:  a name, a type, a port, attributes. Out: the final name, and status changes.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;
use std::time::Duration;

use cooee::{Mdns, Registration, Txt};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, service_type, port, attributes @ ..] = words.as_slice() else {
        return Err("usage: register NAME TYPE PORT [KEY=VALUE...]".into());
    };
    let mdns = Mdns::new()?;
    let txt = Txt::from_strings(attributes.iter().map(String::as_bytes))?;
    let registration = Registration::new(service_type, name, port.parse()?).txt(txt);
    let service = mdns
        .register(registration)
        .deadline(Duration::from_secs(10))
        .wait()?;
    println!("registered as {}; press enter to end", service.name());
    let news = service.status().blocking();
    let follower = std::thread::spawn(move || news.for_each(|status| println!("{status:?}")));
    std::io::stdin().read_line(&mut String::new())?;
    let goodbyes = service.unregister().wait()?;
    println!("{} goodbyes sent", goodbyes.datagrams());
    mdns.shutdown().wait()?;
    // The stream ended with the service.
    follower.join().map_err(|_| "the follower panicked")?;
    Ok(())
}
