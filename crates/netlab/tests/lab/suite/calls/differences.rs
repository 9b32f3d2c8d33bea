//! What cooeed answers deliberately in another way than avahi-daemon, and why.
//!
//! In:  a call, and both answers.
//! Out: whether the difference is listed.

/// A difference. `*` stands for any text; texts that it stands for in both answers are the same.
#[derive(Debug)]
pub(super) struct Difference {
    call: &'static str,
    avahi: &'static str,
    cooeed: &'static str,
    #[expect(dead_code, reason = "is printed when the difference is gone")]
    reason: &'static str,
}

impl Difference {
    /// Returns whether it is this one.
    pub(super) fn is(&self, call: &str, avahi: &str, cooeed: &str) -> bool {
        let parts = parts(self.avahi, avahi).zip(parts(self.cooeed, cooeed));
        let is_same =
            |(theirs, ours): (Vec<&str>, Vec<&str>)| theirs.len() != ours.len() || theirs == ours;
        parts_of_call(self.call, call) && parts.is_some_and(is_same)
    }
}

fn parts_of_call(pattern: &str, call: &str) -> bool {
    parts(pattern, call).is_some()
}

/// Returns the texts that the stars of a pattern stand for; `None` if it does not fit.
fn parts<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let Some((before, pattern)) = pattern.split_once('*') else {
        return (pattern == text).then(Vec::new);
    };
    let text = text.strip_prefix(before)?;
    let next = pattern.split('*').next().unwrap_or_default();
    let ends = text.match_indices(next).map(|(at, _)| at);
    let ends = ends.chain(std::iter::once(text.len()));
    for end in ends {
        let (part, rest) = text.split_at(end);
        if let Some(mut further) = parts(pattern, rest) {
            further.insert(0, part);
            return Some(further);
        }
    }
    None
}

const fn differs(
    call: &'static str,
    avahi: &'static str,
    cooeed: &'static str,
    reason: &'static str,
) -> Difference {
    Difference {
        call,
        avahi,
        cooeed,
        reason,
    }
}

const ACCEPTED: &str = "reply(*)";
const UNKNOWN: &str = "DBus.Error.UnknownMethod: *doesn't exist*";
const NOT_SUPPORTED: &str = r#"Avahi.NotSupportedError: "Not supported""#;
const NO_NAME: &str = r#"Avahi.InvalidServiceNameError: "Invalid service name""#;
const NO_KEY: &str = r#"Avahi.InvalidKeyError: "Invalid record key""#;
const NO_RECORD: &str = r#"Avahi.InvalidRecordError: "Invalid record""#;
const NO_ADDRESS: &str = r#"Avahi.InvalidAddressError: "Invalid address""#;
const NOT_FOUND: &str = r#"Avahi.NotFoundError: "Not found""#;

pub(super) const DIFFERENCES: &[Difference] = &[
    differs(
        "a / Server.GetAlternativeHostName<ss>*",
        ACCEPTED,
        UNKNOWN,
        "more arguments than a method takes are those of another method",
    ),
    differs(
        "a / Server.GetAlternativeHostName(\"a-*\")",
        r#"reply("a-*")"#,
        r#"reply("a-1")"#,
        "a number that is too large for 32 bits becomes a negative or an unrelated one",
    ),
    differs(
        "a / Server2.GetAlternativeServiceName(\"a #*\")",
        r#"reply("a #-*")"#,
        r#"reply("a #1")"#,
        "a number that is too large for 32 bits becomes a negative one",
    ),
    differs(
        "a / Server2.*Prepare(*\"example.com\"*)",
        "reply(/Client0/*)",
        NOT_SUPPORTED,
        "no domain but local is asked for by multicast, and avahi-daemon finds nothing either",
    ),
    differs(
        "a * EntryGroup.Add*\"example.com\"*",
        "reply()",
        NOT_SUPPORTED,
        "nothing is published outside local (RFC 6762 section 3)",
    ),
    differs(
        "a * EntryGroup.UpdateServiceTxt(*\"example.com\"*",
        NOT_FOUND,
        NOT_SUPPORTED,
        "nothing is published outside local (RFC 6762 section 3)",
    ),
    differs(
        r#"a / Server2.ServiceResolverPrepare(-1, -1, "a\u0007b"*"#,
        ACCEPTED,
        NO_NAME,
        "a service name has no control characters (RFC 6763 section 4.1.1)",
    ),
    differs(
        r#"a * EntryGroup.Add*(-1, -1, 0, "a\u0007b"*"#,
        "reply()",
        NO_NAME,
        "a service name has no control characters (RFC 6763 section 4.1.1)",
    ),
    differs(
        r#"a * EntryGroup.UpdateServiceTxt(-1, -1, 0, "a\u0007b"*"#,
        NOT_FOUND,
        NO_NAME,
        "a service name has no control characters (RFC 6763 section 4.1.1)",
    ),
    differs(
        r#"a / Server2.RecordBrowserPrepare(-1, -1, "none.local", *, 1, 0)"#,
        ACCEPTED,
        NO_KEY,
        "Multicast DNS has records of the class IN alone",
    ),
    differs(
        r#"a / Server2.RecordBrowserPrepare(-1, -1, "none.local", 0, 1, 1048576)"#,
        r#"Avahi.InvalidFlagsError: "Invalid flags""#,
        NO_KEY,
        "Multicast DNS has records of the class IN alone",
    ),
    differs(
        "a * EntryGroup.AddService(*b''*])",
        NO_RECORD,
        "reply()",
        "an empty TXT string is left out (RFC 6763 section 6.1)",
    ),
    differs(
        "a * EntryGroup.AddAddress(-1, -1, 0, \"new.local\", \"::ffff:10.0.0.1\")",
        "reply()",
        NO_ADDRESS,
        "no host is reached by an IPv4-mapped, a loopback or a group's address",
    ),
    differs(
        "a / Server.ServiceBrowserNew(-1, 0, \"_apart._tcp\", *",
        "*\"Cafe\u{301}\"*",
        "*\"Caf\u{e9}\"*",
        "names are published in their composed form (RFC 6763 section 4.1.1)",
    ),
];
