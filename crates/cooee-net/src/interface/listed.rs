//! The interface list by getifaddrs.
