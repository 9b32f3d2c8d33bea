//! Numbers for Prometheus, on loopback or a Unix socket.
//!
//! In:  HTTP requests, of which only the end matters.
//! Out: the numbers as text. One request per connection.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::connections::serve_each;
use crate::bound_socket::BoundSocket;
use crate::config::Listen;

/// The socket.
pub(super) enum NumbersServer {
    Loopback(TcpListener),
    Unix(BoundSocket),
}

impl NumbersServer {
    pub(super) async fn bind(place: &Listen) -> io::Result<Self> {
        match place {
            Listen::Loopback(address) => Ok(Self::Loopback(TcpListener::bind(address).await?)),
            Listen::Unix(path) => Ok(Self::Unix(BoundSocket::bind(path, 0o660)?)),
        }
    }

    /// Answers requests for ever. Must run in a `LocalSet`.
    pub(super) async fn run(&self, numbers: impl Fn() -> String + 'static) {
        let numbers = Rc::new(numbers);
        let serve = |stream| {
            let numbers = Rc::clone(&numbers);
            async move {
                let served = timeout(WAIT_MAX, answer(stream, &*numbers)).await;
                if served.is_err() {
                    tracing::debug!("a reader of numbers was too slow");
                }
            }
        };
        serve_each(async || self.accept().await, serve).await;
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Loopback(listener) => Box::new(listener.accept().await?.0),
            Self::Unix(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

/// A connection of either kind.
trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    numbers: impl Fn() -> String,
) -> io::Result<()> {
    let mut request = Vec::new();
    let mut chunk = [0; 1_024];
    while !request.ends_with(b"\r\n\r\n") && request.len() < REQUEST_BYTES_MAX {
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Ok(());
        }
        request.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
    let body = numbers();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// How long one request may take.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// How long a request may be. What is longer is answered at once.
const REQUEST_BYTES_MAX: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::{Listen, NumbersServer, WAIT_MAX};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;
    use tokio::task::LocalSet;
    use tokio::time::timeout;

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn readers_that_say_nothing_do_not_keep_others_from_reading() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers");
        let server = NumbersServer::bind(&Listen::Unix(path.clone())).await;
        let server = server.unwrap();
        let reading = async {
            let mut idle = Vec::new();
            for _ in 0..100 {
                idle.push(UnixStream::connect(&path).await.unwrap());
            }
            let mut reader = UnixStream::connect(&path).await.unwrap();
            reader.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            reader.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let tasks = LocalSet::new();
        let answer = tasks.run_until(async {
            tokio::select! {
                () = server.run(|| "numbers\n".to_owned()) => String::new(),
                answer = timeout(2 * WAIT_MAX, reading) => answer.unwrap(),
            }
        });
        assert!(answer.await.ends_with("\r\n\r\nnumbers\n"));
    }
}
