//! Names as Multicast DNS wants them: UTF-8 in normalisation form C.
//!
//! In:  names that a user gives, to publish or to ask for.
//! Out: the same names in Unicode normalization form C. To ask for, they are also given as they are
//!      and in form D. What was received stays as it is.
//! RFC 6762 section 16 and appendix F; RFC 5198 section 3.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use cooee_wire::{Name, RData, Srv};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfd_quick};

use super::service_type::Subtype;
use crate::collections::SmallList;
use crate::registrations::RecordSet;

/// Returns a label in form NFC. No byte order mark is added, and an existing one is part of the
/// label.
//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//# Accordingly,
//# it adopts the simple obvious elegant solution: all names in Multicast
//# DNS MUST be encoded as precomposed UTF-8 [RFC3629] "Net-Unicode"
//# [RFC5198] text.
//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//# Multicast DNS implementations MUST NOT use any other encodings apart
//# from precomposed UTF-8 (US-ASCII being considered a compatible subset
//# of UTF-8).
//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//# Multicast DNS names MUST NOT contain a
//# "Byte Order Mark".
//= https://www.rfc-editor.org/rfc/rfc6762#section-16
//# Any occurrence of the Unicode character U+FEFF at
//# the start or anywhere else in a Multicast DNS name MUST be
//# interpreted as being an actual intended part of the name,
//# representing (just as for any other legal unicode value) an actual
//# literal instance of that character (in this case a zero-width non-
//# breaking space character).
pub(super) fn label(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

/// Returns a name with every text label in form NFC. Labels that are not UTF-8 stay unchanged; so
/// does a name that would become too long.
pub(super) fn name(name: &Name) -> Name {
    map_labels(name, label)
}

/// Returns a name with every label of text decomposed. As [`name`] otherwise.
fn decomposed(name: &Name) -> Name {
    map_labels(name, |text| match is_nfd_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfd().collect()),
    })
}

fn map_labels(name: &Name, map: impl Fn(&str) -> Cow<'_, str>) -> Name {
    let mapped = name.labels().map(|label| label_bytes(label, &map));
    let mapped: Vec<Cow<'_, [u8]>> = mapped.collect();
    if mapped.iter().all(|label| matches!(label, Cow::Borrowed(_))) {
        return name.clone();
    }
    Name::from_labels(mapped.iter().map(Cow::as_ref)).unwrap_or_else(|_| name.clone())
}

/// Returns a subtype. It is never received, so it is asked for in the form in which it is
/// published.
pub(super) fn subtype(given: &Subtype) -> Subtype {
    let joined = label(given.as_str()).parse();
    joined.unwrap_or_else(|_| given.clone())
}

/// Returns the forms that a requested name can have on the wire: as it was given, in normalisation
/// form C as Multicast DNS requires, and decomposed. Some devices publish names that are not in
/// form C, while users usually type names that are.
pub(super) fn forms(given: &Name) -> SmallList<Name, 1> {
    let mut forms = SmallList::from_iter([given.clone()]);
    for form in [name(given), decomposed(given)] {
        if forms.iter().all(|known| known.as_wire() != form.as_wire()) {
            forms.push(form);
        }
    }
    forms
}

/// Converts records with their names, and the names in their data.
pub(super) fn set(set: &RecordSet) -> RecordSet {
    let mut set = set.clone();
    set.claim = set.claim.as_ref().map(name);
    for record in &mut set.records {
        record.name = name(&record.name);
        record.data = data(&record.data);
    }
    set
}

/// Converts the names in data of known types.
pub(super) fn data(data: &RData) -> RData {
    match data {
        RData::Ptr(target) => RData::Ptr(name(target)),
        RData::Cname(target) => RData::Cname(name(target)),
        RData::Srv(srv) => RData::Srv(Srv {
            target: name(&srv.target),
            ..srv.clone()
        }),
        RData::A(_)
        | RData::Aaaa(_)
        | RData::Txt(_)
        | RData::Nsec(_)
        | RData::Hinfo(_)
        | RData::Opaque { .. } => data.clone(),
        _ => data.clone(),
    }
}

fn label_bytes<'a>(bytes: &'a [u8], map: impl Fn(&'a str) -> Cow<'a, str>) -> Cow<'a, [u8]> {
    match core::str::from_utf8(bytes).map(map) {
        Ok(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        Ok(Cow::Borrowed(_)) | Err(_) => Cow::Borrowed(bytes),
    }
}

#[cfg(test)]
mod tests;
