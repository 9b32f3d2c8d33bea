//! CUPS: printers that are found, and printers that are shared.
//!
//! In:  nothing.
//! Out: the cases of the packages of CUPS.

use super::case::{AddressOf, Case, Verdict};

const fn ippfind(command: &'static str, wants: &'static [&'static str]) -> Case {
    Case {
        package: "cups-ipp-utils",
        file: "/usr/bin/ippfind",
        command,
        script: None,
        families: AddressOf::Given,
        wants,
        verdict: Verdict::Same,
    }
}

/// What finds printers.
pub(crate) const READING: &[Case] = &[
    ippfind("ippfind -T 3", &["ipp://peer.local:631/ipp/print"]),
    ippfind(
        "ippfind -T 3 _ipp._tcp,_universal --name \"Front.*\" --txt-pdl \"image/urf\"",
        &["ipp://peer.local:631/ipp/print"],
    ),
    ippfind(
        "ippfind -T 3 _http._tcp -x echo {service_name} {service_hostname} {service_port} {txt_a} \";\"",
        &["Web peer.local 80", "1.5 € peer.local 8080 b c"],
    ),
    ippfind("ippfind -T 3 --name nobody", &["exit 1"]),
];

/// What shares printers, and what makes queues for those of others.
pub(crate) const SHARING: &[Case] = &[
    Case {
        package: "cups-ipp-utils",
        file: "/usr/sbin/ippeveprinter",
        script: Some(
            "cd $(mktemp -d); export TMPDIR=$PWD; timeout 13 ippeveprinter -p 8631 -l Desk Eve \
             >/dev/null 2>&1 & sleep 4.5; for t in _ipp._tcp _ipps._tcp _printer._tcp _http._tcp \
             _print._sub._ipp._tcp; do $AT_PEER avahi-browse -rtpk $t | grep Eve; done \
             | sed s/UUID=[-0-9a-f]*/UUID=/; wait",
        ),
        families: AddressOf::AnyFamily,
        ..ippfind(
            "ippeveprinter -p 8631 -l Desk Eve",
            &["Eve;_ipp._tcp;local;here.local;<here>;8631;", "note=Desk"],
        )
    },
    Case {
        package: "cups-daemon",
        file: "/usr/sbin/cupsd",
        script: Some(concat!(
            include_str!("cups.sh"),
            "sleep 5; for t in _ipp._tcp _ipps._tcp _printer._tcp _print._sub._ipp._tcp; do \
             $AT_PEER avahi-browse -rtpk $t | grep Shelf; done; kill $!; wait",
        )),
        families: AddressOf::AnyFamily,
        ..ippfind(
            "cupsd # with a shared printer",
            &[
                ";_ipp._tcp;local;here.local;<here>;631;",
                ";_ipps._tcp;local;here.local;<here>;631;",
                "rp=printers/Lab",
            ],
        )
    },
];

/// What finds the printers of others while nobody else uses the port of CUPS.
pub(crate) const QUEUES: &[Case] = &[Case {
    package: "cups-browsed",
    file: "/usr/sbin/cups-browsed",
    script: Some(concat!(
        include_str!("cups.sh"),
        "(mkdir peer; cd peer; TMPDIR=$PWD timeout 17 $AT_PEER ippeveprinter -p 8631 Ada \
         >/dev/null 2>&1) & sleep 2; CUPS_SERVER=$d/socket timeout 16 cups-browsed \
         -c $d/browsed.conf >/dev/null 2>&1 & for i in 1 2 3 4 5 6 7 8 9 10 11; do sleep 1; \
         lpstat -h $d/socket -v | grep -q Ada && break; done; lpstat -h $d/socket -v; \
         echo; lpstat -h $d/socket -e; kill $(jobs -p); wait",
    )),
    ..ippfind(
        "cups-browsed # with a printer at the peer; lpstat -v; lpstat -e",
        &["implicitclass://Ada/"],
    )
}];

/// What `lpinfo --include-schemes dnssd -v` lists. The scheduler cannot run it in the laboratory, where
/// there is no other user.
pub(crate) const DEVICES: &[Case] = &[Case {
    package: "cups",
    file: "/usr/lib/cups/backend/dnssd",
    // Without what it says about itself.
    script: Some("timeout 15 /usr/lib/cups/backend/dnssd 2>/dev/null"),
    ..ippfind(
        "/usr/lib/cups/backend/dnssd",
        &["dnssd://Front%20Desk%20(2nd%20floor)._ipp._tcp.local/"],
    )
}];
