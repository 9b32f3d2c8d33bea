//! Messages to the service manager.
//!
//! In:  the stages of the daemon.
//! Out: readiness, a line of status, signs of life; nothing without a service manager. A manager
//!      that does not read stops nothing.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::task::spawn_local;

/// Reports that the daemon is ready. Must run in a `LocalSet`.
pub(super) fn ready(status: &str) {
    if let Some(manager) = Manager::from_env() {
        manager.ready(status);
    }
}

/// Reports that the daemon ends.
pub(super) fn stopping() {
    if let Some(manager) = Manager::from_env() {
        log(manager.send(&NotifyState::Stopping.to_string()));
    }
}

/// Reports that the daemon lives.
pub(super) fn alive() {
    if let Some(manager) = Manager::from_env() {
        // One that does not fit is not missed: another follows.
        log(manager.send(&NotifyState::Watchdog.to_string()));
    }
}

/// Returns how often a sign of life is due.
pub(super) fn alive_every() -> Option<Duration> {
    sd_notify::watchdog_enabled()?.checked_div(2)
}

fn log(sent: io::Result<()>) {
    if let Err(error) = sent {
        tracing::debug!(%error, "the service manager takes no message");
    }
}

/// The socket of the service manager.
struct Manager(OsString);

impl Manager {
    fn from_env() -> Option<Self> {
        std::env::var_os("NOTIFY_SOCKET").map(Self)
    }

    /// Reports readiness, at once or as soon as the manager reads.
    fn ready(&self, status: &str) {
        let message = format!("{}\n{}", NotifyState::Ready, NotifyState::Status(status));
        match self.send(&message) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let socket = self.connect();
                spawn_local(async move { log(send_later(socket, &message).await) });
            }
            sent => log(sent),
        }
    }

    /// Sends a message, or fails at once.
    fn send(&self, message: &str) -> io::Result<()> {
        self.connect()?.send(message.as_bytes()).map(drop)
    }

    fn connect(&self) -> io::Result<UnixDatagram> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        connect(&socket, &self.0)?;
        Ok(socket)
    }
}

async fn send_later(socket: io::Result<UnixDatagram>, message: &str) -> io::Result<()> {
    let socket = tokio::net::UnixDatagram::from_std(socket?)?;
    socket.send(message.as_bytes()).await.map(drop)
}

/// Connects to a path, or to an abstract name after `@`.
#[cfg(target_os = "linux")]
fn connect(socket: &UnixDatagram, name: &OsStr) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::{ffi::OsStrExt, net::SocketAddr};

    match name.as_bytes().strip_prefix(b"@") {
        Some(name) => socket.connect_addr(&SocketAddr::from_abstract_name(name)?),
        None => socket.connect(name),
    }
}

#[cfg(not(target_os = "linux"))]
fn connect(socket: &UnixDatagram, name: &OsStr) -> io::Result<()> {
    socket.connect(name)
}

#[cfg(test)]
mod tests {
    use super::Manager;
    use std::io::ErrorKind;
    use std::os::unix::net::UnixDatagram;
    use tokio::task::{LocalSet, yield_now};

    #[tokio::test]
    async fn a_manager_that_does_not_read_stops_nothing_and_hears_later_that_the_daemon_is_ready() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let reader = UnixDatagram::bind(&path).unwrap();
        reader.set_nonblocking(true).unwrap();
        let manager = Manager(path.into());
        let mut sent = 0;
        let error = loop {
            match manager.send("WATCHDOG=1") {
                Ok(()) => sent += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        let tasks = LocalSet::new();
        let heard = tasks.run_until(async {
            manager.ready("serving");
            yield_now().await;
            let mut bytes = [0; 64];
            for _ in 0..sent {
                reader.recv(&mut bytes).unwrap();
            }
            let reader = tokio::net::UnixDatagram::from_std(reader).unwrap();
            let count = reader.recv(&mut bytes).await.unwrap();
            String::from_utf8_lossy(&bytes[..count]).into_owned()
        });
        assert_eq!(heard.await, "READY=1\nSTATUS=serving");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_name_of_the_manager_can_be_abstract() {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::SocketAddr;

        let name = format!("cooeed-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let reader = UnixDatagram::bind_addr(&address).unwrap();
        Manager(format!("@{name}").into())
            .send("STOPPING=1")
            .unwrap();
        let mut bytes = [0; 64];
        assert_eq!(reader.recv(&mut bytes).unwrap(), "STOPPING=1".len());
    }
}
