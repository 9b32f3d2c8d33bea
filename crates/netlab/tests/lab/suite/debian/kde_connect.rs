//! A client on zbus with the calls of KDE Connect: the newer interface, an update of what is not there
//! yet, one call that waits for each service.
//!
//! In:  the system bus.
//! Out: one line for each answer and each signal.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use netlab::{Error, Result};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use zbus::export::serde::{Serialize, de::DeserializeOwned};
use zbus::zvariant::{DynamicType, Type};
use zbus::{Connection, Message, MessageStream, OwnedObjectPath};

use super::case::{AddressOf, Case, Verdict};

/// The role of this program in which it is that client.
pub(crate) const ROLE: &str = "kde_connect";

/// What announces and looks for devices.
pub(crate) const PUBLISHING: &[Case] = &[Case {
    package: "dbus",
    file: "/usr/bin/dbus-daemon",
    command: "a client on zbus with the calls of KDE Connect",
    script: Some("$KDE_CONNECT"),
    families: AddressOf::AnyFamily,
    wants: &[
        "state 2",
        "ItemNew Desk",
        "Resolved Desk peer.local",
        "1716",
    ],
    verdict: Verdict::Same,
}];

pub(crate) fn role() -> Result<()> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build()?;
    let done = runtime.block_on(run());
    done.map_err(|error| Error::new(error.to_string()))
}

async fn run() -> zbus::Result<()> {
    let bus = Bus(Connection::system().await?);
    let group: OwnedObjectPath = bus.ask("/", "Server2", "EntryGroupNew", &()).await?;
    let txt = ["id=_phone_", "name=Phone", "type=phone", "protocol=8"];
    let txt = txt.map(str::as_bytes);
    let service = (-1, -1, UPDATE, "_phone_", TYPE, "", "", 1_716_u16, &txt[..]);
    bus.call(&group, "EntryGroup", "AddService", &service)
        .await?;
    bus.call(&group, "EntryGroup", "Commit", &()).await?;
    for _ in 0..50 {
        sleep(Duration::from_millis(100)).await;
        let state: i32 = bus.ask(&group, "EntryGroup", "GetState", &()).await?;
        if state == ESTABLISHED {
            show(&format!("state {state}"));
            break;
        }
    }
    bus.browse().await?;
    bus.call(&group, "EntryGroup", "Free", &()).await?;
    Ok(())
}

struct Bus(Connection);

impl Bus {
    async fn call<B>(
        &self,
        path: &str,
        interface: &str,
        member: &str,
        body: &B,
    ) -> zbus::Result<Message>
    where
        B: Serialize + DynamicType,
    {
        let interface = format!("{NAME}.{interface}");
        let interface = Some(interface.as_str());
        self.0
            .call_method(Some(NAME), path, interface, member, body)
            .await
    }

    async fn ask<B, R>(
        &self,
        path: &str,
        interface: &str,
        member: &str,
        body: &B,
    ) -> zbus::Result<R>
    where
        B: Serialize + DynamicType,
        R: DeserializeOwned + Type,
    {
        let reply = self.call(path, interface, member, body).await?;
        reply.body().deserialize()
    }

    /// Browses, and resolves everything that is found.
    async fn browse(&self) -> zbus::Result<()> {
        let mut signals = MessageStream::from(&self.0);
        let asked = (-1, -1, TYPE, "", 0_u32);
        let browser: OwnedObjectPath = self
            .ask("/", "Server2", "ServiceBrowserPrepare", &asked)
            .await?;
        self.call(&browser, "ServiceBrowser", "Start", &()).await?;
        let end = Instant::now() + BROWSE_TIME;
        while let Ok(Some(message)) = timeout_at(end, next(&mut signals)).await {
            let message = message?;
            let header = message.header();
            let is_of_browser = header.path().is_some_and(|path| *path == *browser);
            match header.member().map(|member| member.as_str()) {
                Some("ItemNew") if is_of_browser => {
                    let item: Item = message.body().deserialize()?;
                    show(&format!(
                        "ItemNew {} {} {} {}",
                        item.2, item.3, item.4, item.1
                    ));
                    self.resolve(&item).await?;
                }
                Some(member) if is_of_browser => show(member),
                Some(_) | None => {}
            }
        }
        self.call(&browser, "ServiceBrowser", "Free", &()).await?;
        Ok(())
    }

    async fn resolve(
        &self,
        (interface, protocol, name, of_type, domain, _): &Item,
    ) -> zbus::Result<()> {
        let asked = (interface, protocol, name, of_type, domain, -1, 0_u32);
        let answer = self.call("/", "Server2", "ResolveService", &asked);
        let answer = timeout(Duration::from_secs(10), answer).await;
        let Ok(answer) = answer else {
            show(&format!("no answer for {name}"));
            return Ok(());
        };
        match answer {
            Ok(answer) => {
                let found: Resolved = answer.body().deserialize()?;
                let (_, protocol, name, _, _, host, _, address, port, txt, _) = found;
                let txt: Vec<_> = txt
                    .iter()
                    .map(|string| String::from_utf8_lossy(string))
                    .collect();
                show(&format!(
                    "Resolved {name} {host} {address} {port} {protocol} {txt:?}"
                ));
            }
            Err(error) => show(&format!("{name}: {error}")),
        }
        Ok(())
    }
}

type Item = (i32, i32, String, String, String, u32);
type Resolved = (
    i32,
    i32,
    String,
    String,
    String,
    String,
    i32,
    String,
    u16,
    Vec<Vec<u8>>,
    u32,
);

async fn next(signals: &mut MessageStream) -> Option<zbus::Result<Message>> {
    poll_fn(|context| Pin::new(&mut *signals).poll_next(context)).await
}

#[allow(clippy::print_stdout, reason = "the test reads it")]
fn show(line: &str) {
    println!("{line}");
}

const NAME: &str = "org.freedesktop.Avahi";
const TYPE: &str = "_kdeconnect._udp";
const UPDATE: u32 = 64;
const ESTABLISHED: i32 = 2;

/// How long it looks.
const BROWSE_TIME: Duration = Duration::from_secs(4);
