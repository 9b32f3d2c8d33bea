//! Tests of faults.

use alloc::string::ToString;

use super::*;

#[test]
fn a_fault_is_shown_by_its_name_and_place() {
    let kind = DecodeErrorKind::RdataLength;
    assert_eq!(kind.to_string(), "rdata_length");
    let error = DecodeError::new(kind, 17);
    assert_eq!(error.to_string(), "rdata_length at byte 17");
}
