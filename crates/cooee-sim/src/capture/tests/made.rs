//! The captures in `fixtures/captures`, made to resemble what devices send; all names are invented.
//!
//! In:  nothing.
//! Out: file names and bytes: every kind of link, both formats, both byte orders.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cooee_wire::{
    Class, Flags, MessageBuilder, Name, Nsec, RData, Record, RecordType, Section, Srv, Ttl,
    TxtData, TypeBitmap,
};

use cooee_capture::write;

use crate::pcap;
use crate::recording::Packet;
use crate::{MDNS_PORT, ServiceRecords};

/// The byte order of a file's numbers.
#[derive(Clone, Copy)]
enum Order {
    Big,
    Little,
}

/// Returns every file: its name and its bytes.
pub(super) fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("lamp.pcap", lamp()),
        ("household.pcapng", household()),
        ("relay-sll.pcap", relay()),
        ("bridge-vlan.pcap", bridge()),
        ("loopback.pcap", loopback()),
        ("raw.pcapng", raw()),
    ]
}

/// A lamp whose PTR records have the cache-flush bit, an NSEC at a service type, a gate besides
/// them that must stay, and a datagram that is cut short.
fn lamp() -> Vec<u8> {
    let gate = Device::new("Front Gate", "_http._tcp", "gate", [192, 168, 7, 21]);
    let mut flushing = Device::new("aa", "_http._tcp", "lamp-5a", [192, 168, 7, 22]);
    flushing.subtypes = vec!["_sub1"];
    flushing.shared_flush = true;
    let nsec = record(
        "_http._tcp.local",
        true,
        120,
        RData::Nsec(Nsec {
            next: name("_http._tcp.local"),
            types: TypeBitmap::from_types([RecordType::TXT]),
        }),
    );
    let [first, second] = ["192.168.7.21", "192.168.7.22"];
    let mut cut = flushing.announcement();
    cut.truncate(cut.len() - 30);
    let shots = [
        shot(0, first, gate.announcement()),
        shot(1_000, first, gate.announcement()),
        shot(4_000, second, flushing.announcement()),
        shot(6_000, second, message(&[nsec], &[])),
        shot(8_000, second, cut),
        shot(9_000, first, question("_http._tcp.local")),
    ];
    let frames = shots.map(|shot| (shot.ms, shot.ethernet(None)));
    pcap_file(Order::Little, false, 1, &frames)
}

/// Returns a television, a speaker, an accessory and a printer, each with the habits of its kind.
fn household() -> Vec<u8> {
    let mut file = Vec::new();
    write::section_header(&mut file);
    write::interface_description(&mut file, "eth0", 1);
    write::interface_description(&mut file, "wlan0", 1);
    let mut write = |interface, shot: Shot| {
        let at = Duration::from_millis(shot.ms);
        write::enhanced_packet(&mut file, interface, at, &shot.ethernet(None));
    };
    write(1, shot(1_000_000, "10.7.0.31", television().announcement()));
    write(1, shot(1_000_200, "10.7.0.32", speaker().announcement()));
    write(1, shot(1_000_400, "fe80::33", plug().announcement()));
    let printers = ["_ipp._tcp", "_printer._tcp", "_pdl-datastream._tcp"].map(printer);
    for (number, printer) in (0..).zip(printers) {
        let ms = 1_001_000 + number * 100;
        write(0, shot(ms, "10.7.0.34", printer.announcement()));
    }
    let goodbye = Device {
        ttl: Some(0),
        ..plug()
    };
    write(1, shot(1_020_000, "fe80::33", goodbye.announcement()));
    file
}

fn television() -> Device {
    let service_type = "_androidtvremote2._tcp";
    let mut device = Device::new("Living Room TV", service_type, "Android-9f", [10, 7, 0, 31]);
    device.port = 6_466;
    device.txt = vec!["bt=02:00:5E:10:20:30"];
    device
}

