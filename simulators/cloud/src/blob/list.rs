//! Lists of blobs, page by page.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::failure::Failure;
use super::store::{Blob, Container, Metadata};
use super::{Answer, xml};
use crate::conditions::http_date;
use crate::http::Call;
use crate::state::State;

/// Most entries of a page, as the real service.
const MAX_PAGE: usize = 5000;

#[derive(Serialize)]
#[serde(rename = "EnumerationResults", rename_all = "PascalCase")]
struct Enumeration<'a> {
    #[serde(rename = "@ServiceEndpoint")]
    service_endpoint: String,
    #[serde(rename = "@ContainerName")]
    container_name: &'a str,
    prefix: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<String>,
    blobs: Entries,
    next_marker: String,
}

#[derive(Serialize)]
struct Entries {
    #[serde(rename = "$value")]
    entries: Vec<Entry>,
}

#[derive(Serialize)]
#[allow(clippy::large_enum_variant)] // lives as long as one answer
enum Entry {
    Blob(Listed),
    BlobPrefix(Name),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Name {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: String,
    properties: Properties,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    #[serde(rename = "Creation-Time")]
    creation_time: String,
    #[serde(rename = "Last-Modified")]
    last_modified: String,
    etag: String,
    #[serde(rename = "Content-Length")]
    content_length: usize,
    #[serde(flatten)]
    headers: std::collections::BTreeMap<&'static str, String>,
    blob_type: &'static str,
    access_tier: &'static str,
    access_tier_inferred: bool,
    lease_status: &'static str,
    lease_state: &'static str,
    server_encrypted: bool,
}

/// A page of names and the marker of the next one, empty if there is none.
pub(super) struct Page {
    pub(super) names: Vec<String>,
    pub(super) next_marker: String,
}

/// The names behind the request's `marker`, `maxresults` at most; `names` are sorted.
pub(super) fn page(call: &Call<'_>, names: Vec<String>) -> Result<Page, Failure> {
    let wrong = |name: &str| {
        let message =
            format!("A query parameter specified in the request URI is outside the permissible range: {name}.");
        Failure::new(400, "OutOfRangeQueryParameterValue", &message)
    };
    let size = match call.query("maxresults").filter(|text| !text.is_empty()) {
        None => MAX_PAGE,
        Some(text) => text.parse().ok().filter(|size| *size > 0).ok_or_else(|| wrong("maxresults"))?,
    };
    let last = match call.query("marker").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => {
            let name = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Some(name.ok_or_else(|| wrong("marker"))?)
        }
    };
    let mut rest = names.into_iter().skip_while(|name| last.as_ref().is_some_and(|last| name <= last));
    let names: Vec<String> = rest.by_ref().take(size.min(MAX_PAGE)).collect();
    let next_marker = match (rest.next(), names.last()) {
        (Some(_), Some(last)) => URL_SAFE_NO_PAD.encode(last),
        _ => String::new(),
    };
    Ok(Page { names, next_marker })
}

/// The blobs of a container, those below a delimiter gathered to prefixes.
pub(super) fn blobs(state: &State, call: &Call<'_>, name: &str) -> Result<Answer, Failure> {
    let prefix = call.query("prefix").unwrap_or_default();
    let delimiter = call.query("delimiter").filter(|delimiter| !delimiter.is_empty());
    let with_metadata = call.query("include").is_some_and(|include| include.split(',').any(|i| i == "metadata"));
    let store = state.blobs();
    let container = store.container(name)?;
    let Page { names, next_marker } = page(call, gathered(container, &prefix, delimiter.as_deref()))?;
    let entry = |name: String| match container.blobs.get(&name) {
        Some(blob) => Entry::Blob(listed(name, blob, with_metadata)),
        None => Entry::BlobPrefix(Name { name }),
    };
    let blobs = Entries { entries: names.into_iter().map(entry).collect() };
    let service_endpoint = format!("{}/", call.own_url());
    Ok((200, xml(200, &Enumeration { service_endpoint, container_name: name, prefix, delimiter, blobs, next_marker })))
}

/// The names that begin with the prefix; of those with a delimiter behind it only the part up to there, once. A blob whose
/// name ends in the delimiter is such a part too.
fn gathered(container: &Container, prefix: &str, delimiter: Option<&str>) -> Vec<String> {
    let name = |name: &String| {
        let rest = name.strip_prefix(prefix)?;
        match delimiter.and_then(|delimiter| rest.find(delimiter).map(|at| prefix.len() + at + delimiter.len())) {
            Some(end) => name.get(..end).map(str::to_owned),
            None => Some(name.clone()),
        }
    };
    let mut names: Vec<String> = container.blobs.keys().filter_map(name).collect();
    names.dedup();
    names
}

fn listed(name: String, blob: &Blob, with_metadata: bool) -> Listed {
    Listed {
        name,
        properties: Properties {
            creation_time: http_date(blob.created),
            last_modified: http_date(blob.stamp.modified),
            etag: blob.stamp.etag.clone(),
            content_length: blob.content.len(),
            headers: blob.headers.clone(),
            blob_type: "BlockBlob",
            access_tier: "Hot",
            access_tier_inferred: true,
            lease_status: "unlocked",
            lease_state: "available",
            server_encrypted: true,
        },
        metadata: with_metadata.then(|| blob.metadata.clone()),
    }
}
