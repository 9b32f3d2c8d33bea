//! The listener of the text socket.
//!
//! In:  the socket, made here or by systemd; connections.
//! Out: one task per client, at most so many at once, and a quarter of that for one user; a count.
//!      A socket that is switched off serves nobody.

use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::client::{Refusal, refuse, serve};
use super::context::{Context, Counters};
use super::shares::Shares;
use crate::bound_socket::BoundSocket;

/// The text socket.
pub(crate) struct Server {
    listener: BoundSocket,
}

impl Server {
    /// Makes the socket, which everybody may use. One that nobody serves is replaced.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        let listener = BoundSocket::bind(path, 0o666)?;
        Ok(Self { listener })
    }

    /// Uses the socket that systemd made.
    pub(crate) fn inherited(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        let listener = BoundSocket::inherited(listener)?;
        Ok(Self { listener })
    }

    /// Serves clients for ever, so many at once.
    pub(crate) async fn run(&self, context: Context, clients_max: usize) {
        self.run_for(context, (clients_max, Refusal::TooMany), user)
            .await;
    }

    /// Closes each client for ever.
    pub(crate) async fn run_switched_off(&self, context: Context) {
        self.run_for(context, (0, Refusal::SwitchedOff), user).await;
    }

    /// Serves so many clients and refuses the others; a function says whose they are.
    async fn run_for(
        &self,
        context: Context,
        (clients_max, refusal): (usize, Refusal),
        user: impl Fn(&UnixStream) -> u32,
    ) {
        let (places, refusals) = (Shares::new(clients_max), Shares::new(REFUSED_MAX));
        let mut clients = JoinSet::new();
        let mut refused = JoinSet::new();
        let counters: &Rc<Counters> = &context.counters;
        loop {
            let stream = tokio::select! {
                // Who is not even refused waits.
                accepted = self.listener.accept(), if refusals.has_room() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "the text socket takes no client");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
                Some(_) = clients.join_next() => {
                    counters.clients.set(clients.len());
                    continue;
                }
                Some(_) = refused.join_next() => continue,
            };
            let user = user(&stream);
            let Some(place) = places.take(user) else {
                counters.refuse();
                // Whoever has many clients refused already is only closed.
                if let Some(place) = refusals.take(user) {
                    refused.spawn_local(async move {
                        let _place = place;
                        refuse(stream, refusal).await;
                    });
                }
                continue;
            };
            let own = context.clone();
            clients.spawn_local(async move {
                let _place = place;
                serve(&own, stream).await;
            });
            counters.clients.set(clients.len());
            counters.served.set(counters.served.get().saturating_add(1));
        }
    }
}

/// Returns whose client it is.
fn user(stream: &UnixStream) -> u32 {
    stream.peer_cred().map_or(UNKNOWN, |peer| peer.uid())
}

/// Clients of which the system does not say whose they are count as those of one user.
const UNKNOWN: u32 = u32::MAX;

/// How many clients are being refused at once.
const REFUSED_MAX: usize = 256;

/// How long to wait when the system has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::{Context, REFUSED_MAX, Refusal, Server};
    use std::cell::Cell;
    use std::path::Path;
    use std::rc::Rc;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;
    use tokio::task::LocalSet;
    use tokio::time::timeout;

    /// Asks for help, after another user has opened so many connections and said nothing.
    async fn help(path: &Path, silent: usize) -> String {
        let mut open = Vec::new();
        for _ in 0..silent {
            open.push(UnixStream::connect(path).await.unwrap());
        }
        let mut client = UnixStream::connect(path).await.unwrap();
        client.write_all(b"HELP\n").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn a_socket_that_is_switched_off_closes_clients_without_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let server = Server::bind(&path).unwrap();
        let context = Context::new(Rc::default(), Duration::ZERO, 8);
        let counters = Rc::clone(&context.counters);
        let tasks = LocalSet::new();
        let answer = tasks.run_until(async {
            tokio::select! {
                () = server.run_switched_off(context) => None,
                answer = help(&path, 0) => Some(answer),
            }
        });
        assert_eq!(answer.await.as_deref(), Some(""));
        assert_eq!((counters.served.get(), counters.refused.get()), (0, 1));
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn one_user_with_many_clients_does_not_keep_another_from_being_served_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        for silent in [8, 2 * REFUSED_MAX] {
            let server = Server::bind(&path).unwrap();
            let context = Context::new(Rc::default(), Duration::ZERO, 8);
            let counters = Rc::clone(&context.counters);
            let accepted = Cell::new(0);
            let user = |_: &UnixStream| {
                accepted.set(accepted.get() + 1);
                if accepted.get() > silent { 1001 } else { 1000 }
            };
            let tasks = LocalSet::new();
            let answer = tasks.run_until(async {
                tokio::select! {
                    () = server.run_for(context, (8, Refusal::TooMany), user) => String::new(),
                    answer = timeout(Duration::from_millis(500), help(&path, silent)) => {
                        answer.unwrap()
                    }
                }
            });
            assert!(answer.await.starts_with("+ "));
            let refused = u64::try_from(silent).unwrap() - 2;
            assert_eq!(
                (counters.served.get(), counters.refused.get()),
                (3, refused)
            );
        }
    }
}
