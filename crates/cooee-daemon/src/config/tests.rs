//! Files of administrators: Debian's own, and odd ones.

use super::{Config, Dbus, Listen, read_avahi_file, read_own_file};
use cooee::Name;

/// The file of Debian's package, without its comments.
const DEBIAN: &str = "[server]\nuse-ipv4=yes\nuse-ipv6=yes\nratelimit-interval-usec=1000000\n\
    ratelimit-burst=1000\n\n[wide-area]\nenable-wide-area=yes\n\n[publish]\npublish-hinfo=no\n\
    publish-workstation=no\n\n[reflector]\n[rlimits]\n";

fn remarks(text: &str, config: &mut Config) -> Vec<String> {
    let remarks = read_avahi_file(text, config);
    remarks.iter().map(ToString::to_string).collect()
}

#[test]
fn debians_file_changes_nothing_but_wide_area_is_reported() {
    let mut config = Config::default();
    let said = remarks(DEBIAN, &mut config);
    assert_eq!(
        said,
        ["line 8: `enable-wide-area` has no effect: it is not supported"]
    );
    assert_eq!(config, Config::default());
}

#[test]
fn every_line_that_avahi_refuses_costs_only_itself_and_a_remark() {
    let text = "use-ipv4=no\n[SERVER]\n% a comment\n  Host-Name=box\nuse-ipv6 = no\nnonsense\n\
        nonsense=1\nclients-max=many\nenable-dbus=warn\n[odd]\nx=1\n[publish\n\
        [server]\nallow-interfaces= eth0 ,, eth1\nbrowse-domains=a.example\n\
        browse-domains=b.example\ndomain-name=example.com\nhost-name=a.b\n";
    let mut config = Config::default();
    let said = remarks(text, &mut config);
    let lines: Vec<&str> = said
        .iter()
        .filter_map(|text| text.split(':').next())
        .collect();
    let expected = [1, 5, 6, 7, 8, 11, 12, 14, 17, 18].map(|line| format!("line {line}"));
    assert_eq!(lines, expected, "{said:#?}");
    assert_eq!(config.host_name.as_deref(), Some("box"));
    assert!(config.use_ipv4);
    assert!(!config.use_ipv6);
    assert_eq!(config.dbus, Dbus::Optional);
    assert_eq!(config.allow_interfaces, ["eth0", "eth1"]);
    assert_eq!(config.browse_domains, ["a.example", "b.example"]);
}

#[test]
fn each_setting_without_effect_is_reported_by_its_key_unless_it_asks_for_nothing() {
    let pairs = [
        ("server", "ratelimit-interval-usec", "0", "1000000"),
        ("server", "ratelimit-burst", "7", "1000"),
        ("server", "check-response-ttl", "yes", "no"),
        ("server", "disallow-other-stacks", "yes", "no"),
        ("wide-area", "enable-wide-area", "yes", "no"),
        ("publish", "publish-workstation", "yes", "no"),
        ("publish", "publish-resolv-conf-dns-servers", "yes", "no"),
        ("publish", "publish-aaaa-on-ipv4", "no", "yes"),
        ("publish", "publish-a-on-ipv6", "no", "yes"),
        ("reflector", "enable-reflector", "yes", "no"),
    ];
    for (group, key, asks, asks_nothing) in pairs {
        let said = |value: &str| {
            let mut config = Config::default();
            let said = remarks(&format!("[{group}]\n{key}={value}"), &mut config);
            assert_eq!(config, Config::default());
            said
        };
        let reported = said(asks);
        let start = format!("line 2: `{key}` has no effect: ");
        assert!(
            reported.len() == 1 && reported[0].starts_with(&start),
            "{reported:?}"
        );
        assert_eq!(said(asks_nothing), [""; 0]);
    }
    let limit = remarks("[rlimits]\nrlimit-nofile=300", &mut Config::default());
    assert!(
        limit[0].starts_with("line 2: `rlimit-nofile` has no effect: "),
        "{limit:?}"
    );
}

