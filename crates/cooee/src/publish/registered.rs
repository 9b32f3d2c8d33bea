//! A registered service, as its user holds it.
//!
//! In:  changes of its attributes, its port, its subtypes.
//! Out: its names, its status, reports of announcements and goodbyes. RFC 6762 sections 8.4
//!      (updating) and 10.1 (goodbyes).

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::dnssd::service_type::Subtype;
use cooee_proto::dnssd::txt::Txt;
use cooee_wire::{Name, RData};

use super::attributes::{Attributes, IntoTxt};
use super::guard::{Guard, UpdateTarget};
use super::status::StatusStream;
use super::unregister::Unregister;
use crate::error::UpdateError;
use crate::options::options;
use crate::session::publishing::{Change, ServiceChange, TxtEdit, UpdateEnd};

/// A registered service. Dropping it withdraws the service, with best-effort goodbyes.
#[must_use = "dropping it withdraws the service"]
pub struct Registered {
    pub(super) guard: Guard,
    pub(super) requested: InstanceName,
}

impl Registered {
    /// Returns its present name for people, which is another one after a conflict.
    pub fn name(&self) -> String {
        self.instance().label().into_owned()
    }

    /// Returns its present full instance name.
    pub fn instance(&self) -> InstanceName {
        let now = self.guard.names().instance;
        now.unwrap_or_else(|| self.requested.clone())
    }

    /// Returns the name of its host, which is another one after a conflict.
    pub fn host(&self) -> Option<Name> {
        self.guard.names().host
    }

    /// Returns a stream of its status, beginning with the present one.
    pub fn status(&self) -> StatusStream {
        self.guard.status()
    }

    /// Replaces all attributes: they are announced, not probed again (RFC 6762 section 8.4). To
    /// change one of them, use [`Registered::set_txt_key`].
    ///
    /// Awaiting it returns when they have been announced once on every link that is up. That is at once, or
    /// within a second if the last announcement was less than a second ago. While the name is being
    /// claimed, it waits for that. Without a link that has an address it returns at once, and the
    /// attributes are announced with everything else when there is one.
    ///
    /// A service may change at most ten times per minute (RFC 6762 section 8.4). Further changes
    /// wait up to a minute, and only the latest one is announced.
    /// [`Status::UpdateDelayed`](crate::Status::UpdateDelayed) reports the first change that waits.
    ///
    /// A program that changes it more often need not wait: [`Update::start`] sends the change to
    /// the driver and returns, [`Update::deadline`] limits the wait, and the future may be dropped
    /// once it has been polled. In each case the change is made.
    ///
    /// It gives an error if the attributes do not fit, if nothing is published any more, or if the
    /// driver has shut down.
    pub fn update_txt(&self, txt: impl IntoTxt) -> Update {
        self.update().no_txt().txt(txt)
    }

    /// Sets one attribute and keeps the others, as [`Registered::update_txt`] replaces all.
    ///
    /// ```no_run
    /// # fn example(web: cooee::Registered) -> Result<(), Box<dyn std::error::Error>> {
    /// web.set_txt_key("path", "/new").wait()?;
    /// web.remove_txt_key("version").wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_txt_key(&self, key: &str, value: impl AsRef<[u8]>) -> Update {
        self.update().set_txt_key(key, value)
    }

    /// Removes one attribute and keeps the others.
    pub fn remove_txt_key(&self, key: &str) -> Update {
        self.update().remove_txt_key(key)
    }

    /// Changes several things at once, or one that has no method of its own, as
    /// [`Registered::update_txt`] changes the attributes.
    ///
    /// ```no_run
    /// # async fn example(web: cooee::Registered) -> Result<(), Box<dyn std::error::Error>> {
    /// web.update().port(8081).set_txt_key("path", "/new").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self) -> Update {
        Update {
            target: self.guard.update_target(),
            attributes: None,
            port: None,
            subtypes: None,
            records: None,
            keys: Vec::new(),
            deadline: None,
        }
    }

    /// Withdraws it. Awaiting this returns when the goodbyes are sent, and reports what was sent
    /// where.
    pub fn unregister(self) -> Unregister {
        Unregister::new(self.guard)
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("instance", &self.instance())
            .finish_non_exhaustive()
    }
}