fn speaker() -> Device {
    let (instance, host) = ("Speaker-0a1b2c3d4e5f", "0a1b2c3d-4e5f");
    let mut device = Device::new(instance, "_googlecast._tcp", host, [10, 7, 0, 32]);
    device.port = 8_009;
    device.subtypes = vec!["_0F5096E8", "_233637DE"];
    let txt = "id=0a1b2c3d4e5f cd=5F rm= ve=05 md=Speaker ic=/setup/icon.png fn=Kitchen ca=199172 \
               st=0 bs=FA8FCA000000 nf=1 rs=";
    device.txt = txt.split_whitespace().collect();
    device
}

fn plug() -> Device {
    let mut device = Device::new("Plug 77AB", "_hap._tcp", "Plug-77AB", [10, 7, 0, 33]);
    device.port = 51_826;
    let txt = "c#=4 ff=0 id=02:00:5E:77:AB:01 md=Plug pv=1.1 s#=1 sf=1 ci=7";
    device.txt = txt.split_whitespace().collect();
    device
}

fn printer(service_type: &str) -> Device {
    let instance = "Paper & Ink 400 [77AB01]";
    let mut device = Device::new(instance, service_type, "INK77AB01", [10, 7, 0, 34]);
    device.port = 631;
    device.txt = vec![
        "txtvers=1",
        "qtotal=1",
        "rp=ipp/print",
        "ty=Ink 400",
        "Color=T",
        "Duplex=F",
    ];
    if service_type == "_ipp._tcp" {
        device.subtypes = vec!["_universal"];
    }
    device
}

/// Returns a relay whose answer about types lacks the domain, captured on `any`.
fn relay() -> Vec<u8> {
    let relay = Device::new(
        "relay1-77AB01",
        "_http._tcp",
        "relay1-77AB01",
        [172, 16, 9, 8],
    );
    let types = record(META, false, 4_500, RData::Ptr(name("_http._tcp")));
    let shots = [
        shot(0, "172.16.9.9", question(META)),
        shot(60, "172.16.9.8", message(&[types], &[])),
        shot(500, "172.16.9.9", question("_http._tcp.local")),
        // Its type appears nowhere else.
        shot(560, "172.16.9.8", message(&relay.records()[1..], &[])),
    ];
    let cooked = |shot: Shot| {
        let packet = shot.packet();
        // Multicast; Ethernet; an address of six bytes and two of padding.
        let mut frame = vec![0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 8, 0, 0];
        frame.extend(ethertype(&packet));
        frame.extend(packet);
        (shot.ms, frame)
    };
    pcap_file(Order::Big, true, 113, &shots.map(cooked))
}

/// A bridge with so many accessories that its answer comes in six fragments, in a tagged VLAN.
fn bridge() -> Vec<u8> {
    let types = RData::Ptr(name("_hap._tcp.local"));
    let mut answers = vec![record(META, false, 4_500, types)];
    let mut additionals = Vec::new();
    for number in 0..58u8 {
        let label = format!("Switch {number:02} {:04X}", 0x5a00 + u16::from(number));
        let host = format!("switch-{number:02}");
        let mut device = Device::new(&label, "_hap._tcp", &host, [10, 7, 1, 100 + number]);
        device.txt = vec![
            "c#=1",
            "ff=0",
            "id=02:00:5E:00:00:01",
            "md=Switch",
            "pv=1.1",
            "s#=1",
            "sf=1",
            "ci=8",
        ];
        let mut records = device.records();
        answers.push(records.remove(1));
        additionals.extend(records.split_off(1));
    }
    let message = message(&answers, &additionals);
    assert!((8_000..9_000).contains(&message.len()), "{}", message.len());
    let shot = shot(2_000, "10.7.1.2", message);
    let frames: Vec<_> = fragments(&shot.packet())
        .into_iter()
        .map(|fragment| (shot.ms, shot.in_ethernet(Some(40), &fragment)))
        .collect();
    assert_eq!(frames.len(), 6);
    pcap_file(Order::Little, true, 1, &frames)
}

