//! The account and its containers.

use regex::Regex;
use serde::Serialize;
use wiremock::ResponseTemplate;

use super::conditions::{Intent, check};
use super::failure::Failure;
use super::list::{Page, page};
use super::store::{MAX_METADATA, Metadata, Stamp};
use super::{Answer, with_header, xml};
use crate::conditions::http_date;
use crate::http::Call;
use crate::state::State;

#[derive(Serialize)]
#[serde(rename = "EnumerationResults", rename_all = "PascalCase")]
struct Enumeration {
    #[serde(rename = "@ServiceEndpoint")]
    service_endpoint: String,
    prefix: String,
    containers: Containers,
    next_marker: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Containers {
    container: Vec<Listed>,
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
    #[serde(rename = "Last-Modified")]
    last_modified: String,
    etag: String,
    lease_status: &'static str,
    lease_state: &'static str,
    has_immutability_policy: bool,
    has_legal_hold: bool,
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Result<Answer, Failure> {
    let prefix = call.query("prefix").unwrap_or_default();
    let with_metadata = call.query("include").is_some_and(|include| include.split(',').any(|i| i == "metadata"));
    let store = state.blobs();
    let names = store.containers().keys().filter(|name| name.starts_with(&prefix)).cloned().collect();
    let Page { names, next_marker } = page(call, names)?;
    let listed = |name: &String| {
        let container = store.containers().get(name)?;
        Some(Listed {
            name: name.clone(),
            properties: Properties {
                last_modified: http_date(container.stamp.modified),
                etag: format!("\"{}\"", container.stamp.etag),
                lease_status: "unlocked",
                lease_state: "available",
                has_immutability_policy: false,
                has_legal_hold: false,
            },
            metadata: with_metadata.then(|| container.metadata.clone()),
        })
    };
    let containers = Containers { container: names.iter().filter_map(listed).collect() };
    let service_endpoint = format!("{}/", call.own_url());
    Ok((200, xml(200, &Enumeration { service_endpoint, prefix, containers, next_marker })))
}

/// What kind of account it is.
pub(super) fn account() -> Answer {
    let response = ResponseTemplate::new(200)
        .insert_header("x-ms-sku-name", "Standard_LRS")
        .insert_header("x-ms-account-kind", "StorageV2")
        .insert_header("x-ms-is-hns-enabled", "false");
    (200, response)
}

pub(super) fn create(state: &State, call: &Call<'_>, name: &str) -> Result<Answer, Failure> {
    // 3 to 63 lower-case letters, digits and single hyphens inside
    let form = Regex::new("^[a-z0-9](-?[a-z0-9])+$").is_ok_and(|form| form.is_match(name));
    if !(form && (3..=63).contains(&name.len())) {
        let message = "The specified resource name contains invalid characters or has a wrong length.";
        return Err(Failure::new(400, "InvalidResourceName", message));
    }
    let metadata = metadata_of(call)?;
    let mut store = state.blobs();
    if store.containers().contains_key(name) {
        return Err(Failure::new(409, "ContainerAlreadyExists", "The specified container already exists."));
    }
    store.reserve(0)?;
    let container = store.create(name, metadata, state.clock.now());
    Ok((201, stamped(ResponseTemplate::new(201), &container.stamp)))
}

pub(super) fn delete(state: &State, call: &Call<'_>, name: &str) -> Result<Answer, Failure> {
    let mut store = state.blobs();
    check(call, Some(&store.container(name)?.stamp), Intent::Write)?;
    store.delete(name);
    Ok((202, ResponseTemplate::new(202)))
}

pub(super) fn properties(state: &State, name: &str) -> Result<Answer, Failure> {
    let store = state.blobs();
    let container = store.container(name)?;
    let response = stamped(ResponseTemplate::new(200), &container.stamp)
        .insert_header("x-ms-lease-status", "unlocked")
        .insert_header("x-ms-lease-state", "available")
        .insert_header("x-ms-has-immutability-policy", "false")
        .insert_header("x-ms-has-legal-hold", "false");
    Ok((200, with_metadata(response, &container.metadata)))
}

pub(super) fn set_metadata(state: &State, call: &Call<'_>, name: &str) -> Result<Answer, Failure> {
    let metadata = metadata_of(call)?;
    let mut store = state.blobs();
    check(call, Some(&store.container(name)?.stamp), Intent::Write)?;
    let stamp = store.stamp(state.clock.now());
    let container = store.container_mut(name)?;
    (container.metadata, container.stamp) = (metadata, stamp);
    Ok((200, stamped(ResponseTemplate::new(200), &container.stamp)))
}

/// The metadata that a request brings, by its `x-ms-meta-` headers.
pub(super) fn metadata_of(call: &Call<'_>) -> Result<Metadata, Failure> {
    let mut metadata = Metadata::new();
    for (name, value) in &call.request.headers {
        let Some(name) = name.as_str().strip_prefix("x-ms-meta-") else { continue };
        let wrong = || {
            Failure::new(
                400,
                "InvalidMetadata",
                "The metadata specified is invalid. It has characters that are not permitted.",
            )
        };
        // a name is also that of an XML element
        let form = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !form {
            return Err(wrong());
        }
        metadata.insert(name.to_owned(), value.to_str().map_err(|_| wrong())?.to_owned());
    }
    if metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MAX_METADATA {
        return Err(Failure::new(400, "MetadataTooLarge", "The metadata has more than 8 KiB."));
    }
    Ok(metadata)
}

/// Adds `ETag` and `Last-Modified`.
pub(super) fn stamped(response: ResponseTemplate, stamp: &Stamp) -> ResponseTemplate {
    response
        .insert_header("ETag", format!("\"{}\"", stamp.etag))
        .insert_header("Last-Modified", http_date(stamp.modified))
}

/// Adds the `x-ms-meta-` headers.
pub(super) fn with_metadata(response: ResponseTemplate, metadata: &Metadata) -> ResponseTemplate {
    metadata.iter().fold(response, |response, (name, value)| with_header(response, &format!("x-ms-meta-{name}"), value))
}
