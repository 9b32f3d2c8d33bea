//! One client: a line in, an answer out.
//!
//! In:  a connection.
//! Out: its answer; then the connection is closed. Each step has a limit of time.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::answer::{self, BROWSING, HELP, failure, unreadable};
use super::context::Context;
use super::line::{self, Request};
use super::output::write;
use super::{browse, resolve};
use crate::avahi::error::ErrorCode;
use crate::avahi::names;

/// Serves a client until its answer is written.
pub(super) async fn serve(context: &Context, mut stream: UnixStream) {
    let Ok(Some(line)) = timeout(LINE_WAIT_MAX, read_line(&mut stream)).await else {
        return;
    };
    let answer = match line
        .ok_or_else(unreadable)
        .and_then(|line| line::read(&line))
    {
        Err(refusal) => refusal,
        Ok(Request::Help) => HELP.to_vec(),
        Ok(Request::Host { name, family }) => match resolve::host(context, &name, family).await {
            Ok(found) => answer::host(found.from, &names::of(&found.name), found.ip),
            Err(error) => failure(error),
        },
        Ok(Request::Address(ip)) => match resolve::address(context, ip).await {
            Ok((from, name)) => answer::name(from, &names::of(&name)),
            Err(error) => failure(error),
        },
        Ok(Request::DnsServers { family }) => match context.browsers.try_acquire() {
            Ok(_permit) => {
                if write(&mut stream, BROWSING).await.is_ok() {
                    browse::dns_servers(context, family, &mut stream).await;
                }
                return;
            }
            Err(_) => {
                context.counters.refuse();
                failure(ErrorCode::TooManyClients)
            }
        },
    };
    // A client that is gone needs no answer.
    let _ = write(&mut stream, &answer).await;
}

/// Why a client is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There are too many, which it is told.
    TooMany,
    /// The socket is switched off. It is closed without an answer: to nss-mdns an answer means that
    /// there is no such host, and none that nobody serves here, so that the next service is asked.
    SwitchedOff,
}

/// Refuses a client, after it has said what it wants: a program that writes to a closed socket is
/// killed by a signal, unless it knows of that.
pub(super) async fn refuse(mut stream: UnixStream, why: Refusal) {
    // Whatever it says, and if it says nothing, the answer is the same.
    let _ = timeout(REFUSED_WAIT_MAX, read_line(&mut stream)).await;
    match why {
        Refusal::TooMany => {
            let _ = write(&mut stream, &failure(ErrorCode::TooManyClients)).await;
        }
        Refusal::SwitchedOff => {}
    }
}

/// Reads a line, without its end: `None` if the client closes before, `Some(None)` if the line is
/// too long.
async fn read_line(stream: &mut UnixStream) -> Option<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut chunk = [0; 1_024];
    loop {
        let count = stream.read(&mut chunk).await.ok()?;
        let read = chunk.get(..count).filter(|read| !read.is_empty())?;
        match read.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                line.extend_from_slice(read.get(..end).unwrap_or_default());
                return Some(Some(line));
            }
            None => line.extend_from_slice(read),
        }
        if line.len() > LINE_BYTES_MAX {
            return Some(None);
        }
    }
}

/// How long a client may take to send its line. Then it is closed.
const LINE_WAIT_MAX: Duration = Duration::from_secs(10);

/// How long a client that is refused may take to send its line.
const REFUSED_WAIT_MAX: Duration = Duration::from_secs(1);

/// How long a line may be, as Avahi's buffer. A longer one is refused.
const LINE_BYTES_MAX: usize = 20 * 1_024;

#[cfg(test)]
mod tests {
    use super::{Context, LINE_BYTES_MAX, LINE_WAIT_MAX, Refusal, read_line, refuse, serve};
    use std::rc::Rc;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    async fn line(bytes: &[u8]) -> Option<Option<Vec<u8>>> {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        let (line, _) = tokio::join!(read_line(&mut there), async move {
            // Fails if the line is refused before.
            let _ = here.write_all(bytes).await;
        });
        line
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_line_ends_at_its_line_feed_and_has_a_limit() {
        assert_eq!(line(b"HELP\nmore\n").await, Some(Some(b"HELP".to_vec())));
        assert_eq!(line(b"HELP").await, None);
        assert_eq!(line(&[b'x'; 2 * LINE_BYTES_MAX]).await, Some(None));
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_client_that_sends_nothing_is_closed_after_ten_seconds() {
        let (_here, mut there) = UnixStream::pair().unwrap();
        let read = tokio::time::timeout(LINE_WAIT_MAX, read_line(&mut there));
        assert!(read.await.is_err());
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_client_that_is_refused_may_speak_first() {
        let (mut here, there) = UnixStream::pair().unwrap();
        let client = async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            here.write_all(b"RESOLVE-HOSTNAME a.local\n").await.unwrap();
            let mut answer = String::new();
            here.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let (answer, ()) = tokio::join!(client, refuse(there, Refusal::TooMany));
        assert_eq!(answer, "-16 Too many clients\n");
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn half_of_the_clients_may_browse_and_the_others_are_refused() {
        let context = Context::new(Rc::default(), Duration::ZERO, 4);
        assert_eq!(context.browsers.available_permits(), 2);
        let browsing = context.browsers.try_acquire_many(2).unwrap();
        assert_eq!(browse(&context).await, "-16 Too many clients\n");
        drop(browsing);
        assert!(browse(&context).await.starts_with("+ "));
        assert_eq!(context.counters.refused.get(), 1);
    }

    async fn browse(context: &Context) -> String {
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(b"BROWSE-DNS-SERVERS\n").await.unwrap();
        let mut answer = String::new();
        let (read, ()) = tokio::join!(here.read_to_string(&mut answer), serve(context, there));
        read.unwrap();
        answer
    }
}
