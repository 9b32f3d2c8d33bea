//! Avahi's error codes: numbers, names on D-Bus, English texts.
//!
//! In:  what went wrong.
//! Out: its number (text socket), its name (D-Bus) and its text (both), as libavahi-common has them.

use std::fmt;

/// The error type of all doors.
pub type Error = ErrorCode;

macro_rules! codes {
    ($($name:ident = $number:literal, $dbus:literal, $text:literal;)+) => {
        /// What avahi-daemon answers, from success (0) to "redundant" (-53).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = $text] $name = $number,)+
        }

        impl ErrorCode {
            /// Every code, in the order of its number: 0, -1, -2 and so on.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns its number, 0 to -53.
            pub fn number(self) -> i32 {
                match self { $(Self::$name => $number,)+ }
            }

            /// Returns its name as an error on D-Bus.
            pub fn dbus_name(self) -> &'static str {
                match self { $(Self::$name => $dbus,)+ }
            }

            /// Returns its English text.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

codes! {
    Success = 0, "org.freedesktop.Avahi.Success", "OK";
    Failure = -1, "org.freedesktop.Avahi.Failure", "Operation failed";
    BadState = -2, "org.freedesktop.Avahi.BadStateError", "Bad state";
    InvalidHostName = -3, "org.freedesktop.Avahi.InvalidHostNameError", "Invalid host name";
    InvalidDomainName = -4, "org.freedesktop.Avahi.InvalidDomainNameError", "Invalid domain name";
    NoNetwork = -5, "org.freedesktop.Avahi.NoNetworkError", "No suitable network protocol available";
    InvalidTtl = -6, "org.freedesktop.Avahi.InvalidTTLError", "Invalid DNS TTL";
    IsPattern = -7, "org.freedesktop.Avahi.IsPatternError", "Resource record key is pattern";
    Collision = -8, "org.freedesktop.Avahi.CollisionError", "Local name collision";
    InvalidRecord = -9, "org.freedesktop.Avahi.InvalidRecordError", "Invalid record";
    InvalidServiceName = -10, "org.freedesktop.Avahi.InvalidServiceNameError", "Invalid service name";
    InvalidServiceType = -11, "org.freedesktop.Avahi.InvalidServiceTypeError", "Invalid service type";
    InvalidPort = -12, "org.freedesktop.Avahi.InvalidPortError", "Invalid port number";
    InvalidKey = -13, "org.freedesktop.Avahi.InvalidKeyError", "Invalid record key";
    InvalidAddress = -14, "org.freedesktop.Avahi.InvalidAddressError", "Invalid address";
    Timeout = -15, "org.freedesktop.Avahi.TimeoutError", "Timeout reached";
    TooManyClients = -16, "org.freedesktop.Avahi.TooManyClientsError", "Too many clients";
    TooManyObjects = -17, "org.freedesktop.Avahi.TooManyObjectsError", "Too many objects";
    TooManyEntries = -18, "org.freedesktop.Avahi.TooManyEntriesError", "Too many entries";
    Os = -19, "org.freedesktop.Avahi.OSError", "OS Error";
    AccessDenied = -20, "org.freedesktop.DBus.Error.AccessDenied", "Access denied";
    InvalidOperation = -21, "org.freedesktop.Avahi.InvalidOperationError", "Invalid operation";
    Bus = -22, "org.freedesktop.Avahi.DBusError", "An unexpected D-Bus error occurred";
    Disconnected = -23, "org.freedesktop.Avahi.DisconnectedError", "Daemon connection failed";
    NoMemory = -24, "org.freedesktop.Avahi.NoMemoryError", "Memory exhausted";
    InvalidObject = -25, "org.freedesktop.Avahi.InvalidObjectError", "The object passed in was not valid";
    NoDaemon = -26, "org.freedesktop.Avahi.NoDaemonError", "Daemon not running";
    InvalidInterface = -27, "org.freedesktop.Avahi.InvalidInterfaceError", "Invalid interface index";
    InvalidInterfaceProtocol = -28, "org.freedesktop.Avahi.InvalidInterfaceProtocolError", "Invalid protocol specification";
    InvalidFlags = -29, "org.freedesktop.Avahi.InvalidFlagsError", "Invalid flags";
    NotFound = -30, "org.freedesktop.Avahi.NotFoundError", "Not found";
    InvalidConfiguration = -31, "org.freedesktop.Avahi.InvalidConfigurationError", "Invalid configuration";
    VersionMismatch = -32, "org.freedesktop.Avahi.VersionMismatchError", "Version mismatch";
    InvalidServiceSubtype = -33, "org.freedesktop.Avahi.InvalidServiceSubtypeError", "Invalid service subtype";
    InvalidPacket = -34, "org.freedesktop.Avahi.InvalidPacketError", "Invalid packet";
    InvalidDnsErrorCode = -35, "org.freedesktop.Avahi.InvalidDNSErrorError", "Invalid DNS return code";
    DnsFormerr = -36, "org.freedesktop.Avahi.DNSFORMERR", "DNS failure: FORMERR";
    DnsServfail = -37, "org.freedesktop.Avahi.DNSSERVFAIL", "DNS failure: SERVFAIL";
    DnsNxdomain = -38, "org.freedesktop.Avahi.DNSNXDOMAIN", "DNS failure: NXDOMAIN";
    DnsNotimp = -39, "org.freedesktop.Avahi.DNSNOTIMP", "DNS failure: NOTIMP";
    DnsRefused = -40, "org.freedesktop.Avahi.DNSREFUSED", "DNS failure: REFUSED";
    DnsYxdomain = -41, "org.freedesktop.Avahi.DNSYXDOMAIN", "DNS failure: YXDOMAIN";
    DnsYxrrset = -42, "org.freedesktop.Avahi.DNSYXRRSET", "DNS failure: YXRRSET";
    DnsNxrrset = -43, "org.freedesktop.Avahi.DNSNXRRSET", "DNS failure: NXRRSET";
    DnsNotauth = -44, "org.freedesktop.Avahi.DNSNOTAUTH", "DNS failure: NOTAUTH";
    DnsNotzone = -45, "org.freedesktop.Avahi.DNSNOTZONE", "DNS failure: NOTZONE";
    InvalidRdata = -46, "org.freedesktop.Avahi.InvalidRDataError", "Invalid RDATA";
    InvalidDnsClass = -47, "org.freedesktop.Avahi.InvalidDNSClassError", "Invalid DNS type";
    InvalidDnsType = -48, "org.freedesktop.Avahi.InvalidDNSTypeError", "Invalid DNS class";
    NotSupported = -49, "org.freedesktop.Avahi.NotSupportedError", "Not supported";
    NotPermitted = -50, "org.freedesktop.Avahi.NotPermittedError", "Not permitted";
    InvalidArgument = -51, "org.freedesktop.Avahi.InvalidArgumentError", "Invalid argument";
    IsEmpty = -52, "org.freedesktop.Avahi.IsEmptyError", "Is empty";
    NoChange = -53, "org.freedesktop.Avahi.NoChangeError", "The requested operation is invalid because redundant";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for ErrorCode {}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    #[test]
    fn the_numbers_count_down_from_zero_and_the_names_are_all_different() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            assert_eq!(code.number(), -i32::try_from(index).unwrap());
        }
        assert_eq!(ErrorCode::ALL.len(), 54);
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.dbus_name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 54);
    }
}
