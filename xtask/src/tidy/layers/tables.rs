//! The layers of each crate, from top to bottom.
//!
//! A module imports only from rows below its own: never from a row above, never from its own row. A
//! new module is added here; `cargo xtask tidy` reports modules without a place.

/// The rules for the crates of the workspace.
pub(in crate::tidy) struct Tables {
    /// By crate: its rows, each with the names of modules that do not import each other.
    pub(in crate::tidy) layers: &'static [(&'static str, &'static [&'static str])],
    /// Crates without a table so far. This list only shrinks.
    pub(in crate::tidy) not_held: &'static [&'static str],
    /// By crate: type names with two meanings. This list only shrinks.
    pub(in crate::tidy) double_names: &'static [(&'static str, &'static [&'static str])],
}

/// The tables of this repository.
pub(in crate::tidy) const TABLES: Tables = Tables {
    layers: &[
        (
            "cooee",
            &[
                "diagnose resolve",
                "browse cached lookup mdns monitor publish query",
                "driver options",
                "argument session",
                "memory observe",
                "event metrics reflect",
                "callback",
                "error lock",
            ],
        ),
        (
            "cooee-wire",
            &[
                "edns",
                "builder dig serialize",
                "message",
                "question record",
                "rdata",
                "name header class ttl rtype",
                "error fold rcode",
                "limits",
            ],
        ),
        (
            "cooee-net",
            &[
                "wait",
                "facts send watch select",
                "socket",
                "error recv",
                "control",
                "interface clock",
                "netlink packet_info host file",
            ],
        ),
        (
            "cooee-cli",
            &[
                "commands",
                "decode demo doctor domain generate monitor pipe publish screen",
                "follow start",
                "hindrance",
                "families out signals logs",
                "convert text traffic publish_output args",
                "output failure target",
                "escape quiescence watch background virtual_host",
            ],
        ),
        (
            "cooee-daemon",
            &[
                "program",
                "dbus dns files text_socket",
                "config host lookup publish",
                "avahi bound_socket task",
            ],
        ),
        (
            "cooee-proto",
            &[
                "reflect",
                "dnssd",
                "engine",
                "compose",
                "cache prober querier",
                "asking links queries responder",
                "registrations",
                "intake names",
                "config event peers stats",
                "due_order limits linked_order schedule timing transmit",
                "address link_map ordered",
                "collections link rng",
                "time",
            ],
        ),
        (
            "cooee-capture",
            &[
                "pcap pcapng",
                "reading",
                "capture fragments frame",
                "radio write",
                "order",
            ],
        ),
        (
            "cooee-sim",
            &[
                "hostile model reflected replay",
                "single world",
                "link nodes",
                "host",
                "capture pcap queue weather",
                "duration node recording rng seed stats",
            ],
        ),
        (
            "netlab",
            &[
                "replay",
                "bench",
                "harness",
                "asker avahi_browse foreign hostile hosts",
                "cooeed served",
                "avahi capture cooee drops",
                "bus",
                "lab",
                "cable process program",
                "clock error frame",
            ],
        ),
        ("netcell", &[]),
    ],
    not_held: &[],
    double_names: &[],
};
