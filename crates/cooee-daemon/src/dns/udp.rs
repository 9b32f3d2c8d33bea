//! Questions over UDP.
//!
//! In:  datagrams to one address.
//! Out: replies from the same address; so many questions at once, and a quarter of them for one
//!      source.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::admission::Admission;
use super::reply::Transport;
use super::request::REQUEST_BYTES_MAX;
use super::responder::{Asker, Responder};
use super::sources::Sources;

/// Answers datagrams for ever. Must run in a `LocalSet`.
pub(super) async fn serve(socket: UdpSocket, local: SocketAddr, responder: Rc<Responder>) {
    let socket = Rc::new(socket);
    let mut buffer = vec![0; REQUEST_BYTES_MAX];
    let mut answers = JoinSet::new();
    let mut sources = Sources::new(ANSWERS_MAX);
    loop {
        tokio::select! {
            received = socket.recv_from(&mut buffer) => {
                let Some((message, source)) = received_from(received, &buffer).await else {
                    continue;
                };
                let asker = Asker {
                    source: source.ip(),
                    asked: local.ip(),
                    transport: Transport::Udp,
                };
                if source.port() == 0 {
                    continue;
                }
                let admission = responder.admit(asker);
                if admission == Admission::Drop {
                    continue;
                }
                let from = source.ip();
                if answers.len() >= ANSWERS_MAX || !sources.enter(from) {
                    responder.counters.failed.add();
                    continue;
                }
                // An answer that is not there yet does not keep the socket open.
                let (socket, responder) = (Rc::downgrade(&socket), Rc::clone(&responder));
                answers.spawn_local(async move {
                    let reply = responder.answer(&message, asker, admission).await;
                    if let (Some(reply), Some(socket)) = (reply, socket.upgrade()) {
                        // An asker that cannot be reached asks again.
                        let _ = socket.send_to(&reply, source).await;
                    }
                    from
                });
            }
            Some(ended) = answers.join_next() => {
                if let Ok(source) = ended {
                    sources.leave(source);
                }
            }
        }
    }
}

/// Returns what was received. After an error, such as that an asker is gone, the next call is made a
/// little later.
async fn received_from(
    received: io::Result<(usize, SocketAddr)>,
    buffer: &[u8],
) -> Option<(Vec<u8>, SocketAddr)> {
    match received {
        Ok((len, source)) => Some((buffer.get(..len)?.to_vec(), source)),
        Err(error) => {
            tracing::debug!(%error, "a datagram cannot be read");
            sleep(ERROR_PAUSE).await;
            None
        }
    }
}

/// How many questions are being answered at once on one address, a quarter of them for one source.
/// More are dropped.
const ANSWERS_MAX: usize = 1_024;

/// How long to wait after an error.
const ERROR_PAUSE: Duration = Duration::from_millis(10);
