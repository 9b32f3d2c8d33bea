//! The checks of arguments, each call's in Avahi's order.
//!
//! In:  the arguments of a call, as the client gave them.
//! Out: parsed arguments, or the first error that avahi-daemon would answer.
//!
//! Three deliberate differences: what avahi-daemon would publish or ask for in a domain other than
//! `local` is `NotSupported`; a service name with a control character is `InvalidServiceName` (RFC
//! 6763 section 4.1.1); a name that is too long for the wire is as one that is not valid.

mod kinds;
mod lookup;
mod publish;

pub use kinds::{
    Domain, address, domain, fqdn, generic_type, host_label, local_host, names_a_host, rdata,
    service_name, strict_type, subtype, txt,
};
pub use lookup::{
    LookUp, LookUpAddress, LookUpHost, LookUpRecord, LookUpService, LookUpTypes, address_resolver,
    browser_flags, domain_browser, host_name_resolver, record_browser, service_browser,
    service_resolver, type_browser,
};
pub use publish::{
    Address, Group, Record, Service, ServiceRef, add_address, add_record, add_service,
    add_service_subtype, update_service_txt,
};
