//! The state of the screen: what is there, what is chosen, what is being typed.
//!
//! In:  reports of the browse, records that were received, keys, the time.
//! Out: what the view shows; what the driver has to do for a key. No input or output happens here.

use std::collections::VecDeque;
use std::time::Duration;

use cooee::{InstanceName, Name, ServiceType};

use super::details::{DetailLine, lines};
use super::records::{Kept, Records, Seen, Sighting, Unseen};
use super::rows::{Row, RowId, Rows, Status};
use super::url::url;
use crate::escape::escape;
use crate::output::{Action, Instance, Report, Service};

/// A key, or a chord with one meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyPress {
    Move(Motion),
    Left,
    Right,
    Tab,
    BackTab,
    Enter,
    Escape,
    Backspace,
    /// Ctrl-C.
    Interrupt,
    Char(char),
}

/// Where a key leads within a part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motion {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
}

/// What the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Quit,
    /// Puts a text on the clipboard.
    Copy {
        text: String,
        what: &'static str,
    },
    /// Opens a URL.
    Open(String),
}

/// The part of the screen that the arrow keys move in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    Types,
    List,
    Details,
}

/// What keys mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Browse,
    Filter,
    Help,
}

/// What there is room for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    pub(crate) rows: usize,
    pub(crate) details_width: usize,
    pub(crate) details_lines: usize,
}

/// The whole state.
#[derive(Debug)]
pub(crate) struct ScreenState {
    /// What is browsed, and where.
    pub(crate) title: String,
    pub(crate) rows: Rows,
    pub(crate) mode: Mode,
    pub(crate) focus: Focus,
    pub(crate) filter: String,
    pub(crate) now: Duration,
    /// How many packets came in each of the last seconds.
    pub(crate) activity: VecDeque<u64>,
    /// How many lines of the details are scrolled away.
    pub(crate) scrolled: usize,
    /// Whether services of every type are shown.
    pub(crate) has_types: bool,
    records: Records,
    received: Option<u64>,
    selected: Option<RowId>,
    /// The place of the selection, for when its row is gone.
    place: usize,
    room: Room,
    message: Option<(String, Duration)>,
}

impl ScreenState {
    /// Creates an empty screen; `target` is the type that is browsed, if it is only one.
    pub(crate) fn new(target: Option<&str>, interfaces: &str) -> Self {
        let what = target.unwrap_or("all types");
        Self {
            title: format!("{} on {}", escape(what), escape(interfaces)),
            rows: Rows::default(),
            mode: Mode::Browse,
            focus: Focus::List,
            filter: String::new(),
            now: Duration::ZERO,
            activity: VecDeque::new(),
            scrolled: 0,
            has_types: target.is_none(),
            records: Records::default(),
            received: None,
            selected: None,
            place: 0,
            room: Room::default(),
            message: None,
        }
    }

    /// Takes a report. Names were found before anything else is reported about them.
    pub(crate) fn take(&mut self, report: Report, now: Duration) {
        self.now = self.now.max(now);
        match report {
            Report::Found(instance) => self.rows.find(&instance, now),
            Report::Resolved(service) => {
                self.rows.find(&service.instance, now);
                self.resolve(service, now);
            }
            Report::Updated { service, .. } => self.resolve(service, now),
            Report::Unavailable(instance) => {
                self.rows.find(&instance, now);
                self.rows.set(&instance, Status::Unavailable, now);
            }
            Report::Removed { service, why } => {
                self.tell_removed(&service.instance, why);
                // Its name may still be there: it is lost by a report of its own.
                self.rows.set(&service.instance, Status::Open, now);
            }
            Report::Lost { instance, why } => {
                self.tell_removed(&instance, why);
                self.records.forget(&instance.key);
                self.rows.lose(&instance);
            }
            Report::Type {
                action: Action::Add,
                service_type,
            } => self.rows.find_type(&service_type),
            Report::Type {
                action: Action::Remove,
                service_type,
            } => self.rows.lose_type(&service_type),
            Report::Lagged { missed } => {
                self.rows.clear();
                self.say(format!("{missed} changes came too fast to be shown"));
            }
            Report::Host { .. }
            | Report::Reverse { .. }
            | Report::Record(_)
            | Report::Denied { .. } => {}
        }
        self.keep_place();
    }

    fn resolve(&mut self, service: Service, now: Duration) {
        let instance = service.instance.clone();
        let status = Status::Resolved(Box::new(service));
        self.rows.set(&instance, status, now);
    }

    /// Takes the records of a message.
    pub(crate) fn hear(&mut self, sightings: Vec<Sighting>, now: Duration) {
        self.now = self.now.max(now);
        self.records.take(now, sightings);
    }

