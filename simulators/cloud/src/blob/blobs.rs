//! Whole blobs: written, read, deleted.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use journal::Peer;
use md5::{Digest, Md5};
use serde_json::json;
use wiremock::ResponseTemplate;

use super::access::Access;
use super::conditions::{Intent, check};
use super::containers::{metadata_of, stamped, with_metadata};
use super::failure::Failure;
use super::store::{Blob, Block, Store};
use super::{Answer, with_header};
use crate::conditions::http_date;
use crate::http::Call;
use crate::state::State;

/// Longest name of a blob, in characters; the limit of the real service.
const MAX_NAME: usize = 1024;
/// The headers that a blob keeps, and by which header of a request they are set.
const KEPT: [(&str, &str); 6] = [
    ("Content-Type", "x-ms-blob-content-type"),
    ("Content-Encoding", "x-ms-blob-content-encoding"),
    ("Content-Language", "x-ms-blob-content-language"),
    ("Content-Disposition", "x-ms-blob-content-disposition"),
    ("Cache-Control", "x-ms-blob-cache-control"),
    ("Content-MD5", "x-ms-blob-content-md5"),
];

/// A request and the blob that it is about.
pub(super) struct Place<'a> {
    pub(super) state: &'a State,
    pub(super) call: &'a Call<'a>,
    pub(super) container: &'a str,
    pub(super) blob: &'a str,
}

impl Place<'_> {
    fn find<'s>(&self, store: &'s Store) -> Result<&'s Blob, Failure> {
        store.container(self.container)?.blobs.get(self.blob).ok_or_else(Failure::no_blob)
    }

    /// Keeps the content under the name, if the conditions allow it.
    pub(super) fn write(
        &self,
        store: &mut Store,
        access: &Access,
        content: Bytes,
        blocks: Vec<Block>,
        headers: BTreeMap<&'static str, String>,
    ) -> Result<ResponseTemplate, Failure> {
        if self.blob.chars().count() > MAX_NAME {
            return Err(Failure::new(400, "InvalidResourceName", "The name of a blob has at most 1,024 characters."));
        }
        let metadata = metadata_of(self.call)?;
        let before = store.container(self.container)?.blobs.get(self.blob);
        check(self.call, before.map(|blob| &blob.stamp), Intent::Write)?;
        if before.is_some() && !access.overwrite {
            return Err(Failure::not_allowed("UnauthorizedBlobOverwrite"));
        }
        let now = self.state.clock.now();
        let created = before.map_or(now, |blob| blob.created);
        let (stamp, length) = (store.stamp(now), content.len());
        let response =
            stamped(ResponseTemplate::new(201), &stamp).insert_header("x-ms-request-server-encrypted", "true");
        let container = store.container_mut(self.container)?;
        container.staged.remove(self.blob);
        container.blobs.insert(self.blob.to_owned(), Blob { content, headers, metadata, blocks, created, stamp });
        let name = format!("{}/{}", self.container, self.blob);
        self.state.journal.fact(Peer::Cloud, "blob.stored", name, json!({ "bytes": length }));
        Ok(response)
    }

    /// Changes a blob without its content.
    fn change(&self, change: impl FnOnce(&mut Blob)) -> Result<Answer, Failure> {
        let mut store = self.state.blobs();
        check(self.call, Some(&self.find(&store)?.stamp), Intent::Write)?;
        let stamp = store.stamp(self.state.clock.now());
        let response = stamped(ResponseTemplate::new(200), &stamp);
        if let Some(blob) = store.container_mut(self.container)?.blobs.get_mut(self.blob) {
            change(blob);
            blob.stamp = stamp;
        }
        Ok((200, response))
    }
}

