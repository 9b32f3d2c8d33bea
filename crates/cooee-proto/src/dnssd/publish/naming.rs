//! The next name to try after a conflict.
//!
//! In:  the name that is in use, and its user's policy.
//! Out: `Name (2)` for people, `name-2` for hosts, at most 63 bytes, never half a character; or the
//!      result of a user's function; or nothing, and the name is given up. RFC 6762 section 9 and
//!      RFC 6763 appendix D.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use super::PublishError;
use crate::limits::NAMES_CHOSEN_AT_ONCE_MAX;
use crate::registrations::RegisterError;

/// What to do when another host uses a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum OnConflict {
    /// Take the next one: `Name (2)`, `name-2`.
    #[default]
    Rename,
    /// Give up, and publish nothing.
    GiveUp,
    /// Call the user's function.
    Choose(Chooser),
}

/// A function that chooses the next name after a conflict.
///
/// It gets the label that is in use and the number of this change, from 1, since the name was last
/// held. If it returns nothing, an invalid label, or the same one, the name is given up. It is
/// called within the engine's call that handles the conflict.
#[derive(Clone)]
pub struct Chooser(Arc<Choose>);

type Choose = dyn Fn(&str, u32) -> Option<String> + Send + Sync;

/// How a kind of name counts up.
pub(super) type CountUp = fn(&str) -> String;

impl Chooser {
    /// Wraps a function.
    pub fn new(choose: impl Fn(&str, u32) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(choose))
    }

    /// Calls it; see [`Chooser`].
    pub fn choose(&self, taken: &str, attempt: u32) -> Option<String> {
        (self.0)(taken, attempt)
    }
}

impl PartialEq for Chooser {
    /// Returns whether it is the very same function.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Chooser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chooser")
    }
}

impl OnConflict {
    /// Returns the label to try instead of one that is in use; `attempt` counts up. `None`: the
    /// name is given up.
    pub(super) fn next(&self, taken: &str, attempt: &mut u32, count_up: CountUp) -> Option<String> {
        *attempt = attempt.saturating_add(1);
        match self {
            Self::Rename => Some(count_up(taken)),
            Self::GiveUp => None,
            Self::Choose(chooser) => chooser.choose(taken, *attempt).filter(|next| next != taken),
        }
    }
}

/// Tries one name after another, beginning with `first`, until one is free on this host.
pub(super) fn claim_free<T>(
    on_conflict: &OnConflict,
    attempt: &mut u32,
    first: String,
    count_up: CountUp,
    mut claim: impl FnMut(&str) -> Result<T, PublishError>,
) -> Result<T, PublishError> {
    let (mut label, before) = (first, *attempt);
    loop {
        let error = match claim(&label) {
            Err(error @ PublishError::Register(RegisterError::NameTaken { .. })) => error,
            result => return result,
        };
        // Counting up reaches a free name; a function may repeat itself.
        let goes_on = matches!(on_conflict, OnConflict::Rename)
            || attempt.saturating_sub(before) < NAMES_CHOSEN_AT_ONCE_MAX;
        let next = on_conflict.next(&label, attempt, count_up);
        match next.filter(|_| goes_on) {
            Some(next) => label = next,
            None => return Err(error),
        }
    }
}

/// Returns the next instance label: `Printer`, `Printer (2)`, `Printer (3)`.
pub(crate) fn next_instance_label(label: &str) -> String {
    let numbered = label
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once(" ("))
        .and_then(|(base, digits)| Some((base, next_number(digits)?)));
    let (base, number) = numbered.unwrap_or((label, FIRST_NUMBER));
    joined(base, &format!(" ({number})"))
}

/// Returns the next host label: `printer`, `printer-2`, `printer-3`.
pub(crate) fn next_host_label(label: &str) -> String {
    let numbered = label
        .rsplit_once('-')
        .and_then(|(base, digits)| Some((base, next_number(digits)?)));
    let (base, number) = numbered.unwrap_or((label, FIRST_NUMBER));
    joined(base, &format!("-{number}"))
}

/// Returns one more than a number that we might have added: no sign, no leading zero, at least 2.
fn next_number(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let number = digits
        .parse::<u32>()
        .ok()
        .filter(|number| plain && *number >= FIRST_NUMBER)?;
    number.checked_add(1)
}

/// Returns the base, cut at the end of a character so that the suffix fits, and the suffix.
fn joined(base: &str, suffix: &str) -> String {
    let room = LABEL_LEN_MAX.saturating_sub(suffix.len());
    let end = (0..=room.min(base.len()))
        .rev()
        .find(|&at| base.is_char_boundary(at));
    let base = end.and_then(|end| base.get(..end)).unwrap_or_default();
    format!("{base}{suffix}")
}

const FIRST_NUMBER: u32 = 2;
/// RFC 1035 section 2.3.4.
const LABEL_LEN_MAX: usize = 63;

#[cfg(test)]
mod tests;
