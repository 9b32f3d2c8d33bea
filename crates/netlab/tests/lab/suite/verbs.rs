//! The other commands, each used with a real Avahi.
//!
//! In:  one service and its host.
//! Out: whether `resolve`, `host`, `reverse`, `query` and `types` report them correctly.

use std::collections::BTreeSet;

use netlab::cooee;
use netlab::{Error, Node, Result, ensure};
use serde_json::Value;

use super::setup::{HTTP, ONCE_LIMIT, Pair, service};

pub(crate) fn names() -> Result<()> {
    let pair = Pair::new()?;
    let _avahi = pair.avahi(vec![service("Dr. Who's", 80)])?;
    let addresses = pair.peer_port.addresses_on("lan1");
    let resolved = cooee::services(&run(&pair.here, &["resolve", "Dr. Who's", HTTP])?)?;
    let found = resolved
        .get("Dr. Who's")
        .ok_or_else(|| Error::new("not resolved"))?;
    ensure!(
        found.host == "peer.local" && found.port == 80,
        "resolved as {found:?}"
    );
    ensure!(
        found.addresses == addresses,
        "resolved at {:?}",
        found.addresses
    );

    let hosts = run(&pair.here, &["host", "peer", "--once"])?;
    let last = hosts
        .iter()
        .rev()
        .find(|event| event["name"] == "peer.local");
    ensure!(
        last.is_some_and(|event| texts(event, "addresses") == addresses),
        "host: {hosts:?}"
    );
    Ok(())
}

pub(crate) fn records() -> Result<()> {
    let pair = Pair::new()?;
    let _avahi = pair.avahi(vec![service("Dr. Who's", 80)])?;
    let ipv4 = pair
        .peer_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4 address"))?;
    let names = run(&pair.here, &["reverse", &ipv4.to_string()])?;
    let wanted = BTreeSet::from(["peer.local".to_owned()]);
    ensure!(
        names.iter().any(|event| texts(event, "names") == wanted),
        "reverse: {names:?}"
    );

    let records = run(&pair.here, &["query", "peer.local", "A", "--once"])?;
    let octets: String = ipv4
        .octets()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    ensure!(
        records
            .iter()
            .any(|event| event["rdata"] == octets.as_str()),
        "query: {records:?}"
    );

    let types = run(&pair.here, &["types", "--once"])?;
    ensure!(
        types.iter().any(|event| event["type"] == HTTP),
        "types: {types:?}"
    );
    Ok(())
}

fn run(node: &Node, arguments: &[&str]) -> Result<Vec<Value>> {
    let events = cooee::run(node, arguments, ONCE_LIMIT);
    events.map_err(|error| Error::new(format!("{arguments:?}: {error}")))
}

fn texts(event: &Value, name: &str) -> BTreeSet<String> {
    let items = event[name].as_array().into_iter().flatten();
    items
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}
