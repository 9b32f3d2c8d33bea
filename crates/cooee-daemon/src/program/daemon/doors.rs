//! The doors of the daemon: the text socket, the status socket, the numbers.
//!
//! In:  the configuration; a socket of systemd.
//! Out: open sockets; tasks that serve them.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use cooee::reflect::Refusal;
use listenfd::ListenFd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::super::connections::serve_each;
use super::super::control::ControlRequest;
use super::super::metrics;
use super::super::status::{DnsReport, PublishedItem, Report, RuleReport};
use super::{END_WAIT_MAX, Shared};
use crate::bound_socket::BoundSocket;
use crate::config::{Config, Dbus};
use crate::dbus::{self, House};
use crate::dns;
use crate::files::Stage;
use crate::host::Host;
use crate::lookup::watch::Watches;
use crate::text_socket::{self, Context};

/// Sockets that are open.
pub(super) struct Doors {
    text: Option<text_socket::Server>,
    status: Option<BoundSocket>,
    metrics: Option<metrics::NumbersServer>,
}

/// Opens the sockets. The daemon does not start without its text socket; it does without the others.
pub(super) async fn open(config: &Config) -> Result<Doors, String> {
    let text = text(config)?;
    // Only for root, and for the user and the group of the daemon.
    let status = BoundSocket::bind(&config.status_socket, 0o660);
    let status = status.inspect_err(|error| {
        tracing::warn!("no status: {}: {error}", config.status_socket.display());
    });
    let metrics = match &config.metrics {
        Some(at) => metrics::NumbersServer::bind(at)
            .await
            .inspect_err(|error| tracing::warn!("no numbers: {error}"))
            .ok(),
        None => None,
    };
    Ok(Doors {
        text,
        status: status.ok(),
        metrics,
    })
}

/// Returns the text socket: the one of systemd, if it made one. That one listens whatever the files
/// say, so it is taken also if it is switched off: each client is closed without an answer.
fn text(config: &Config) -> Result<Option<text_socket::Server>, String> {
    let inherited = ListenFd::from_env().take_unix_listener(0);
    let wrong = |error: std::io::Error| format!("the text socket: {error}");
    let path = &config.text_socket.path;
    if let Some(listener) = inherited.map_err(wrong)? {
        if let Some(other) = path_of(&listener).filter(|other| other != path) {
            let (other, path) = (other.display(), path.display());
            tracing::warn!("the text socket is {other}, which systemd made, not {path}");
        }
        if !config.text_socket.is_on {
            tracing::warn!(
                "the text socket, which systemd made, is switched off: nobody is served"
            );
        }
        return text_socket::Server::inherited(listener)
            .map(Some)
            .map_err(wrong);
    }
    if !config.text_socket.is_on {
        return Ok(None);
    }
    let wrong = |error| format!("the text socket {}: {error}", path.display());
    text_socket::Server::bind(path).map(Some).map_err(wrong)
}

fn path_of(listener: &std::os::unix::net::UnixListener) -> Option<PathBuf> {
    let address = listener.local_addr().ok()?;
    address.as_pathname().map(Path::to_path_buf)
}

/// Serves the text socket in a task of its own, also as long as there is no driver.
pub(super) fn run_text(
    doors: &mut Doors,
    config: &Config,
    driver: &Rc<OnceCell<(Watches, Host)>>,
) -> Rc<text_socket::Counters> {
    let text = &config.text_socket;
    let (is_on, clients_max, silence_max) = (text.is_on, text.clients_max, text.silence_max);
    let context = Context::new(Rc::clone(driver), silence_max, clients_max);
    let counters = Rc::clone(&context.counters);
    if let Some(server) = doors.text.take() {
        spawn_local(async move {
            match is_on {
                true => server.run(context, clients_max).await,
                false => server.run_switched_off(context).await,
            }
        });
    }
    counters
}

