//! Any arguments of a call on D-Bus are refused, or can be published or asked for.
#![no_main]

#[path = "../../crates/cooee-daemon/tests/support/dbus_arguments.rs"]
mod dbus_arguments;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dbus_arguments::check(bytes));
