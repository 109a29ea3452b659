//! What the environment says (CON-061).

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use reqwest::Url;
use reqwest::header::HeaderValue;

/// Everything the proxy must be told to start. It holds secrets, so it cannot be printed.
#[derive(Clone)]
pub struct Config {
    /// `IRIS_LOGIN`: base of the identity platform (CON-010).
    pub login: Url,
    /// `IRIS_TENANT` (CON-011).
    pub tenant: String,
    /// `IRIS_CLIENT_ID` (CON-011).
    pub client_id: String,
    /// `IRIS_CLIENT_SECRET` (CON-011).
    pub client_secret: String,
    /// `IRIS_SETTINGS`: base of App Configuration (CON-020).
    pub settings: Url,
    /// `IRIS_EMR_API`: base of the EMR API (CON-030).
    pub emr_api: Url,
    /// `IRIS_BLOB`: base of the blob storage (CON-033).
    pub blob: Url,
    /// `IRIS_RESULTS_BUS`, with `_HOST` and `_PORT` (CON-040).
    pub results_bus: BusAddress,
    /// `IRIS_NOTIFICATION_BUS`, with `_HOST` and `_PORT` (CON-050).
    pub notification_bus: BusAddress,
    /// `IRIS_CA_FILE`: PEM file with the CA to trust (CON-003).
    pub ca_file: PathBuf,
    /// `IRIS_INSTALLATION` (CON-020, CON-030).
    pub installation: String,
}

/// A Service Bus namespace: the parts of its connection string, and where to connect.
#[derive(Clone)]
pub struct BusAddress {
    /// The namespace's host name, which names the resource in tokens.
    pub namespace: String,
    /// `SharedAccessKeyName`.
    pub key_name: String,
    /// `SharedAccessKey`.
    pub key: String,
    /// Host to connect to, and the name its certificate must hold.
    pub host: String,
    /// Port to connect to.
    pub port: u16,
}

impl Config {
    /// Reads the variables of CON-061 through `variable`, which gives the value of a name.
    ///
    /// # Errors
    /// The first variable that is missing or cannot be used. Values may be secrets and are not shown.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Config> {
        let get = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty());
            value.with_context(|| format!("environment variable {name} is missing; set it (CON-061)"))
        };
        let url = |name: &str| base_url(name, &get(name)?);
        let bus = |name: &str| -> Result<BusAddress> {
            let port = format!("{name}_PORT");
            let number = get(&port)?.parse().map_err(|_| invalid(&port, "it must be a port number"))?;
            BusAddress::new(name, &get(name)?, get(&format!("{name}_HOST"))?, number)
        };
        let installation = get("IRIS_INSTALLATION")?;
        HeaderValue::from_str(&installation)
            .map_err(|_| invalid("IRIS_INSTALLATION", "it must fit into an HTTP header: visible ASCII only"))?;
        Ok(Config {
            login: url("IRIS_LOGIN")?,
            tenant: get("IRIS_TENANT")?,
            client_id: get("IRIS_CLIENT_ID")?,
            client_secret: get("IRIS_CLIENT_SECRET")?,
            settings: url("IRIS_SETTINGS")?,
            emr_api: url("IRIS_EMR_API")?,
            blob: url("IRIS_BLOB")?,
            results_bus: bus("IRIS_RESULTS_BUS")?,
            notification_bus: bus("IRIS_NOTIFICATION_BUS")?,
            ca_file: get("IRIS_CA_FILE")?.into(),
            installation,
        })
    }
}

impl BusAddress {
    fn new(name: &str, connection_string: &str, host: String, port: u16) -> Result<BusAddress> {
        let part = |key: &str| {
            let mut parts = connection_string.split(';').filter_map(|part| part.split_once('='));
            let found = parts.find(|(k, v)| k.eq_ignore_ascii_case(key) && !v.is_empty());
            let problem = format!("the connection string must have {key}=…");
            found.map(|(_, value)| value.to_owned()).ok_or_else(|| invalid(name, &problem))
        };
        let endpoint = Url::parse(&part("Endpoint")?).ok().filter(|endpoint| endpoint.scheme() == "sb");
        let namespace = endpoint.as_ref().and_then(Url::host_str);
        let namespace = namespace.ok_or_else(|| invalid(name, "Endpoint must be sb://host/"))?.to_owned();
        Ok(BusAddress { namespace, key_name: part("SharedAccessKeyName")?, key: part("SharedAccessKey")?, host, port })
    }
}

fn base_url(name: &str, text: &str) -> Result<Url> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => Ok(url),
        _ => Err(invalid(name, "it must be an https URL")),
    }
}

fn invalid(name: &str, problem: &str) -> anyhow::Error {
    anyhow!("environment variable {name}: {problem}")
}

#[cfg(test)]
mod tests {
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
}
