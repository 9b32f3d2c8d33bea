//! What a client has created, and the task behind it.
//!
//! In:  the work of a browser or a resolver, which begins at once or when the client says so.
//! Out: an [`Object`]; dropping it ends the work.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use super::interface::Kind;
use crate::publish::group::EntryGroup;
use crate::task::Task;

/// Something that a client has created.
pub(super) struct Object {
    pub(super) kind: Kind,
    /// How many calls have added to it, if it is a group.
    pub(super) calls: usize,
    work: Work,
}

type Pending = Pin<Box<dyn Future<Output = ()>>>;

enum Work {
    /// A browser or a resolver that waits for `Start`.
    Prepared(Pending),
    Running(#[expect(dead_code, reason = "dropping it ends the work")] Task),
    /// A group, and the task that follows what became of it.
    Group(Rc<RefCell<EntryGroup>>, Option<Task>),
}

impl Object {
    /// Creates a browser or a resolver that waits for `Start`.
    pub(super) fn prepared(kind: Kind, work: impl Future<Output = ()> + 'static) -> Self {
        let work = Work::Prepared(Box::pin(work));
        Self {
            kind,
            calls: 0,
            work,
        }
    }

    /// Creates a browser or a resolver that begins now.
    pub(super) fn started(kind: Kind, work: impl Future<Output = ()> + 'static) -> Self {
        let work = Work::Running(Task::spawn(work));
        Self {
            kind,
            calls: 0,
            work,
        }
    }

    pub(super) fn group(group: Rc<RefCell<EntryGroup>>) -> Self {
        Self {
            kind: Kind::EntryGroup,
            calls: 0,
            work: Work::Group(group, None),
        }
    }

    /// Begins the work of a browser or a resolver, unless it has begun.
    pub(super) fn start(&mut self) {
        if let Work::Prepared(work) = &mut self.work {
            let work = std::mem::replace(work, Box::pin(std::future::ready(())));
            self.work = Work::Running(Task::spawn(work));
        }
    }

    /// Keeps the task that follows a group; an older one ends.
    pub(super) fn follow(&mut self, task: Task) {
        if let Work::Group(_, follower) = &mut self.work {
            *follower = Some(task);
        }
    }

    /// Returns the group, if it is one.
    pub(super) fn as_group(&self) -> Option<&Rc<RefCell<EntryGroup>>> {
        match &self.work {
            Work::Group(group, _) => Some(group),
            Work::Prepared(_) | Work::Running(_) => None,
        }
    }
}
