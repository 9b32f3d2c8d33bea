//! DNS servers that are announced on the links.
//!
//! In:  records `_domain._udp.local`; the addresses of their hosts.
//! Out: a line for each server that appears or disappears, at most ten at a time.

use std::net::IpAddr;

use cooee::{Family, Name, RData, RecordType, Srv};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::answer::{From, dns_server};
use super::context::Context;
use super::output::write;
use super::resolve;
use crate::avahi::flags::Scope;
use crate::lookup::change::Change;
use crate::lookup::watch::RecordWatch;

/// A server that is known.
struct Known {
    srv: Srv,
    from: From,
    ip: Option<IpAddr>,
}

/// Reports servers until the client closes the connection.
pub(super) async fn dns_servers(
    context: &Context,
    family: Option<Family>,
    stream: &mut UnixStream,
) {
    let Ok(name) = Name::from_labels([b"_domain".as_slice(), b"_udp", b"local"]) else {
        return;
    };
    let Some((watches, _)) = context.driver() else {
        return;
    };
    let mut records = RecordWatch::start(watches, Scope::default(), name, RecordType::SRV);
    let mut known: Vec<Known> = Vec::new();
    let mut resolving = JoinSet::new();
    let (sender, mut found) = mpsc::channel(SERVERS_MAX);
    let mut ignored = [0; 256];
    loop {
        let lines = tokio::select! {
            change = records.next() => match change {
                Change::Came(record) => {
                    let from = From::heard(&record);
                    let RData::Srv(srv) = record.data else { continue };
                    if known.len() < SERVERS_MAX {
                        let (context, sender) = (context.clone(), sender.clone());
                        let wanted = srv.clone();
                        known.push(Known { srv, from, ip: None });
                        resolving.spawn_local(async move {
                            let host = resolve::host(&context, &wanted.target, family).await;
                            if let Ok(host) = host {
                                // The receiver lives as long as this task.
                                let _ = sender.send((wanted, from, host.ip)).await;
                            }
                        });
                    }
                    continue;
                }
                Change::Went(record) => {
                    gone(&mut known, &record.data, From::heard(&record))
                }
                Change::Denied(..) => continue,
            },
            Some((srv, from, ip)) = found.recv() => there(&mut known, &srv, from, ip),
            read = stream.read(&mut ignored) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            },
        };
        let Some(line) = lines else { continue };
        if write(stream, &line).await.is_err() {
            return;
        }
    }
}

/// Notes the address of a server.
fn there(known: &mut [Known], srv: &Srv, from: From, ip: IpAddr) -> Option<Vec<u8>> {
    let server = known
        .iter_mut()
        .find(|server| server.srv == *srv && server.from == from)?;
    server.ip = Some(ip);
    Some(dns_server(true, from, ip, srv.port))
}

/// Forgets a server. It is reported if it has been before.
fn gone(known: &mut Vec<Known>, data: &RData, from: From) -> Option<Vec<u8>> {
    let RData::Srv(srv) = data else { return None };
    let place = known
        .iter()
        .position(|server| server.srv == *srv && server.from == from)?;
    let server = known.swap_remove(place);
    Some(dns_server(false, server.from, server.ip?, srv.port))
}

/// How many servers one client is told of, as by Avahi.
const SERVERS_MAX: usize = 10;
