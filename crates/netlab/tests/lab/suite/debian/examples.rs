//! Avahi's own examples for programs in C.
//!
//! In:  nothing.
//! Out: the cases of the package `libavahi-client-dev`.

use super::case::{AddressOf, Case, Verdict};

const fn example(command: &'static str, script: &'static str) -> Case {
    Case {
        package: "libavahi-client-dev",
        file: "/usr/share/doc/libavahi-client-dev/examples/client-browse-services.c",
        command,
        script: Some(script),
        families: AddressOf::AnyFamily,
        wants: &[],
        verdict: Verdict::Same,
    }
}

/// What looks for services.
pub(crate) const READING: &[Case] = &[Case {
    wants: &["NEW: service 'Web'", "ALL_FOR_NOW", "peer.local:80"],
    ..example(
        "client-browse-services",
        "cd $(mktemp -d); cc -o browse /usr/share/doc/libavahi-client-dev/examples/\
             client-browse-services.c -lavahi-client -lavahi-common && timeout 5 ./browse 2>&1 \
             | grep -v cookie",
    )
}];

/// What announces services.
pub(crate) const PUBLISHING: &[Case] = &[Case {
    wants: &["'MegaPrinter' successfully established", ";651;"],
    ..example(
        "client-publish-service",
        "cd $(mktemp -d); cc -o publish /usr/share/doc/libavahi-client-dev/examples/\
             client-publish-service.c -lavahi-client -lavahi-common && timeout 9 ./publish 2>&1 \
             & sleep 5; for t in _ipp._tcp _printer._tcp; do $AT_PEER avahi-browse -rtp $t \
             | grep Mega; done; wait",
    )
}];
