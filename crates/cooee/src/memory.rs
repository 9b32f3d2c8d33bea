//! Names that were chosen after conflicts, stored across restarts.
//!
//! In:  the names that services and hosts have claimed; the contents of the state file.
//! Out: the label to try first; the state file, written on a separate thread. RFC 6762 section 9.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use cooee_wire::Name;

use crate::error::StateFileError;
use crate::lock::lock;

mod file;

/// The stored names. Without a state file, there are none.
#[derive(Default)]
pub(crate) struct Memory {
    path: Option<PathBuf>,
    names: Mutex<Won>,
    writer: Mutex<Option<Writer>>,
}

/// The chosen names, by the requested names: the latest, at most [`NAMES_MAX`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Won {
    names: HashMap<Name, (Name, u64)>,
    latest: u64,
}

struct Writer {
    changes: Sender<(Name, Name)>,
    thread: JoinHandle<()>,
}

/// Reports problems with writing the file.
pub(crate) type Complain = Box<dyn Fn(StateFileError) + Send>;

impl Memory {
    /// Reads a state file. A problem with it does not prevent the start; it is returned beside the
    /// names.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-9
    //# record this newly
    //# chosen name in persistent storage so that the device will use
    //# the same name the next time it is power-cycled.
    pub(crate) fn open(path: &Path) -> (Self, Option<StateFileError>) {
        let (won, mut wrong) = file::read(path);
        // A file of another program is not overwritten.
        let is_ours = !wrong.as_ref().is_some_and(StateFileError::is_foreign);
        if wrong.is_none() {
            wrong = file::check_replaceable(path).err();
        }
        let memory = Self {
            path: is_ours.then(|| path.to_owned()),
            names: Mutex::new(won),
            writer: Mutex::default(),
        };
        (memory, wrong)
    }

    /// Returns whether names are stored.
    pub(crate) fn is_on(&self) -> bool {
        self.path.is_some()
    }

    /// Returns the label that was chosen the last time this name was requested, if it was another
    /// one.
    pub(crate) fn recall(&self, asked: &Name) -> Option<String> {
        let won = lock(&self.names).get(asked)?;
        String::from_utf8(won.first_label()?.to_vec()).ok()
    }

    /// Stores the chosen name for a requested one; the writer's thread writes the file later.
    pub(crate) fn note(&self, asked: Name, won: Name, complain: impl FnOnce() -> Complain) {
        let Some(path) = &self.path else { return };
        if !lock(&self.names).set(asked.clone(), won.clone()) {
            return;
        }
        let mut writer = lock(&self.writer);
        if writer.is_none() {
            *writer = Writer::start(path.clone(), complain());
        }
        if let Some(writer) = &*writer {
            // Fails only if the writer has died, which it does not.
            let _ = writer.changes.send((asked, won));
        }
    }

    /// Waits until everything is written.
    pub(crate) fn close(&self) {
        let writer = lock(&self.writer).take();
        if let Some(Writer { changes, thread }) = writer {
            drop(changes);
            // A panic there has been reported there.
            let _ = thread.join();
        }
    }
}

impl Won {
    fn get(&self, asked: &Name) -> Option<Name> {
        self.names.get(asked).map(|(won, _)| won.clone())
    }

    /// Sets the chosen name for a requested one. Returns whether that is a change. A name that was
    /// claimed as requested is no change, because it may belong to something else that must not be
    /// renamed.
    fn set(&mut self, asked: Name, won: Name) -> bool {
        if asked == won {
            return false;
        }
        self.latest = self.latest.saturating_add(1);
        let before = self.names.insert(asked, (won.clone(), self.latest));
        if self.names.len() > NAMES_MAX {
            let oldest = self.names.iter().min_by_key(|(_, (_, age))| *age);
            if let Some(oldest) = oldest.map(|(asked, _)| asked.clone()) {
                self.names.remove(&oldest);
            }
        }
        before.is_none_or(|(before, _)| before != won)
    }

    /// Returns the requested and chosen names, the oldest first.
    fn sorted(&self) -> Vec<(&Name, &Name)> {
        let mut all: Vec<_> = self.names.iter().collect();
        all.sort_unstable_by_key(|(_, (_, age))| *age);
        all.into_iter()
            .map(|(asked, (won, _))| (asked, won))
            .collect()
    }
}

impl Writer {
    fn start(path: PathBuf, complain: Complain) -> Option<Self> {
        let (changes, news) = channel();
        let thread = thread::Builder::new()
            .name("cooee-state".to_owned())
            .spawn(move || write(&path, &news, &complain));
        match thread {
            Ok(thread) => Some(Self { changes, thread }),
            Err(error) => {
                tracing::warn!(%error, "names cannot be remembered: no thread to write them");
                None
            }
        }
    }
}

/// Adds changes to the file as they come, several at once if they come quickly. Entries that
/// another program has added since remain.
fn write(path: &Path, news: &Receiver<(Name, Name)>, complain: &Complain) {
    let mut unwritten: Vec<(Name, Name)> = Vec::new();
    while let Ok(first) = news.recv() {
        unwritten.push(first);
        unwritten.extend(news.try_iter());
        let (mut won, wrong) = file::read(path);
        for (asked, name) in unwritten.iter().cloned() {
            won.set(asked, name);
        }
        let replaced = match wrong.filter(StateFileError::is_foreign) {
            Some(foreign) => Err(foreign),
            None => file::replace(path, &won),
        };
        match replaced {
            Ok(()) => unwritten.clear(),
            Err(error) => {
                // Kept for the next time.
                let surplus = unwritten.len().saturating_sub(NAMES_MAX);
                unwritten.drain(..surplus);
                complain(error);
            }
        }
    }
}

/// How many names are stored. Full: the one that was chosen longest ago is dropped.
const NAMES_MAX: usize = 1_024;

#[cfg(test)]
mod tests;