/// Changes of a registered service: await them. Created by [`Registered::update`].
#[derive(Debug)]
#[must_use = "nothing is changed until this is awaited, waited for or started"]
pub struct Update {
    target: UpdateTarget,
    attributes: Option<Attributes>,
    port: Option<u16>,
    subtypes: Option<Vec<Subtype>>,
    records: Option<Vec<RData>>,
    keys: Vec<TxtEdit>,
    deadline: Option<Duration>,
}

options! {
    Update {
        deadline(
            "Default: as long as it takes, which is about a second but while the name is disputed."
            "When it has passed, the change stays, and is announced as soon as it can be."
        ),
        wait(Result<(), UpdateError>),
    }
}

impl Update {
    /// Adds an attribute to those that replace the present ones.
    pub fn txt(mut self, item: impl IntoTxt) -> Self {
        item.add_to(self.attributes.get_or_insert_default());
        self
    }

    /// Sets one attribute and keeps the others; after [`Update::txt`], one of those that replace them.
    pub fn set_txt_key(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
        self.keys.push(TxtEdit::Set {
            key: key.to_owned(),
            value: value.as_ref().to_vec(),
        });
        self
    }

    /// Removes one attribute and keeps the others.
    pub fn remove_txt_key(mut self, key: &str) -> Self {
        let key = key.to_owned();
        self.keys.push(TxtEdit::Remove { key });
        self
    }

    /// Sends the changes to the driver and does not wait until they are announced. If changes come
    /// too fast, only the latest counts; see [`Registered::update_txt`].
    ///
    /// # Errors
    ///
    /// Returns an error if the attributes do not fit, or if the driver accepts no requests. A
    /// change that the engine refuses, such as a record that is too large, is logged and has no
    /// effect.
    pub fn start(self) -> Result<(), UpdateError> {
        let (target, change, _) = self.change()?;
        Ok(target.change(change)?)
    }

    fn change(self) -> Result<(UpdateTarget, Change, Option<Duration>), UpdateError> {
        for edit in &self.keys {
            edit.apply(&Txt::empty())?;
        }
        let change = ServiceChange {
            keys: self.keys,
            txt: self.attributes.map(Attributes::finish).transpose()?,
            port: self.port,
            subtypes: self.subtypes,
            records: self.records,
        };
        Ok((self.target, Change::Service(change), self.deadline))
    }

    /// Removes all attributes, except those added after this.
    pub fn no_txt(self) -> Self {
        self.txt(Txt::empty())
    }

    /// Sets the port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the subtypes, replacing the present ones.
    pub fn subtypes(mut self, subtypes: impl IntoIterator<Item = Subtype>) -> Self {
        self.subtypes = Some(subtypes.into_iter().collect());
        self
    }

    /// Sets the further records of the service's name, replacing the present ones; see
    /// [`Registration::record`](crate::Registration::record).
    pub fn records(mut self, records: impl IntoIterator<Item = RData>) -> Self {
        self.records = Some(records.into_iter().collect());
        self
    }
}

impl IntoFuture for Update {
    type Output = Result<(), UpdateError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (target, change, deadline) = self.change()?;
            announced(&target, change, deadline).await
        })
    }
}

/// Changes something, and waits until the change is announced.
pub(super) async fn announced(
    target: &UpdateTarget,
    change: Change,
    deadline: Option<Duration>,
) -> Result<(), UpdateError> {
    match target.update(change, deadline).await? {
        Ok(()) => Ok(()),
        Err(UpdateEnd::Refused(error)) => Err(error.into()),
        Err(UpdateEnd::Txt(error)) => Err(error.into()),
        Err(UpdateEnd::TimedOut) => {
            let after = deadline.unwrap_or_default();
            Err(UpdateError::TimedOut { after })
        }
    }
}
