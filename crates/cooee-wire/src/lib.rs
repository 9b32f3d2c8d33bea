//! DNS messages for Multicast DNS: names, records, a reader and a builder, without I/O.
//!
//! In:  the bytes of a datagram, or owned names and records.
//! Out: a borrowed view that allocates nothing ([`Message`]), owned records ([`Record`]), or the
//!      bytes of a message within a budget ([`MessageBuilder`]). RFC 1035 section 4, RFC 4343, RFC
//!      6762 sections 16 and 18.
//!
//! ```
//! use cooee_wire::{Class, Flags, Message, MessageBuilder, Name, RecordType};
//!
//! let name: Name = "_http._tcp.local".parse()?;
//! let mut buffer = Vec::new();
//! let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::QUERY, 1440);
//! builder.question(&name, RecordType::PTR, Class::IN, false)?;
//! builder.finish();
//!
//! let message = Message::parse(&buffer)?;
//! for question in message.questions() {
//!     assert!(question?.name.matches(&name));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]
#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::expect_used, clippy::panic)
)]

extern crate alloc;

mod builder;
mod class;
pub mod dig;
mod edns;
mod error;
mod fold;
mod header;
pub mod limits;
mod message;
mod name;
mod question;
mod rcode;
mod rdata;
mod record;
mod rtype;
#[cfg(feature = "serde")]
mod serialize;
mod ttl;

pub use builder::{Checkpoint, Full, MessageBuilder, RecordFields};
pub use class::Class;
pub use edns::{Edns, EdnsError};
pub use error::{DecodeError, DecodeErrorKind};
pub use header::{Counts, Flags, Header};
pub use message::{Message, Questions, Records, SectionRecords};
pub use name::{Labels, Name, NameError, NameRef, NameRefLabels, label_from_text, label_to_text};
pub use question::QuestionRef;
pub use rcode::Rcode;
pub use rdata::{
    Hinfo, HinfoRef, Nsec, NsecRef, RData, RDataRef, RawRef, Srv, SrvRef, TxtData, TxtError,
    TxtStrings, TypeBitmap, TypeBitmapRef, TypeBitmapTypes,
};
pub use record::{Record, RecordRef, Section};
pub use rtype::{ParseRecordTypeError, RecordType};
pub use ttl::Ttl;

/// Compiles and runs the README's example with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
