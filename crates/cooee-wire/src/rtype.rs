//! Record types by number and by name.
//!
//! In:  a number from the wire, or a mnemonic, `TYPE123` or number from a person.
//! Out: [`RecordType`]; every number is a type, known or not.
//! RFC 1035 section 3.2.2, RFC 3597 section 5.

use core::fmt;
use core::str::FromStr;

/// The type of a record or question.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RecordType(pub u16);

macro_rules! record_types {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        impl RecordType {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// Returns the mnemonic, if the type has one here.
            #[must_use]
            pub const fn mnemonic(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            const NAMED: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

record_types! {
    /// IPv4 address.
    A = 1;
    /// Name server.
    NS = 2;
    /// Alias.
    CNAME = 5;
    /// Mail destination, which MX has replaced.
    MD = 3;
    /// Mail forwarder, which MX has replaced.
    MF = 4;
    /// Start of authority.
    SOA = 6;
    /// Mailbox.
    MB = 7;
    /// Member of a mail group.
    MG = 8;
    /// Another name of a mailbox.
    MR = 9;
    /// Pointer to another name.
    PTR = 12;
    /// Host information.
    HINFO = 13;
    /// Mailbox information.
    MINFO = 14;
    /// Mail exchange.
    MX = 15;
    /// Text strings.
    TXT = 16;
    /// Responsible person.
    RP = 17;
    /// AFS database.
    AFSDB = 18;
    /// Route through.
    RT = 21;
    /// Signature of the SIG(0) kind.
    SIG = 24;
    /// Public key.
    KEY = 25;
    /// X.400 mail mapping.
    PX = 26;
    /// IPv6 address.
    AAAA = 28;
    /// Location.
    LOC = 29;
    /// Service location.
    SRV = 33;
    /// Naming authority pointer.
    NAPTR = 35;
    /// Key exchange.
    KX = 36;
    /// Alias of a subtree.
    DNAME = 39;
    /// EDNS options, a pseudo-type.
    OPT = 41;
    /// Address prefix list.
    APL = 42;
    /// Delegation signer.
    DS = 43;
    /// SSH key fingerprint.
    SSHFP = 44;
    /// DNSSEC signature.
    RRSIG = 46;
    /// Next secure record; in Multicast DNS, it shows which types do not exist.
    NSEC = 47;
    /// DNSSEC key.
    DNSKEY = 48;
    /// TLS certificate association.
    TLSA = 52;
    /// Service binding.
    SVCB = 64;
    /// Service binding for HTTPS.
    HTTPS = 65;
    /// Transaction key, a pseudo-type.
    TKEY = 249;
    /// Transaction signature, a pseudo-type.
    TSIG = 250;
    /// Incremental zone transfer, in questions only.
    IXFR = 251;
    /// Zone transfer, in questions only.
    AXFR = 252;
    /// Any type, in questions only.
    ANY = 255;
    /// Uniform resource identifier.
    URI = 256;
    /// Certification authority authorization.
    CAA = 257;
}

impl RecordType {
    /// Returns whether the number is a pseudo-type: an option or a kind of question, never data.
    #[must_use]
    pub const fn is_pseudo(self) -> bool {
        self.0 == Self::OPT.0 || (self.0 >= 249 && self.0 <= 255) || self.0 == 0
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.pad(mnemonic),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

/// The text is not a record type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseRecordTypeError;

impl fmt::Display for ParseRecordTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a record type: use a mnemonic such as A or SRV, a number, or TYPE followed by a \
             number",
        )
    }
}

impl core::error::Error for ParseRecordTypeError {}

impl FromStr for RecordType {
    type Err = ParseRecordTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let matches = |t: &&Self| t.mnemonic().is_some_and(|m| m.eq_ignore_ascii_case(text));
        if let Some(found) = Self::NAMED.iter().find(matches) {
            return Ok(*found);
        }
        let digits = match text.split_at_checked(4) {
            Some((head, tail)) if head.eq_ignore_ascii_case("TYPE") => tail,
            Some(_) | None => text,
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseRecordTypeError);
        }
        digits.parse().map(Self).map_err(|_| ParseRecordTypeError)
    }
}

#[cfg(test)]
mod tests;
