//! The additional records of an answer: those that the querier would ask for next.

use super::lan::*;

/// Asks a host with a service that also has a subtype. Returns its answers and its additional
/// records.
fn asked(owner: &str, rtype: RecordType) -> (Vec<RecordType>, Vec<RecordType>) {
    let mut lan = Lan::new(1);
    let mut host = host_set("host.local", 0);
    let v6 = RData::Aaaa("fe80::1".parse().unwrap());
    host.records.push(record("host.local", 120, true, v6));
    let mut service = service_set("web", 80, "a=1");
    let web = RData::Ptr(name("web._http._tcp.local"));
    let subtype = record("_new._sub._http._tcp.local", 4_500, false, web);
    service.records.push(subtype);
    for set in [host, service] {
        lan.register(0, &set);
    }
    lan.run_until(at_ms(60_000));
    lan.sent.clear();
    lan.ask(5353, &[(owner, rtype, false)], &[]);
    lan.run_until(at_ms(61_000));
    assert_eq!(lan.sent.len(), 1, "all in one packet");
    let reported = lan.take_answers();
    let of = |wanted: Section| {
        let there = reported.iter().filter(|(_, _, section)| *section == wanted);
        there.map(|(_, rtype, _)| *rtype).collect()
    };
    (of(Section::Answer), of(Section::Additional))
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-12.1
//= type=test
//# When including a DNS-SD Service Instance Enumeration or Selective
//# Instance Enumeration (subtype) PTR record in a response packet, the
//# server/responder SHOULD include the following additional records:
//# o  The SRV record(s) named in the PTR rdata.
//# o  The TXT record(s) named in the PTR rdata.
//# o  All address records (type "A" and "AAAA") named in the SRV rdata.
//= https://www.rfc-editor.org/rfc/rfc6763#section-12.2
//= type=test
//# When including an SRV record in a response packet, the
//# server/responder SHOULD include the following additional records:
//# o  All address records (type "A" and "AAAA") named in the SRV rdata.
//= https://www.rfc-editor.org/rfc/rfc6763#section-12
//= type=test
//# This section recommends which additional records SHOULD be generated
//# to improve network efficiency, for both Unicast and Multicast DNS-SD
//# responses.
//= https://www.rfc-editor.org/rfc/rfc6763#section-12
//= type=test
//# Note that while servers SHOULD add these additional records for
//# efficiency purposes, as with all DNS additional records, it is the
//# client's responsibility to determine whether or not to trust them.
//= https://www.rfc-editor.org/rfc/rfc6763#section-12
//= type=test
//# The additional-record generation rules in
//# this section are RECOMMENDED for improving network efficiency, but
//# are not required for correctness.
#[test]
fn a_pointer_brings_its_service_and_a_service_its_addresses() {
    let addresses = [RecordType::A, RecordType::AAAA];
    for owner in ["_http._tcp.local", "_new._sub._http._tcp.local"] {
        let (answers, mut additional) = asked(owner, RecordType::PTR);
        assert_eq!(answers, [RecordType::PTR], "{owner}");
        additional.retain(|rtype| *rtype != RecordType::NSEC);
        let [v4, v6] = addresses;
        let service = [RecordType::SRV, v4, v6, RecordType::TXT];
        assert_eq!(additional, service, "{owner}");
    }
    let (answers, mut additional) = asked("web._http._tcp.local", RecordType::SRV);
    assert_eq!(answers, [RecordType::SRV]);
    additional.retain(|rtype| *rtype != RecordType::NSEC);
    assert_eq!(additional, addresses);
}
