//! Queries for records of any name and type.
//!
//! In:  a name and a record type.
//! Out: a stream of the records that answer, as they appear and disappear, per interface. RFC 6762
//!      section 5.2 (continuous queries).

use cooee_net::InterfaceSelector;
use cooee_wire::{Name, RecordType};

use crate::argument::TextOr;
use crate::error::QueryError;
use crate::event::discovery::RecordEvent;
use crate::options::options;
use crate::session::command::{Request, Sink};
use crate::session::handle::Mdns;
use crate::session::stream::stream;
use crate::session::unread::RecordNews;

stream! {
    /// A stream of the records that answer a query. Dropping it stops the query.
    Records of RecordNews => RecordEvent
}

impl Mdns {
    /// Asks for the records of a name and type as long as the stream is kept.
    ///
    /// [`RecordType::ANY`] asks for every type. The name must be complete: nothing is added to it.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// use cooee::RecordType;
    ///
    /// let mut records = mdns.query("nas.local", RecordType::A).start()?;
    /// while let Some(event) = records.next().await {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(&self, name: impl TextOr<Name>, rtype: RecordType) -> Query {
        let name = name.read().map_err(|wrong| QueryError::Name {
            given: wrong.given,
            reason: wrong.error,
        });
        Query {
            mdns: self.clone(),
            name,
            rtype,
            interface: None,
        }
    }
}

/// A query for records: start it. See [`Mdns::query`].
#[derive(Clone, Debug)]
#[must_use = "a query does nothing until it is started"]
pub struct Query {
    mdns: Mdns,
    name: Result<Name, QueryError>,
    rtype: RecordType,
    interface: Option<InterfaceSelector>,
}

options! { Query { interface } }

impl Query {
    /// Starts to ask.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is invalid, if the interface is not in use, or if the driver
    /// has shut down.
    pub fn start(self) -> Result<Records, QueryError> {
        let request = Request::Query {
            name: self.name?,
            rtype: self.rtype,
            link: self.mdns.shared().link(self.interface.as_ref())?,
        };
        let feed = self.mdns.subscribe(request, Sink::Records, None)?;
        Ok(Records { feed })
    }
}
