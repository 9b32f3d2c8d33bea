//! Tests of the header.

use super::*;

#[test]
fn a_header_is_twelve_bytes_in_network_order() {
    let header = Header {
        id: 0x0102,
        flags: Flags(0x8400),
        counts: Counts {
            questions: 3,
            answers: 4,
            authorities: 5,
            additionals: 0x0607,
        },
    };
    let bytes = [1, 2, 0x84, 0, 0, 3, 0, 4, 0, 5, 6, 7];
    assert_eq!(header.to_bytes(), bytes);
    assert_eq!(Header::parse(&bytes), Ok(header));
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.2
//= type=test
//# In query messages the QR bit MUST be zero.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.2
//= type=test
//# In response messages the QR bit MUST be one.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.4
//= type=test
//# In response messages for Multicast domains, the Authoritative Answer
//# bit MUST be set to one (not setting this bit would imply there's some
//# other place where "better" information may be found) and MUST be
//# ignored on reception.
#[test]
fn a_query_has_no_bits_and_a_response_has_qr_and_aa() {
    assert_eq!(Flags::QUERY.0, 0);
    assert_eq!(Flags::RESPONSE.0, 0x8400);
    assert!(!Flags::QUERY.is_response() && Flags::RESPONSE.is_response());
    assert!(!Flags::QUERY.authoritative() && Flags::RESPONSE.authoritative());
}

#[test]
fn every_field_has_its_own_bits() {
    for bits in 0..=u16::MAX {
        let flags = Flags(bits);
        assert_eq!(flags.is_response(), bits & 0x8000 != 0);
        assert_eq!(flags.authoritative(), bits & 0x0400 != 0);
        assert_eq!(flags.truncated(), bits & 0x0200 != 0);
        assert_eq!(u16::from(flags.opcode()), bits >> 11 & 15);
        assert_eq!(flags.recursion_desired(), bits & 0x0100 != 0);
        assert_eq!(flags.checking_disabled(), bits & 0x0010 != 0);
        assert_eq!(flags.rcode(), Rcode(bits & 15));
        let same = flags
            .with_response(flags.is_response())
            .with_truncated(flags.truncated())
            .with_recursion_desired(flags.recursion_desired())
            .with_checking_disabled(flags.checking_disabled())
            .with_authoritative(flags.authoritative())
            .with_opcode(flags.opcode())
            .with_rcode(flags.rcode());
        assert_eq!(same, flags);
    }
    assert_eq!(Flags::QUERY.with_truncated(true).0, 0x0200);
    assert_eq!(Flags::RESPONSE.with_authoritative(false).0, 0x8000);
    assert_eq!(Flags::QUERY.with_opcode(0xff).0, 0x7800);
    assert_eq!(Flags::QUERY.with_rcode(Rcode(0xff)).0, 0x000f);
}
