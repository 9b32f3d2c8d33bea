//! Service types, instance names, TXT records and answers for `serde`.
//!
//! In:  values, and what any format of `serde` holds.
//! Out: types and full instance names as text; a TXT record as the list of its strings; an answer
//!      with its data as in a zone file, which cannot be read back.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use cooee_wire::Name;

use super::instance_name::InstanceName;
use super::service_type::{ServiceType, Subtype};
use super::txt::Txt;
use crate::event::Answer;

macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )+};
}

as_text!(ServiceType, Subtype);

impl Serialize for InstanceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for InstanceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let full = Name::deserialize(deserializer)?;
        Self::from_name(&full).ok_or_else(|| {
            let expected = "expected something like `Front Desk._ipp._tcp.local`";
            D::Error::custom(format_args!("`{full}` is not an instance name: {expected}"))
        })
    }
}

/// Writes the strings of the record: text where it is UTF-8, otherwise bytes.
impl Serialize for Txt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_text = serializer.is_human_readable();
        let mut sequence = serializer.serialize_seq(Some(self.exact_strings().count()))?;
        for string in self.exact_strings() {
            match core::str::from_utf8(string) {
                Ok(text) if is_text => sequence.serialize_element(text)?,
                Ok(_) | Err(_) => sequence.serialize_element(string)?,
            }
        }
        sequence.end()
    }
}

impl<'de> Deserialize<'de> for Txt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let strings = Vec::<TxtString>::deserialize(deserializer)?;
        let strings = strings.iter().map(|string| string.0.as_slice());
        Self::exactly(strings).map_err(D::Error::custom)
    }
}

/// One string of a TXT record.
struct TxtString(Vec<u8>);

impl<'de> Deserialize<'de> for TxtString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(TxtStringVisitor)
        } else {
            Vec::deserialize(deserializer).map(Self)
        }
    }
}

struct TxtStringVisitor;

impl<'de> Visitor<'de> for TxtStringVisitor {
    type Value = TxtString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string of a TXT record, as text or as bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TxtString, E> {
        Ok(TxtString(text.as_bytes().to_vec()))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<TxtString, E> {
        Ok(TxtString(bytes.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<TxtString, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element()? {
            bytes.push(byte);
        }
        Ok(TxtString(bytes))
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_struct("Answer", 5)?;
        answer.serialize_field("name", &self.name)?;
        answer.serialize_field("type", &self.data.rtype())?;
        answer.serialize_field("ttl", &self.ttl)?;
        answer.serialize_field("unique", &self.unique)?;
        answer.serialize_field("data", &Text(&self.data))?;
        answer.end()
    }
}

/// A value that is written as text.
struct Text<'a, T>(&'a T);

impl<T: fmt::Display> Serialize for Text<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
