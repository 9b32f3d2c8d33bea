//! Avahi's own programs.
//!
//! In:  nothing.
//! Out: the cases of the packages `avahi-utils` and `avahi-daemon`.

use super::case::{AddressOf, Case, Verdict};

const fn utils(command: &'static str, wants: &'static [&'static str]) -> Case {
    Case {
        package: "avahi-utils",
        file: "/usr/bin/avahi-browse",
        command,
        script: None,
        families: AddressOf::AnyFamily,
        wants,
        verdict: Verdict::Same,
    }
}

const fn one_family(command: &'static str, wants: &'static [&'static str]) -> Case {
    Case {
        families: AddressOf::Given,
        ..utils(command, wants)
    }
}

const ONE_DOMAIN: &str = "`cooeed` serves the domain `local` alone and says so; `avahi-daemon` accepts any domain, in \
     which no other host looks or answers by multicast";

/// What reads first, before anything was asked.
pub(crate) const AT_FIRST: &[Case] = &[Case {
    verdict: Verdict::Different(
        "before the first question: `cooeed` keeps the records that somebody asks for, \
         `avahi-daemon` keeps all that it hears",
    ),
    ..utils("avahi-browse -acp", &[])
}];

/// What reads last.
pub(crate) const AT_LAST: &[Case] = &[
    utils("avahi-browse -arcp", &[";Web;", ";Four;", ";Six;"]),
    utils("avahi-browse -cp _ipp._tcp", &[";Front"]),
];

/// What reads.
pub(crate) const READING: &[Case] = &[
    utils("avahi-browse -artp", &[";Web;", ";Four;", ";Six;"]),
    utils("avahi-browse -at", &["Web Site"]),
    utils("avahi-browse -artpk", &["_ipp._tcp"]),
    utils("avahi-browse -apl -t", &[";Web;"]),
    utils(
        "avahi-browse -rt _ipp._tcp",
        &["pdl=", "Front Desk (2nd floor)"],
    ),
    utils("avahi-browse -rtp _ipp._tcp", &["pdl=", ";631;"]),
    utils("avahi-browse -rtp _universal._sub._ipp._tcp", &[";631;"]),
    utils("avahi-browse -tp _nothing._tcp", &[]),
    utils("avahi-browse -tp not-a-type", &[]),
    utils("avahi-browse -rtpd local _http._tcp", &[";Web;"]),
    Case {
        verdict: Verdict::Different(ONE_DOMAIN),
        ..utils("avahi-browse -tpd example.org _http._tcp", &[])
    },
    utils("avahi-browse -Dt", &[]),
    utils("avahi-browse-domains -t", &[]),
    utils("avahi-browse -V", &["0.8"]),
    utils("avahi-browse -b", &["Web Site"]),
    utils("avahi-resolve -n peer.local", &["peer.local"]),
    one_family("avahi-resolve -4 -n peer.local", &["<peer 4>"]),
    one_family("avahi-resolve -6 -n peer.local", &["peer.local"]),
    one_family("avahi-resolve -4 -n four.local", &["<four 4>"]),
    one_family("avahi-resolve -6 -n six.local", &["six.local"]),
    one_family("avahi-resolve -6 -n four.local", &["four.local"]),
    one_family("avahi-resolve -4 -n six.local", &["six.local"]),
    utils("avahi-resolve -n nobody.local", &["Timeout"]),
    utils("avahi-resolve -n Peer.Local peer.local. here.local", &[]),
    one_family("avahi-resolve -v -n four.local", &["<four 4>"]),
    utils("avahi-resolve -a 10.9.9.9", &["Timeout"]),
    utils("avahi-resolve -a not-an-address", &[]),
    Case {
        script: Some(
            "ip -o addr show lan1 | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1 | xargs avahi-resolve -a",
        ),
        verdict: Verdict::Better(
            "`cooeed` has a name for the link-local address too, `avahi-daemon` has none",
        ),
        ..one_family("avahi-resolve -a <own addresses>", &["here.local"])
    },
    one_family("avahi-resolve -a 127.0.0.1", &["Timeout"]),
    Case {
        script: Some(
            "$AT_PEER ip -o addr show lan1 | tr -s ' ' | cut -d' ' -f4 | cut -d/ -f1 \
             | xargs avahi-resolve -a",
        ),
        ..utils("avahi-resolve -a <addresses of peer>", &["peer.local"])
    },
];

/// What publishes.
pub(crate) const PUBLISHING: &[Case] = &[
    Case {
        script: Some(
            "for n in 10 11 12 13 14 15 16 17 18 19 20 21; do $AT_PEER timeout 12 avahi-publish \
             -s New _new$n._tcp $n >/dev/null 2>&1 & sleep 0.3; done; sleep 1; \
             for n in 10 11 12 13 14 15 16 17 18 19 20 21; do avahi-browse -tp _new$n._tcp & done; \
             wait",
        ),
        ..utils(
            "avahi-browse -tp # of twelve services that are new at the peer",
            &["_new10._tcp", "_new21._tcp"],
        )
    },
    Case {
        script: Some(
            "timeout 9 avahi-publish -s 'Own Service' _own1._tcp 4711 a=1 b c= & sleep 2.5; \
             $AT_PEER avahi-browse -rtp _own1._tcp; avahi-browse -rtp _own1._tcp; wait",
        ),
        ..utils(
            "avahi-publish -s \"Own Service\" _own1._tcp 4711 a=1 b c=",
            &[";4711;"],
        )
    },
    Case {
        script: Some(
            "timeout 13 avahi-publish --subtype=_one._sub._own2._tcp --subtype=_two._sub._own2._tcp \
             -s Sub _own2._tcp 4712 & sleep 2.5; for t in _own2._tcp _one._sub._own2._tcp \
             _two._sub._own2._tcp; do $AT_PEER avahi-browse -rtp $t; avahi-browse -tp $t; done; wait",
        ),
        ..utils(
            "avahi-publish --subtype=_one._sub._own2._tcp -s Sub _own2._tcp 4712",
            &[";4712;"],
        )
    },
    Case {
        script: Some(
            "timeout 5 avahi-publish -a -R alias.local 10.77.0.7 & sleep 2; \
             $AT_PEER avahi-resolve -n alias.local; avahi-resolve -n alias.local; wait",
        ),
        ..utils("avahi-publish -a -R alias.local 10.77.0.7", &["10.77.0.7"])
    },
    Case {
        script: Some(
            "timeout 5 avahi-publish -a other.local 10.77.0.8 & sleep 2; \
             $AT_PEER avahi-resolve -n other.local; $AT_PEER avahi-resolve -a 10.77.0.8; wait",
        ),
        ..utils("avahi-publish -a other.local 10.77.0.8", &["10.77.0.8"])
    },
    Case {
        script: Some("timeout 5 avahi-publish -a peer.local 10.77.0.9"),
        ..utils("avahi-publish -a peer.local 10.77.0.9", &[])
    },
    Case {
        script: Some("timeout 5 avahi-publish -s Web _http._tcp 81"),
        ..utils("avahi-publish -s Web _http._tcp 81", &["Web #2"])
    },
    Case {
        script: Some(
            "timeout 7 avahi-publish -H there.local -d local -s Hosted _own3._tcp 1 & sleep 2; \
             $AT_PEER avahi-browse -tp _own3._tcp; wait",
        ),
        ..utils(
            "avahi-publish -H there.local -d local -s Hosted _own3._tcp 1",
            &[";Hosted;"],
        )
    },
    utils("avahi-publish -s Bad not-a-type 1", &[]),
    utils("avahi-publish -s Bad _xxx._tcp 99999", &[]),
    Case {
        script: Some("timeout 5 avahi-publish -d example.org -s Far _xxx._tcp 9"),
        verdict: Verdict::Different(ONE_DOMAIN),
        ..utils("avahi-publish -d example.org -s Far _xxx._tcp 9", &[])
    },
];

/// What changes the name of the host.
pub(crate) const RENAMING: &[Case] = &[Case {
    script: Some(
        "timeout 9 avahi-publish -s Moving _moving._tcp 5 & sleep 2; avahi-set-host-name -v moved; \
         echo $?; sleep 2.5; avahi-resolve -n moved.local; $AT_PEER avahi-resolve -n moved.local; \
         $AT_PEER avahi-browse -rtp _moving._tcp; avahi-set-host-name 'two.labels'; echo $?; \
         avahi-set-host-name here; echo $?; wait; $AT_PEER avahi-resolve -4 -n here.local",
    ),
    ..utils("avahi-set-host-name moved", &["moved.local", "here.local"])
}];

/// What runs while the daemon ends and another one starts.
pub(crate) const RESTARTING: &[Case] = &[
    Case {
        script: Some(
            "timeout 12 avahi-publish -f -s Stays _stays._tcp 9 & sleep 10; \
             $AT_PEER avahi-browse -rtp _stays._tcp; wait",
        ),
        ..utils(
            "avahi-publish -f -s Stays _stays._tcp 9",
            &["Disconnected", ";9;"],
        )
    },
    Case {
        script: Some("timeout 12 avahi-publish -s Goes _goes._tcp 9"),
        ..utils(
            "avahi-publish -s Goes _goes._tcp 9",
            &["Daemon connection failed"],
        )
    },
    Case {
        script: Some("timeout 12 avahi-browse -fp _ssh._tcp"),
        ..utils("avahi-browse -fp _ssh._tcp", &[";Four;", "Disconnected"])
    },
    Case {
        script: Some("timeout 12 avahi-browse -p _ssh._tcp"),
        ..utils(
            "avahi-browse -p _ssh._tcp",
            &[";Six;", "Daemon connection failed"],
        )
    },
];
