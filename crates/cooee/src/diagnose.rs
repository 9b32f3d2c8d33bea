//! Diagnosis: why Multicast DNS does not work here, or what disturbs it.
//!
//! In:  a driver, or the options of one.
//! Out: a [`Diagnosis`]: findings with evidence, the likely cause and what to do.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use event_listener::Event;

use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_wire::Name;

use crate::error::{DriverError, StartError, variants};
use crate::lock::lock;
use crate::mdns::Builder;
use crate::session::handle::Mdns;

mod checks;
mod clock;
mod facts;
mod finding;
mod gather;
mod rounds;
mod search;
mod standing;
mod traffic;
mod watch;

use rounds::Rounds;
use search::Target;

pub use finding::{
    CheckOutcome, CheckReport, Diagnosis, Finding, FindingCode, SearchAnswer, SearchStep, Severity,
};
pub use watch::{DiagnosisEvent, DiagnosisEvents};

impl Mdns {
    /// Looks for problems of Multicast DNS on this machine and its networks. Takes 5 seconds.
    ///
    /// It checks the interfaces, the sockets, the port, the multicast groups, the way of packets
    /// by multicast and unicast, the firewall, and what other hosts send. For that it asks some
    /// questions on the network. It changes nothing.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let diagnosis = mdns.diagnose().await?;
    /// for finding in &diagnosis.findings {
    ///     println!("{finding}");
    ///     for help in &finding.help {
    ///         println!("  help: {help}");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Where no driver can start, use [`Builder::diagnose`].
    pub fn diagnose(&self) -> Diagnose {
        Diagnose::new(Subject::Running(self.clone()))
    }
}

impl Builder {
    /// Looks for problems as [`Mdns::diagnose`] does, with a driver of its own. If no driver can
    /// start, the diagnosis says why.
    ///
    /// ```no_run
    /// let diagnosis = cooee::Mdns::builder().diagnose().wait()?;
    /// println!("{} problems", diagnosis.findings.len());
    /// # Ok::<(), cooee::DiagnoseError>(())
    /// ```
    pub fn diagnose(self) -> Diagnose {
        Diagnose::new(Subject::Options(Box::new(self)))
    }
}

/// A diagnosis: await it, or wait for it. See [`Mdns::diagnose`].
#[must_use = "nothing is checked until this is awaited or waited for"]
pub struct Diagnose {
    subject: Subject,
    duration: Duration,
    wanted: Option<Target>,
    progress: Box<dyn FnMut(DiagnoseProgress) + Send>,
}

enum Subject {
    Running(Mdns),
    Options(Box<Builder>),
}

/// How far a diagnosis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiagnoseProgress {
    /// How long the network has been observed.
    pub elapsed: Duration,
    /// How long it will be observed.
    pub total: Duration,
    /// What is done now.
    pub step: &'static str,
}

impl Diagnose {
    fn new(subject: Subject) -> Self {
        Self {
            subject,
            duration: OBSERVATION,
            wanted: None,
            progress: Box::new(|_| ()),
        }
    }

    /// Sets how long the network is observed, at least 2 seconds. Default 5 seconds.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration.max(OBSERVATION_MIN);
        self
    }

    /// Also says why a service is not found, and at which step the search for it ends.
    ///
    /// It is also searched for on interfaces that are not used, such as VPNs.
    pub fn service(mut self, instance: InstanceName) -> Self {
        self.wanted = Some(Target::Service(instance));
        self
    }

    /// Also says why a host is not found; see [`Diagnose::service`].
    pub fn host(mut self, name: Name) -> Self {
        self.wanted = Some(Target::Host(name));
        self
    }

    /// Calls a function about ten times a second while the network is observed.
    pub fn on_progress(mut self, progress: impl FnMut(DiagnoseProgress) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Waits on this thread: the blocking twin of awaiting it.
    ///
    /// # Errors
    ///
    /// Returns an error if the interfaces cannot be listed, or if the options name an interface
    /// that does not exist. Any other reason for which no driver starts is a finding. Returns an
    /// error, too, if the driver shuts down meanwhile.
    pub fn wait(mut self) -> Result<Diagnosis, DiagnoseError> {
        let mut rounds = Rounds::new(self.subject, self.duration, self.wanted, Arc::default());
        let facts = rounds.next(Duration::ZERO, &mut *self.progress)?;
        let (findings, checks) = checks::all(&facts);
        Ok(Diagnosis {
            findings,
            checks,
            search: facts.search.map_or_else(Vec::new, |search| search.steps),
            observed: facts.observed,
        })
    }
}

impl IntoFuture for Diagnose {
    type Output = Result<Diagnosis, DiagnoseError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let done = Arc::new((Mutex::new(None), Event::new()));
            let thread_done = Arc::clone(&done);
            let thread = thread::Builder::new().name("cooee-diagnose".to_owned());
            let spawned = thread.spawn(move || {
                let result = self.wait();
                *lock(&thread_done.0) = Some(result);
                thread_done.1.notify(usize::MAX);
            });
            spawned.map_err(StartError::Thread)?;
            loop {
                let listener = done.1.listen();
                if let Some(result) = lock(&done.0).take() {
                    return result;
                }
                listener.await;
            }
        })
    }
}

impl fmt::Debug for Diagnose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnose")
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// Why there is no diagnosis.
#[derive(Debug)]
#[non_exhaustive]
pub enum DiagnoseError {
    /// The interfaces cannot be listed, an option is wrong, or the system has no threads left.
    Start(StartError),
    /// It is not possible to wait for the driver.
    Driver(DriverError),
}

impl fmt::Display for DiagnoseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => error.fmt(f),
            Self::Driver(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DiagnoseError {}

variants! {
    DiagnoseError: Start(StartError), Driver(DriverError);
}

/// How long the network is observed by default.
const OBSERVATION: Duration = Duration::from_secs(5);

/// A shorter observation does not reach the questions that are repeated after a second.
const OBSERVATION_MIN: Duration = Duration::from_secs(2);
