//! Checks that must hold for any bytes and any message.
//!
//! In:  bytes, text, names or messages, from a property test or a fuzzer.
//! Out: nothing, or a panic that says what does not hold.

use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use cooee_wire::dig::Dig;
use cooee_wire::{
    Class, Flags, Full, Message, MessageBuilder, Name, QuestionRef, RData, Record, RecordRef,
    RecordType, Section, label_from_text, label_to_text,
};

/// A message in owned parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Owned {
    pub(crate) id: u16,
    pub(crate) flags: u16,
    pub(crate) questions: Vec<Question>,
    pub(crate) records: Vec<(Section, Record)>,
}

/// A question in owned parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    pub(crate) name: Name,
    pub(crate) rtype: RecordType,
    pub(crate) class: Class,
    pub(crate) unicast_response: bool,
}

/// Reads everything in some bytes; all ways to read must agree.
pub(crate) fn decode(bytes: &[u8]) {
    let Ok(message) = Message::parse(bytes) else {
        assert!(bytes.len() < 12);
        return;
    };
    assert!(Dig(&message).to_string().starts_with("; "));
    let mut errors = 0;
    for question in message.questions() {
        match question {
            Ok(question) => check_question(&question),
            Err(error) => {
                assert!(error.offset <= bytes.len(), "{error} of {}", bytes.len());
                errors += 1;
            }
        }
    }
    assert!(errors <= 1, "the first broken question ends the iteration");
    let mut errors = 0;
    for record in message.records() {
        match record {
            Ok((_, record)) => check_record(&record, bytes),
            Err(error) => {
                assert!(error.offset <= bytes.len(), "{error} of {}", bytes.len());
                errors += 1;
            }
        }
    }
    assert!(errors <= 1, "the first broken record ends the iteration");
    check_sections(&message);
}

/// Checks that one section read alone holds what one pass over all sections finds in it.
fn check_sections(message: &Message<'_>) {
    let place = |record: RecordRef<'_>| record.name.offset();
    let sections = [
        (Section::Answer, message.answers()),
        (Section::Authority, message.authorities()),
        (Section::Additional, message.additionals()),
    ];
    for (section, records) in sections {
        let alone: Vec<usize> = records.flatten().map(place).collect();
        let within = message
            .records()
            .flatten()
            .filter(|(found, _)| *found == section);
        assert_eq!(
            alone,
            within.map(|(_, record)| place(record)).collect::<Vec<_>>()
        );
    }
}

fn check_question(question: &QuestionRef<'_>) {
    check_name_ref(question.name.to_name(), &question.name);
    let _ = question.to_string();
}

fn check_name_ref<E: std::fmt::Debug>(owned: Result<Name, E>, name: &cooee_wire::NameRef<'_>) {
    let Ok(owned) = owned else {
        assert!(name.fold_hash(1).is_err());
        assert!(!name.matches(&Name::root()) && !name.matches(&Name::LOCAL));
        assert!(!name.matches_ref(name));
        return;
    };
    assert!(owned.wire_len() <= 256 && owned.label_count() <= 127);
    assert!(name.matches(&owned) && name.matches_ref(name));
    assert_eq!(name.is_root(), owned.is_root());
    for seed in [0, 1, u64::MAX] {
        assert_eq!(
            name.fold_hash(seed).expect("a whole name"),
            owned.fold_hash(seed)
        );
    }
    assert_eq!(name.to_string(), owned.to_string());
    let mut longer = name
        .labels()
        .flatten()
        .map(<[u8]>::to_vec)
        .collect::<Vec<_>>();
    assert!(longer.iter().map(Vec::as_slice).eq(owned.labels()));
    longer.push(b"x".to_vec());
    if let Ok(longer) = Name::from_labels(longer.iter().map(Vec::as_slice)) {
        assert!(!name.matches(&longer));
    }
    text_of(&owned);
}

fn check_record(record: &RecordRef<'_>, bytes: &[u8]) {
    assert!(record.rdata_bytes().len() <= bytes.len());
    check_name_ref(record.name.to_name(), &record.name);
    let _ = record.to_string();
    let Ok(data) = record.data() else {
        assert!(record.to_record().is_err());
        return;
    };
    assert_eq!(data.rtype(), record.rtype);
    let Ok(owned) = data.to_owned() else {
        assert!(record.to_record().is_err());
        return;
    };
    assert!(data.matches(&owned));
    assert_eq!(owned.rtype(), record.rtype);
    assert_eq!(
        data.fold_hash(7).expect("names were whole"),
        owned.fold_hash(7)
    );
    uncompressed(&owned);
}

/// Uncompressed data reads back as itself.
pub(crate) fn uncompressed(data: &RData) {
    let mut bytes = Vec::new();
    data.write_uncompressed(&mut bytes);
    assert_eq!(bytes.len(), data.wire_len());
    let again = RData::parse(data.rtype(), &bytes).expect("uncompressed data parses");
    assert_eq!(&again, data);
    assert_eq!(again.canonical_cmp(data), Ordering::Equal);
}

/// Splits a message into owned parts; malformed ones are left out.
pub(crate) fn take_apart(bytes: &[u8]) -> Option<Owned> {
    let message = Message::parse(bytes).ok()?;
    let question = |question: QuestionRef<'_>| {
        let QuestionRef {
            name,
            rtype,
            class,
            unicast_response,
        } = question;
        Some(Question {
            name: name.to_name().ok()?,
            rtype,
            class,
            unicast_response,
        })
    };
    let record =
        |(section, record): (Section, RecordRef<'_>)| Some((section, record.to_record().ok()?));
    Some(Owned {
        id: message.header().id,
        flags: message.header().flags.0,
        questions: message.questions().flatten().filter_map(question).collect(),
        records: message.records().flatten().filter_map(record).collect(),
    })
}

