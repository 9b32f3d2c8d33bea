//! The foreign peers alone.
//!
//! In:  a real Avahi.
//! Out: whether it publishes its configured services.

use std::time::Duration;

use netlab::{Result, ensure};

use super::setup::{HTTP, Pair, service};

pub(crate) fn avahi_holds() -> Result<()> {
    let pair = Pair::new()?;
    let avahi = pair.avahi(vec![service("From <a> file", 80)])?;
    let published = avahi.publish(&service("From a command", 81))?;
    avahi.wait_established(&published, Duration::from_secs(10))?;
    let found = avahi
        .browse(HTTP, Duration::from_secs(10))?
        .success()?
        .stdout_text();
    for name in ["From\\032\\060a\\062\\032file", "From\\032a\\032command"] {
        ensure!(
            found.contains(&format!(";{name};")),
            "{name} is not in {found}"
        );
    }
    Ok(())
}
