//! Commands, right and wrong.

use super::super::words::split;
use super::Command;
use crate::target::BrowseTarget;

fn read(line: &str) -> Result<Command, String> {
    Command::parse(split(line).map_err(|error| error.to_string())?)
}

#[test]
fn a_registration_takes_its_options_anywhere() {
    let line = "register --txt b=2 'Dr. Who' --sub _printer _http._tcp --txt-hex 6B3D00FF 80 \
                --host box --addr 10.0.0.71 --addr fe80::1 --no-rename --txt flag";
    let Ok(Command::Register(register)) = read(line) else {
        panic!("{:?}", read(line));
    };
    assert_eq!(
        (&*register.instance.label(), register.port),
        ("Dr. Who", 80)
    );
    let strings: Vec<&[u8]> = register.txt.strings().collect();
    assert_eq!(strings, [b"b=2".as_slice(), b"k=\0\xff", b"flag"]);
    assert_eq!((register.subtypes.len(), register.addresses.len()), (1, 2));
    assert_eq!(
        (register.host.as_deref(), register.no_rename),
        (Some("box"), true)
    );
}

#[test]
fn a_string_in_hexadecimal_is_taken_as_it_is_and_one_in_text_is_checked() {
    let line = "register a _http._tcp 80 --txt-hex 613d31 --txt-hex 613d32 --txt-hex 3d78 \
                --txt-hex '' --txt-hex 01";
    let Ok(Command::Register(register)) = read(line) else {
        panic!("{:?}", read(line));
    };
    let strings: [&[u8]; 5] = [b"a=1", b"a=2", b"=x", b"", b"\x01"];
    assert!(register.txt.exact_strings().eq(strings));
    for wrong in ["=x", "a=1 --txt A"] {
        assert!(read(&format!("update a _http._tcp --txt {wrong}")).is_err());
    }
    let long = "61".repeat(256);
    assert!(read(&format!("update a _http._tcp --txt-hex {long}")).is_err());
}

#[test]
fn every_command_means_what_its_words_say() {
    for (line, meant) in [
        (
            "update a _http._tcp --port 81",
            "Update(a._http._tcp.local, 0, Some(81))",
        ),
        (
            "update -- --a _http._tcp",
            "Update(--a._http._tcp.local, 0, None)",
        ),
        (
            "update a _http._tcp --txt b --txt c=1",
            "Update(a._http._tcp.local, 2, None)",
        ),
        ("unregister a _http._tcp", "Unregister(a._http._tcp.local)"),
        (
            "register a _dyson_mqtt._tcp 80 --any-type",
            "Register(a._dyson_mqtt._tcp.local, 80, any type)",
        ),
        (
            "browse _http._tcp,_printer --resolve",
            "Browse(_http._tcp,_printer, true)",
        ),
        (
            "browse _nvstream_dbd._tcp.local",
            "Browse(_nvstream_dbd._tcp, false)",
        ),
        (
            "stop-browse _http._tcp,_printer",
            "StopBrowse(_http._tcp,_printer)",
        ),
        (
            "resolve a _androidtvremote2._tcp",
            "Resolve(a._androidtvremote2._tcp.local)",
        ),
        (
            "stop-resolve a _http._tcp",
            "StopResolve(a._http._tcp.local)",
        ),
        ("resolve-host peer.local", "ResolveHost(peer.local)"),
        ("stop-resolve-host peer", "StopResolveHost(peer.local)"),
        ("query a\\\\.b.local TXT", "Query(a\\.b.local, TXT)"),
        ("query x.local 13", "Query(x.local, HINFO)"),
        ("stop-query x.local TYPE65", "StopQuery(x.local, HTTPS)"),
        ("types", "Types"),
        ("stop-types", "StopTypes"),
        (
            "publish-host box 10.0.0.71 fe80::1",
            "PublishHost(box.local, 10.0.0.71 fe80::1)",
        ),
        ("unpublish-host box", "UnpublishHost(box.local)"),
        ("metrics", "Metrics"),
        ("quit", "Quit"),
    ] {
        assert_eq!(
            read(line).map(|command| shown(&command)).as_deref(),
            Ok(meant),
            "{line}"
        );
    }
}

