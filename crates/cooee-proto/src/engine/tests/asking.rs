//! Where questions go: to the group, whatever is asked for.

use alloc::format;

use super::lan::*;
use crate::dnssd::reverse_name;
use crate::event::Query;

//= https://www.rfc-editor.org/rfc/rfc6762#section-3
//= type=test
//# Any DNS query for a name ending with ".local." MUST be sent to the
//# mDNS IPv4 link-local multicast address 224.0.0.251 (or its IPv6
//# equivalent FF02::FB).
//= https://www.rfc-editor.org/rfc/rfc6762#section-4
//= type=test
//# Any DNS query for a name ending with "254.169.in-addr.arpa." MUST be
//# sent to the mDNS IPv4 link-local multicast address 224.0.0.251 or the
//# mDNS IPv6 multicast address FF02::FB.
//= https://www.rfc-editor.org/rfc/rfc6762#section-4
//= type=test
//# Likewise, any DNS query for a name within the reverse mapping domains
//# for IPv6 link-local addresses ("8.e.f.ip6.arpa.", "9.e.f.ip6.arpa.",
//# "a.e.f.ip6.arpa.", and "b.e.f.ip6.arpa.") MUST be sent to the mDNS
//# IPv6 link-local multicast address FF02::FB or the mDNS IPv4 link-local
//# multicast address 224.0.0.251.
//= https://www.rfc-editor.org/rfc/rfc6762#section-22.1
//= type=test
//# Name resolution APIs and libraries SHOULD recognize these names
//# as special and SHOULD NOT send queries for these names to their
//# configured (unicast) caching DNS server(s).
#[test]
fn every_question_goes_to_the_group() {
    let mut lan = Lan::new(1);
    let v4 = reverse_name("169.254.3.4".parse().unwrap());
    let v6 = ["fe80::1", "fe90::1", "fea0::1", "feb0::1"];
    let v6 = v6.map(|ip| reverse_name(ip.parse().unwrap()));
    assert!(v4.ends_with(&name("254.169.in-addr.arpa")));
    for (ip, zone) in v6.iter().zip(["8", "9", "a", "b"]) {
        let zone = name(&[zone, ".e.f.ip6.arpa"].concat());
        assert!(ip.ends_with(&zone), "{ip}");
    }
    let names = [name("host.local"), name("_http._tcp.local"), v4];
    let names: Vec<_> = names.into_iter().chain(v6).collect();
    for name in &names {
        let query = Query {
            name: name.clone(),
            rtype: RecordType::PTR,
            link: None,
        };
        lan.hosts[0].start_query(Instant::ZERO, query);
    }
    lan.run_until(at_ms(60_000));
    let mut asked = vec![];
    for sent in &lan.sent {
        assert_eq!(sent.to, Destination::Multicast);
        let message = Message::parse(&sent.bytes).unwrap();
        asked.extend(
            message
                .questions()
                .map(|question| question.unwrap().name.to_name()),
        );
    }
    for name in names {
        assert!(asked.contains(&Ok(name.clone())), "{name}");
    }
}

#[test]
fn questions_that_another_host_has_asked_together_stay_together() {
    let mut lan = Lan::new(2);
    for host in 0..2 {
        for number in 0..20 {
            lan.ask_for(host, &format!("host-{number}.local"), RecordType::A);
        }
    }
    lan.run_until(at_ms(3_600_000));
    // Each of the two asks for all of them, or leaves all of them to the other.
    for sent in &lan.sent {
        let message = Message::parse(&sent.bytes).unwrap();
        assert_eq!(message.header().counts.questions, 20, "at {:?}", sent.at);
    }
    assert!(lan.sent.len() > 10, "{}", lan.sent.len());
}
