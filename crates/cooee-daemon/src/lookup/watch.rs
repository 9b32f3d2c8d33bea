//! The records of a name and type, each with the interface and the family over which it was heard.
//!
//! In:  a query of the library, which knows a record once per interface.
//! Out: [`Change`]s, one per record, interface and family, as Avahi's clients expect them; denials.
//!
//! Everybody who follows the same records has a share of one query, and of what it has found.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use cooee::{Families, Family, Mdns, Name, RData, RecordEvent, RecordType, Records};
use futures_core::Stream;

use super::change::{Change, HeardRecord};
use super::found_records::{FoundRecords, ReaderId};
use super::readers::Readers;
use crate::avahi::flags::Scope;

/// Every query that somebody follows.
#[derive(Clone)]
pub(crate) struct Watches {
    mdns: Mdns,
    running: Rc<RefCell<HashMap<QueryKey, Weak<FollowedQuery>>>>,
}

/// An interface, if only one is asked about; a name and a type.
type QueryKey = (Option<u32>, Name, RecordType);

impl Watches {
    pub(crate) fn new(mdns: Mdns) -> Self {
        let running = Rc::default();
        Self { mdns, running }
    }

    pub(crate) fn mdns(&self) -> &Mdns {
        &self.mdns
    }

    /// Returns how many queries are followed.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.running.borrow().len()
    }

    /// Returns the query for some records; `None` if the interface is not in use.
    fn query(&self, key: QueryKey) -> Option<Rc<FollowedQuery>> {
        let running = self.running.borrow().get(&key).and_then(Weak::upgrade);
        if running.is_some() {
            return running;
        }
        let (interface, name, rtype) = key.clone();
        let mut query = self.mdns.query(name, rtype);
        if let Some(index) = interface {
            query = query.interface(index);
        }
        let readers = Arc::<Readers>::default();
        let running = Rc::new(FollowedQuery {
            watches: Rc::clone(&self.running),
            key: key.clone(),
            records: RefCell::new(query.start().ok()?),
            found: RefCell::default(),
            waker: Waker::from(Arc::clone(&readers)),
            readers,
        });
        let known = Rc::downgrade(&running);
        self.running.borrow_mut().insert(key, known);
        Some(running)
    }
}

/// A query that somebody follows. It ends when nobody does any more.
///
/// No task belongs to it: there can be thousands. The first reader that is woken takes over the
/// events for all of them.
struct FollowedQuery {
    watches: Rc<RefCell<HashMap<QueryKey, Weak<FollowedQuery>>>>,
    key: QueryKey,
    records: RefCell<Records>,
    found: RefCell<FoundRecords>,
    readers: Arc<Readers>,
    /// Wakes the readers.
    waker: Waker,
}

impl FollowedQuery {
    fn poll_next(
        &self,
        reader: ReaderId,
        protocol: Option<Family>,
        context: &Context<'_>,
    ) -> Poll<Change> {
        loop {
            let change = self.found.borrow_mut().next(reader, protocol);
            if let Some(change) = change {
                return Poll::Ready(change);
            }
            self.readers.enter(reader, context.waker());
            if !self.take_over(reader) {
                return Poll::Pending;
            }
        }
    }

    /// Takes over the events of the query for all readers. Returns whether there were any.
    fn take_over(&self, reader: ReaderId) -> bool {
        let mut records = self.records.borrow_mut();
        let mut found = self.found.borrow_mut();
        let mut context = Context::from_waker(&self.waker);
        let mut is_news = false;
        while !found.is_full() {
            match Pin::new(&mut *records).poll_next(&mut context) {
                Poll::Ready(Some(event)) => apply(&mut found, event),
                Poll::Ready(None) | Poll::Pending => break,
            }
            is_news = true;
        }
        if is_news {
            self.readers.wake_others(reader);
        }
        is_news
    }

    fn leave(&self, reader: ReaderId) {
        let mut found = self.found.borrow_mut();
        let was_full = found.is_full();
        found.leave(reader);
        self.readers.leave(reader);
        if was_full {
            // Somebody else has to go on reading.
            self.readers.wake_others(reader);
        }
    }
}

impl Drop for FollowedQuery {
    fn drop(&mut self) {
        self.watches.borrow_mut().remove(&self.key);
    }
}

fn apply(found: &mut FoundRecords, event: RecordEvent) {
    match event {
        RecordEvent::Added { record, interface } => {
            let heard = heard(interface.index(), &record.name, &record.data);
            for item in heard {
                if has(record.families, item.family) {
                    found.came(item);
                }
            }
        }
        RecordEvent::Removed {
            record, interface, ..
        } => {
            for item in heard(interface.index(), &record.name, &record.data) {
                found.went(&item);
            }
        }
        // Everything that is there is reported once more.
        RecordEvent::Lagged { .. } => found.all_went(),
        RecordEvent::Denied { rtype, interface } => found.denied(interface.index(), rtype),
        _ => {}
    }
}

/// Returns a record as it is heard over each family. Avahi has the newer family first.
fn heard(interface: u32, name: &Name, data: &RData) -> [HeardRecord; 2] {
    [Family::V6, Family::V4].map(|family| HeardRecord {
        interface,
        family,
        name: name.clone(),
        data: data.clone(),
    })
}

fn has(families: Families, family: Family) -> bool {
    match family {
        Family::V4 => families.has_v4(),
        Family::V6 => families.has_v6(),
    }
}

/// Follows the records of a name and type until it is dropped.
pub(crate) struct RecordWatch {
    /// `None` if the client asks for an interface that is not in use.
    read: Option<(Rc<FollowedQuery>, ReaderId)>,
    protocol: Option<Family>,
}

impl RecordWatch {
    /// Starts to ask, unless that is asked already.
    pub(crate) fn start(watches: &Watches, scope: Scope, name: Name, rtype: RecordType) -> Self {
        let query = watches.query((scope.interface, name, rtype));
        let read = query.map(|query| {
            let reader = query.found.borrow_mut().enter();
            (query, reader)
        });
        Self {
            read,
            protocol: scope.protocol,
        }
    }

    /// Waits for the next change; for ever if nothing can be heard. Nothing is lost if the wait is
    /// dropped.
    pub(crate) async fn next(&mut self) -> Change {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Does the same without a future of its own.
    pub(super) fn poll_next(&mut self, context: &Context<'_>) -> Poll<Change> {
        match &self.read {
            Some((query, reader)) => query.poll_next(*reader, self.protocol, context),
            None => Poll::Pending,
        }
    }
}

/// Waits for the next change of some queries; for ever if there are none.
pub(super) fn poll_any<'a>(
    watches: impl Iterator<Item = &'a mut RecordWatch>,
    context: &Context<'_>,
) -> Poll<Change> {
    for watch in watches {
        if let Poll::Ready(change) = watch.poll_next(context) {
            return Poll::Ready(change);
        }
    }
    Poll::Pending
}

impl Drop for RecordWatch {
    fn drop(&mut self) {
        if let Some((query, reader)) = &self.read {
            query.leave(*reader);
        }
    }
}
