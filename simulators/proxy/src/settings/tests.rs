use super::*;

fn read(change: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let least = [("Orders:Listen", "127.0.0.1:0"), ("Results:Address", "emr.example:6662")];
    let values = least.iter().chain(change).map(|(name, value)| (format!("EmrProxy:{name}"), value.to_string()));
    Settings::from_values(&values.collect(), &contract::Settings::default())
}

#[test]
fn what_is_not_set_has_the_default_of_the_contract_con_021() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.cloud_timeout, Duration::from_millis(10_000));
    assert_eq!(settings.frame_timeout, Duration::from_millis(30_000));
    assert_eq!(settings.max_message_bytes, 16 * 1024 * 1024);
    assert_eq!((settings.by_blob, &settings.files_root), (false, &None));
    assert_eq!((settings.listen.as_str(), settings.results_address.as_str()), ("127.0.0.1:0", "emr.example:6662"));
}

#[test]
fn what_is_set_is_taken_con_021() {
    let settings = read(&[
        ("Results:AckTimeoutMs", "250"),
        ("Results:MaxAttempts", "2"),
        ("Results:RetryDelayMs", "0"),
        ("Orders:MaxMessageBytes", "1000"),
        ("Orders:CloudTimeoutMs", "300"),
        ("Orders:FrameTimeoutMs", "400"),
        ("Orders:Intake", "blob"),
        ("Files:Root", "/srv/results"),
    ]);
    let expected = Settings {
        listen: "127.0.0.1:0".to_owned(),
        by_blob: true,
        files_root: Some("/srv/results".into()),
        results_address: "emr.example:6662".to_owned(),
        ack_timeout: Duration::from_millis(250),
        max_attempts: 2,
        retry_delay: Duration::ZERO,
        max_message_bytes: 1000,
        cloud_timeout: Duration::from_millis(300),
        frame_timeout: Duration::from_millis(400),
    };
    assert_eq!(settings.unwrap(), expected);
}

#[test]
fn a_setting_that_cannot_be_used_is_named() {
    for (name, value) in [
        ("Orders:Listen", "6661"),
        ("Orders:Listen", ""),
        ("Results:Address", "emr.example:99999"),
        ("Results:AckTimeoutMs", "0"),
        ("Results:MaxAttempts", "three"),
        ("Results:RetryDelayMs", "-1"),
        ("Orders:MaxMessageBytes", "1e6"),
        ("Orders:Intake", "ftp"),
    ] {
        let error = read(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(&format!("EmrProxy:{name}")), "{error}");
    }
}

#[test]
fn the_next_page_is_on_the_same_host_con_020() {
    let page = Url::parse("https://config.example:8443/kv?key=EmrProxy:*").unwrap();
    let next = |link: &str| next_page(&page, &HeaderMap::from_iter([(LINK, link.parse().unwrap())]));
    let found = next(r#"</kv?key=EmrProxy:*&after=abc>; rel="next""#).unwrap().map(String::from);
    assert_eq!(found.as_deref(), Some("https://config.example:8443/kv?key=EmrProxy:*&after=abc"));
    assert_eq!(next(r#"</kv>; rel="original""#).unwrap(), None);
    assert_eq!(next_page(&page, &HeaderMap::new()).unwrap(), None);
    assert!(next(r#"<https://elsewhere.example/kv>; rel="next""#).is_err());
}
