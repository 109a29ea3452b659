//! The settings of this installation (CON-020, CON-021).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde::Deserialize;

use crate::cloud::Cloud;

/// Pages that are read at most; a cloud that always names another one is broken.
const MAX_PAGES: usize = 100;

/// The values of the keys of CON-021.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `Orders:Listen`
    pub(crate) listen: String,
    /// `Results:Address`
    pub(crate) results_address: String,
    pub(crate) ack_timeout: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) retry_delay: Duration,
    pub(crate) max_message_bytes: usize,
    pub(crate) cloud_timeout: Duration,
    pub(crate) frame_timeout: Duration,
    pub(crate) intake: Intake,
}

/// How orders reach the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    /// CON-030
    Http,
    /// CON-033
    Blob,
}

/// A page of the key-value set.
#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    key: String,
    value: Option<String>,
}

/// Reads all pages (CON-020).
pub(crate) async fn read(cloud: &Cloud) -> anyhow::Result<Settings> {
    let mut values = BTreeMap::new();
    let mut url = cloud.settings_url();
    for _ in 0..MAX_PAGES {
        let answer = cloud.settings_page(&url).await?;
        if answer.status != 200 {
            bail!("App Configuration answered {}", answer.status);
        }
        let page: Page = serde_json::from_slice(&answer.body).context("the answer is no key-value set")?;
        values.extend(page.items.into_iter().filter_map(|item| Some((item.key, item.value?))));
        match next_page(&url, &answer.headers)? {
            Some(next) => url = next,
            None => return Settings::from_values(&values),
        }
    }
    bail!("App Configuration has more than {MAX_PAGES} pages")
}

/// The page that `Link: </kv?…>; rel="next"` names.
fn next_page(page: &Url, headers: &HeaderMap) -> anyhow::Result<Option<Url>> {
    for link in headers.get_all(LINK) {
        let link = link.to_str().context("Link header")?;
        let Some((target, parameters)) = link.trim().strip_prefix('<').and_then(|rest| rest.split_once('>')) else {
            continue;
        };
        if parameters.replace(['"', ' '], "").split(';').any(|parameter| parameter == "rel=next") {
            let next = page.join(target).context("Link header")?;
            // The token goes along: only to where it belongs.
            if next.origin() != page.origin() {
                bail!("the Link header leads to another host");
            }
            return Ok(Some(next));
        }
    }
    Ok(None)
}

impl Settings {
    /// # Errors
    /// The first key that is missing without a default, or cannot be used.
    fn from_values(values: &BTreeMap<String, String>) -> anyhow::Result<Settings> {
        let number = |name, default, range| number(values, name, default, range);
        let milliseconds = |name, default| number(name, default, 1..=86_400_000).map(Duration::from_millis);
        Ok(Settings {
            listen: address(values, "Orders:Listen")?,
            results_address: address(values, "Results:Address")?,
            ack_timeout: milliseconds("Results:AckTimeoutMs", 30_000)?,
            max_attempts: number("Results:MaxAttempts", 3, 1..=1_000_000)? as u32,
            retry_delay: Duration::from_millis(number("Results:RetryDelayMs", 5_000, 0..=86_400_000)?),
            max_message_bytes: number("Orders:MaxMessageBytes", 16 << 20, 1..=64 << 20)? as usize,
            cloud_timeout: milliseconds("Orders:CloudTimeoutMs", 10_000)?,
            frame_timeout: milliseconds("Orders:FrameTimeoutMs", 30_000)?,
            intake: match find(values, "Orders:Intake") {
                None | Some((_, "http")) => Intake::Http,
                Some((_, "blob")) => Intake::Blob,
                Some((key, value)) => return Err(invalid(key, value, "`http` or `blob`".to_owned())),
            },
        })
    }
}

/// The full key and its value; an empty value counts as none.
fn find<'a>(values: &'a BTreeMap<String, String>, name: &str) -> Option<(String, &'a str)> {
    let key = format!("EmrProxy:{name}");
    let value = values.get(&key)?.trim();
    (!value.is_empty()).then_some((key, value))
}

fn address(values: &BTreeMap<String, String>, name: &str) -> anyhow::Result<String> {
    let (key, value) =
        find(values, name).with_context(|| format!("setting EmrProxy:{name} is missing; set it (CON-021)"))?;
    match value.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(value.to_owned()),
        _ => Err(invalid(key, value, "`host:port`".to_owned())),
    }
}

fn number(
    values: &BTreeMap<String, String>,
    name: &str,
    default: u64,
    range: RangeInclusive<u64>,
) -> anyhow::Result<u64> {
    let Some((key, value)) = find(values, name) else {
        return Ok(default);
    };
    match value.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(invalid(key, value, format!("a number from {} to {}", range.start(), range.end()))),
    }
}

fn invalid(key: String, value: &str, expected: String) -> anyhow::Error {
    anyhow!("setting {key} is `{value}`; it must be {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: &[(&str, &str)]) -> anyhow::Result<Settings> {
        let least = [("Orders:Listen", "127.0.0.1:0"), ("Results:Address", "emr.example:6662")];
        let values = least.iter().chain(change).map(|(name, value)| (format!("EmrProxy:{name}"), value.to_string()));
        Settings::from_values(&values.collect())
    }

    #[test]
    fn what_is_not_set_has_the_default_of_the_contract_con_021() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.cloud_timeout, Duration::from_millis(10_000));
        assert_eq!(settings.frame_timeout, Duration::from_millis(30_000));
        assert_eq!(settings.max_message_bytes, 16 * 1024 * 1024);
        assert_eq!(settings.intake, Intake::Http);
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
        ]);
        let expected = Settings {
            listen: "127.0.0.1:0".to_owned(),
            results_address: "emr.example:6662".to_owned(),
            ack_timeout: Duration::from_millis(250),
            max_attempts: 2,
            retry_delay: Duration::ZERO,
            max_message_bytes: 1000,
            cloud_timeout: Duration::from_millis(300),
            frame_timeout: Duration::from_millis(400),
            intake: Intake::Blob,
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
}
