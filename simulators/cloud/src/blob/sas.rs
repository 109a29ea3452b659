//! Shared access signatures: of the account, or of one container or blob (versions from 2018-11-09 on). Stored policies
//! and user delegation keys are not taken; a range of addresses is not checked, since all clients are on one machine.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::Target;
use super::failure::Failure;
use super::shared_key::verify;
use crate::http::Call;

/// The first version whose signatures have this form.
const FIRST: &str = "2018-11-09";
/// From here on the encryption scope is signed too.
const ENCRYPTION_SCOPE: &str = "2020-12-06";

/// Checks the signature in the query; whether it allows to replace what exists.
pub(super) fn check(key: &str, call: &Call<'_>, target: &Target) -> Result<bool, Failure> {
    let get = |name: &str| call.query(name).unwrap_or_default();
    let version = get("sv");
    if version.as_str() < FIRST || !get("si").is_empty() || !get("skoid").is_empty() {
        return Err(Failure::signature("The mock cloud takes no signature of this kind.".to_owned()));
    }
    let of_account = call.query("ss").is_some();
    let text = if of_account { account_text(&get, &version, target) } else { service_text(&get, &version, target)? };
    verify(key, &text, &get("sig"))?;
    check_times(&get("st"), &get("se"))?;

    let need = Need::of(call, target);
    if of_account {
        if !get("ss").contains('b') {
            return Err(Failure::not_allowed("AuthorizationServiceMismatch"));
        }
        if !get("srt").contains(need.resource) {
            return Err(Failure::not_allowed("AuthorizationResourceTypeMismatch"));
        }
    } else if need.resource != 'o' && !(get("sr") == "c" && need.permissions == "l") {
        // CON-013: a container's signature opens its list and its blobs, not the container itself
        return Err(Failure::not_allowed("AuthorizationPermissionMismatch"));
    }
    let permissions = get("sp");
    if !need.permissions.chars().any(|one| permissions.contains(one)) {
        return Err(Failure::not_allowed("AuthorizationPermissionMismatch"));
    }
    Ok(permissions.contains('w'))
}

fn account_text(get: &dyn Fn(&str) -> String, version: &str, target: &Target) -> String {
    let mut text = target.account.clone() + "\n";
    for name in ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"] {
        text += &format!("{}\n", get(name));
    }
    if version >= ENCRYPTION_SCOPE {
        text += &format!("{}\n", get("ses"));
    }
    text
}

fn service_text(get: &dyn Fn(&str) -> String, version: &str, target: &Target) -> Result<String, Failure> {
    let container = target.container.as_deref().unwrap_or_default();
    let resource = match (get("sr").as_str(), &target.blob) {
        ("c", _) => format!("/blob/{}/{container}", target.account),
        ("b", Some(blob)) => format!("/blob/{}/{container}/{blob}", target.account),
        _ => return Err(Failure::signature("sr must be b for a blob or c for a container.".to_owned())),
    };
    let mut parts = vec![get("sp"), get("st"), get("se"), resource];
    parts.extend(["si", "sip", "spr", "sv", "sr"].map(get));
    parts.push(String::new()); // no snapshot
    if version >= ENCRYPTION_SCOPE {
        parts.push(get("ses"));
    }
    parts.extend(["rscc", "rscd", "rsce", "rscl", "rsct"].map(get));
    Ok(parts.join("\n"))
}

fn check_times(start: &str, expiry: &str) -> Result<(), Failure> {
    let now = Timestamp::now();
    let instant = |text: &str| {
        let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
        text.parse::<Timestamp>().ok().or_else(day)
    };
    match instant(expiry) {
        Some(expiry) if expiry > now => {}
        _ => {
            let detail =
                format!("Signature not valid in the specified time frame: Expiry [{expiry}] - Current [{now}]");
            return Err(Failure::signature(detail));
        }
    }
    if start.is_empty() || instant(start).is_some_and(|start| start <= now) {
        return Ok(());
    }
    Err(Failure::signature(format!(
        "Signature not valid in the specified time frame: Start [{start}] - Current [{now}]"
    )))
}

/// What a request needs of a signature.
struct Need {
    /// `s`ervice, `c`ontainer or `o`bject.
    resource: char,
    /// One of these is enough.
    permissions: &'static str,
}

impl Need {
    fn of(call: &Call<'_>, target: &Target) -> Need {
        let (method, comp) = (call.request.method.as_str(), call.query("comp").unwrap_or_default());
        let resource = match target {
            Target { blob: Some(_), .. } => 'o',
            Target { container: Some(_), .. } => 'c',
            _ => 's',
        };
        let permissions = match (method, comp.as_str()) {
            ("GET" | "HEAD", "list") => "l",
            ("GET" | "HEAD", _) => "r",
            ("PUT", "" | "block" | "blocklist") => "wc",
            ("DELETE", _) => "d",
            _ => "w",
        };
        Need { resource, permissions }
    }
}
