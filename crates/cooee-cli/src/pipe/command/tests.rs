//! Commands, right and wrong.

use super::super::words::split;
use super::Command;

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
fn every_command_is_known() {
    for line in [
        "update a _http._tcp --port 81",
        "update -- --a _http._tcp",
        "unregister a _http._tcp",
        "browse _http._tcp,_printer --resolve",
        "browse _nvstream_dbd._tcp.local",
        "resolve a _androidtvremote2._tcp",
        "register a _dyson_mqtt._tcp 80 --any-type",
        "stop-browse _http._tcp,_printer",
        "resolve a _http._tcp",
        "stop-resolve a _http._tcp",
        "resolve-host peer.local",
        "stop-resolve-host peer.local",
        "query a\\\\.b.local TXT",
        "query x.local 13",
        "stop-query x.local TYPE65",
        "types",
        "stop-types",
        "publish-host box 10.0.0.71 fe80::1",
        "unpublish-host box",
        "metrics",
        "quit",
    ] {
        assert!(read(line).is_ok(), "{line}: {:?}", read(line));
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
