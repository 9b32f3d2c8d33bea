//! The running daemon: one thread, one driver, all doors.
//!
//! In:  the configuration; signals; changes of files and of the host's name.
//! Out: what is published from files, the text socket, the status; at the end, goodbyes.

mod aliases;
mod doors;
mod interfaces;
mod reload;

use std::cell::{Cell, OnceCell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use cooee::Mdns;
use cooee::reflect::ReflectRule;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{Interval, interval, sleep, timeout};

use self::aliases::Aliases;
use super::args::Options;
#[cfg(target_os = "linux")]
use super::load;
use super::pid_file::PidFile;
#[cfg(target_os = "linux")]
use super::sandbox::Reach;
use super::{detach, notify};
#[cfg(target_os = "linux")]
use crate::config::Listen;
use crate::config::{Config, Limits};
use crate::files::Published;
use crate::host::{Host, Publishes};
use crate::lookup::watch::Watches;
use crate::publish::publisher::Publisher;
use crate::text_socket;
use crate::{dbus, dns};

/// Runs the daemon until it is told to end.
pub(super) fn run(options: &Options, config: Config, pid_file: &PidFile) -> Result<(), String> {
    detach::begin();
    // First, and until everything else is gone: there is one daemon at a time.
    let _held = pid_file.hold()?;
    if !options.no_sandbox {
        restrict(options, &config, pid_file);
    }
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime cannot start: {error}"))?;
    LocalSet::new().block_on(&runtime, serve(options, config))
}

/// Gives up what the daemon never needs, before there is a second thread.
#[cfg(target_os = "linux")]
fn restrict(options: &Options, config: &Config, pid_file: &PidFile) {
    let files = [
        options.file.as_deref().unwrap_or(load::AVAHI_FILE.as_ref()),
        options.config.as_deref().unwrap_or(load::OWN_FILE.as_ref()),
        &options.services,
        &options.hosts,
    ];
    let numbers = match &config.metrics {
        Some(Listen::Unix(path)) => Some(path.as_path()),
        Some(Listen::Loopback(_)) | None => None,
    };
    let text = &config.text_socket;
    let text = text.is_on.then_some(text.path.as_path());
    let sockets = [
        Some(pid_file.path()),
        text,
        Some(&config.status_socket),
        numbers,
    ];
    let reach = Reach::new(files.into_iter(), sockets.into_iter().flatten());
    for lacking in reach.restrict() {
        tracing::warn!("the sandbox is incomplete: {lacking}");
    }
}

#[cfg(not(target_os = "linux"))]
fn restrict(_options: &Options, _config: &Config, _pid_file: &PidFile) {}

/// What the parts of the daemon share.
struct Shared {
    watches: Watches,
    host: Host,
    published: RefCell<Published>,
    text: Rc<text_socket::Counters>,
    bus: Rc<dbus::BusCounters>,
    dns: Rc<dns::DnsCounters>,
    /// The DNS server, as the settings have it now.
    dns_door: RefCell<Option<dns::Door>>,
    /// The rules of the reflector.
    reflect: RefCell<Vec<ReflectRule>>,
    /// Told when the bus is gone, and required.
    bus_lost: Notify,
    publisher: Rc<Publisher>,
    aliases: RefCell<Aliases>,
    /// Told when there are other aliases.
    aliases_changed: Notify,
    /// What clients on the bus may hold.
    limits: Rc<Cell<Limits>>,
}

async fn serve(options: &Options, config: Config) -> Result<(), String> {
    let mut signals = Signals::new().map_err(|error| error.to_string())?;
    // Sockets first: who connects before there is an interface is told that nothing is found.
    let mut doors = doors::open(&config).await?;
    let slot = Rc::new(OnceCell::new());
    let text = doors::run_text(&mut doors, &config, &slot);
    let Some(mdns) = start(&config, &mut signals).await? else {
        return Ok(());
    };
    let label = interfaces::host_label(&config);
    let publishes = Publishes {
        addresses: config.publishes && config.publishes_addresses,
        hinfo: config.publishes_hinfo,
    };
    let host = Host::start(mdns.clone(), label, publishes);
    let watches = Watches::new(mdns.clone());
    // It is empty: this is the only place that fills it.
    let _ = slot.set((watches.clone(), host.clone()));
    let publisher = Publisher::new(mdns.clone(), config.adds_cookie);
    let publisher = Rc::new(publisher.over(config.only_family()));
    let published = Published::new(&publisher);
    let state = Rc::new(Shared {
        published: RefCell::new(published),
        host: host.clone(),
        watches,
        text,
        bus: Rc::default(),
        dns: Rc::default(),
        dns_door: RefCell::default(),
        reflect: RefCell::default(),
        bus_lost: Notify::new(),
        publisher,
        aliases: RefCell::new(Aliases::new(config.publishes)),
        aliases_changed: Notify::new(),
        limits: Rc::new(Cell::new(config.limits)),
    });
    doors::run(doors, &config, &state);
    let mut files = reload::Files::new(options, config);
    files.update(&state);
    files.update_dns(&state);
    files.update_reflector(&state);
    notify::ready("serving");
    detach::ready();
    tracing::info!("cooeed {} is ready", env!("CARGO_PKG_VERSION"));
    let ended = follow(options, &state, &mut files, &mut signals).await;
    notify::stopping();
    end(&mdns).await;
    ended
}

/// Serves until a signal ends the daemon, or the bus that it needs is gone.
async fn follow(
    options: &Options,
    state: &Rc<Shared>,
    files: &mut reload::Files,
    signals: &mut Signals,
) -> Result<(), String> {
    let mut host = state.host.watch();
    let mut changes = reload::Changes::new(options);
    let mut life = Life::new();
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => return Ok(()),
            _ = signals.interrupt.recv() => return Ok(()),
            _ = signals.hangup.recv() => {
                tracing::info!("reading the files again");
                files.read_config(options);
                state.limits.set(files.limits());
                files.update_dns(state);
                files.update_reflector(state);
                changes.renew();
                files.update(state);
            }
            _ = signals.user1.recv() => {
                for line in doors::report(state).text().lines() {
                    tracing::info!("{line}");
                }
            }
            () = state.bus_lost.notified() => return Err("the bus is gone".to_owned()),
            () = state.aliases_changed.notified() => files.update(state),
            () = changes.next() => files.update(state),
            Ok(()) = host.changed() => {
                if let Some(names) = state.host.names() {
                    state.publisher.names.follow_host(&names.into());
                }
                files.update(state);
            }
            () = life.sign() => notify::alive(),
        }
    }
}

