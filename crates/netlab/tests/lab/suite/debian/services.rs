//! Servers that announce themselves, and programs that look for them.
//!
//! In:  nothing.
//! Out: the cases of packages whose programs use Avahi's library.

use super::case::{AddressOf, Case, Verdict};

/// A case of a server: it runs, and `peer` looks for what it announces.
macro_rules! server {
    ($package:literal, $file:literal, $command:literal, $prepare:literal, $run:literal,
     $types:literal, $wants:expr) => {
        server!(
            $package, $file, $command, $prepare, $run, $types, "cat", $wants
        )
    };
    ($package:literal, $file:literal, $command:literal, $prepare:literal, $run:literal,
     $types:literal, $filter:literal, $wants:expr) => {
        Case {
            package: $package,
            file: $file,
            command: $command,
            script: Some(concat!(
                "d=$(mktemp -d); cd $d; export HOME=$d XDG_RUNTIME_DIR=$d; ",
                $prepare,
                " timeout 10 ",
                $run,
                " >$d/out 2>&1 & sleep 4.5; for t in ",
                $types,
                "; do $AT_PEER avahi-browse -rtpk $t; done | ",
                $filter,
                "; wait"
            )),
            families: AddressOf::AnyFamily,
            wants: $wants,
            verdict: Verdict::Same,
        }
    };
}

/// What announces itself.
pub(crate) const SERVERS: &[Case] = &[
    server!(
        "shairport-sync",
        "/usr/bin/shairport-sync",
        "shairport-sync -a Kitchen -o dummy",
        "",
        "shairport-sync -a Kitchen -o dummy",
        "_raop._tcp",
        &["Kitchen;_raop._tcp;local;here.local;<here>;5000;"]
    ),
    server!(
        "snapserver",
        "/usr/bin/snapserver",
        "snapserver",
        "",
        "snapserver --config=/dev/null --server.datadir=$d --stream.source \"pipe://$d/fifo?name=default\"",
        "_snapcast._tcp _snapcast-jsonrpc._tcp _snapcast-http._tcp",
        &[
            "Snapcast;_snapcast._tcp;local;here.local;<here>;1704;",
            ";1705;",
            ";1780;"
        ]
    ),
    server!(
        "infinoted",
        "/usr/bin/infinoted",
        "infinoted --security-policy=no-tls",
        "",
        "infinoted --security-policy=no-tls -r $d",
        "_infinote._tcp",
        &[";6523;"]
    ),
    server!(
        "soapyremote-server",
        "/usr/bin/SoapySDRServer",
        "SoapySDRServer --bind",
        "",
        "SoapySDRServer --bind",
        "_soapy._tcp",
        "sed s/uuid=[-0-9a-f]*/uuid=/",
        &[";55132;"]
    ),
    server!(
        "iiod",
        "/usr/sbin/iiod",
        "iiod",
        "printf '<?xml version=\"1.0\"?><!DOCTYPE context [<!ELEMENT context (device)*>\
         <!ATTLIST context name CDATA #REQUIRED>]><context name=\"none\"></context>' > none.xml;",
        "iiod -u xml:none.xml",
        "_iio._tcp",
        &[";30431;"]
    ),
    server!(
        "ser2net",
        "/usr/sbin/ser2net",
        "ser2net",
        "printf '%%YAML 1.1\\n---\\nconnection: &con01\\n  accepter: tcp,2001\\n  \
         connector: echo\\n  options:\\n    mdns: true\\n    mdns-name: Serial\\n' > conf;",
        "ser2net -n -c conf",
        "_iostream._tcp",
        &["Serial;_iostream._tcp;local;here.local;<here>;2001;"]
    ),
    Case {
        package: "python3-avahi",
        file: "/usr/lib/python3/dist-packages/avahi/__init__.py",
        command: "/usr/bin/python3 avahi_client.py",
        script: Some(concat!(
            "/usr/bin/python3 - <<'END'\n",
            include_str!("avahi_client.py"),
            "END\n"
        )),
        families: AddressOf::AnyFamily,
        wants: &[
            "next Lamp #3",
            "no address of nobody.local org.freedesktop.Avahi.TimeoutError Timeout reached",
            "resolved IPv6 Six six.local <six> 22 only=6",
            "group 2 org.freedesktop.Avahi.Success",
            "ServiceBrowser gone IPv4 Python _python._tcp local",
        ],
        verdict: Verdict::Same,
    },
    Case {
        package: "gvfs-backends",
        file: "/usr/libexec/gvfsd-network",
        command: "gio list network:// # three seconds after the first time",
        script: Some(
            "d=$(mktemp -d); export HOME=$d XDG_RUNTIME_DIR=$d; timeout 11 $AT_PEER avahi-publish \
             -s Files _sftp-ssh._tcp 22 2>/dev/null & sleep 2; printf '/usr/libexec/gvfsd & \
             sleep 1\\nL=\"gio list -a standard::display-name,standard::target-uri\"\\n\
             $L network://\\nsleep 3\\n$L network:// >$HOME/list' > $d/go; \
             dbus-run-session -- sh $d/go >/dev/null 2>&1; cat $d/list; wait",
        ),
        families: AddressOf::AnyFamily,
        wants: &["display-name=Files standard::target-uri=sftp://peer.local:22/"],
        verdict: Verdict::Same,
    },
    Case {
        package: "avahi-dnsconfd",
        file: "/usr/sbin/avahi-dnsconfd",
        command: "avahi-dnsconfd",
        script: Some(concat!(
            "d=$(mktemp -d); cat > $d/publish.py <<'END'\n",
            include_str!("dns_server.py"),
            "END\ntimeout 9 $AT_PEER /usr/bin/python3 $d/publish.py & sleep 2; \
             mkdir -p $d/run/avahi-daemon; mount --bind /run/avahi-daemon $d/run/avahi-daemon; \
             mount --rbind $d/run /run; printf '#!/bin/sh\necho $1 $2\n' > /etc/avahi/avahi-dnsconfd.action; \
             chmod +x /etc/avahi/avahi-dnsconfd.action; timeout 9 avahi-dnsconfd 2>&1 \
             | sed 's/interface: [0-9]*/interface: N/'; wait"
        )),
        families: AddressOf::AnyFamily,
        wants: &[
            "+ <peer>",
            "- <peer>",
            "New DNS Server <peer> (interface: N.IPv4)",
        ],
        verdict: Verdict::Same,
    },
];

