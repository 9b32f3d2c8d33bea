//! Chooses interfaces: `cargo run -p cooee-examples --bin interfaces eth0 wlan0`.
//!
//! In:  names of interfaces; without any, those whose names begin with `eth`. Out: for each interface
//!      whether it is used, and why; and warnings about what does not work.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use std::error::Error;

use cooee::Mdns;

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let builder = if names.is_empty() {
        // A rule of one's own is asked again whenever the interfaces change.
        Mdns::builder().interface_filter(|interface| interface.name.starts_with("eth"))
    } else {
        Mdns::builder().interfaces(names.iter().map(String::as_str))
    };
    let mdns = builder.build()?;
    for decision in mdns.interfaces() {
        let word = if decision.selected {
            "used"
        } else {
            "not used"
        };
        println!("{} is {word}: {}", decision.interface.name, decision.reason);
    }
    for warning in mdns.warnings() {
        println!("warning: {warning}");
    }
    Ok(())
}
