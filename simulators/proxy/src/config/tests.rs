use super::*;

const BUS: &str = "Endpoint=sb://bus.example/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0=";

fn read(change: (&str, Option<&str>)) -> Result<Config> {
    Config::from_environment(|name| {
        if name == change.0 {
            return change.1.map(str::to_owned);
        }
        match name {
            "IRIS_RESULTS_BUS" | "IRIS_NOTIFICATION_BUS" => Some(BUS.to_owned()),
            "IRIS_LOGIN" | "IRIS_SETTINGS" | "IRIS_EMR_API" | "IRIS_BLOB" => {
                Some("https://host.example:8443".to_owned())
            }
            "IRIS_HOSTS_FILE" | "IRIS_CONTRACT_FILE" => None,
            _ if name.ends_with("_HOST") => Some("localhost".to_owned()),
            _ if name.ends_with("_PORT") => Some("40001".to_owned()),
            _ => Some("value".to_owned()),
        }
    })
}

#[test]
fn a_missing_or_empty_variable_is_named_con_061() {
    for name in [
        "IRIS_LOGIN",
        "IRIS_TENANT",
        "IRIS_CLIENT_ID",
        "IRIS_CLIENT_SECRET",
        "IRIS_SETTINGS",
        "IRIS_EMR_API",
        "IRIS_BLOB",
        "IRIS_RESULTS_BUS",
        "IRIS_RESULTS_BUS_HOST",
        "IRIS_RESULTS_BUS_PORT",
        "IRIS_NOTIFICATION_BUS",
        "IRIS_NOTIFICATION_BUS_HOST",
        "IRIS_NOTIFICATION_BUS_PORT",
        "IRIS_CA_FILE",
        "IRIS_INSTALLATION",
    ] {
        for value in [None, Some("")] {
            let error = read((name, value)).err().map(|error| error.to_string());
            assert_eq!(error, Some(format!("environment variable {name} is missing; set it (CON-061)")));
        }
    }
}

#[test]
fn a_value_that_cannot_be_used_is_named_without_being_shown() {
    for (name, value) in [
        ("IRIS_LOGIN", "http://plain.example"),
        ("IRIS_EMR_API", "nonsense"),
        ("IRIS_RESULTS_BUS", "SharedAccessKeyName=a;SharedAccessKey=nonsense"),
        ("IRIS_RESULTS_BUS", "Endpoint=sb://bus.example/;SharedAccessKeyName=nonsense"),
        ("IRIS_RESULTS_BUS_PORT", "nonsense"),
        ("IRIS_INSTALLATION", "nonsense\r\n"),
    ] {
        let error = read((name, Some(value))).err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(error.contains(name), "{name}: {error}");
        assert!(!error.contains("nonsense"), "{error}");
    }
}

#[test]
fn a_bus_has_the_parts_of_its_connection_string_and_is_where_host_and_port_say() {
    let bus = read(("", None)).unwrap_or_else(|error| panic!("{error}")).results_bus;
    assert_eq!((bus.namespace, bus.key_name), ("bus.example".to_owned(), "listen".to_owned()));
    assert_eq!(bus.key, "c2VjcmV0=", "a key may end with equals signs");
    assert_eq!((bus.host, bus.port), ("localhost".to_owned(), 40001));
}