    /// A second has passed; so many packets have been received in all.
    pub(crate) fn tick(&mut self, now: Duration, received: u64) {
        self.now = self.now.max(now);
        let before = self.received.replace(received).unwrap_or(received);
        self.activity.push_back(received.saturating_sub(before));
        while self.activity.len() > ACTIVITY_SECS {
            self.activity.pop_front();
        }
    }

    /// The terminal has this size now.
    pub(crate) fn set_room(&mut self, room: Room) {
        self.room = room;
    }

    /// Shows a message for some seconds.
    pub(crate) fn say(&mut self, text: String) {
        self.message = Some((text, self.now));
    }

    /// Returns the message to show, if it is still new.
    pub(crate) fn message(&self) -> Option<&str> {
        let (text, since) = self.message.as_ref()?;
        (self.now.saturating_sub(*since) < MESSAGE_TIME).then_some(text)
    }

    /// Returns the position of the chosen row.
    pub(crate) fn position(&self) -> usize {
        let chosen = self.selected.and_then(|id| self.rows.position(id));
        chosen.unwrap_or_else(|| self.place.min(self.rows.len().saturating_sub(1)))
    }

    /// Returns the chosen row.
    pub(crate) fn chosen(&self) -> Option<&Row> {
        self.rows.at(self.position())
    }

    /// Returns when the records of the chosen row were received.
    fn seen(&self) -> Vec<Seen> {
        self.of_chosen(|instance, host| self.records.of(self.now, instance, host))
    }

    /// Returns the records of the chosen row that no message has shown.
    pub(crate) fn unseen(&self) -> Vec<Unseen> {
        self.of_chosen(|instance, host| self.records.unseen(self.now, instance, host))
    }

    fn of_chosen<T>(&self, of: impl Fn(&InstanceName, Option<&Name>) -> Vec<T>) -> Vec<T> {
        let Some(row) = self.chosen() else {
            return Vec::new();
        };
        let host = row
            .service()
            .and_then(|service| service.host_text().parse().ok());
        of(&row.instance.key, host.as_ref())
    }

    /// Takes what the library has in its cache for an unseen record.
    pub(crate) fn recall(&mut self, unseen: Unseen, found: &[Kept]) {
        self.records.recall(self.now, unseen, found);
    }

    /// Returns the details of the chosen row.
    pub(crate) fn details(&self, width: usize) -> Vec<DetailLine> {
        let row = self.chosen();
        row.map_or_else(Vec::new, |row| lines(row, &self.seen(), self.now, width))
    }

    /// Returns the position of the chosen type; 0 is all types.
    pub(crate) fn type_position(&self) -> usize {
        let is_chosen = |service_type: &ServiceType| Some(service_type) == self.rows.only();
        let place = self.rows.types().keys().position(is_chosen);
        place.map_or(0, |place| place.saturating_add(1))
    }

    /// Handles a key. Returns what is to be done.
    pub(crate) fn key(&mut self, key: KeyPress) -> Option<Effect> {
        if key == KeyPress::Interrupt {
            return Some(Effect::Quit);
        }
        match self.mode {
            Mode::Help => {
                self.mode = Mode::Browse;
                None
            }
            Mode::Filter => {
                self.filter_key(key);
                None
            }
            Mode::Browse => self.browse_key(key),
        }
    }

    fn filter_key(&mut self, key: KeyPress) {
        match key {
            KeyPress::Enter => self.mode = Mode::Browse,
            KeyPress::Escape => {
                self.mode = Mode::Browse;
                self.set_filter(String::new());
            }
            KeyPress::Backspace => {
                let mut filter = self.filter.clone();
                filter.pop();
                self.set_filter(filter);
            }
            KeyPress::Char(c) => {
                // A paste may contain anything.
                let typed = format!("{}{}", self.filter, escape(c.encode_utf8(&mut [0; 4])));
                if typed.len() <= FILTER_MAX {
                    self.set_filter(typed);
                }
            }
            KeyPress::Move(motion) => self.move_by(motion),
            KeyPress::Left
            | KeyPress::Right
            | KeyPress::Tab
            | KeyPress::BackTab
            | KeyPress::Interrupt => {}
        }
    }

    fn browse_key(&mut self, key: KeyPress) -> Option<Effect> {
        match key {
            KeyPress::Char('q') => return Some(Effect::Quit),
            KeyPress::Char('?' | 'h') => self.mode = Mode::Help,
            KeyPress::Char('/') => self.mode = Mode::Filter,
            KeyPress::Char('s') => {
                self.rows.set_sort(self.rows.sort().next());
                self.say(format!("sorted by {}", self.rows.sort().name()));
            }
            KeyPress::Char('y') => return self.json(),
            KeyPress::Char('Y') => {
                return self.with_url(|text| Effect::Copy { text, what: "URL" });
            }
            KeyPress::Char('o') => return self.with_url(Effect::Open),
            KeyPress::Escape if !self.filter.is_empty() => self.set_filter(String::new()),
            KeyPress::Char('j') => self.move_by(Motion::Down),
            KeyPress::Char('k') => self.move_by(Motion::Up),
            KeyPress::Char('g') => self.move_by(Motion::Home),
            KeyPress::Char('G') => self.move_by(Motion::End),
            KeyPress::Char(' ') => self.move_by(Motion::PageDown),
            KeyPress::Tab | KeyPress::Right | KeyPress::Enter => self.focus = self.next_focus(),
            KeyPress::BackTab | KeyPress::Left => self.focus = self.previous_focus(),
            KeyPress::Move(motion) => self.move_by(motion),
            KeyPress::Char(_) | KeyPress::Escape | KeyPress::Backspace | KeyPress::Interrupt => {}
        }
        None
    }

