//! Who may use the settings: an access token, or a signature by the store's key (CON-013).

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ring::{digest, hmac};
use wiremock::ResponseTemplate;

use crate::conditions::parse_http_date;
use crate::contract::Role;
use crate::http::Call;
use crate::state::State;

/// The id of the store's only key.
pub(crate) const KEY_ID: &str = "conformance";
/// How far a request's date may be off.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// A 401 and its reason.
pub(super) struct Refusal {
    challenge: String,
    /// For the journal; may quote what the client sent.
    reason: String,
}

impl Refusal {
    pub(super) fn answer(self, state: &State) -> (u16, ResponseTemplate) {
        state.journal_refusal(Role::Settings, &self.reason);
        (401, ResponseTemplate::new(401).insert_header("WWW-Authenticate", self.challenge))
    }
}

pub(super) fn check(state: &State, call: &Call<'_>) -> Result<(), Refusal> {
    let authorization = call.header("authorization");
    if let Some(parameters) = authorization.strip_prefix("HMAC-SHA256 ") {
        return check_signature(&state.service_keys.settings, call, parameters).map_err(|reason| Refusal {
            challenge: format!("HMAC-SHA256 error=\"invalid_token\" error_description=\"{reason}\", Bearer"),
            reason,
        });
    }
    state.check_bearer(Role::Settings, call).map_err(|reason| {
        let challenge = match authorization.starts_with("Bearer ") {
            true => "HMAC-SHA256, Bearer error=\"invalid_token\", error_description=\"Authorization token failed validation\"",
            false => "HMAC-SHA256, Bearer",
        };
        Refusal { challenge: challenge.to_owned(), reason }
    })
}

/// Checks `Credential=…&SignedHeaders=…&Signature=…`; the error texts are the service's.
fn check_signature(secret: &str, call: &Call<'_>, parameters: &str) -> Result<(), String> {
    let parameter = |name: &str| {
        let mut parts = parameters.split(['&', ',']).map(str::trim);
        let found = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.filter(|value| !value.is_empty()).ok_or_else(|| format!("{name} is required"))
    };
    let (credential, signed, signature) =
        (parameter("Credential")?, parameter("SignedHeaders")?, parameter("Signature")?);
    if credential != KEY_ID {
        return Err("Invalid Credential".to_owned());
    }
    let signed: Vec<String> = signed.split(';').map(str::to_ascii_lowercase).collect();
    let has = |name: &str| signed.iter().any(|one| one == name);
    let required = [
        ("x-ms-date", has("x-ms-date") || has("date")),
        ("host", has("host")),
        ("x-ms-content-sha256", has("x-ms-content-sha256")),
    ];
    if let Some((name, _)) = required.iter().find(|(_, given)| !given) {
        return Err(format!("{name} is required as a signed header"));
    }
    let value = |name: &String| match call.request.headers.get(name).and_then(|value| value.to_str().ok()) {
        Some(value) => Ok(value),
        // only a plain name fits into the answer's header
        None if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
            Err(format!("Signed request header '{name}' is not provided"))
        }
        None => Err("A signed request header is not provided".to_owned()),
    };
    let values = signed.iter().map(value).collect::<Result<Vec<_>, _>>()?.join(";");
    let date = Some(call.header("x-ms-date")).filter(|date| !date.is_empty()).unwrap_or(call.header("date"));
    let date = parse_http_date(date).or_else(|| parse_python_date(date)).ok_or("Invalid access token date")?;
    if Timestamp::now().duration_since(date).abs() > TOLERANCE {
        return Err("The access token has expired".to_owned());
    }
    let url = &call.request.url;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let text = format!("{}\n{}{query}\n{values}", call.request.method.as_str(), url.path());
    let wrong = || "Invalid Signature".to_owned();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &STANDARD.decode(secret).map_err(|_| wrong())?);
    let signature = STANDARD.decode(signature).map_err(|_| wrong())?;
    hmac::verify(&key, text.as_bytes(), &signature).map_err(|_| wrong())?;
    let body = digest::digest(&digest::SHA256, &call.request.body);
    if call.header("x-ms-content-sha256") != STANDARD.encode(body) {
        return Err("Invalid request content hash".to_owned());
    }
    Ok(())
}

/// The instant of a date as Microsoft's Python client writes it, `Nov, 22 2026 23:58:10.123456 GMT`; the real service reads
/// nearly every form.
fn parse_python_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime("%b, %d %Y %H:%M:%S%.f GMT", text).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_013_the_date_of_the_python_client_is_read() {
        let instant: Timestamp = "2026-11-22T23:58:10.123456Z".parse().unwrap();
        assert_eq!(parse_python_date("Nov, 22 2026 23:58:10.123456 GMT"), Some(instant)); // CON-013
        assert_eq!(parse_python_date("22 Nov 2026"), None);
    }
}
