//! The foreign peers by themselves.

use std::time::Duration;

use netlab::avahi::{Avahi, Service, Settings};
use netlab::lab::Families;
use netlab::{Lab, Result, ensure};

pub(crate) fn avahi_holds() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let node = lab.node("peer")?;
    lab.plug(&node, &segment, "eth0", Families::Both)?;
    let settings = Settings {
        host_name: "peer".to_owned(),
        interfaces: vec!["eth0".to_owned()],
        services: vec![service("From <a> file", 80)],
    };
    let avahi = Avahi::start(&node, &settings)?;
    let published = avahi.publish(&service("From a command", 81))?;
    avahi.wait_established(&published, Duration::from_secs(10))?;
    let found = avahi
        .browse("_http._tcp", Duration::from_secs(10))?
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

fn service(instance: &str, port: u16) -> Service {
    Service {
        instance: instance.to_owned(),
        service_type: "_http._tcp".to_owned(),
        port,
        txt: vec!["path=/".to_owned()],
    }
}
