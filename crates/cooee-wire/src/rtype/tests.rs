//! Tests of record types.

use alloc::format;
use alloc::string::ToString;

use super::*;

#[test]
fn every_type_reads_back_from_its_text() {
    for number in 0..=u16::MAX {
        let rtype = RecordType(number);
        assert_eq!(rtype.to_string().parse(), Ok(rtype));
        assert_eq!(format!("type{number}").parse(), Ok(rtype));
        assert_eq!(number.to_string().parse(), Ok(rtype));
    }
}

#[test]
fn mnemonics_are_read_in_any_case() {
    assert_eq!("srv".parse(), Ok(RecordType::SRV));
    assert_eq!("Aaaa".parse(), Ok(RecordType::AAAA));
    assert_eq!(RecordType::NSEC.to_string(), "NSEC");
    assert_eq!(RecordType(4711).to_string(), "TYPE4711");
}

#[test]
fn other_text_is_refused() {
    for text in [
        "",
        "TYPE",
        "TYPE65536",
        "65536",
        "-1",
        "+1",
        "TYPE+1",
        "SERV",
        " A",
        "TYP€1",
    ] {
        assert_eq!(
            text.parse::<RecordType>(),
            Err(ParseRecordTypeError),
            "{text:?}"
        );
    }
}
