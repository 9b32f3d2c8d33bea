//! The sizes that the DNS message format allows.
//!
//! In:  nothing.
//! Out: named limits for names, labels, pointers and messages.
//! RFC 1035 sections 2.3.4 and 4.1.4, RFC 6762 section 17 and appendix C.

/// The longest label, in bytes, without its length byte.
//= https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
//# labels          63 octets or less
pub const LABEL_LEN_MAX: usize = 63;

/// The longest name on the wire, in bytes, including length bytes and root byte: one byte more than
/// the usual limit of unicast DNS.
//= https://www.rfc-editor.org/rfc/rfc6762#appendix-C
//# Compliant Multicast DNS implementations MUST support names up to 255
//# bytes plus a terminating zero, i.e., 256 bytes total.
pub const NAME_LEN_MAX: usize = 256;

/// The largest number of labels in a name, without the root: 127 one-byte labels fill 255 bytes
/// with it.
pub const LABELS_MAX: usize = 127;

/// The largest number of compression pointers that are followed for one name.
///
/// A pointer stands for at least one label, so a name that needs more is malformed or hostile.
pub const POINTERS_MAX: u8 = 127;

/// The length of a message header in bytes; no compression pointer may point into it.
pub const HEADER_LEN: usize = 12;

/// The longest string inside a TXT or HINFO record, in bytes, without its length byte.
pub const STRING_LEN_MAX: usize = 255;

/// The largest DNS message that may be sent over Multicast DNS, in bytes: 9000 minus the IPv4 and
/// UDP headers.
//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//# Even when fragmentation is used, a Multicast DNS packet, including IP
//# and UDP headers, MUST NOT exceed 9000 bytes.
pub const MESSAGE_LEN_MAX: usize = 9000 - 20 - 8;