/// Writes as much of a message as fits, after the last item of each kind that did.
///
/// Returns the bytes and what was written.
pub(crate) fn put_together(owned: &Owned, budget: usize, legacy: bool) -> (Vec<u8>, Owned) {
    let mut buffer = Vec::new();
    let mut written = Owned {
        questions: vec![],
        records: vec![],
        ..owned.clone()
    };
    let mut builder = MessageBuilder::new(&mut buffer, owned.id, Flags(owned.flags), budget);
    if legacy {
        builder = builder.legacy();
    }
    for item in &owned.questions {
        let before = builder.len();
        let Question {
            name,
            rtype,
            class,
            unicast_response,
        } = item;
        match builder.question(name, *rtype, *class, *unicast_response) {
            Ok(()) => written.questions.push(item.clone()),
            Err(Full) => assert_eq!(builder.len(), before),
        }
    }
    for (section, record) in &owned.records {
        let before = builder.len();
        match builder.record(*section, record.into()) {
            Ok(()) => written.records.push((*section, record.clone())),
            Err(Full) => assert_eq!(builder.len(), before),
        }
        assert!(builder.len() <= budget.max(12));
    }
    let len = builder.finish();
    assert_eq!(len, buffer.len());
    (buffer, written)
}

/// A message written within a budget decodes to exactly what was accepted.
pub(crate) fn encode(owned: &Owned, budget: usize, legacy: bool) {
    let (bytes, written) = put_together(owned, budget, legacy);
    assert!(bytes.len() <= budget.max(12));
    let again = take_apart(&bytes).expect("there is a header");
    assert_eq!(again, written);
    let strict = Message::parse(&bytes).expect("there is a header");
    assert!(strict.questions().all(|question| question.is_ok()));
    assert!(
        strict
            .records()
            .all(|record| record.is_ok_and(|(_, record)| record.data().is_ok()))
    );
    decode(&bytes);
}

/// Checks that what was read from bytes is the same after writing and reading it.
pub(crate) fn roundtrip(bytes: &[u8]) {
    let Some(owned) = take_apart(bytes) else {
        return;
    };
    for legacy in [false, true] {
        let (again, written) = put_together(&owned, usize::MAX, legacy);
        assert_eq!(written, owned, "without a budget everything fits");
        assert_eq!(take_apart(&again).expect("there is a header"), owned);
    }
    let budget = bytes
        .iter()
        .fold(12, |sum, byte| sum + usize::from(*byte) % 3);
    encode(&owned, budget, false);
}

/// The text form of a name parses to the same name, case included.
pub(crate) fn text_of(name: &Name) {
    for label in name.labels() {
        label_text(label);
    }
    for text in [format!("{name}"), format!("{name:#}")] {
        let again: Name = text.parse().expect("the text form of a name parses");
        assert_eq!(again.as_wire(), name.as_wire(), "{text}");
    }
}

/// Checks that a label of any bytes survives its text form, which cannot control a terminal, and
/// that the text form of a full name is also read back one label at a time.
pub(crate) fn label_text(label: &[u8]) {
    let text = label_to_text(label);
    assert_eq!(*label_from_text(&text), *label, "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
    if let Ok(name) = Name::from_labels([label]) {
        assert_eq!(*label_from_text(&name.to_string()), *label, "{name}");
    }
}

/// Checks that bytes taken as text or as wire form give a name that survives both forms, or an
/// error.
pub(crate) fn name_text(bytes: &[u8]) {
    if let Ok(name) = Name::from_wire(bytes) {
        assert_eq!(name.as_wire(), bytes);
        text_of(&name);
        names_agree(&name, &name.parent().unwrap_or(Name::root()));
    }
    label_text(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let label = label_from_text(text);
    assert_eq!(*label_from_text(&label_to_text(&label)), *label, "{text}");
    let Ok(name) = text.parse::<Name>() else {
        return;
    };
    assert_eq!(
        Name::from_wire(name.as_wire())
            .expect("a whole name")
            .as_wire(),
        name.as_wire()
    );
    text_of(&name);
    let upper: Name = text
        .to_ascii_uppercase()
        .parse()
        .expect("escapes are digits, not letters");
    assert_eq!(upper, name);
    names_agree(&upper, &name);
    let _ = text.parse::<RecordType>();
}

/// Equality, order and both hashes of two names agree with one another.
pub(crate) fn names_agree(a: &Name, b: &Name) {
    let lower =
        |name: &Name| -> Vec<Vec<u8>> { name.labels().map(<[u8]>::to_ascii_lowercase).collect() };
    let order = lower(a).cmp(&lower(b));
    assert_eq!(a.cmp(b), order, "{a} and {b}");
    assert_eq!(b.cmp(a), order.reverse());
    assert_eq!(a == b, order.is_eq());
    if a == b {
        assert_eq!(std_hash(a), std_hash(b));
        assert_eq!(a.fold_hash(3), b.fold_hash(3));
    } else {
        assert_ne!(
            a.fold_hash(3),
            b.fold_hash(3),
            "{a} and {b}: one chance in 2^64"
        );
    }
    let is_parent = lower(a).ends_with(&lower(b));
    assert_eq!(a.ends_with(b), is_parent, "{a} under {b}");
    match a.concat(b) {
        Ok(joined) => {
            assert!(joined.ends_with(b) && joined.wire_len() + 1 == a.wire_len() + b.wire_len())
        }
        Err(_) => assert!(a.wire_len() + b.wire_len() > 256),
    }
}

fn std_hash(name: &Name) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
