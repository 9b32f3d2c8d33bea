//! What prevents questions and names from leaving this machine, per interface.
//!
//! In:  the interfaces in use, the warnings and counters of the library; `-4`, `-6`.
//! Out: the reason that an error gives for what was not found or not published. Why nothing can be
//!      sent is in the warning that was printed when it began; an error does not repeat that.

use std::collections::BTreeSet;
use std::time::Duration;

use cooee::{Decision, LookupError, Mdns, Reason, ResolveError, Warning};

use crate::failure::Failure;
use crate::families::Families;

/// A hindrance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hindrance {
    text: String,
    /// No interface works.
    is_total: bool,
}

impl Hindrance {
    /// Looks for one on the interfaces in use.
    pub(crate) fn find(mdns: &Mdns, families: Families) -> Option<Self> {
        let sockets = mdns.metrics().sockets;
        let known = Facts {
            blocked: blocked(mdns),
            has_never_sent: sockets.sent == 0 && sockets.send_errors > 0,
            families,
        };
        let interfaces = mdns.interfaces();
        let used = interfaces.iter().filter(|decision| decision.selected);
        Self::among(used.map(|decision| known.reason(decision)))
    }

    fn among(reasons: impl Iterator<Item = Option<String>>) -> Option<Self> {
        let reasons: Vec<Option<String>> = reasons.collect();
        let is_total = reasons.iter().all(Option::is_some);
        let texts: Vec<String> = reasons.into_iter().flatten().collect();
        (!texts.is_empty()).then(|| Self {
            text: texts.join("; "),
            is_total,
        })
    }

    /// Returns the reason: this, and `otherwise` if some interface works.
    pub(crate) fn explain(this: Option<&Self>, what: &str, otherwise: &str) -> String {
        match this {
            Some(this) if this.is_total => format!("{what}: {}", this.text),
            Some(this) => format!("{what}{otherwise}; {}", this.text),
            None => format!("{what}{otherwise}"),
        }
    }
}

/// What the library knows.
struct Facts {
    /// The names of the interfaces that accept nothing, for which there was a warning.
    blocked: BTreeSet<String>,
    /// Something was to be sent, and nothing left on any interface; it may be too early for a
    /// warning.
    has_never_sent: bool,
    families: Families,
}

impl Facts {
    fn reason(&self, decision: &Decision) -> Option<String> {
        let interface = &decision.interface;
        let name = &interface.name;
        if let Reason::ChosenAlthough(objection) = &decision.reason {
            if matches!(**objection, Reason::Down | Reason::NotMulticast) {
                return Some(format!("{name} is {objection}"));
            }
        }
        if !self
            .families
            .wanted()
            .any(|family| interface.has_usable(family))
        {
            let family = self
                .families
                .only()
                .map_or(String::new(), |only| format!("{only} "));
            return Some(format!("{name} has no usable {family}address"));
        }
        if self.blocked.contains(name) {
            return Some(format!("nothing could be sent on {name}"));
        }
        self.has_never_sent
            .then(|| format!("nothing could be sent on {name}; is there a firewall?"))
    }
}

/// Returns the interfaces that accept nothing now and for which there is a warning.
fn blocked(mdns: &Mdns) -> BTreeSet<String> {
    let mut blocked = BTreeSet::new();
    for warning in mdns.warnings() {
        if let Warning::Sending {
            interface,
            family: None,
            ..
        } = &*warning
        {
            blocked.insert(interface.name().to_owned());
        } else if let Warning::SendingWorks {
            interface,
            family: None,
        } = &*warning
        {
            blocked.remove(interface.name());
        }
    }
    blocked
}

/// Why a service was not resolved.
pub(crate) fn unresolved(error: ResolveError, mdns: &Mdns, families: Families) -> Failure {
    let ResolveError::TimedOut { instance, after } = &error else {
        return error.into();
    };
    let what = format!("`{instance}` was not resolved within {}", seconds(*after));
    hindered(&what, error.to_string(), mdns, families)
}

/// Why a host or an address was not found.
pub(crate) fn unanswered(error: LookupError, mdns: &Mdns, families: Families) -> Failure {
    let LookupError::TimedOut { asked, after } = &error else {
        return error.into();
    };
    let what = format!("`{asked}` was not found within {}", seconds(*after));
    hindered(&what, error.to_string(), mdns, families)
}

/// Returns what failed, with the hindrance; `whole` is the library's text, which begins with
/// `what`.
fn hindered(what: &str, whole: String, mdns: &Mdns, families: Families) -> Failure {
    let otherwise = whole.strip_prefix(what).unwrap_or_default();
    let hindrance = Hindrance::find(mdns, families);
    Failure::NotFound(Hindrance::explain(hindrance.as_ref(), what, otherwise))
}

/// Returns a given time in the library's form.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

/// Returns a measured time, to a tenth of a second.
pub(crate) fn tenths(time: Duration) -> String {
    format!("{} s", (time.as_secs_f64() * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Hindrance, seconds, tenths};

    #[test]
    fn a_reason_replaces_the_guess_where_no_interface_works_and_stands_beside_it_otherwise() {
        let reason = || Some("nothing could be sent on eth0".to_owned());
        let explain = |reasons: &[Option<String>]| {
            let hindrance = Hindrance::among(reasons.iter().cloned());
            Hindrance::explain(hindrance.as_ref(), "not found", ": nobody answers")
        };
        assert_eq!(
            explain(&[reason()]),
            "not found: nothing could be sent on eth0"
        );
        assert_eq!(
            explain(&[reason(), None]),
            "not found: nobody answers; nothing could be sent on eth0"
        );
        assert_eq!(explain(&[None, None]), "not found: nobody answers");
        assert_eq!(explain(&[]), "not found: nobody answers");
    }

    #[test]
    fn times_have_one_form() {
        for (millis, text) in [(5_000, "5 s"), (1_600, "1.6 s"), (500, "0.5 s")] {
            let time = Duration::from_millis(millis);
            assert_eq!((seconds(time), tenths(time)), (text.into(), text.into()));
        }
        assert_eq!(tenths(Duration::from_millis(1_649)), "1.6 s");
        assert_eq!(tenths(Duration::from_millis(1_999)), "2 s");
    }
}