/// Serves the other sockets and the bus in tasks of their own.
pub(super) fn run(doors: Doors, config: &Config, state: &Rc<Shared>) {
    if let Some(listener) = doors.status {
        let state = Rc::clone(state);
        let answer = move |line: &str| answer(line, &state);
        spawn_local(async move { statuses(&listener, answer).await });
    }
    if config.dbus != Dbus::Off {
        spawn_local(bus(
            config.dbus,
            Rc::new(house(config, state)),
            Rc::clone(state),
        ));
    }
    if let Some(server) = doors.metrics {
        let state = Rc::clone(state);
        spawn_local(async move { server.run(move || report(&state).prometheus()).await });
    }
}

fn house(config: &Config, state: &Shared) -> House {
    House {
        watches: state.watches.clone(),
        host: state.host.clone(),
        publisher: Rc::clone(&state.publisher),
        limits: Rc::clone(&state.limits),
        clients_may_publish: config.clients_may_publish,
        publishes: config.publishes,
        browse_domains: config.browse_domains.clone(),
        counters: Rc::clone(&state.bus),
    }
}

/// Serves clients on the bus, and connects again when that ends, unless the bus is required.
async fn bus(wanted: Dbus, house: Rc<House>, state: Rc<Shared>) {
    loop {
        let connection = zbus::connection::Builder::system().build().await;
        let error = match connection {
            Ok(connection) => match dbus::serve(connection, Rc::clone(&house)).await {
                Ok(()) => return,
                Err(error) => error,
            },
            Err(error) => error.into(),
        };
        if wanted == Dbus::Required {
            tracing::error!("{error}");
            return state.bus_lost.notify_one();
        }
        tracing::warn!("{error}; trying again");
        tokio::time::sleep(BUS_PAUSE).await;
    }
}

/// How long to wait before connecting to the bus again.
const BUS_PAUSE: Duration = Duration::from_secs(3);

/// Answers the line of each client.
async fn statuses(listener: &UnixListener, answer: impl Fn(&str) -> String + 'static) {
    let answer = Rc::new(answer);
    let serve = |mut stream: UnixStream| {
        let answer = Rc::clone(&answer);
        async move {
            let line = timeout(LINE_WAIT_MAX, read_line(&mut stream)).await;
            let answer = answer(&line.unwrap_or_default());
            // A reader that is gone needs no answer.
            let _ = timeout(END_WAIT_MAX, stream.write_all(answer.as_bytes())).await;
        }
    };
    let accept = async || Ok(listener.accept().await?.0);
    serve_each(accept, serve).await;
}

/// Reads a line, or as much of it as there is.
async fn read_line(stream: &mut UnixStream) -> String {
    let mut line = Vec::new();
    let mut chunk = [0; 256];
    while line.len() < LINE_BYTES_MAX && !line.contains(&b'\n') {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(count) => line.extend_from_slice(chunk.get(..count).unwrap_or_default()),
        }
    }
    let text = String::from_utf8_lossy(&line);
    text.lines().next().unwrap_or_default().to_owned()
}

/// Does what a line says.
fn answer(line: &str, state: &Shared) -> String {
    let published = || state.published.borrow().aliases();
    let names = || Vec::from_iter(published().into_iter().map(|(alias, ..)| alias));
    let changed = match ControlRequest::read(line) {
        Ok(ControlRequest::Status) => return report(state).json(),
        Ok(ControlRequest::ListAliases) => {
            let lines = published().into_iter().map(|(alias, host, item)| {
                let stage = stage(&item.stage);
                format!("+ {alias} {host} ({stage})\n")
            });
            return lines.collect();
        }
        Ok(ControlRequest::AddAlias { alias, .. }) if state.published.borrow().has_host(&alias) => {
            Err(format!("{alias} is the name of a published host"))
        }
        Ok(ControlRequest::AddAlias { alias, host }) => {
            let this_host = state.host.name();
            let mut aliases = state.aliases.borrow_mut();
            aliases.add(alias, host, this_host.as_ref(), &names())
        }
        Ok(ControlRequest::RemoveAlias(alias)) => {
            state.aliases.borrow_mut().remove(&alias, &names())
        }
        Err(reason) => Err(reason),
    };
    match changed {
        Ok(()) => {
            state.aliases_changed.notify_one();
            "+ done; `cooeed alias list` shows what became of it\n".to_owned()
        }
        Err(reason) => format!("- {reason}\n"),
    }
}