/// Two programs of one machine, over the loopback interface of a BSD, in both families.
fn loopback() -> Vec<u8> {
    let web = Device::new("Loop", "_http._tcp", "looping", [10, 7, 3, 3]);
    let shots = [
        shot(0, "127.0.0.1", question("_http._tcp.local")),
        shot(30, "127.0.0.1", web.announcement()),
        shot(31, "fe80::1", web.announcement()),
    ];
    let frames = shots.map(|shot| {
        let packet = shot.packet();
        let family: u32 = if packet[0] >> 4 == 4 { 2 } else { 30 };
        let mut frame = family.to_le_bytes().to_vec();
        frame.extend(packet);
        (shot.ms, frame)
    });
    pcap_file(Order::Little, false, 0, &frames)
}

/// Bare IP packets, and the second version of what `any` gives, in one file.
fn raw() -> Vec<u8> {
    let raw = Device::new("Tunnel", "_ssh._tcp", "tunnel", [10, 7, 2, 2]);
    let cooked = Device::new("Any", "_ssh._tcp", "any", [10, 7, 2, 3]);
    let mut file = Vec::new();
    write::section_header(&mut file);
    write::interface_description(&mut file, "tun0", 101);
    write::interface_description(&mut file, "any", 276);
    let first = shot(0, "10.7.2.2", raw.announcement());
    write::enhanced_packet(&mut file, 0, Duration::ZERO, &first.packet());
    let second = shot(700, "fe80::3", cooked.announcement());
    let packet = second.packet();
    let mut frame = ethertype(&packet).to_vec();
    // Reserved; interface 2; Ethernet; multicast; an address of six bytes and two of padding.
    frame.extend([0, 0, 0, 0, 0, 2, 0, 1, 2, 6, 2, 0, 0, 0, 0, 3, 0, 0]);
    frame.extend(packet);
    write::enhanced_packet(&mut file, 1, Duration::from_millis(second.ms), &frame);
    file
}

/// A service, its host, and how its device sends them.
struct Device {
    service: ServiceRecords,
    address: [u8; 4],
    subtypes: Vec<&'static str>,
    txt: Vec<&'static str>,
    port: u16,
    /// Whether shared records have the cache-flush bit, which they must not.
    shared_flush: bool,
    /// A TTL for all records.
    ttl: Option<u32>,
}

impl Device {
    fn new(instance: &str, service_type: &str, host: &str, address: [u8; 4]) -> Self {
        let host = name(&format!("{host}.local"));
        Self {
            service: ServiceRecords::new(instance, service_type, &host),
            address,
            subtypes: Vec::new(),
            txt: vec!["path=/"],
            port: 80,
            shared_flush: false,
            ttl: None,
        }
    }

    /// PTR of the enumeration first, then of the type and subtypes, SRV, TXT, A.
    fn records(&self) -> Vec<Record> {
        let (own, service_type) = (self.service.name(), self.service.type_name());
        let ttl = |ttl| self.ttl.unwrap_or(ttl);
        let pointer = |owner: &str, to: &Name| {
            record(owner, self.shared_flush, ttl(4_500), RData::Ptr(to.clone()))
        };
        let mut records = vec![
            pointer(META, &service_type),
            pointer(&service_type.to_string(), &own),
        ];
        for subtype in &self.subtypes {
            records.push(pointer(&format!("{subtype}._sub.{service_type}"), &own));
        }
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: self.port,
            target: self.service.host.clone(),
        };
        let txt = TxtData::from_strings(self.txt.iter().map(|one| one.as_bytes()));
        let unique = |owner: &Name, seconds, data| Record {
            name: owner.clone(),
            class: Class::IN,
            ttl: Ttl(ttl(seconds)),
            cache_flush: true,
            data,
        };
        records.push(unique(&own, 120, RData::Srv(srv)));
        records.push(unique(&own, 4_500, RData::Txt(txt.expect("short strings"))));
        records.push(unique(
            &self.service.host,
            120,
            RData::A(self.address.into()),
        ));
        records
    }

    fn announcement(&self) -> Vec<u8> {
        message(&self.records(), &[])
    }
}

/// A datagram that is sent at some time, in milliseconds.
struct Shot {
    ms: u64,
    packet: Packet,
}

