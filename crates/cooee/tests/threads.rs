//! Whether public types can be sent to other threads and shared between them.
//!
//! In:  nothing. Out: it compiles.

use cooee::blocking::{Events, NextError};
use cooee::{
    Browse, BrowseError, Builder, DriverError, Goodbyes, Host, HostUpdates, InstanceEvent,
    Instances, InterfaceId, LookupAddr, LookupError, LookupHost, Mdns, Message, Messages, Metrics,
    Monitor, MonitorEvent, NameUpdates, Query, QueryError, RecordEvent, Records, Register,
    RegisterError, RegisterHost, RegisterRecord, Registered, RegisteredName, Registration, Resolve,
    ResolveError, Service, ServiceEvent, ServiceTypes, Services, Shutdown, StartError, Status,
    StatusStream, Txt, TypeEvent, Unregister, Update, UpdateError, Warning,
};

macro_rules! assert_send_and_sync {
    ($($name:ty),+ $(,)?) => {
        fn is<T: Send + Sync + 'static>() {}
        $(is::<$name>();)+
    };
}

#[test]
fn every_public_type_can_be_sent_to_other_threads_and_shared_between_them() {
    assert_send_and_sync!(
        Browse,
        BrowseError,
        Builder,
        DriverError,
        Events<Services>,
        Goodbyes,
        Host,
        HostUpdates,
        InstanceEvent,
        Instances,
        InterfaceId,
        LookupAddr,
        LookupError,
        LookupHost,
        Mdns,
        Message,
        Messages,
        Metrics,
        Monitor,
        MonitorEvent,
        NameUpdates,
        NextError,
        Query,
        QueryError,
        RecordEvent,
        Records,
        Register,
        RegisterError,
        RegisterHost,
        RegisterRecord,
        Registered,
        RegisteredName,
        Registration,
        Resolve,
        ResolveError,
        Service,
        ServiceEvent,
        ServiceTypes,
        Services,
        Shutdown,
        StartError,
        Status,
        StatusStream,
        Txt,
        TypeEvent,
        Unregister,
        Update,
        UpdateError,
        Warning,
    );
}
