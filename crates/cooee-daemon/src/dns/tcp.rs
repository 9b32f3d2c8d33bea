//! Questions over TCP.
//!
//! In:  connections to one address.
//! Out: replies, as soon as there are any. So many connections at once, and a quarter of them for one
//!      source, with so many questions each; each ends when it is idle. RFC 7766.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::admission::Admission;
use super::reply::Transport;
use super::request::REQUEST_BYTES_MAX;
use super::responder::{Asker, Responder};
use super::sources::Sources;

/// Serves connections for ever. Must run in a `LocalSet`.
pub(super) async fn serve(listener: TcpListener, local: SocketAddr, responder: Rc<Responder>) {
    let mut connections = JoinSet::new();
    let mut sources = Sources::new(CONNECTIONS_MAX);
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => {
                let (stream, source) = match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::debug!(%error, "no connection is accepted");
                        sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                };
                let source = source.ip().to_canonical();
                let asker = Asker {
                    source,
                    asked: local.ip(),
                    transport: Transport::Tcp,
                };
                // Closed at once: it may not ask, or has enough.
                if !responder.may_connect(asker) {
                    continue;
                }
                if !sources.enter(source) {
                    responder.counters.failed.add();
                    continue;
                }
                let responder = Rc::clone(&responder);
                connections.spawn_local(async move {
                    if let Err(error) = connection(stream, asker, &responder).await {
                        tracing::debug!(%error, "a connection ends");
                    }
                    source
                });
            }
            Some(ended) = connections.join_next() => {
                if let Ok(source) = ended {
                    sources.leave(source);
                }
            }
        }
    }
}

async fn connection(
    mut stream: TcpStream,
    asker: Asker,
    responder: &Rc<Responder>,
) -> io::Result<()> {
    let answer = |message: Vec<u8>| {
        let admission = responder.admit(asker);
        let responder = Rc::clone(responder);
        (admission == Admission::Answer)
            .then_some(async move { responder.answer(&message, asker, admission).await })
    };
    let (mut reader, mut writer) = stream.split();
    converse(&mut reader, &mut writer, answer).await
}

/// Reads messages and writes what is answered to each as soon as that is known, until the connection
/// ends, is idle, or asks more than it may. Replies may be out of order (RFC 7766 section 6.2.1.1).
async fn converse<Answer>(
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
    answer: impl Fn(Vec<u8>) -> Option<Answer>,
) -> io::Result<()>
where
    Answer: Future<Output = Option<Vec<u8>>> + 'static,
{
    let (places, mut replies) = mpsc::channel(QUESTIONS_MAX);
    let reading = async move {
        let mut answers = JoinSet::new();
        while let Ok(place) = places.clone().reserve_owned().await {
            let Ok(message) = timeout(IDLE_MAX, read(reader)).await else {
                break;
            };
            let Some(answer) = message?.and_then(&answer) else {
                break;
            };
            answers.spawn_local(async move {
                if let Some(reply) = answer.await {
                    place.send(reply);
                }
            });
            while answers.try_join_next().is_some() {}
        }
        drop(places);
        while answers.join_next().await.is_some() {}
        Ok::<(), io::Error>(())
    };
    let writing = async {
        while let Some(reply) = replies.recv().await {
            timeout(IDLE_MAX, write(writer, &reply)).await??;
        }
        Ok::<(), io::Error>(())
    };
    tokio::try_join!(reading, writing).map(|_| ())
}

/// Reads a message; `None` if the connection ends before it.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let len = match stream.read_u16().await {
        Ok(len) => len,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let len = usize::from(len);
    if len > REQUEST_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; len];
    stream.read_exact(&mut message).await?;
    Ok(Some(message))
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let len = u16::try_from(message.len()).map_err(io::Error::other)?;
    stream
        .write_all(&[&len.to_be_bytes(), message].concat())
        .await
}

/// How many connections one address serves at once. More wait.
const CONNECTIONS_MAX: usize = 128;

/// How many questions of one connection are being answered at once. More wait.
const QUESTIONS_MAX: usize = 4;

/// How long a connection may be idle, and how long it may take to read a message or a reply.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// How long to wait when the system has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests;