#[test]
fn a_full_name_stands_for_an_instance_and_its_type_in_every_command() {
    for (line, meant) in [
        (
            "resolve 'Dr. Who._http._tcp.local'",
            r"Resolve(Dr\. Who._http._tcp.local)",
        ),
        (
            r"resolve --escaped 'Dr\. Who._http._tcp.local.'",
            r"Resolve(Dr\. Who._http._tcp.local)",
        ),
        (
            "resolve a._http._tcp.local _ipp._tcp",
            r"Resolve(a\._http\._tcp\.local._ipp._tcp.local)",
        ),
        (
            "stop-resolve a._http._tcp.local",
            "StopResolve(a._http._tcp.local)",
        ),
        (
            "register a._http._tcp.local 80",
            "Register(a._http._tcp.local, 80)",
        ),
        (
            "update a._http._tcp.local --port 81",
            "Update(a._http._tcp.local, 0, Some(81))",
        ),
        (
            "unregister a._http._tcp.local",
            "Unregister(a._http._tcp.local)",
        ),
    ] {
        let command = read(line).map(|command| shown(&command));
        assert_eq!(command.as_deref(), Ok(meant), "{line}");
    }
}

fn browsed(target: &BrowseTarget) -> String {
    let subtype = target.subtype.as_ref();
    let subtype = subtype.map(|subtype| format!(",{subtype}"));
    format!("{}{}", target.service_type, subtype.unwrap_or_default())
}

/// Returns a command with everything that its words determine.
fn shown(command: &Command) -> String {
    match command {
        Command::Register(register) => format!(
            "Register({}, {}{})",
            register.instance.name(),
            register.port,
            if register.any_type { ", any type" } else { "" }
        ),
        Command::Update {
            instance,
            txt,
            port,
        } => format!(
            "Update({}, {}, {port:?})",
            instance.name(),
            txt.strings().count()
        ),
        Command::Unregister(instance) => format!("Unregister({})", instance.name()),
        Command::Browse { target, resolve } => format!("Browse({}, {resolve})", browsed(target)),
        Command::StopBrowse(target) => format!("StopBrowse({})", browsed(target)),
        Command::Resolve(instance) => format!("Resolve({})", instance.name()),
        Command::StopResolve(instance) => format!("StopResolve({})", instance.name()),
        Command::ResolveHost(host) => format!("ResolveHost({})", host.0),
        Command::StopResolveHost(host) => format!("StopResolveHost({})", host.0),
        Command::Query(name, rtype) => format!("Query({name}, {rtype})"),
        Command::StopQuery(name, rtype) => format!("StopQuery({name}, {rtype})"),
        Command::Types => "Types".to_owned(),
        Command::StopTypes => "StopTypes".to_owned(),
        Command::PublishHost { name, addresses } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!("PublishHost({}, {})", name.0, addresses.join(" "))
        }
        Command::UnpublishHost(host) => format!("UnpublishHost({})", host.0),
        Command::Metrics => "Metrics".to_owned(),
        Command::Quit => "Quit".to_owned(),
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (line, named) in [
        ("registre a", "`registre`"),
        ("register a", "TYPE is missing"),
        ("register a _http._tcp", "PORT is missing"),
        ("register a _http._tcp 65536", "`65536`"),
        ("register a http 80", "`http`"),
        ("register _http._tcp a 80", "the name comes first"),
        ("resolve _http._tcp a", "the name comes first"),
        ("resolve a._http._tcp.local b", "`b`"),
        ("register '' _http._tcp 80", "empty"),
        ("register a _http._tcp 80 b", "`b`"),
        ("register a _http._tcp 80 --txt", "`--txt`"),
        ("register a _http._tcp 80 --txt =x", "key"),
        ("register a _http._tcp 80 --txt-hex 6b3", "`6b3`"),
        ("register a _http._tcp 80 --addr here", "`here`"),
        ("register a _http._tcp 80 --resolve", "--no-rename"),
        ("browse _http._tcp --txt a", "`--txt`"),
        ("query x.local NOPE", "NOPE"),
        ("query a..b A", "`a..b`"),
        ("publish-host box", "IP is missing"),
        ("register 'a", "quote"),
    ] {
        let error = read(line).unwrap_err();
        assert!(error.contains(named), "{line}: {error}");
    }
}
