//! Messages written byte by byte, so that anything can be wrong about them.
//!
//! In:  names, fields and bytes, valid or not.
//! Out: the bytes of a message; counts are right unless they are set.

use cooee_wire::RecordType;

/// The class of the Internet.
pub(crate) const IN: u16 = 1;

/// The bit that asks for a unicast answer, or flushes older records.
pub(crate) const TOP_BIT: u16 = 0x8000;

/// The flags of a response, authoritative.
const RESPONSE: u16 = 0x8400;

/// The flag of a truncated message.
const TRUNCATED: u16 = 0x0200;

/// The two bits that make a byte the first of a pointer.
const POINTER: u16 = 0xc000;

/// The part of a message that a record is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Answer = 1,
    Authority = 2,
    Additional = 3,
}

/// A message being written.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    bytes: Vec<u8>,
    counts: [u16; 4],
}

impl Draft {
    pub(crate) fn query() -> Self {
        Self::with_flags(0)
    }

    pub(crate) fn truncated_query() -> Self {
        Self::with_flags(TRUNCATED)
    }

    pub(crate) fn response() -> Self {
        Self::with_flags(RESPONSE)
    }

    pub(crate) fn with_flags(flags: u16) -> Self {
        let [high, low] = flags.to_be_bytes();
        Self {
            bytes: vec![0, 0, high, low, 0, 0, 0, 0, 0, 0, 0, 0],
            counts: [0; 4],
        }
    }

    /// Returns the message so far, in bytes: where the next item begins.
    pub(crate) fn len(&self) -> u16 {
        self.bytes.len() as u16
    }

    pub(crate) fn question(mut self, name: &[u8], rtype: RecordType, class: u16) -> Self {
        self.bytes.extend_from_slice(name);
        self.word(rtype.0);
        self.word(class);
        self.count(0);
        self
    }

    pub(crate) fn record(self, name: &[u8], rtype: RecordType, ttl: u32, data: &[u8]) -> Self {
        self.record_in(Part::Answer, name, (rtype, IN), ttl, data)
    }

    /// Returns a record that claims to be the only one of its name and type.
    pub(crate) fn unique(self, name: &[u8], rtype: RecordType, ttl: u32, data: &[u8]) -> Self {
        self.record_in(Part::Answer, name, (rtype, IN | TOP_BIT), ttl, data)
    }

    pub(crate) fn record_in(
        self,
        part: Part,
        name: &[u8],
        (rtype, class): (RecordType, u16),
        ttl: u32,
        data: &[u8],
    ) -> Self {
        let mut draft = self.claiming(part, name, (rtype, class), ttl, data.len() as u16);
        draft.bytes.extend_from_slice(data);
        draft
    }

    /// Returns the fields of a record that claims `length` bytes of data, without any.
    pub(crate) fn claiming(
        mut self,
        part: Part,
        name: &[u8],
        (rtype, class): (RecordType, u16),
        ttl: u32,
        length: u16,
    ) -> Self {
        self.bytes.extend_from_slice(name);
        self.word(rtype.0);
        self.word(class);
        self.bytes.extend_from_slice(&ttl.to_be_bytes());
        self.word(length);
        self.count(part as usize);
        self
    }

    /// Adds bytes that no count includes.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Sets these counts, independent of the contents.
    pub(crate) fn counting(mut self, counts: [u16; 4]) -> Self {
        self.counts = counts;
        self
    }

    pub(crate) fn id(mut self, id: u16) -> Self {
        if let Some(field) = self.bytes.first_chunk_mut() {
            *field = id.to_be_bytes();
        }
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        for (field, count) in self.bytes[4..12].chunks_exact_mut(2).zip(self.counts) {
            field.copy_from_slice(&count.to_be_bytes());
        }
        self.bytes
    }

    fn word(&mut self, word: u16) {
        self.bytes.extend_from_slice(&word.to_be_bytes());
    }

    fn count(&mut self, section: usize) {
        if let Some(count) = self.counts.get_mut(section) {
            *count = count.saturating_add(1);
        }
    }
}

/// Returns a name under `.local` on the wire.
pub(crate) fn name(labels: &[&str]) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in labels.iter().chain(&["local"]) {
        wire.push(label.len() as u8);
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    wire
}

/// Returns a pointer to a place in the message.
pub(crate) fn pointer(to: u16) -> [u8; 2] {
    (POINTER | to & !POINTER).to_be_bytes()
}

/// Labels of one length, without an end.
pub(crate) fn labels(count: usize, length: u8) -> Vec<u8> {
    let label = [vec![length], vec![b'x'; usize::from(length)]].concat();
    label.repeat(count)
}

/// Returns the data of an SRV record.
pub(crate) fn srv(port: u16, target: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0][..], &port.to_be_bytes(), target].concat()
}

/// Returns the data of a TXT record with one string of at most 255 bytes.
pub(crate) fn txt(string: &str) -> Vec<u8> {
    [&[string.len() as u8], string.as_bytes()].concat()
}