/// The kept headers that a request sets; the type of an unknown content is that of the real service.
pub(super) fn headers_of(call: &Call<'_>) -> BTreeMap<&'static str, String> {
    let given =
        |(kept, by): &(&'static str, &str)| Some((*kept, call.header(by).to_owned())).filter(|(_, v)| !v.is_empty());
    let mut headers: BTreeMap<_, _> = KEPT.iter().filter_map(given).collect();
    headers.entry("Content-Type").or_insert_with(|| "application/octet-stream".to_owned());
    headers
}

pub(super) fn md5(content: &[u8]) -> String {
    STANDARD.encode(Md5::digest(content))
}

/// Compares the body with the MD5 that a header tells.
pub(super) fn check_md5(call: &Call<'_>, header: &str) -> Result<(), Failure> {
    match call.header(header) {
        "" => Ok(()),
        told if told == md5(&call.request.body) => Ok(()),
        _ => {
            let message =
                "The MD5 value specified in the request did not match with the MD5 value calculated by the server.";
            Err(Failure::new(400, "Md5Mismatch", message))
        }
    }
}

pub(super) fn put(place: &Place<'_>, access: &Access) -> Result<Answer, Failure> {
    let call = place.call;
    match call.header("x-ms-blob-type") {
        "BlockBlob" => {}
        "AppendBlob" | "PageBlob" => return Err(Failure::not_implemented()),
        "" => {
            let message = "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type.";
            return Err(Failure::new(400, "MissingRequiredHeader", message));
        }
        _ => return Err(Failure::header("x-ms-blob-type")),
    }
    check_md5(call, "content-md5")?;
    check_md5(call, "x-ms-blob-content-md5")?;
    let content = Bytes::copy_from_slice(&call.request.body);
    let mut store = place.state.blobs();
    store.reserve(content.len())?;
    let mut headers = headers_of(call);
    if call.header("x-ms-blob-content-type").is_empty() && !call.header("content-type").is_empty() {
        headers.insert("Content-Type", call.header("content-type").to_owned());
    }
    let hash = md5(&content);
    headers.insert("Content-MD5", hash.clone());
    let response = place.write(&mut store, access, content, Vec::new(), headers)?;
    Ok((201, response.insert_header("Content-MD5", hash)))
}

/// The headers of a blob that GET and HEAD answer.
fn described(response: ResponseTemplate, blob: &Blob) -> ResponseTemplate {
    let response = stamped(response, &blob.stamp)
        .insert_header("Accept-Ranges", "bytes")
        .insert_header("x-ms-blob-type", "BlockBlob")
        .insert_header("x-ms-creation-time", http_date(blob.created))
        .insert_header("x-ms-lease-status", "unlocked")
        .insert_header("x-ms-lease-state", "available")
        .insert_header("x-ms-server-encrypted", "true");
    let kept = blob.headers.iter().filter(|(name, _)| !matches!(**name, "Content-Type" | "Content-MD5"));
    let response = kept.fold(response, |response, (name, value)| with_header(response, name, value));
    with_metadata(response, &blob.metadata)
}

/// GET and HEAD; the server leaves out the body of an answer to HEAD.
pub(super) fn get(place: &Place<'_>) -> Result<Answer, Failure> {
    let (store, call) = (place.state.blobs(), place.call);
    let blob = place.find(&store)?;
    check(call, Some(&blob.stamp), Intent::Read)?;
    let length = blob.content.len();
    let range = if call.request.method.as_str() == "HEAD" { None } else { range_of(call, length)? };
    let (status, part) = match &range {
        Some(range) => (206, blob.content.slice(range.clone())),
        None => (200, blob.content.clone()),
    };
    let content_type = blob.headers.get("Content-Type").map_or("", String::as_str);
    let mut response = described(ResponseTemplate::new(status), blob).set_body_raw(part.to_vec(), content_type);
    if call.request.method.as_str() == "HEAD" {
        response = response.insert_header("Content-Length", length.to_string()); // the server does not say 0 by itself
    }
    let hash = blob.headers.get("Content-MD5");
    if let Some(range) = range {
        let shown = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        response = response.insert_header("Content-Range", shown);
        if let Some(hash) = hash {
            response = with_header(response, "x-ms-blob-content-md5", hash);
        }
        if call.header("x-ms-range-get-content-md5") == "true" {
            response = response.insert_header("Content-MD5", md5(&part));
        }
    } else if let Some(hash) = hash {
        response = with_header(response, "Content-MD5", hash);
    }
    // a shared access signature can give other values to the answer's headers
    for (parameter, name) in [
        ("rscc", "Cache-Control"),
        ("rscd", "Content-Disposition"),
        ("rsce", "Content-Encoding"),
        ("rscl", "Content-Language"),
    ] {
        if let Some(value) = call.query(parameter) {
            response = with_header(response, name, &value);
        }
    }
    Ok((status, response))
}

/// The part that `x-ms-range` or `Range` asks for.
fn range_of(call: &Call<'_>, length: usize) -> Result<Option<Range<usize>>, Failure> {
    let text = Some(call.header("x-ms-range")).filter(|text| !text.is_empty()).unwrap_or(call.header("range"));
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || Failure::header("Range");
    let (first, last) = text.strip_prefix("bytes=").and_then(|r| r.split_once('-')).ok_or_else(wrong)?;
    let first: usize = first.parse().map_err(|_| wrong())?;
    let last: usize = if last.is_empty() { usize::MAX } else { last.parse().map_err(|_| wrong())? };
    if last < first {
        return Err(wrong());
    }
    if first >= length {
        let message = "The range specified is invalid for the current size of the resource.";
        return Err(Failure::new(416, "InvalidRange", message).with("Content-Range", format!("bytes */{length}")));
    }
    Ok(Some(first..last.saturating_add(1).min(length)))
}

pub(super) fn metadata(place: &Place<'_>) -> Result<Answer, Failure> {
    let store = place.state.blobs();
    let blob = place.find(&store)?;
    check(place.call, Some(&blob.stamp), Intent::Read)?;
    Ok((200, with_metadata(stamped(ResponseTemplate::new(200), &blob.stamp), &blob.metadata)))
}

pub(super) fn set_metadata(place: &Place<'_>) -> Result<Answer, Failure> {
    let metadata = metadata_of(place.call)?;
    place.change(|blob| blob.metadata = metadata)
}

/// Sets all kept headers; what the request does not name is cleared.
pub(super) fn set_properties(place: &Place<'_>) -> Result<Answer, Failure> {
    let headers = headers_of(place.call);
    place.change(|blob| blob.headers = headers)
}

pub(super) fn delete(place: &Place<'_>) -> Result<Answer, Failure> {
    let mut store = place.state.blobs();
    check(place.call, Some(&place.find(&store)?.stamp), Intent::Write)?;
    store.container_mut(place.container)?.blobs.remove(place.blob);
    let name = format!("{}/{}", place.container, place.blob);
    place.state.journal.fact(Peer::Cloud, "blob.deleted", name, json!({}));
    Ok((202, ResponseTemplate::new(202).insert_header("x-ms-delete-type-permanent", "true")))
}