#[test]
fn booleans_are_read_by_their_first_character() {
    for (value, is_yes) in [
        ("yes", true),
        ("True", true),
        ("1", true),
        ("on", false),
        ("", false),
    ] {
        let mut config = Config::default();
        let text = format!("[server]\nuse-ipv6={value}");
        assert_eq!(remarks(&text, &mut config), [""; 0]);
        assert_eq!(config.use_ipv6, is_yes, "{value}");
    }
}

#[test]
fn what_is_published_of_the_host_and_which_interfaces_count_is_read() {
    let mut config = Config::default();
    let text = "[server]\nuse-iff-running=yes\n[publish]\npublish-hinfo=yes\npublish-domain=no\n\
        publish-dns-servers=10.0.0.53, fd00::53\npublish-workstation=yes\n";
    let said = remarks(text, &mut config);
    let unsupported = "line 7: `publish-workstation` has no effect: it is not supported";
    assert_eq!(said, [unsupported]);
    assert!(config.only_running && config.publishes_hinfo);
    let servers: [std::net::IpAddr; 2] = ["10.0.0.53", "fd00::53"].map(|ip| ip.parse().unwrap());
    assert_eq!(config.dns_servers, servers);
    let said = remarks("[publish]\npublish-dns-servers=resolver", &mut config);
    assert_eq!(
        said,
        ["line 2: `resolver` is not an IP address; the line is ignored"]
    );
    assert_eq!(config.dns_servers, servers);
}

#[test]
fn what_needs_a_restart_is_named() {
    let old = Config::default();
    let mut new = old.clone();
    new.aliases.push("www.local".parse().unwrap());
    new.dns_servers.push([10, 0, 0, 53].into());
    new.limits.clients_max = 7;
    assert_eq!(old.needs_restart(&new), [""; 0]);
    new.only_running = true;
    new.host_name = Some("box".to_owned());
    new.limits.cache_records_max = Some(7);
    new.text_socket.clients_max = 7;
    let late = [
        "the host's name",
        "the interfaces",
        "cache-entries-max",
        "[text-socket]",
    ];
    assert_eq!(old.needs_restart(&new), late);
}

#[test]
fn the_own_file_has_all_settings_of_its_sample() {
    let sample = include_str!("../../cooeed.toml");
    let mut config = Config::default();
    read_own_file(sample, &mut config).unwrap();
    assert_eq!(config, Config::default());
    // Each setting is shown as a comment with its default; examples have no default.
    let enabled: String = sample
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| !rest.starts_with(' '))
                .unwrap_or(line)
        })
        .collect::<Vec<_>>()
        .join("\n");
    read_own_file(&enabled, &mut config).unwrap();
    let listen = "127.0.0.1:9353".parse().unwrap();
    assert_eq!(config.metrics, Some(Listen::Loopback(listen)));
    let name = |text: &str| text.parse::<Name>().unwrap();
    assert_eq!(config.aliases, ["www.local", "git.local"].map(name));
    assert_eq!(config.hosts[0].name, name("nas.local"));
    assert_eq!(config.dns.zones[0].interface, "eth0");
    assert_eq!(config.reflect[0].from(), "devices");
    // This is the library's default.
    let cached = config.limits.cache_records_max.take();
    assert_eq!(cached, Some(cooee::Limits::default().cache_records_max));
    let examples = (
        config.metrics.take(),
        config.aliases.split_off(0),
        config.hosts.pop(),
        std::mem::take(&mut config.dns.listen),
        std::mem::take(&mut config.dns.allow),
        config.dns.zones.pop(),
        config.reflect.pop(),
    );
    assert_eq!(config, Config::default(), "{examples:?}");
}

#[test]
fn an_error_in_the_own_file_has_its_line() {
    let mut config = Config::default();
    let mut line = |text: &str| read_own_file(text, &mut config).unwrap_err().line;
    assert_eq!(line("\n[limits]\nclients = 5"), 3);
    assert_eq!(line("\nnonsense = 5"), 2);
    assert_eq!(line("[limits]\nclients-max = 'x'"), 2);
    assert_eq!(line("[metrics]\nlisten = '10.0.0.1:80'"), 2);
    assert_eq!(line("\n\naliases = ['a.b']"), 3);
    assert_eq!(line("[limits"), 1);
    assert_eq!(config, Config::default());
}
