//! Chooses interfaces, at the start and whenever they change.
//!
//! In:  the interface list; the user's rule.
//! Out: one decision per interface. An error at the start is a normal state later: a listed
//!      interface may be unplugged, and come back.

use cooee_net::{Choice, Decision, Family, Interface, Reason, SelectError, SelectionRule, select};

/// The user's rule, and its last decisions.
pub(super) struct Selection {
    rule: SelectionRule,
}

impl Selection {
    pub(super) fn new(rule: SelectionRule) -> Self {
        Self { rule }
    }

    /// Returns the families that the rule wants, in the order of their keys.
    pub(super) fn families(&self) -> Vec<Family> {
        [Family::V4, Family::V6]
            .into_iter()
            .filter(|family| self.rule.wants(*family))
            .collect()
    }

    /// Decides at the start, when a rule without a match is the user's error.
    pub(super) fn first(&self, interfaces: &[Interface]) -> Result<Vec<Decision>, SelectError> {
        select(interfaces, &self.rule)
    }

    /// Decides again after a change.
    pub(super) fn again(&self, interfaces: &[Interface]) -> Vec<Decision> {
        let mut rule = self.rule.clone();
        loop {
            match select(interfaces, &rule) {
                Ok(decisions) | Err(SelectError::NothingLeft { decisions }) => return decisions,
                Err(SelectError::NotFound { selector, .. }) => forget(&mut rule, &selector),
                Err(_) => return interfaces.iter().map(unlisted).collect(),
            }
        }
    }
}

/// Returns the decisions that differ from the ones before.
pub(super) fn changed<'a>(
    before: &'a [Decision],
    now: &'a [Decision],
) -> impl Iterator<Item = &'a Decision> {
    let is_same = |one: &Decision, other: &Decision| {
        let (one_on, other_on) = (&one.interface, &other.interface);
        (one_on.index, &one_on.name, one.selected, &one.reason)
            == (
                other_on.index,
                &other_on.name,
                other.selected,
                &other.reason,
            )
    };
    now.iter()
        .filter(move |decision| !before.iter().any(|known| is_same(known, decision)))
}

/// Removes an interface that does not exist now from a copy of the list.
fn forget(rule: &mut SelectionRule, gone: &cooee_net::InterfaceSelector) {
    match &mut rule.choice {
        Choice::List(list) => list.retain(|selector| selector != gone),
        Choice::Default | Choice::Filter(_) | Choice::All => {}
    }
}

fn unlisted(interface: &Interface) -> Decision {
    Decision {
        interface: interface.clone(),
        selected: false,
        reason: Reason::NotInList,
    }
}

#[cfg(test)]
mod tests;
