//! When there is nothing to wait for any more.
//!
//! In:  the links in use, the types that are wanted, and what is heard about them.
//! Out: whether to go on waiting.
//!
//! avahi-daemon waits for 5 seconds whatever it hears. Here a name that has no record of a type is
//! answered as soon as its owner says so on every link (RFC 6762 section 6.1), or after the time of
//! silence if it is not on every link. A name that nobody answers for is given up after the time of
//! silence too: two questions have then gone out on each link, at once and a second later, and
//! whoever is there has had a second for the last one.

use cooee::RecordType;

/// What is still expected.
#[derive(Clone, Debug)]
pub(crate) struct Hearing {
    expected: Vec<(u32, RecordType)>,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait for more.
    Wait,
    /// Nothing more will come.
    GiveUp,
}

impl Hearing {
    /// Creates one for records of these types on these links, by their interfaces' index.
    pub(crate) fn new(links: &[u32], rtypes: &[RecordType]) -> Self {
        let pairs = |link: &u32| {
            let link = *link;
            rtypes.iter().map(move |rtype| (link, *rtype))
        };
        Self {
            expected: links.iter().flat_map(pairs).collect(),
        }
    }

    /// Notes that the owner has no record of a type.
    pub(crate) fn on_denied(&mut self, link: u32, rtype: RecordType) -> Next {
        self.expected.retain(|pair| *pair != (link, rtype));
        match self.expected.is_empty() {
            true => Next::GiveUp,
            false => Next::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hearing, Next};
    use cooee::RecordType;

    #[test]
    fn a_type_that_is_denied_on_each_link_is_given_up() {
        let mut hearing = Hearing::new(&[2, 3], &[RecordType::AAAA]);
        assert_eq!(hearing.on_denied(2, RecordType::AAAA), Next::Wait);
        assert_eq!(hearing.on_denied(2, RecordType::AAAA), Next::Wait);
        assert_eq!(hearing.on_denied(3, RecordType::A), Next::Wait);
        assert_eq!(hearing.on_denied(3, RecordType::AAAA), Next::GiveUp);
    }

    #[test]
    fn a_host_of_either_family_is_given_up_when_both_are_denied() {
        let mut hearing = Hearing::new(&[2], &[RecordType::A, RecordType::AAAA]);
        assert_eq!(hearing.on_denied(2, RecordType::AAAA), Next::Wait);
        assert_eq!(hearing.on_denied(2, RecordType::A), Next::GiveUp);
    }
}
