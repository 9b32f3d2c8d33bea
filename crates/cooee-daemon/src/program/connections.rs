//! Connections that do not wait for each other.
//!
//! In:  a way to accept a connection, and one to serve it.
//! Out: one task per connection, at most so many at once; the others wait.

use std::io;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

/// Serves connections for ever. Must run in a `LocalSet`; dropping it ends all of them.
pub(super) async fn serve_each<S, Served>(
    accept: impl AsyncFn() -> io::Result<S>,
    serve: impl Fn(S) -> Served,
) where
    Served: Future<Output = ()> + 'static,
{
    let mut served = JoinSet::new();
    loop {
        tokio::select! {
            accepted = accept(), if served.len() < CONNECTIONS_MAX => match accepted {
                Ok(stream) => {
                    served.spawn_local(serve(stream));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = served.join_next() => {}
        }
    }
}

/// How many connections are served at once.
const CONNECTIONS_MAX: usize = 64;

/// How long to wait when the system has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::{CONNECTIONS_MAX, serve_each};
    use std::cell::Cell;
    use std::future::pending;
    use std::time::Duration;
    use tokio::task::LocalSet;
    use tokio::time::timeout;

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn at_most_so_many_are_served_at_once() {
        let accepted = Cell::new(0);
        let accept = async || {
            accepted.set(accepted.get() + 1);
            Ok(())
        };
        let serving = serve_each(accept, |()| pending());
        let serving = timeout(Duration::from_secs(60), serving);
        assert!(LocalSet::new().run_until(serving).await.is_err());
        assert_eq!(accepted.get(), CONNECTIONS_MAX);
    }
}
