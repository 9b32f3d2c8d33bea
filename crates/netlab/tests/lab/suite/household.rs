//! Devices of a household, as the descriptions of their kinds give them.
//!
//! In:  nothing.
//! Out: what each offers: types, keys of TXT records, sizes, TTLs, habits. Names and numbers are
//!      invented.

use netlab::hosts::{Device, DeviceService};

/// A dongle for a television: a long name with an identifier, everything as additional records.
pub(crate) fn chromecast() -> Device {
    let id = "0123456789abcdef0123456789abcdef";
    let txt = texts(&[
        &format!("id={id}"),
        "cd=00112233445566778899AABBCCDDEEFF",
        "rm=",
        "ve=05",
        "md=Chromecast Ultra",
        "ic=/setup/icon.png",
        "fn=Television upstairs",
        "ca=201221",
        "st=0",
        "bs=FA8F00000001",
        "nf=1",
        "rs=",
    ]);
    Device {
        host: "01234567-89ab-cdef-0123-456789abcdef".to_owned(),
        services: vec![service(
            &format!("Chromecast-Ultra-{id}"),
            "_googlecast._tcp",
            8009,
            txt,
        )],
        host_ttl_secs: 120,
        service_ttl_secs: 120,
        denies: false,
        asks: true,
    }
}

/// A speaker with two ways to play: values that are no text, a name with a hardware address.
pub(crate) fn speaker() -> Device {
    let mut airplay = texts(&[
        "acl=0",
        "deviceid=02:00:00:AA:BB:CC",
        "features=0x4A7FCA00,0x3C356BD0",
        "flags=0x18644",
        "gid=00000000-0000-4000-8000-000000000001",
        "model=AudioAccessory5,1",
        "protovers=1.1",
        "srcvers=670.6.2",
    ]);
    airplay.push([b"pk=".as_slice(), &[0xff, 0x00, 0x3d, 0x80, 0xc3, 0x28]].concat());
    let raop = texts(&[
        "cn=0,1,2,3",
        "da=true",
        "et=0,3,5",
        "ft=0x4A7FCA00,0x3C356BD0",
        "md=0,1,2",
        "am=AudioAccessory5,1",
        "tp=UDP",
        "vn=65537",
        "vs=670.6.2",
    ]);
    Device {
        host: "Kitchen-speaker".to_owned(),
        services: vec![
            service("Kitchen speaker", "_airplay._tcp", 7000, airplay),
            service("020000AABBCC@Kitchen speaker", "_raop._tcp", 7000, raop),
        ],
        host_ttl_secs: 120,
        service_ttl_secs: 4500,
        denies: true,
        asks: false,
    }
}

/// A printer for every system: subtypes, a long TXT record, a name that is claimed with port 0, and
/// a scanner that is nobody's business.
pub(crate) fn printer() -> Device {
    let name = "Example LaserWriter 400 (0A1B2C)";
    let txt = texts(&[
        "txtvers=1",
        "qtotal=1",
        "rp=ipp/print",
        "ty=Example LaserWriter 400",
        "product=(Example LaserWriter 400)",
        "adminurl=http://EX0A1B2C.local./hp/device/info_config_AirPrint.html?tab=Networking",
        "note=First floor, beside the stairs",
        "priority=40",
        "pdl=application/octet-stream,application/pdf,application/postscript,image/jpeg,image/urf,\
         image/pwg-raster",
        "URF=V1.4,CP99,W8,OB10,PQ3-4-5,ADOBERGB24,DEVRGB24,DEVW8,SRGB24,DM1,IS1-4,MT1-2-3-5,RS600",
        "UUID=00000000-0000-4000-8000-000000000002",
        "Color=T",
        "Duplex=T",
        "Scan=T",
        "kind=document,envelope,photo",
        "PaperMax=legal-A4",
        "mopria-certified=1.3",
    ]);
    let ipp = |service_type: &str, port: u16| DeviceService {
        subtypes: vec!["_universal".to_owned(), "_print".to_owned()],
        ..service(name, service_type, port, txt.clone())
    };
    Device {
        host: "EX0A1B2C".to_owned(),
        services: vec![
            ipp("_ipp._tcp", 631),
            ipp("_ipps._tcp", 443),
            service(name, "_printer._tcp", 0, Vec::new()),
            service(name, REFUSED, 80, texts(&["txtvers=1", "rs=eSCL"])),
        ],
        host_ttl_secs: 120,
        service_ttl_secs: 4500,
        denies: true,
        asks: false,
    }
}

/// An accessory on a battery, whose state has a number: short TTLs, denials.
pub(crate) fn accessory(state: u32) -> Device {
    let txt = |pairing: &str| {
        let state = format!("s#={state}");
        let mut txt = texts(&[
            "c#=3",
            "ff=0",
            "id=02:00:00:11:22:33",
            "md=Door sensor",
            "pv=1.1",
            &state,
            "ci=10",
            "sh=AAAAAA==",
        ]);
        txt.push(pairing.as_bytes().to_vec());
        txt
    };
    Device {
        host: "Door-sensor-112233".to_owned(),
        services: vec![
            service("Door sensor 112233", "_hap._tcp", 51_826, txt("sf=1")),
            service("Door sensor 112233", "_hap._udp", 5683, txt("sf=0")),
        ],
        host_ttl_secs: 20,
        service_ttl_secs: 60,
        denies: true,
        asks: true,
    }
}

fn service(instance: &str, service_type: &str, port: u16, txt: Vec<Vec<u8>>) -> DeviceService {
    DeviceService {
        instance: instance.to_owned(),
        service_type: service_type.to_owned(),
        subtypes: Vec::new(),
        port,
        txt,
    }
}

fn texts(strings: &[&str]) -> Vec<Vec<u8>> {
    strings
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}

/// The type of the printer's scanner.
pub(crate) const REFUSED: &str = "_uscan._tcp";
