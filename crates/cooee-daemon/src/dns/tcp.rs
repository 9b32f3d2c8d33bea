//! Questions over TCP.
//!
//! In:  connections to one address.
//! Out: replies, in the order of the questions. So many connections at once, and a quarter of them
//!      for one source; each ends when it is idle. RFC 7766.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::reply::Transport;
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
                if !sources.enter(source) {
                    // Closed at once: it has enough.
                    responder.counters.failed.add();
                    continue;
                }
                let responder = Rc::clone(&responder);
                let asker = Asker {
                    source,
                    asked: local.ip(),
                    transport: Transport::Tcp,
                };
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

async fn connection(stream: TcpStream, asker: Asker, responder: &Responder) -> io::Result<()> {
    let mut stream = stream;
    while let Some(message) = timeout(IDLE_MAX, read(&mut stream)).await?? {
        if !responder.admits(asker.source) {
            return Ok(());
        }
        if let Some(reply) = responder.answer(&message, asker).await {
            timeout(IDLE_MAX, write(&mut stream, &reply)).await??;
        }
    }
    Ok(())
}

/// Reads a message; `None` if the connection ends before it.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let len = match stream.read_u16().await {
        Ok(len) => len,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut message = vec![0; usize::from(len)];
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

/// How long a connection may be idle, and how long it may take to read a message or a reply.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// How long to wait when the system has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[tokio::test]
    async fn messages_have_their_length_before_them_and_end_with_the_connection() {
        let (mut here, mut there) = tokio::io::duplex(1_024);
        write(&mut here, b"first").await.unwrap();
        write(&mut here, b"").await.unwrap();
        assert_eq!(read(&mut there).await.unwrap(), Some(b"first".to_vec()));
        assert_eq!(read(&mut there).await.unwrap(), Some(Vec::new()));
        tokio::io::AsyncWriteExt::write_all(&mut here, b"\0\x05cut")
            .await
            .unwrap();
        drop(here);
        assert!(read(&mut there).await.is_err());
        let (here, mut there) = tokio::io::duplex(1_024);
        drop(here);
        assert_eq!(read(&mut there).await.unwrap(), None);
    }
}
