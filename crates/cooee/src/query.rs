//! Queries for records of any name and type.
//!
//! In:  a name and a record type.
//! Out: a stream of the records that answer, as they appear and disappear, per interface. RFC 6762
//!      section 5.2 (continuous queries).

use cooee_net::InterfaceSelector;
use cooee_proto::event::{Answer, Query, Removal};
use cooee_proto::link::LinkId;
use cooee_wire::{Name, RData, RecordType};

use crate::command::{Request, Sink};
use crate::error::QueryError;
use crate::mdns::Mdns;
use crate::queue::{Coalesce, Overflow, channel};
use crate::service::InterfaceId;
use crate::stream::{Told, stream};

stream! {
    /// A stream of the records that answer a query. Dropping it stops the query.
    Records of RecordNews => RecordEvent
}

/// What a query reports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordEvent {
    /// A record was found.
    Added {
        /// The record.
        record: Answer,
        /// The interface on which it was received.
        interface: InterfaceId,
    },
    /// A record is gone.
    Removed {
        /// The record.
        record: Answer,
        /// The interface on which it had been received.
        interface: InterfaceId,
        /// Why it is considered gone.
        why: Removal,
    },
    /// The owner of the name says that it has no such record (RFC 6762 section 6.1).
    Denied {
        /// The type of record.
        rtype: RecordType,
        /// The interface on which the owner said so.
        interface: InterfaceId,
    },
    /// The consumer read too slowly and events were dropped: its information is out of date.
    ///
    /// Discard everything; a [`RecordEvent::Added`] follows for each record that is there.
    Lagged {
        /// How many events were dropped.
        missed: u64,
    },
}

impl Mdns {
    /// Asks for the records of a name and type as long as the stream is kept.
    ///
    /// [`RecordType::ANY`] asks for every type. The name must be complete: nothing is added to it.
    ///
    /// # Errors
    ///
    /// Returns an error if the driver has shut down.
    pub fn query(&self, name: &Name, rtype: RecordType) -> Result<Records, QueryError> {
        self.query_records(name, rtype, None)
    }

    /// Asks for records like [`Mdns::query`], on one interface only.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn query_on(
        &self,
        interface: impl Into<InterfaceSelector>,
        name: &Name,
        rtype: RecordType,
    ) -> Result<Records, QueryError> {
        let link = self.shared().link(Some(&interface.into()))?;
        self.query_records(name, rtype, link)
    }

    fn query_records(
        &self,
        name: &Name,
        rtype: RecordType,
        link: Option<LinkId>,
    ) -> Result<Records, QueryError> {
        let request = Request::Query(Query {
            name: name.clone(),
            rtype,
            link,
        });
        let (sender, receiver) = channel(self.shared().queue_capacity(), Overflow::Restart);
        let feed = self.start(request, Sink::Records(sender), receiver, None)?;
        Ok(Records { feed })
    }
}

/// The unread news about one record, or about the absence of a type.
#[derive(Debug)]
pub(crate) enum RecordNews {
    Added(InterfaceId, Answer),
    Removed(InterfaceId, Answer, Removal),
    Denied(InterfaceId, RecordType),
}

/// The subject of a [`RecordNews`].
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum RecordKey {
    Record(u32, Name, RData),
    Absence(u32, RecordType),
}

impl Coalesce for RecordNews {
    type Key = RecordKey;

    fn key(&self) -> Option<RecordKey> {
        Some(match self {
            Self::Added(interface, answer) | Self::Removed(interface, answer, _) => {
                RecordKey::Record(interface.index(), answer.name.clone(), answer.data.clone())
            }
            Self::Denied(interface, rtype) => RecordKey::Absence(interface.index(), *rtype),
        })
    }

    fn merge(self, newer: Self) -> Option<Self> {
        match (&self, &newer) {
            (Self::Added(..), Self::Removed(..)) | (Self::Removed(..), Self::Added(..)) => None,
            (Self::Added(..) | Self::Removed(..) | Self::Denied(..), _) => Some(newer),
        }
    }
}

impl Told for RecordNews {
    type Event = RecordEvent;

    fn told(self) -> RecordEvent {
        match self {
            Self::Added(interface, record) => RecordEvent::Added { record, interface },
            Self::Removed(interface, record, why) => RecordEvent::Removed {
                record,
                interface,
                why,
            },
            Self::Denied(interface, rtype) => RecordEvent::Denied { rtype, interface },
        }
    }

    fn lagged(missed: u64) -> Option<RecordEvent> {
        Some(RecordEvent::Lagged { missed })
    }
}
