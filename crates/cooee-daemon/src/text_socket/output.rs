//! Writing to a client.
//!
//! In:  bytes.
//! Out: bytes that have been taken by the system, or an error within a limit of time.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// Writes, within a limit of time: a client that does not read does not keep anything.
pub(super) async fn write(stream: &mut UnixStream, bytes: &[u8]) -> io::Result<()> {
    timeout(WRITE_WAIT_MAX, stream.write_all(bytes))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// How long a client may take to read what is written. Then it is closed.
const WRITE_WAIT_MAX: Duration = Duration::from_secs(5);