/// Starts the driver, as soon as there is an interface. `None` if a signal comes before.
async fn start(config: &Config, signals: &mut Signals) -> Result<Option<Mdns>, String> {
    let mut is_waiting = false;
    loop {
        let error = match interfaces::builder(config).build() {
            Ok(mdns) => return Ok(Some(mdns)),
            Err(error) => error,
        };
        if !is_waiting {
            tracing::warn!("waiting for an interface: {error}");
            notify::ready("waiting for an interface");
            detach::ready();
            is_waiting = true;
        }
        tokio::select! {
            () = signals.end() => return Ok(None),
            () = sleep(START_PAUSE) => notify::alive(),
        }
    }
}

/// Withdraws everything.
async fn end(mdns: &Mdns) {
    match timeout(END_WAIT_MAX, mdns.shutdown()).await {
        Ok(Ok(goodbyes)) => tracing::info!("the daemon ends; {goodbyes}"),
        Ok(Err(error)) => tracing::warn!("the daemon ends: {error}"),
        Err(_) => tracing::warn!("the daemon ends, although goodbyes are not sent yet"),
    }
}

struct Signals {
    hangup: Signal,
    user1: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            user1: signal(SignalKind::user_defined1())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for a signal to end.
    async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Signs of life, if somebody wants them.
struct Life(Option<Interval>);

impl Life {
    fn new() -> Self {
        Self(notify::alive_every().map(interval))
    }

    async fn sign(&mut self) {
        match &mut self.0 {
            Some(interval) => {
                interval.tick().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// How long to wait before looking for an interface again.
const START_PAUSE: Duration = Duration::from_secs(1);

/// How long goodbyes may take.
const END_WAIT_MAX: Duration = Duration::from_secs(3);
