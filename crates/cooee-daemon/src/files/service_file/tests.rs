//! Service files that avahi-daemon accepts, and those that it refuses.

use super::{FileService, ServiceFile, read};
use cooee::Family;

fn group(services: &str) -> String {
    format!("<service-group><name>Box</name>{services}</service-group>")
}

fn refusal(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn a_file_is_read_with_all_its_parts_in_any_order() {
    let text = r#"<?xml version="1.0" standalone='no'?><!--*-nxml-*-->
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <service protocol="ipv6">
    <txt-record>path=/a&amp;b</txt-record>
    <txt-record value-format="binary-hex">id=00ff</txt-record>
    <port>8080</port>
    <host-name>other.local</host-name>
    <domain-name>local</domain-name>
    <subtype>_printer._sub._http._tcp</subtype>
    <type>_ht<!-- a comment -->tp._tcp</type>
  </service>
  <name replace-wildcards="yes">Web on <![CDATA[%h]]>&#33;</name>
  <service><type>_ssh._tcp</type></service>
</service-group>
"#;
    let web = FileService {
        service_type: "_http._tcp".to_owned(),
        subtypes: vec!["_printer._sub._http._tcp".to_owned()],
        family: Some(Family::V6),
        domain: "local".to_owned(),
        host: "other.local".to_owned(),
        port: 8080,
        txt: vec![b"path=/a&b".to_vec(), b"id=\x00\xff".to_vec()],
    };
    let ssh = FileService {
        service_type: "_ssh._tcp".to_owned(),
        ..FileService::default()
    };
    let file = ServiceFile {
        name: "Web on %h!".to_owned(),
        replaces_wildcards: true,
        services: vec![web, ssh],
    };
    assert_eq!(read(text), Ok(file.clone()));
    assert_eq!(file.name_on("box"), "Web on box!");
}

#[test]
fn white_space_is_kept_and_wildcards_are_only_replaced_when_asked() {
    let text =
        "<service-group><name> %h </name><service><type> _a._tcp</type></service></service-group>";
    let file = read(text).unwrap();
    assert_eq!(file.name_on("box"), " %h ");
    assert_eq!(file.services[0].service_type, " _a._tcp");
}

#[test]
fn whatever_is_unknown_or_missing_refuses_the_file_with_its_line() {
    let service = "<service><type>_http._tcp</type></service>";
    assert!(read(&group(service)).is_ok());
    for wrong in [
        String::new(),
        "<service-group>".to_owned(),
        "<service-group/>".to_owned(),
        group(""),
        group("<service/>"),
        group("<service><type/></service>"),
        group(&format!("{service}<port>80</port>")),
        group("<service><type>_a._tcp</type><text/></service>"),
        group("<service protocol='ipx'><type>_a._tcp</type></service>"),
        group("<service port='1'><type>_a._tcp</type></service>"),
        group("<service><type x='1'>_a._tcp</type></service>"),
        group("<service><type>_a._tcp</type><port>65536</port></service>"),
        group("<service><type>_a._tcp&evil;</type></service>"),
        format!("{}{}", group(service), group(service)),
        format!("{} more", group(service)),
        group(&service.replace("</type>", "</typo>")),
        "<name>Box</name>".to_owned(),
    ] {
        assert!(read(&wrong).is_err(), "{wrong}");
    }
    let third = "<service-group>\n<name>a</name>\n<nonsense/>\n</service-group>";
    assert_eq!(refusal(third), "line 3: <nonsense> is not expected here");
}

#[test]
fn entities_of_a_document_type_are_not_expanded_nor_fetched() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>"#;
    for name in ["b", "f"] {
        let service = format!("<service><type>_a._tcp&{name};</type></service>");
        let error = refusal(&format!("{bomb}{}", group(&service)));
        assert!(
            error.contains("is not an entity that is known here"),
            "{error}"
        );
    }
}
