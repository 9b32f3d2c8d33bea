//! The sockets of the DNS server.
//!
//! In:  the settings; the driver.
//! Out: tasks that serve each address, also one that comes later.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use cooee::Mdns;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::sleep;

use super::counters::DnsCounters;
use super::responder::Responder;
use super::{tcp, udp};
use crate::config::DnsServer;
use crate::task::Task;

/// The DNS server. Dropping it closes its sockets.
pub(crate) struct Door {
    _tasks: Vec<Task>,
}

impl Door {
    /// Serves the addresses of the settings. Must run in a `LocalSet`.
    pub(crate) fn open(mdns: &Mdns, settings: &DnsServer, counters: &Rc<DnsCounters>) -> Self {
        let responder = Responder::new(mdns.clone(), settings.clone(), Rc::clone(counters));
        let responder = Rc::new(responder);
        let serving = settings.listen.iter().map(|address| {
            let responder = Rc::clone(&responder);
            Task::spawn(serve(*address, responder))
        });
        let mut tasks: Vec<Task> = serving.collect();
        if settings.is_on() {
            tasks.push(Task::spawn(async move { responder.keep_up().await }));
        }
        Self { _tasks: tasks }
    }
}

/// Serves an address as soon as this host has it.
async fn serve(address: SocketAddr, responder: Rc<Responder>) {
    let mut is_waiting = false;
    loop {
        match bind(address).await {
            Ok((socket, listener)) => {
                tracing::info!("the DNS server listens on {address}");
                let datagrams = udp::serve(socket, address, Rc::clone(&responder));
                tokio::join!(datagrams, tcp::serve(listener, address, responder));
                return;
            }
            Err(error) if !is_waiting => {
                tracing::warn!("the DNS server waits for {address}: {error}");
                is_waiting = true;
            }
            Err(_) => {}
        }
        sleep(BIND_PAUSE).await;
    }
}

async fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let listener = TcpListener::bind(address).await?;
    Ok((UdpSocket::bind(address).await?, listener))
}

/// How long to wait before trying to bind an address again.
const BIND_PAUSE: Duration = Duration::from_secs(2);
