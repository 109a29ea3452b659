use super::*;

#[test]
fn a_token_is_renewed_before_it_expires() {
    assert_eq!(lifetime(3600), Duration::from_secs(3240));
    assert_eq!(lifetime(10), Duration::from_secs(9));
    assert_eq!(lifetime(0), Duration::ZERO);
    assert_eq!(lifetime(u64::MAX), Duration::from_secs(77_760));
}
