//! A service file: `/etc/avahi/services/*.service`.
//!
//! In:  the text of a file.
//! Out: a [`ServiceFile`]; or why it is refused, with its line.
//!
//! The grammar is that of avahi-daemon: elements in any order, no white space removed, anything
//! unknown refuses the whole file. A document type is skipped, and nothing outside the file is ever
//! read: the only entities are the five that XML defines.

mod values;

use std::fmt;

use cooee::Family;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use values::{Format, decode, port};

/// What a file publishes: services that share a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceFile {
    /// The name of all services.
    pub name: String,
    /// Whether `%h` in the name stands for the host's name.
    pub replaces_wildcards: bool,
    /// The services, at least one.
    pub services: Vec<FileService>,
}

/// One service of a file; its texts are as in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FileService {
    /// The type, such as `_http._tcp`.
    pub service_type: String,
    /// Whole subtypes, such as `_printer._sub._http._tcp`.
    pub subtypes: Vec<String>,
    /// The family over which it is published; both if `None`.
    pub family: Option<Family>,
    /// The domain; the default if empty.
    pub domain: String,
    /// The host; this one if empty.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The strings of the TXT record.
    pub txt: Vec<Vec<u8>>,
}

impl ServiceFile {
    /// Returns the name under which it is published by a host with this label.
    pub fn name_on(&self, host_label: &str) -> String {
        match self.replaces_wildcards {
            true => self.name.replace("%h", host_label),
            false => self.name.clone(),
        }
    }
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFileError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for ServiceFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Reads a file.
///
/// # Errors
///
/// Returns the first problem: the whole file is then refused, as by avahi-daemon.
pub fn read(text: &str) -> Result<ServiceFile, ServiceFileError> {
    let mut reader = Reader::from_str(text);
    let mut file = Builder::default();
    loop {
        let step = match reader.read_event() {
            Ok(Event::Eof) => return file.finish().map_err(|reason| at(text, &reader, reason)),
            Ok(event) => file.on_event(&event),
            Err(error) => Err(error.to_string()),
        };
        step.map_err(|reason| at(text, &reader, reason))?;
    }
}

fn at(text: &str, reader: &Reader<&[u8]>, reason: String) -> ServiceFileError {
    let position = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
    let before = text.as_bytes().get(..position).unwrap_or(text.as_bytes());
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    ServiceFileError {
        line: line.saturating_add(1),
        reason,
    }
}

/// Where the reader is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before or after the one element of the file.
    #[default]
    Outside,
    Group,
    Name,
    Service,
    Type,
    Subtype,
    Domain,
    Host,
    Port,
    Txt(Format),
}

#[derive(Default)]
struct Builder {
    place: Place,
    file: ServiceFile,
    has_name: bool,
    has_type: bool,
    is_complete: bool,
    text: String,
}