fn shot(ms: u64, source: &str, bytes: Vec<u8>) -> Shot {
    let source: IpAddr = source.parse().expect("an address");
    let group = match source {
        IpAddr::V4(_) => "224.0.0.251",
        IpAddr::V6(_) => "ff02::fb",
    };
    let group = group.parse().expect("an address");
    let packet = Packet {
        source: SocketAddr::new(source, MDNS_PORT),
        destination: SocketAddr::new(group, MDNS_PORT),
        bytes: bytes.into(),
    };
    Shot { ms, packet }
}

impl Shot {
    /// Returns the IP packet.
    fn packet(&self) -> Vec<u8> {
        pcap::frame(&self.packet).split_off(14)
    }

    fn ethernet(&self, vlan: Option<u16>) -> Vec<u8> {
        self.in_ethernet(vlan, &self.packet())
    }

    /// Returns an IP packet as this one's host sends it.
    fn in_ethernet(&self, vlan: Option<u16>, packet: &[u8]) -> Vec<u8> {
        let mut frame = pcap::frame(&self.packet);
        frame.truncate(12);
        if let Some(vlan) = vlan {
            frame.extend([0x81, 0x00]);
            frame.extend(vlan.to_be_bytes());
        }
        frame.extend(ethertype(packet));
        frame.extend(packet);
        frame
    }
}

fn ethertype(packet: &[u8]) -> [u8; 2] {
    if packet[0] >> 4 == 4 {
        [0x08, 0x00]
    } else {
        [0x86, 0xdd]
    }
}

/// Returns the fragments of an IPv4 packet on a link of 1,500 bytes.
fn fragments(packet: &[u8]) -> Vec<Vec<u8>> {
    let (header, payload) = packet.split_at(20);
    let pieces: Vec<&[u8]> = payload.chunks(1_480).collect();
    let fragment = |(number, piece): (usize, &&[u8])| {
        let mut fragment = [header, *piece].concat();
        let length = u16::try_from(fragment.len()).expect("a frame");
        let offset = u16::try_from(number * 1_480 / 8).expect("an offset");
        let more = if number + 1 < pieces.len() { 0x2000 } else { 0 };
        for (at, field) in [(2, length), (4, 0x77ab), (6, more | offset), (10, 0)] {
            fragment[at..at + 2].copy_from_slice(&field.to_be_bytes());
        }
        let sum = write::checksum(&fragment[..20]).to_be_bytes();
        fragment[10..12].copy_from_slice(&sum);
        fragment
    };
    pieces.iter().enumerate().map(fragment).collect()
}

fn pcap_file(order: Order, nanos: bool, link_type: u32, frames: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let word = |word: u32| match order {
        Order::Big => word.to_be_bytes(),
        Order::Little => word.to_le_bytes(),
    };
    let short = |short: u16| match order {
        Order::Big => short.to_be_bytes(),
        Order::Little => short.to_le_bytes(),
    };
    let magic = if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    let mut file = word(magic).to_vec();
    file.extend([short(2), short(4)].concat());
    file.extend([word(0), word(0), word(0x4_0000), word(link_type)].concat());
    for (ms, frame) in frames {
        let unit = if nanos { 1_000_000 } else { 1_000 };
        let secs = u32::try_from(ms / 1_000).expect("a short capture");
        let fraction = u32::try_from(ms % 1_000 * unit).expect("less than a second");
        let length = u32::try_from(frame.len()).expect("a frame");
        file.extend([word(secs), word(fraction), word(length), word(length)].concat());
        file.extend(frame);
    }
    file
}

fn message(answers: &[Record], additionals: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 9_000);
    for (section, records) in [
        (Section::Answer, answers),
        (Section::Additional, additionals),
    ] {
        for record in records {
            builder.record(section, record.into()).expect("it fits");
        }
    }
    builder.finish();
    bytes
}

fn question(owner: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 9_000);
    let asked = builder.question(&name(owner), RecordType::PTR, Class::IN, false);
    asked.expect("it fits");
    builder.finish();
    bytes
}

fn record(owner: &str, cache_flush: bool, ttl: u32, data: RData) -> Record {
    Record {
        name: name(owner),
        class: Class::IN,
        ttl: Ttl(ttl),
        cache_flush,
        data,
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

const META: &str = "_services._dns-sd._udp.local";
