//! The settings of this installation (CON-020, CON-021).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::contract;
use crate::defects;

/// Pages that are read at most; a cloud that always names another one is broken.
const MAX_PAGES: usize = 100;

/// The values of the keys of CON-021.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `Orders:Listen`
    pub(crate) listen: String,
    /// Whether orders go to the blob storage (CON-033).
    pub(crate) by_blob: bool,
    /// `Files:Root`; without it no file can be written.
    pub(crate) files_root: Option<PathBuf>,
    /// `Results:Address`
    pub(crate) results_address: String,
    pub(crate) ack_timeout: Duration,
    pub(crate) max_attempts: u64,
    pub(crate) retry_delay: Duration,
    pub(crate) max_message_bytes: usize,
    pub(crate) cloud_timeout: Duration,
    pub(crate) frame_timeout: Duration,
}

/// Reads all pages (CON-020).
pub(crate) async fn read(cloud: &Cloud) -> Result<Settings> {
    let mut values = BTreeMap::new();
    let mut url = cloud.settings_url();
    for _ in 0..MAX_PAGES {
        let answer = cloud.settings_page(&url).await?;
        ensure!(answer.status == 200, "App Configuration answered {}", answer.status);
        let page: Value = serde_json::from_slice(&answer.body).context("the answer is not JSON")?;
        let items = page["items"].as_array().context("the answer is no key-value set")?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        values.extend(items.iter().filter_map(|item| text(&item["key"]).zip(text(&item["value"]))));
        match next_page(&url, &answer.headers)? {
            Some(next) => url = next,
            None => return Settings::from_values(&values, cloud.settings_contract()).map(defects::settings),
        }
    }
    bail!("App Configuration has more than {MAX_PAGES} pages")
}

/// The page that `Link: </kv?…>; rel="next"` names.
fn next_page(page: &Url, headers: &HeaderMap) -> Result<Option<Url>> {
    let links = headers.get_all(LINK).iter().filter_map(|link| link.to_str().ok()?.trim().strip_prefix('<'));
    let is_next = |parameters: &str| parameters.replace(['"', ' '], "").split(';').any(|one| one == "rel=next");
    let mut targets = links.filter_map(|link| link.split_once('>').filter(|(_, parameters)| is_next(parameters)));
    let Some((target, _)) = targets.next() else { return Ok(None) };
    let next = page.join(target).context("Link header")?;
    // The token goes along: only to where it belongs.
    ensure!(next.origin() == page.origin(), "the Link header leads to another host");
    Ok(Some(next))
}

impl Settings {
    /// Or the first key that is missing without a default or cannot be used.
    fn from_values(values: &BTreeMap<String, String>, contract: &contract::Settings) -> Result<Settings> {
        // An empty value counts as none.
        let key = |meaning: &str| contract.key(meaning);
        let find =
            |meaning: &str| values.get(&key(meaning)).map(|value| value.trim()).filter(|value| !value.is_empty());
        let address = |name: &str| {
            let value = find(name).with_context(|| format!("setting {} is missing; set it (CON-021)", key(name)))?;
            let parts = value.rsplit_once(':');
            let good = parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
            ensure!(good, "setting {} is `{value}`; it must be `host:port`", key(name));
            Ok(value.to_owned())
        };
        let number = |name: &str, default: u64, range: RangeInclusive<u64>| {
            let Some(value) = find(name) else { return Ok(default) };
            let number = value.parse().ok().filter(|number| range.contains(number));
            number.with_context(|| format!("setting {} is `{value}`; it must be a number in {range:?}", key(name)))
        };
        let milliseconds = |name, default| number(name, default, 1..=86_400_000).map(Duration::from_millis);
        let by_blob = match find("intake").unwrap_or("http") {
            "http" => false,
            "blob" => true,
            other => bail!("setting {} is `{other}`; it must be `http` or `blob` (CON-033)", key("intake")),
        };
        Ok(Settings {
            listen: address("orders_listen")?,
            by_blob,
            files_root: find("files_root").map(PathBuf::from),
            results_address: address("results_address")?,
            ack_timeout: milliseconds("ack_timeout_ms", 30_000)?,
            max_attempts: number("max_attempts", 3, 1..=1_000_000)?,
            retry_delay: Duration::from_millis(number("retry_delay_ms", 5_000, 0..=86_400_000)?),
            max_message_bytes: number("max_message_bytes", 16 << 20, 1..=64 << 20)? as usize,
            cloud_timeout: milliseconds("cloud_timeout_ms", 10_000)?,
            frame_timeout: milliseconds("frame_timeout_ms", 30_000)?,
        })
    }
}

#[cfg(test)]
mod tests;
