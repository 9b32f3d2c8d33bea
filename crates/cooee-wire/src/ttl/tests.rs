//! Tests of times to live.

use super::*;

//= https://www.rfc-editor.org/rfc/rfc2181#section-8
//= type=test
//# Implementations should treat TTL values received with the most
//# significant bit set as if the entire value received was zero.
#[test]
fn a_time_with_the_top_bit_set_is_zero() {
    assert_eq!(Ttl::from_field(0x7fff_ffff).as_secs(), 0x7fff_ffff);
    assert_eq!(Ttl::from_field(0x8000_0000), Ttl::ZERO);
    assert_eq!(Ttl::from_field(u32::MAX), Ttl::ZERO);
    assert!(Ttl::from_field(u32::MAX).is_goodbye() && !Ttl(1).is_goodbye());
}
