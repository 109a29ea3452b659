//! Conditional requests to Blob storage.

use jiff::Timestamp;

use super::failure::Failure;
use super::store::Stamp;
use crate::conditions::{names, parse_http_date};
use crate::http::Call;

/// What a request does to that which the condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    Read,
    Write,
}

/// Checks the conditions of a request; `stamp` is `None` if nothing exists yet.
pub(super) fn check(call: &Call<'_>, stamp: Option<&Stamp>, intent: Intent) -> Result<(), Failure> {
    let etag = stamp.map(|stamp| stamp.etag.as_str());
    let (is, is_not) = (call.header("if-match"), call.header("if-none-match"));
    if !is.is_empty() && !names(is, etag) {
        return Err(Failure::condition(412));
    }
    let unchanged = || Failure::condition(if intent == Intent::Read { 304 } else { 412 });
    if names(is_not, etag) {
        let exists = Failure::new(409, "BlobAlreadyExists", "The specified blob already exists.");
        return Err(if intent == Intent::Write && is_not.trim() == "*" { exists } else { unchanged() });
    }
    let date = |name: &str| match call.header(name) {
        "" => Ok(None),
        text => parse_http_date(text).map(Some).ok_or_else(|| Failure::header(name)),
    };
    // HTTP dates have no fractions
    let modified = stamp.map(|stamp| Timestamp::from_second(stamp.modified.as_second()).unwrap_or(stamp.modified));
    if let (Some(since), Some(modified)) = (date("if-modified-since")?, modified)
        && modified <= since
    {
        return Err(unchanged());
    }
    match (date("if-unmodified-since")?, modified) {
        (Some(since), Some(modified)) if modified > since => Err(Failure::condition(412)),
        _ => Ok(()),
    }
}
