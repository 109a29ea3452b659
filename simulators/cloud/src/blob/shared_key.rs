//! SharedKey: requests signed with the account's key.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;

use super::Target;
use super::failure::Failure;
use crate::conditions::parse_http_date;
use crate::http::Call;

/// How far a request's date may be off.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);
/// Headers whose values are signed, in this order.
const SIGNED: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Checks `account:signature`.
pub(super) fn check(key: &str, call: &Call<'_>, target: &Target, credential: &str) -> Result<(), Failure> {
    let (account, signature) = credential.split_once(':').unwrap_or_default();
    if account != target.account {
        return Err(Failure::signature(format!("The account is {}.", target.account)));
    }
    let date = Some(call.header("x-ms-date")).filter(|date| !date.is_empty()).unwrap_or(call.header("date"));
    let date = parse_http_date(date).ok_or_else(|| Failure::signature("x-ms-date is no date.".to_owned()))?;
    if Timestamp::now().duration_since(date).abs() > TOLERANCE {
        return Err(Failure::signature(format!("Request date header too old: '{date}'.")));
    }
    let text = string_to_sign(call, account);
    verify(key, &text, signature)
}

/// Compares a signature with that of a text; shows the text if they differ, as the real service does.
pub(super) fn verify(key: &str, text: &str, signature: &str) -> Result<(), Failure> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(key).unwrap_or_default());
    let good =
        STANDARD.decode(signature).is_ok_and(|signature| hmac::verify(&key, text.as_bytes(), &signature).is_ok());
    let detail =
        || format!("The signature does not fit. Server used following string to sign: '{}'.", text.escape_debug());
    if good { Ok(()) } else { Err(Failure::signature(detail())) }
}

fn string_to_sign(call: &Call<'_>, account: &str) -> String {
    let mut text = call.request.method.as_str().to_owned();
    for name in SIGNED {
        let value = match (name, call.header(name)) {
            ("content-length", "0") => "",
            ("date", _) if !call.header("x-ms-date").is_empty() => "",
            (_, value) => value,
        };
        text += &format!("\n{value}");
    }
    let headers = call.request.headers.iter().filter(|(name, _)| name.as_str().starts_with("x-ms-"));
    let headers: BTreeMap<&str, &str> =
        headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default().trim())).collect();
    for (name, value) in headers {
        text += &format!("\n{name}:{value}");
    }
    text += &format!("\n/{account}{}", call.request.url.path());
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in call.request.url.query_pairs() {
        parameters.entry(name.to_lowercase()).or_default().push(value.into_owned());
    }
    for (name, mut values) in parameters {
        values.sort();
        text += &format!("\n{name}:{}", values.join(","));
    }
    text
}