impl Builder {
    fn on_event(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(element) => self.on_start(element),
            Event::Empty(element) => {
                self.on_start(element)?;
                self.on_end()
            }
            Event::End(_) => self.on_end(),
            Event::Text(text) => self.on_text(&text.xml10_content()),
            Event::CData(text) => self.on_text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.on_reference(reference),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Eof => {
                Ok(())
            }
        }
    }

    fn on_start(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let name = element.name();
        let name: &str = name.as_ref();
        let mut attribute = None;
        for given in element.attributes() {
            let given = given.map_err(|error| error.to_string())?;
            let value = given.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| error.to_string())?;
            let pair = (given.key.as_ref().to_owned(), value.into_owned());
            if attribute.replace(pair).is_some() {
                return Err(format!("<{name}> has an unknown attribute"));
            }
        }
        let attribute = attribute
            .as_ref()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        self.place = self.enter(name, attribute)?;
        self.text.clear();
        Ok(())
    }

    /// Returns the place within an element.
    fn enter(&mut self, name: &str, attribute: Option<(&str, &str)>) -> Result<Place, String> {
        match (self.place, name, attribute) {
            (Place::Outside, "service-group", None) if !self.is_complete => Ok(Place::Group),
            (Place::Group, "name", None) => Ok(Place::Name),
            (Place::Group, "name", Some(("replace-wildcards", value))) => {
                self.file.replaces_wildcards = value == "yes";
                Ok(Place::Name)
            }
            (Place::Group, "service", None) => self.begin_service(None),
            (Place::Group, "service", Some(("protocol", value))) => match value {
                "any" => self.begin_service(None),
                "ipv4" => self.begin_service(Some(Family::V4)),
                "ipv6" => self.begin_service(Some(Family::V6)),
                _ => Err(format!(
                    "`{value}` is not a protocol: expected any, ipv4 or ipv6"
                )),
            },
            (Place::Service, "type", None) => Ok(Place::Type),
            (Place::Service, "subtype", None) => Ok(Place::Subtype),
            (Place::Service, "domain-name", None) => Ok(Place::Domain),
            (Place::Service, "host-name", None) => Ok(Place::Host),
            (Place::Service, "port", None) => Ok(Place::Port),
            (Place::Service, "txt-record", None) => Ok(Place::Txt(Format::Text)),
            (Place::Service, "txt-record", Some(("value-format", value))) => {
                let format = Format::read(value);
                format.map(Place::Txt).ok_or_else(|| {
                    format!("`{value}` is not a format: expected text, binary-hex or binary-base64")
                })
            }
            (_, _, Some((key, _))) => Err(format!("<{name} {key}=..> is not expected here")),
            (_, _, None) => Err(format!("<{name}> is not expected here")),
        }
    }

    fn begin_service(&mut self, family: Option<Family>) -> Result<Place, String> {
        if self.file.services.len() >= SERVICES_MAX {
            return Err(format!("more than {SERVICES_MAX} services"));
        }
        self.has_type = false;
        self.file.services.push(FileService {
            family,
            ..FileService::default()
        });
        Ok(Place::Service)
    }

    fn on_text(&mut self, text: &str) -> Result<(), String> {
        match self.place {
            Place::Group | Place::Service => Ok(()),
            Place::Outside if text.trim().is_empty() => Ok(()),
            Place::Outside => Err("text outside of <service-group>".to_owned()),
            Place::Name
            | Place::Type
            | Place::Subtype
            | Place::Domain
            | Place::Host
            | Place::Port
            | Place::Txt(_) => {
                self.text.push_str(text);
                Ok(())
            }
        }
    }

    fn on_reference(&mut self, reference: &BytesRef<'_>) -> Result<(), String> {
        if let Some(character) = reference
            .resolve_char_ref()
            .map_err(|error| error.to_string())?
        {
            return self.on_text(character.encode_utf8(&mut [0; 4]));
        }
        let name = reference.xml10_content();
        match quick_xml::escape::resolve_predefined_entity(&name) {
            Some(text) => self.on_text(text),
            None => Err(format!("&{name}; is not an entity that is known here")),
        }
    }

    fn on_end(&mut self) -> Result<(), String> {
        let text = std::mem::take(&mut self.text);
        self.place = match self.place {
            Place::Outside => Place::Outside,
            Place::Group => {
                if !self.has_name || self.file.services.is_empty() {
                    return Err("<service-group> needs <name> and <service>".to_owned());
                }
                self.is_complete = true;
                Place::Outside
            }
            Place::Name => {
                self.has_name |= !text.is_empty();
                self.file.name.push_str(&text);
                Place::Group
            }
            Place::Service => {
                if !self.has_type {
                    return Err("<service> needs <type>".to_owned());
                }
                Place::Group
            }
            Place::Type
            | Place::Subtype
            | Place::Domain
            | Place::Host
            | Place::Port
            | Place::Txt(_) => {
                self.end_of_part(text)?;
                Place::Service
            }
        };
        Ok(())
    }

    /// Notes the text of an element within `<service>`.
    fn end_of_part(&mut self, text: String) -> Result<(), String> {
        let Some(service) = self.file.services.last_mut() else {
            return Ok(());
        };
        match self.place {
            Place::Type => {
                self.has_type |= !text.is_empty();
                service.service_type.push_str(&text);
            }
            Place::Subtype => service.subtypes.push(text),
            Place::Domain => service.domain.push_str(&text),
            Place::Host => service.host.push_str(&text),
            Place::Port => service.port = port(&text)?,
            Place::Txt(format) => service.txt.push(decode(&text, format)?),
            Place::Outside | Place::Group | Place::Name | Place::Service => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ServiceFile, String> {
        match self.is_complete {
            true => Ok(std::mem::take(&mut self.file)),
            false => Err("the file ends before </service-group>".to_owned()),
        }
    }
}

/// How many services a file may have. More refuse the file.
const SERVICES_MAX: usize = 1_000;

#[cfg(test)]
mod tests;