/// What looks for the services of others.
pub(crate) const READING: &[Case] = &[
    Case {
        package: "mdns-scan",
        file: "/usr/bin/mdns-scan",
        command: "mdns-scan # beside the daemon",
        script: Some(
            "ip route add 224.0.0.0/4 dev lan1; timeout 4 mdns-scan 2>&1 | tr '\\r\\b' '\\n\\n' \
         | grep -o '[+] .*' | sort -u",
        ),
        families: AddressOf::Given,
        wants: &["Web._http._tcp.local", "Four._ssh._tcp.local"],
        verdict: Verdict::Same,
    },
    Case {
        package: "libpipewire-0.3-modules",
        file: "/usr/lib/x86_64-linux-gnu/pipewire-0.3/libpipewire-module-zeroconf-discover.so",
        command: "pipewire # modules zeroconf-discover and raop-discover",
        script: Some(
            "d=$(mktemp -d); export HOME=$d XDG_RUNTIME_DIR=$d; echo 'context.spa-libs = { \
             support.* = support/libspa-support } context.modules = [ \
             { name = libpipewire-module-protocol-native } \
             { name = libpipewire-module-client-node } { name = libpipewire-module-adapter } \
             { name = libpipewire-module-zeroconf-discover } \
             { name = libpipewire-module-raop-discover } ]' > $d/conf; PIPEWIRE_DEBUG=3 timeout 4 \
             pipewire -c $d/conf 2>&1 | grep -o \"resolver_cb.*args:'.*\" | sort -u",
        ),
        families: AddressOf::AnyFamily,
        wants: &["tunnel.peer.local.alsa_out", "\"raop.port\": 5000"],
        verdict: Verdict::Same,
    },
];
