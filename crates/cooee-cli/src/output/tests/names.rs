//! Every name that can be received: printed by each command, and given back to each command.

use clap::Parser;
use cooee::{InstanceName, Name, ServiceType};
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{Instance, Named};
use crate::args::{Args, Verb};
use crate::escape::escape;
use crate::pipe::command::Command;
use crate::pipe::words;
use crate::target::{BrowseTarget, HostName};

/// Bytes that often are text, and often need an escape.
fn label(len_max: usize) -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => "[a-zA-Z0-9 ]{1,8}".prop_map(String::into_bytes),
        2 => r"[\\\\.0-9,'\x22$-]{1,4}".prop_map(String::into_bytes),
        1 => Just("\u{1f469}\u{200d}\u{1f4bb}".as_bytes().to_vec()),
        1 => r"[\u{200b}-\u{200f}\u{627}\u{628}a]{1,4}".prop_map(String::into_bytes),
        1 => Just("Ku\u{308}\u{202e}\u{feff}".as_bytes().to_vec()),
        2 => vec(any::<u8>(), 1..4),
    ];
    vec(part, 1..6).prop_map(move |parts| {
        let mut bytes = parts.concat();
        bytes.truncate(len_max);
        bytes
    })
}

/// A type that can be received.
fn service_type() -> impl Strategy<Value = ServiceType> {
    (label(62), prop::sample::select(vec!["_tcp", "_udp"])).prop_map(|(label, protocol)| {
        let label = [b"_".as_slice(), &label].concat();
        let labels = [label.as_slice(), protocol.as_bytes(), b"local"];
        ServiceType::from_name(&Name::from_labels(labels).unwrap()).unwrap()
    })
}

/// Returns a command of `pipe`, with each word quoted.
fn pipe(line: &[&str]) -> Command {
    let quoted: Vec<String> = line
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
        .collect();
    Command::parse(words::split(&quoted.join(" ")).unwrap()).unwrap()
}

fn verb(line: &[&str]) -> Verb {
    Args::try_parse_from(line).unwrap().verb
}

/// Checks that the output is safe, and that a terminal shows it unchanged.
fn check_printed(text: &str) {
    assert_eq!(escape(text), text);
    assert!(!text.contains(char::is_control), "{text:?}");
}

fn same(given: &Name, received: &Name) {
    assert_eq!(
        given.as_wire(),
        received.as_wire(),
        "{given} and {received}"
    );
}

proptest! {
    #[test]
    fn a_type_that_is_printed_is_browsed_and_resolved_in(received in service_type()) {
        let text = received.to_string();
        check_printed(&text);
        let target: BrowseTarget = text.parse().unwrap();
        same(target.service_type.name(), received.name());
        prop_assert!(target.subtype.is_none());
        let Command::Browse { target, .. } = pipe(&["browse", "--", &text]) else {
            panic!("{text}")
        };
        same(target.service_type.name(), received.name());
        let Verb::Resolve { service: args, .. } = verb(&["cooee", "resolve", "--", "a", &text]) else {
            panic!("{text}")
        };
        same(args.instance.service_type().name(), received.name());
    }

    #[test]
    fn an_instance_that_is_printed_is_resolved(bytes in label(63), of in service_type()) {
        let received = InstanceName::from_label(&bytes, &of).unwrap();
        let reported = Instance::new(&received, None);
        check_printed(reported.text());
        let full = received.to_string();
        for words in [&[reported.text(), &reported.service_type][..], &[&full]] {
            let Verb::Resolve { service: args, .. } = verb(&[&["cooee", "resolve", "--"], words].concat()) else {
                panic!("{reported:?}")
            };
            same(args.instance.name(), received.name());
        }
        let in_pipe = match &reported.instance_exact {
            Some(exact) => pipe(&["resolve", "--escaped", "--", exact, &reported.service_type]),
            None => pipe(&["resolve", "--", &reported.instance, &reported.service_type]),
        };
        for in_pipe in [in_pipe, pipe(&["resolve", "--", &full])] {
            let Command::Resolve(asked) = in_pipe else {
                panic!("{reported:?}")
            };
            same(asked.name(), received.name());
        }
    }

    #[test]
    fn a_host_or_an_owner_that_is_printed_is_asked_for(bytes in label(63)) {
        let received = Name::LOCAL.prepend(&bytes).unwrap();
        let reported = Named::new(&received);
        let text = reported.text();
        check_printed(text);
        same(&text.parse::<HostName>().unwrap().0, &received);
        let Command::ResolveHost(host) = pipe(&["resolve-host", "--", text]) else {
            panic!("{text}")
        };
        same(&host.0, &received);
        let Command::Query(name, _) = pipe(&["query", "--", text, "ANY"]) else {
            panic!("{text}")
        };
        same(&name, &received);
        let Verb::Query { name, .. } = verb(&["cooee", "query", "--", text]) else {
            panic!("{text}")
        };
        same(&name, &received);
    }
}
