//! Records that were received, with their age.
//!
//! In:  a name and a record type.
//! Out: the records in the cache, each with its age and the time left (RFC 6762 section 10).

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use cooee_wire::{Name, RecordType};

use crate::argument::TextOr;
use crate::error::QueryError;
use crate::event::discovery::CachedRecord;
use crate::options::options;
use crate::session::command::Command;
use crate::session::handle::Mdns;
use crate::session::queue::{Overflow, channel};
use crate::session::reply::reply;

impl Mdns {
    /// Returns the records of a name and type that were received and are still valid, with the age
    /// of each. [`RecordType::ANY`] returns every type.
    ///
    /// Nothing is asked on the network. The driver keeps the records that a browse, a look-up or a
    /// query of this program asks about, and little else. The name must be complete: nothing is
    /// added to it.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// use cooee::RecordType;
    ///
    /// for cached in mdns.cached("nas.local", RecordType::A).await? {
    ///     println!("{:?} old, {:?} left", cached.age, cached.remaining);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn cached(&self, name: impl TextOr<Name>, rtype: RecordType) -> Cached {
        let name = name.read().map_err(|wrong| QueryError::Name {
            given: wrong.given,
            reason: wrong.error,
        });
        Cached {
            mdns: self.clone(),
            name,
            rtype,
        }
    }
}

/// A look at the cache: await it, or wait for it. See [`Mdns::cached`].
#[derive(Clone, Debug)]
#[must_use = "nothing is looked up until this is awaited or waited for"]
pub struct Cached {
    mdns: Mdns,
    name: Result<Name, QueryError>,
    rtype: RecordType,
}

options! {
    Cached {
        wait(Result<Vec<CachedRecord>, QueryError>),
    }
}

impl Cached {
    async fn look(self) -> Result<Vec<CachedRecord>, QueryError> {
        let (sender, receiver) = channel(1, Overflow::DropOldest);
        self.mdns.shared().send(Command::Cached {
            name: self.name?,
            rtype: self.rtype,
            reply: sender,
        })?;
        Ok(reply(receiver, &self.mdns).await?)
    }
}

impl IntoFuture for Cached {
    type Output = Result<Vec<CachedRecord>, QueryError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.look())
    }
}
