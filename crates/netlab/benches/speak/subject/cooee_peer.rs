//! Cooee as a library, as its documentation says to use it, without a limit to what one host may
//! ask.
//!
//! In:  how many services.
//! Out: all of them registered on the link.

use cooee::{Mdns, Registration};
use netlab::error::{Context, Result};

use super::{PORT, SERVICE_TYPE, begin, instance, keep};

pub(crate) fn speak(services: u32) -> Result<()> {
    begin();
    // The load comes from one address, unlike any honest load.
    let mdns = Mdns::builder().rate_limit(None).build().context("cooee")?;
    let mut registered = Vec::new();
    for number in 0..services {
        let service = Registration::new(SERVICE_TYPE, instance(number), PORT).txt(("path", "/"));
        registered.push(mdns.register(service).start().context("register")?);
    }
    keep(registered);
    Ok(())
}