/// How long a client may take to send its line. Then it gets the status.
const LINE_WAIT_MAX: Duration = Duration::from_secs(1);

/// How long a line may be. The rest is ignored.
const LINE_BYTES_MAX: usize = 1_024;

/// Returns what the daemon does.
pub(super) fn report(state: &Shared) -> Report {
    let metrics = state.watches.mdns().metrics();
    let host = state.host.now();
    let interfaces = state.watches.mdns().interfaces();
    let used = interfaces.iter().filter(|decision| decision.selected);
    let published = state.published.borrow().report();
    Report {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: host.label,
        state: format!("{:?}", host.state).to_lowercase(),
        interfaces: used
            .map(|decision| decision.interface.name.clone())
            .collect(),
        published: published
            .into_iter()
            .map(|(source, item)| PublishedItem {
                source,
                name: item.name,
                state: stage(&item.stage),
            })
            .collect(),
        bus_clients: state.bus.clients.get(),
        bus_objects: state.bus.objects.get(),
        text_clients: state.text.clients.get(),
        text_served: state.text.served.get(),
        text_refused: state.text.refused.get(),
        dns: dns_report(&state.dns),
        reflected: reflected(state),
        cache_records: metrics.engine.cache_records,
        cache_bytes: metrics.engine.cache_bytes,
        open_questions: metrics.engine.open_questions,
        packets_received: metrics.sockets.received,
        packets_sent: metrics.sockets.sent,
        conflicts: metrics.engine.conflicts,
    }
}

fn reflected(state: &Shared) -> Vec<RuleReport> {
    let done = state.watches.mdns().reflected();
    let rules = state.reflect.borrow();
    let each = rules.iter().zip(done).map(|(rule, done)| RuleReport {
        from: rule.from().to_owned(),
        to: rule.to().to_owned(),
        queries: done.queries,
        answers: done.answers,
        replies: done.replies,
        records: done.records,
        bytes: done.bytes,
        repeated: done.repeated,
        over_rate: done.over_rate,
        refused: Refusal::ALL
            .into_iter()
            .map(|reason| (reason.as_str().to_owned(), done.refused(reason)))
            .collect(),
    });
    each.collect()
}

fn dns_report(counters: &dns::DnsCounters) -> DnsReport {
    DnsReport {
        received: counters.received.get(),
        answered: counters.answered.get(),
        negative: counters.negative.get(),
        timed_out: counters.timed_out.get(),
        refused: counters.refused.get(),
        rate_limited: counters.rate_limited.get(),
        failed: counters.failed.get(),
        malformed: counters.malformed.get(),
        on_links: counters.on_links.get(),
    }
}

fn stage(stage: &Stage) -> String {
    match stage {
        Stage::Registering => "registering".to_owned(),
        Stage::Established => "established".to_owned(),
        Stage::Failed(reason) => format!("failed: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_WAIT_MAX, statuses};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{UnixListener, UnixStream};
    use tokio::task::LocalSet;
    use tokio::time::timeout;

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn clients_that_say_nothing_do_not_keep_others_from_the_status() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status");
        let listener = UnixListener::bind(&path).unwrap();
        let asking = async {
            let mut idle = Vec::new();
            for _ in 0..100 {
                idle.push(UnixStream::connect(&path).await.unwrap());
            }
            let mut client = UnixStream::connect(&path).await.unwrap();
            client.write_all(b"status\n").await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let tasks = LocalSet::new();
        let answer = tasks.run_until(async {
            tokio::select! {
                () = statuses(&listener, |line| format!("<{line}>")) => String::new(),
                answer = timeout(2 * LINE_WAIT_MAX, asking) => answer.unwrap(),
            }
        });
        assert_eq!(answer.await, "<status>");
    }
}
