//! Publishes the services of one file under one name, or the next free one.
//!
//! In:  a service file, and the label of the host.
//! Out: a group of entries that lives as long as the task. One conflict renames all of them: `Name #2`.

use std::rc::Rc;

use cooee::Name;

use super::publish_name::Notes;
use super::scan::first;
use super::service_file::{FileService, ServiceFile};
use crate::avahi::alternative;
use crate::avahi::check::{Group, add_service, add_service_subtype, txt};
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::{ANY, protocol_number};
use crate::avahi::state::GroupState;
use crate::publish::claim::Owner;
use crate::publish::entry::{Entry, OwnHost};
use crate::publish::group::EntryGroup;
use crate::publish::publisher::Publisher;
use crate::publish::registry::contradict;

/// Publishes a file for ever, or until it cannot be published at all.
pub(super) async fn publish(
    publisher: Rc<Publisher>,
    file: ServiceFile,
    name: String,
    host: String,
    notes: Notes,
) {
    let own_host = match Name::from_labels([host.as_bytes(), b"local"]) {
        Ok(name) => OwnHost {
            requested: name.clone(),
            name,
        },
        Err(error) => return notes.failed(&error.to_string()),
    };
    for warning in ignored(&file, &name) {
        notes.warn(&warning);
    }
    let mut chosen = name;
    let mut checked = entries(&file, &chosen, &own_host);
    if let Ok(entries) = &checked {
        let claims = entries.iter();
        let claims = claims.flat_map(|entry| entry.claims(Owner::Daemon, &own_host));
        if contradict(&claims.collect::<Vec<_>>()) {
            return notes.failed("two of its services have the same type");
        }
    }
    loop {
        let entries = match checked {
            Ok(entries) => entries,
            Err(reason) => return notes.failed(&reason),
        };
        notes.registering(&chosen);
        // Dropping the group withdraws it.
        let mut group = EntryGroup::new(&publisher, Owner::Daemon, usize::MAX);
        match group.add(entries, &own_host) {
            Ok(()) => match outcome(&mut group, &own_host, &chosen, &notes).await {
                Outcome::Taken => {}
                Outcome::Refused(reason) => return notes.failed(&reason),
                Outcome::Over => return,
            },
            // This host publishes others under this name already.
            Err(ErrorCode::Collision) => {}
            Err(error) => return notes.failed(error.text()),
        }
        drop(group);
        let Some(next) = alternative::service(&chosen) else {
            return notes.failed("there is no further name");
        };
        notes.renamed(&chosen, &next);
        chosen = next;
        checked = self::entries(&file, &chosen, &own_host);
    }
}

/// Checks the services of a file as avahi-daemon does.
fn entries(file: &ServiceFile, name: &str, own_host: &OwnHost) -> Result<Vec<Entry>, String> {
    let services = file.services.iter();
    services
        .map(|service| entry(service, name, own_host))
        .collect()
}

fn entry(service: &FileService, name: &str, own_host: &OwnHost) -> Result<Entry, String> {
    let (of_type, domain) = (&service.service_type, &service.domain);
    let scope = scope(service);
    let wrong = |error| format!("`{name}` of type `{of_type}`: {error}");
    let checked = add_service(scope, name, of_type, domain, &service.host).map_err(wrong)?;
    let txt = txt(service.txt.iter().map(Vec::as_slice));
    let txt = txt.map_err(|error| format!("its attributes: {error}"))?;
    let mut entry = Entry::service(checked, service.port, txt, own_host).map_err(wrong)?;
    for whole in &service.subtypes {
        // One that is wrong is left out, and warned of.
        let checked = add_service_subtype(scope, name, of_type, domain, whole);
        if let (Ok((_, label)), Entry::Service(service)) = (checked, &mut entry) {
            service.subtypes.push(label);
        }
    }
    Ok(entry)
}

/// Returns what is ignored of a file.
fn ignored(file: &ServiceFile, name: &str) -> Vec<String> {
    let services = file.services.iter();
    first(services.flat_map(|service| ignored_of(service, name)))
}

fn ignored_of(service: &FileService, name: &str) -> impl Iterator<Item = String> {
    let (of_type, domain) = (&service.service_type, &service.domain);
    service.subtypes.iter().filter_map(move |whole| {
        let checked = add_service_subtype(scope(service), name, of_type, domain, whole);
        let error = checked.err()?;
        Some(format!("subtype `{whole}` is ignored: {error}"))
    })
}

/// Why a group is not published any more.
enum Outcome {
    /// Another host uses the name.
    Taken,
    /// It cannot be published, for this reason.
    Refused(String),
    /// The driver has ended.
    Over,
}

async fn outcome(group: &mut EntryGroup, own_host: &OwnHost, name: &str, notes: &Notes) -> Outcome {
    let mut progress = match group.commit(own_host) {
        Ok(progress) => progress,
        Err(error) => {
            let reason = group.refusal().unwrap_or(error.text());
            return Outcome::Refused(reason.to_owned());
        }
    };
    while let Some(state) = progress.next().await {
        match state {
            GroupState::Established => notes.established(name),
            GroupState::Collision => return Outcome::Taken,
            GroupState::Failure => {
                return Outcome::Refused(progress.failure.take().unwrap_or_default());
            }
            GroupState::Uncommitted | GroupState::Registering => {}
        }
    }
    Outcome::Over
}

/// Every interface; the family that the file names, or both.
fn scope(service: &FileService) -> Group {
    Group {
        interface: ANY,
        protocol: service.family.map_or(ANY, protocol_number),
        flags: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::ignored;
    use crate::files::service_file;

    #[test]
    fn a_hundred_wrong_subtypes_are_shown_and_the_others_counted() {
        let subtypes = "<subtype>wrong</subtype>".repeat(150);
        let text = format!(
            "<service-group><name>a</name><service protocol=\"ipv4\"><type>_http._tcp</type>\
             {subtypes}<subtype>_print._sub._http._tcp</subtype><port>80</port></service>\
             </service-group>"
        );
        let warnings = ignored(&service_file::read(&text).unwrap(), "a");
        assert_eq!(warnings.len(), 101);
        assert!(warnings.first().unwrap().starts_with("subtype `wrong`"));
        assert_eq!(warnings.last().unwrap(), "50 more warnings");
    }
}
