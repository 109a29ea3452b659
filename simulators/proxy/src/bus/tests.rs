use super::*;

#[test]
fn a_lock_is_renewed_at_half_its_time_con_077() {
    let until = |ms| Timestamp::from(jiff::Timestamp::now().as_millisecond() + ms);
    let pause = until_renewal(Some(until(20_000)));
    assert!((9_000..=10_000).contains(&pause.as_millis()), "{pause:?}");
    assert_eq!(until_renewal(Some(until(-5_000))), Duration::from_millis(250));
    assert_eq!(until_renewal(None), Duration::from_secs(10));
}

#[test]
fn a_token_has_the_signature_that_another_implementation_computed() {
    let address = BusAddress {
        namespace: String::new(),
        key_name: "listen send".to_owned(),
        key: "c3ludGhldGljLWtleS1mb3ItdGVzdHMtb25seQ==".to_owned(),
        host: String::new(),
        port: 0,
        address: None,
    };
    let resource = "sb://iris-clientresults-qa.servicebus.windows.net/results";
    // Python: b64encode(hmac.new(key, f"{quote(resource, safe='')}\n1893456000".encode(), sha256).digest())
    let expected = "SharedAccessSignature sr=sb%3A%2F%2Firis-clientresults-qa.servicebus.windows.net%2Fresults\
        &sig=uQLy8aDdR9w5qNgASQhlmqR4xmYQUTeEaIzFPaQu8qU%3D&se=1893456000&skn=listen%20send";
    assert_eq!(signature(&address, resource, 1_893_456_000), expected);
}
