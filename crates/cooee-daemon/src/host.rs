//! This host: its name, its addresses, and what becomes of the name.
//!
//! In:  the requested label; later ones from clients.
//! Out: a registration that is always there; its present label and state for whoever watches.

use cooee::{Mdns, Name, RData, RecordType, Status};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::spawn_local;

use crate::avahi::state::ServerState;

/// What is known of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostState {
    /// The label that was asked for.
    pub(crate) requested: String,
    /// Its present label, without escapes.
    pub(crate) label: String,
    /// The state that Avahi's clients see.
    pub(crate) state: ServerState,
}

/// What is published of the host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Publishes {
    /// Its name and addresses.
    pub(crate) addresses: bool,
    /// The kind of machine and system, with its addresses.
    pub(crate) hinfo: bool,
}

/// A handle to the host.
#[derive(Clone)]
pub(crate) struct Host {
    state: watch::Receiver<HostState>,
    turns: broadcast::Sender<ServerState>,
    requests: mpsc::Sender<String>,
    publishes: Publishes,
}

impl Host {
    /// Publishes the host in a task of its own. If its addresses are not to be published, the name
    /// counts as claimed at once.
    pub(crate) fn start(mdns: Mdns, label: String, publishes: Publishes) -> Self {
        let first = HostState {
            requested: label.clone(),
            label,
            state: ServerState::Registering,
        };
        let (sender, state) = watch::channel(first);
        let (requests, requested) = mpsc::channel(1);
        let turns = broadcast::Sender::new(TURNS_MAX);
        let news = HostNews {
            state: sender,
            turns: turns.clone(),
        };
        spawn_local(run(mdns, publishes, news, requested));
        Self {
            state,
            turns,
            requests,
            publishes,
        }
    }

    /// Returns the state with which Avahi has taken over another name, and answers who asked for it:
    /// a name that is not published is claimed at once.
    pub(crate) fn state_when_renamed(&self) -> ServerState {
        match self.publishes.addresses {
            true => ServerState::Registering,
            false => ServerState::Running,
        }
    }

    /// Returns what is known now.
    pub(crate) fn now(&self) -> HostState {
        self.state.borrow().clone()
    }

    /// Returns what is known, and whether it has changed, for whoever follows it.
    pub(crate) fn watch(&self) -> watch::Receiver<HostState> {
        self.state.clone()
    }

    /// Returns its present name.
    pub(crate) fn name(&self) -> Option<Name> {
        name_of(&self.now().label)
    }

    /// Returns its present name, and the one by which the library knows it, whatever it was renamed
    /// to.
    pub(crate) fn names(&self) -> Option<(Name, Name)> {
        let now = self.now();
        name_of(&now.label).zip(name_of(&now.requested))
    }

    /// Follows every state from now on, however short it is.
    pub(crate) fn turns(&self) -> broadcast::Receiver<ServerState> {
        self.turns.subscribe()
    }

    /// Gives the host another name. Returns `false` if the last change has not begun yet.
    pub(crate) fn rename(&self, label: String) -> bool {
        self.requests.try_send(label).is_ok()
    }
}

fn name_of(label: &str) -> Option<Name> {
    Name::from_labels([label.as_bytes(), b"local"]).ok()
}

/// Where the task of the host says what became of it.
struct HostNews {
    state: watch::Sender<HostState>,
    turns: broadcast::Sender<ServerState>,
}

impl HostNews {
    fn turn(&self, label: Option<String>, new: ServerState) {
        self.state.send_modify(|state| {
            if let Some(label) = label {
                state.label = label;
            }
            state.state = new;
        });
        // Fails only if nobody follows it.
        let _ = self.turns.send(new);
    }
}

async fn run(
    mdns: Mdns,
    publishes: Publishes,
    news: HostNews,
    mut requests: mpsc::Receiver<String>,
) {
    loop {
        let label = news.state.borrow().requested.clone();
        let next = tokio::select! {
            next = requests.recv() => next,
            () = publish(&mdns, publishes, &label, &news) => requests.recv().await,
        };
        let Some(next) = next else { return };
        news.state
            .send_modify(|state| state.requested.clone_from(&next));
        news.turn(Some(next), ServerState::Registering);
    }
}

/// Publishes the host as long as it is waited for. It ends if that is not possible.
async fn publish(mdns: &Mdns, publishes: Publishes, label: &str, news: &HostNews) {
    if !publishes.addresses {
        return news.turn(None, ServerState::Running);
    }
    let started = Name::from_labels([label.as_bytes(), b"local"])
        .map_err(|error| error.to_string())
        .and_then(|name| {
            let mut request = mdns.register_host(name, []);
            if let Some(hinfo) = hinfo().filter(|_| publishes.hinfo) {
                request = request.record(hinfo);
            }
            let started = request.start();
            started.map_err(|error| error.to_string())
        });
    let (_guard, mut status) = match started {
        Ok(started) => started,
        Err(error) => {
            tracing::error!("the host `{label}` cannot be published: {error}");
            return news.turn(None, ServerState::Failure);
        }
    };
    while let Some(status) = status.next().await {
        if let Status::HostRegistered(name) = status {
            tracing::info!("this host is {name}");
            news.turn(first_label(&name), ServerState::Running);
        } else if let Status::HostRenamed { old, new } = status {
            tracing::warn!("{old} is used by another host; trying {new}");
            news.turn(None, ServerState::Collision);
            news.turn(first_label(&new), ServerState::Registering);
        } else if matches!(status, Status::NameTaken(_) | Status::Failed(_)) {
            news.turn(None, ServerState::Failure);
        }
    }
}

/// Returns the kind of this machine and its system, in capitals as from avahi-daemon.
fn hinfo() -> Option<RData> {
    let system = rustix::system::uname();
    let mut bytes = Vec::new();
    for text in [system.machine(), system.sysname()] {
        let text = text.to_bytes().to_ascii_uppercase();
        bytes.push(u8::try_from(text.len()).ok()?);
        bytes.extend(text);
    }
    RData::parse(HINFO, &bytes).ok()
}

const HINFO: RecordType = RecordType(13);

fn first_label(name: &Name) -> Option<String> {
    let label = name.first_label()?;
    Some(String::from_utf8_lossy(label).into_owned())
}

/// How many states wait for whoever follows them.
const TURNS_MAX: usize = 16;
