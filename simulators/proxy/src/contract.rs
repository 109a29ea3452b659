//! What of the contract file the proxy needs (01-topology, section 9). Without a file the reference contract holds, whose values
//! are the defaults here; keys that concern the cloud alone are passed over.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Contract {
    pub(crate) emr_api: EmrApi,
    pub(crate) settings: Settings,
    pub(crate) blob: Blob,
    pub(crate) queues: Queues,
    pub(crate) files: Files,
}

/// TOP-100, TOP-101
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct EmrApi {
    routes: BTreeMap<String, Route>,
    pub(crate) headers: Headers,
    pub(crate) content_type: String,
    pub(crate) payload: Payload,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct Headers {
    pub(crate) installation: String,
    pub(crate) correlation: String,
    pub(crate) path_template: String,
}

/// How HL7 text is packed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(tag = "codec", rename_all = "snake_case")]
pub(crate) enum Payload {
    #[default]
    Raw,
    Base64,
    /// An object whose field holds base64.
    Json {
        field: String,
    },
}

/// TOP-104: key names by their meaning.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    keys: BTreeMap<String, String>,
}

/// TOP-108
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Blob {
    pub(crate) orders: OrderBlobs,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct OrderBlobs {
    pub(crate) container: String,
    pub(crate) name: String,
}

/// TOP-102, TOP-103, TOP-106
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Queues {
    pub(crate) auth: BusAuth,
    pub(crate) results: ResultsQueue,
    pub(crate) notifications: NotificationsQueue,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BusAuth {
    #[default]
    Sas,
    Entra,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct ResultsQueue {
    pub(crate) name: String,
    pub(crate) signal: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct NotificationsQueue {
    pub(crate) name: String,
    pub(crate) settings_changed: String,
    pub(crate) ping: String,
}

/// TOP-113
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Files {
    pub(crate) zone: Zone,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Zone {
    #[default]
    Local,
    Utc,
}

impl Default for EmrApi {
    fn default() -> EmrApi {
        EmrApi {
            routes: BTreeMap::new(),
            headers: Headers::default(),
            content_type: "x-application/hl7-v2+er7".to_owned(),
            payload: Payload::Raw,
        }
    }
}

impl Default for Headers {
    fn default() -> Headers {
        Headers {
            installation: "X-Iris-Installation".to_owned(),
            correlation: "X-Correlation-Id".to_owned(),
            path_template: "X-Iris-Path-Template".to_owned(),
        }
    }
}

impl Default for OrderBlobs {
    fn default() -> OrderBlobs {
        OrderBlobs { container: "orders".to_owned(), name: "{installation}/{id}.hl7".to_owned() }
    }
}

impl Default for ResultsQueue {
    fn default() -> ResultsQueue {
        let signal = r#"{"DeliveryId":"{delivery_id}","Kind":"{kind}","IrisOrderId":{filler}}"#.to_owned();
        ResultsQueue { name: "results".to_owned(), signal }
    }
}

impl Default for NotificationsQueue {
    fn default() -> NotificationsQueue {
        NotificationsQueue {
            name: "notifications".to_owned(),
            settings_changed: r#"{"Type":"SettingsChanged"}"#.to_owned(),
            ping: r#"{"Type":"Ping","Id":"{id}"}"#.to_owned(),
        }
    }
}

impl Contract {
    /// # Errors
    /// A file that cannot be read, or is no contract.
    pub(crate) fn load(path: &Path) -> Result<Contract> {
        let file = || format!("IRIS_CONTRACT_FILE {}", path.display());
        let text = std::fs::read_to_string(path).with_context(file)?;
        serde_yaml::from_str(&text).with_context(file)
    }
}

impl EmrApi {
    /// Method and path of an operation, with what stands for the `{names}` in the path.
    pub(crate) fn route(&self, operation: &str) -> Route {
        let known = self.routes.get(operation).cloned();
        known.unwrap_or_else(|| {
            let (method, path) = match operation {
                "submit_order" => ("POST", "/emr/v1/orders"),
                "fetch_delivery" => ("GET", "/emr/v1/deliveries/{delivery_id}"),
                "claim_delivery" => ("POST", "/emr/v1/deliveries/{delivery_id}/claim"),
                "post_receipt" => ("POST", "/emr/v1/deliveries/{delivery_id}/receipt"),
                _ => ("POST", "/emr/v1/proxies/{installation}/heartbeat"),
            };
            Route { method: method.to_owned(), path: path.to_owned() }
        })
    }
}

impl Settings {
    /// The key of a meaning.
    pub(crate) fn key(&self, meaning: &str) -> String {
        let known = self.keys.get(meaning).cloned();
        known.unwrap_or_else(|| {
            let name = match meaning {
                "orders_listen" => "Orders:Listen",
                "results_address" => "Results:Address",
                "ack_timeout_ms" => "Results:AckTimeoutMs",
                "max_attempts" => "Results:MaxAttempts",
                "retry_delay_ms" => "Results:RetryDelayMs",
                "max_message_bytes" => "Orders:MaxMessageBytes",
                "cloud_timeout_ms" => "Orders:CloudTimeoutMs",
                "frame_timeout_ms" => "Orders:FrameTimeoutMs",
                "intake" => "Orders:Intake",
                "files_root" => "Files:Root",
                other => other,
            };
            format!("EmrProxy:{name}")
        })
    }

    /// The filter that all keys fit.
    pub(crate) fn filter(&self) -> String {
        let listen = self.key("orders_listen");
        format!("{}*", listen.split_inclusive(':').next().unwrap_or_default())
    }
}

impl Payload {
    pub(crate) fn pack(&self, content: Bytes) -> Bytes {
        match self {
            Payload::Raw => content,
            Payload::Base64 => STANDARD.encode(&content).into(),
            Payload::Json { field } => json!({ field: STANDARD.encode(&content) }).to_string().into(),
        }
    }

    /// # Errors
    /// The body is not packed so.
    pub(crate) fn unpack(&self, body: Bytes) -> Result<Bytes> {
        match self {
            Payload::Raw => Ok(body),
            Payload::Base64 => Ok(STANDARD.decode(&body).context("the body is no base64")?.into()),
            Payload::Json { field } => {
                let object: Value = serde_json::from_slice(&body).context("the body is no JSON")?;
                let text = object[field].as_str().with_context(|| format!("the body has no text `{field}`"))?;
                Ok(STANDARD.decode(text).with_context(|| format!("`{field}` is no base64"))?.into())
            }
        }
    }
}

/// Replaces `{names}`.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// What stands for the `{names}` of a JSON template in a body of the same shape; none if the body is not of that shape. Further
/// members of the body are passed over, and members of the template that hold no quoted name must be equal.
pub(crate) fn read(template: &str, body: &[u8]) -> Option<BTreeMap<String, String>> {
    // a name that stands for a number has no quotes
    let template = ["filler"]
        .iter()
        .fold(template.to_owned(), |text, name| text.replace(&format!(":{{{name}}}"), &format!(":\"{{{name}}}\"")));
    let template: Value = serde_json::from_str(&template).ok()?;
    let body: Value = serde_json::from_slice(body).ok()?;
    let mut found = BTreeMap::new();
    for (member, wanted) in template.as_object()? {
        let value = body.get(member);
        match wanted.as_str().and_then(|text| text.strip_prefix('{')?.strip_suffix('}')) {
            Some(name) => {
                let Some(value) = value else { continue };
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                found.insert(name.to_owned(), text);
            }
            None if value == Some(wanted) => {}
            None => return None,
        }
    }
    Some(found)
}

/// # Errors
/// The segments of a URL cannot be added to.
pub(crate) fn segments(path: &str, values: &[(&str, &str)]) -> Result<Vec<String>> {
    ensure!(path.starts_with('/'), "the path `{path}` of the contract must begin with /");
    Ok(path[1..].split('/').map(|segment| fill(segment, values)).collect())
}
