//! Blob storage (CON-033): containers and block blobs, by access token, account key or shared access signature.
//!
//! Path style: `{account}.blob.core.windows.net/container/blob` by host name, and `localhost:port/account/container/blob`
//! as in an emulator. Append and page blobs, copies, leases, snapshots, tags and tiers are not served (501).

mod access;
mod blobs;
mod blocks;
mod conditions;
mod containers;
mod failure;
mod list;
mod sas;
mod shared_key;
mod store;

use percent_encoding::percent_decode_str;
use wiremock::http::HeaderValue;
use wiremock::{Request, ResponseTemplate};

use crate::contract::Operation;
use crate::http::Call;
use crate::state::State;
use failure::Failure;
pub(crate) use store::Store;

type Answer = (u16, ResponseTemplate);

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    account: String,
    container: Option<String>,
    blob: Option<String>,
}

impl Target {
    fn of(state: &State, call: &Call<'_>) -> Result<Target, Failure> {
        let path = call.request.url.path().trim_start_matches('/');
        let first = call.host_name().split('.').next().unwrap_or_default();
        let (account, path) = match state.contract.is_blob_account(first) {
            true => (first, path),
            false => path.split_once('/').unwrap_or((path, "")),
        };
        let decode = |part: &str| match percent_decode_str(part).decode_utf8() {
            Ok(name) if !name.chars().any(char::is_control) => Ok(name.into_owned()),
            _ => Err(Failure::new(400, "InvalidResourceName", "The name holds bytes that no name may hold.")),
        };
        let (container, blob) = path.split_once('/').unwrap_or((path, ""));
        let some = |part: &str| if part.is_empty() { Ok(None) } else { decode(part).map(Some) };
        Ok(Target { account: account.to_owned(), container: some(container)?, blob: some(blob)? })
    }
}

/// Which operation a disturbance has to name to meet a request.
pub(crate) fn operation(request: &Request) -> Operation {
    let parameter =
        |name: &str| request.url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    let comp = parameter("comp").unwrap_or_default();
    let content = matches!(comp.as_str(), "" | "block" | "blocklist") && parameter("restype").is_none();
    if request.method.as_str() == "PUT" && content { Operation::PutBlob } else { Operation::Blob }
}

/// Answers every request of the service.
pub(crate) fn answer(state: &State, call: &Call<'_>) -> Answer {
    let result = Target::of(state, call).and_then(|target| {
        let access = access::check(state, call, &target)?;
        dispatch(state, call, &target, &access)
    });
    let (status, response) = result.unwrap_or_else(|failure| failure.answer(state));
    if status == 201
        && let Ok(Target { container: Some(container), blob: Some(blob), .. }) = Target::of(state, call)
        && call.query("comp").is_none_or(|comp| comp == "blocklist")
    {
        crate::intake::file_stored(state, &container, &blob);
    }
    let version = Some(call.header("x-ms-version")).filter(|version| !version.is_empty()).unwrap_or("2021-12-02");
    let mut response = response
        .insert_header("x-ms-request-id", state.request_id().to_string())
        .insert_header("x-ms-version", version)
        .insert_header("Server", "Windows-Azure-Blob/1.0 (mock IRIS cloud)");
    if let Some(id) = call.request.headers.get("x-ms-client-request-id") {
        response = response.insert_header("x-ms-client-request-id", id);
    }
    (status, response)
}

fn dispatch(state: &State, call: &Call<'_>, target: &Target, access: &access::Access) -> Result<Answer, Failure> {
    let (restype, comp) = (call.query("restype").unwrap_or_default(), call.query("comp").unwrap_or_default());
    let method = call.request.method.as_str();
    refuse_unknown_headers(call)?;
    match (target, method, restype.as_str(), comp.as_str()) {
        (Target { container: None, .. }, "GET", "", "list") => containers::list(state, call),
        (Target { container: None, .. }, "GET" | "HEAD", "account", "properties") => Ok(containers::account()),
        (Target { container: Some(container), blob: None, .. }, ..) => {
            match (method, restype.as_str(), comp.as_str()) {
                ("PUT", "container", "") => containers::create(state, call, container),
                ("DELETE", "container", "") => containers::delete(state, call, container),
                ("GET" | "HEAD", "container", "" | "metadata") => containers::properties(state, container),
                ("PUT", "container", "metadata") => containers::set_metadata(state, call, container),
                ("GET", "container", "list") => list::blobs(state, call, container),
                _ => Err(Failure::not_implemented()),
            }
        }
        (Target { container: Some(container), blob: Some(blob), .. }, method, "", comp) => {
            let place = blobs::Place { state, call, container, blob };
            match (method, comp) {
                ("PUT", "") => blobs::put(&place, access),
                ("PUT", "block") => blocks::stage(&place),
                ("PUT", "blocklist") => blocks::commit(&place, access),
                ("GET", "blocklist") => blocks::list(&place),
                ("PUT", "metadata") => blobs::set_metadata(&place),
                ("PUT", "properties") => blobs::set_properties(&place),
                ("GET" | "HEAD", "") => blobs::get(&place),
                ("GET" | "HEAD", "metadata") => blobs::metadata(&place),
                ("DELETE", "") => blobs::delete(&place),
                _ => Err(Failure::not_implemented()),
            }
        }
        _ => Err(Failure::not_implemented()),
    }
}

/// Headers that change what a request means and are not understood here.
fn refuse_unknown_headers(call: &Call<'_>) -> Result<(), Failure> {
    const UNKNOWN: [&str; 7] = [
        "x-ms-copy-source",
        "x-ms-content-crc64",
        "x-ms-encryption-key",
        "x-ms-if-tags",
        "x-ms-lease-id",
        "x-ms-source-if-match",
        "x-ms-structured-body",
    ];
    match UNKNOWN.iter().find(|name| call.request.headers.contains_key(**name)) {
        Some(name) => Err(Failure::new(400, "UnsupportedHeader", &format!("The mock cloud does not support {name}."))),
        None => Ok(()),
    }
}

/// Adds a header whose value may hold anything; what no header can hold is left out.
fn with_header(response: ResponseTemplate, name: &str, value: &str) -> ResponseTemplate {
    match HeaderValue::from_str(value) {
        Ok(value) => response.insert_header(name, value),
        Err(_) => response,
    }
}

/// An XML answer.
fn xml<T: serde::Serialize>(status: u16, body: &T) -> ResponseTemplate {
    // our own types hold nothing that XML cannot
    let text = quick_xml::se::to_string(body).unwrap_or_default();
    let text = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{text}");
    ResponseTemplate::new(status).set_body_raw(text.into_bytes(), "application/xml")
}