    fn next_focus(&self) -> Focus {
        match self.focus {
            Focus::Types => Focus::List,
            Focus::List => Focus::Details,
            Focus::Details if self.has_types => Focus::Types,
            Focus::Details => Focus::List,
        }
    }

    fn previous_focus(&self) -> Focus {
        match self.focus {
            Focus::List if self.has_types => Focus::Types,
            Focus::List | Focus::Types => Focus::Details,
            Focus::Details => Focus::List,
        }
    }

    fn move_by(&mut self, motion: Motion) {
        let page = self.room.rows.max(1);
        match self.focus {
            Focus::Types => {
                let last = self.rows.types().len();
                let place = moved(motion, self.type_position(), last, page);
                let mut types = self.rows.types().keys();
                let only = place.checked_sub(1).and_then(|at| types.nth(at)).cloned();
                self.rows.show_only(only);
                self.reselect();
            }
            Focus::List => {
                let last = self.rows.len().saturating_sub(1);
                self.place = moved(motion, self.position(), last, page);
                self.selected = self.rows.at(self.place).map(|row| row.id);
                self.scrolled = 0;
            }
            Focus::Details => {
                let lines = self.details(self.room.details_width).len();
                let last = lines.saturating_sub(self.room.details_lines);
                self.scrolled = moved(motion, self.scrolled, last, self.room.details_lines);
            }
        }
    }

    fn set_filter(&mut self, filter: String) {
        self.rows.set_filter(&filter);
        self.filter = filter;
        self.reselect();
    }

    /// Other rows are shown: the chosen one stays chosen if it is among them.
    fn reselect(&mut self) {
        if self
            .selected
            .and_then(|id| self.rows.position(id))
            .is_none()
        {
            self.selected = None;
            self.place = 0;
            self.scrolled = 0;
        }
        self.keep_place();
    }

    /// Rows have come or gone: the next one is chosen if the chosen one has gone.
    fn keep_place(&mut self) {
        let Some(id) = self.selected else {
            return;
        };
        match self.rows.position(id) {
            Some(place) => self.place = place,
            None => {
                self.place = self.position();
                self.selected = self.rows.at(self.place).map(|row| row.id);
                self.scrolled = 0;
            }
        }
        if self.selected.is_none() {
            self.place = 0;
        }
    }

    fn json(&mut self) -> Option<Effect> {
        let row = self.chosen()?;
        let report = match &row.status {
            Status::Resolved(service) => Report::Resolved((**service).clone()),
            Status::Open => Report::Found(row.instance.clone()),
            Status::Unavailable => Report::Unavailable(row.instance.clone()),
        };
        let text = crate::out::json(&report).ok()?;
        Some(Effect::Copy { text, what: "JSON" })
    }

    fn with_url(&mut self, effect: impl Fn(String) -> Effect) -> Option<Effect> {
        let row = self.chosen()?;
        match row.service().and_then(url) {
            Some(url) => Some(effect(url)),
            None => {
                let text = match row.status {
                    Status::Resolved(_) => format!("no URL is known for {}", row.service_type),
                    Status::Open | Status::Unavailable => format!("{} is not resolved", row.name),
                };
                self.say(text);
                None
            }
        }
    }

    fn tell_removed(&mut self, instance: &Instance, why: &str) {
        self.say(format!("removed {}: {why}", escape(instance.text())));
    }
}

/// Returns where a motion leads from a place.
fn moved(motion: Motion, from: usize, last: usize, page: usize) -> usize {
    let to = match motion {
        Motion::Up => from.saturating_sub(1),
        Motion::Down => from.saturating_add(1),
        Motion::PageUp => from.saturating_sub(page),
        Motion::PageDown => from.saturating_add(page),
        Motion::Home => 0,
        Motion::End => last,
    };
    to.min(last)
}

/// How many seconds the activity goes back.
const ACTIVITY_SECS: usize = 60;

/// How long a message is shown.
const MESSAGE_TIME: Duration = Duration::from_secs(5);

/// The longest filter, in bytes.
const FILTER_MAX: usize = 256;

#[cfg(test)]
mod tests;
