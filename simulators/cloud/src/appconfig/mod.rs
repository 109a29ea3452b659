//! App Configuration (CON-020, CON-021): key-values with labels, locks, filters, pages and conditional requests.
//!
//! Revisions, snapshots and the past (`Accept-Datetime`) are not served.

mod auth;
mod filter;
mod problem;
mod store;

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use regex::Regex;
use ring::digest;
use serde_json::{Map, Value, json};
use wiremock::ResponseTemplate;

use crate::conditions::{http_date, names};
use crate::http::Call;
use crate::state::State;
use filter::Selection;
use problem::Problem;
pub(crate) use store::Store;
use store::{Id, Item, NewValue};

pub(crate) use auth::KEY_ID;

/// First elements of the paths of App Configuration.
pub(crate) const ROOTS: [&str; 4] = ["kv", "keys", "labels", "locks"];
/// Items of one page, as the real service.
const PAGE: usize = 100;
/// Fields of a key-value that `$select` can name.
const FIELDS: [&str; 8] = ["key", "label", "content_type", "value", "last_modified", "tags", "locked", "etag"];

type Answer = (u16, ResponseTemplate);

/// CON-020: the key-values that filters select.
pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    guarded(state, call, || list_items(state, call))
}

/// Every other request.
pub(crate) fn answer(state: &State, call: &Call<'_>) -> Answer {
    guarded(state, call, || {
        let path = call.request.url.path().trim_start_matches('/');
        let (root, key) = path.split_once('/').unwrap_or((path, "")); // a slash of the key may come raw or as %2F
        let key = percent_decode_str(key).decode_utf8().map_err(|_| Problem::invalid("key", "the key is not UTF-8"))?;
        match (root, call.request.method.as_str(), key.is_empty()) {
            ("kv", "GET" | "HEAD", true) => list_items(state, call),
            ("kv", "GET" | "HEAD", false) => get(state, call, &key),
            ("kv", "PUT", false) => put(state, call, &key),
            ("kv", "DELETE", false) => delete(state, call, &key),
            ("locks", "PUT", false) => lock(state, call, &key, true),
            ("locks", "DELETE", false) => lock(state, call, &key, false),
            ("keys" | "labels", "GET" | "HEAD", true) => list_names(state, call, root),
            _ => Err(Problem::new(405, "about:blank", "The method is not allowed")),
        }
    })
}

/// Lets in who proves an identity (CON-013) and speaks a version of the interface.
fn guarded(state: &State, call: &Call<'_>, operation: impl FnOnce() -> Result<Answer, Problem>) -> Answer {
    let (status, response) = match auth::check(state, call) {
        Err(refusal) => refusal.answer(state),
        Ok(()) => check_version(call).and_then(|()| operation()).unwrap_or_else(Problem::answer),
    };
    let version = state.settings().version();
    let response = response
        .insert_header("Sync-Token", format!("conformance=v{version};sn={version}"))
        .insert_header("x-ms-request-id", state.request_id().to_string());
    (status, response)
}

fn check_version(call: &Call<'_>) -> Result<(), Problem> {
    // made once: to make it takes several times as long as all the rest of a request
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(1\.0|20\d\d-\d\d-\d\d(-preview)?)$").ok());
    let version = call.query("api-version").unwrap_or_default();
    let known = FORM.as_ref().is_some_and(|form| form.is_match(&version));
    let wrong = || Problem::new(400, "https://azconfig.io/errors/invalid-argument", "API version is not supported");
    if known { Ok(()) } else { Err(wrong().named("api-version")) }
}

/// The id that key and `label` name; without a label, or with NUL as label, it is the key-value that has none.
fn id(call: &Call<'_>, key: &str) -> Id {
    let label = call.query("label").filter(|label| !matches!(label.as_str(), "" | "\0" | "\\0"));
    (key.to_owned(), label)
}

fn get(state: &State, call: &Call<'_>, key: &str) -> Result<Answer, Problem> {
    let (store, id) = (state.settings(), id(call, key));
    let Some(item) = store.get(&id) else { return Ok((404, ResponseTemplate::new(404))) };
    match read_condition(call, &item.etag) {
        Some(status) => Ok((status, ResponseTemplate::new(status).insert_header("ETag", quoted(&item.etag)))),
        None => one(&id, item, &selected_fields(call)?),
    }
}

/// What a conditional GET meets: 304 if `If-None-Match` names the tag, 412 if `If-Match` does not.
fn read_condition(call: &Call<'_>, etag: &str) -> Option<u16> {
    let (is, is_not) = (call.header("if-match"), call.header("if-none-match"));
    match () {
        () if !is.is_empty() && !names(is, Some(etag)) => Some(412),
        () if names(is_not, Some(etag)) => Some(304),
        () => None,
    }
}

fn write_condition(call: &Call<'_>, item: Option<&Item>) -> Result<(), Problem> {
    let (is, is_not) = (call.header("if-match"), call.header("if-none-match"));
    let etag = item.map(|item| item.etag.as_str());
    let failed = (!is.is_empty() && !names(is, etag)) || names(is_not, etag);
    if failed { Err(Problem::new(412, "about:blank", "Precondition failed")) } else { Ok(()) }
}

fn unlocked(item: Option<&Item>, key: &str) -> Result<(), Problem> {
    match item {
        Some(item) if item.locked => Err(Problem::locked(key)),
        _ => Ok(()),
    }
}

fn put(state: &State, call: &Call<'_>, key: &str) -> Result<Answer, Problem> {
    let media_type = call.header("content-type").split(';').next().unwrap_or_default().trim();
    if !(media_type == "application/json" || media_type.starts_with("application/") && media_type.ends_with("+json")) {
        return Err(Problem::new(
            415,
            "about:blank",
            "The content type must be application/vnd.microsoft.appconfig.kv+json",
        ));
    }
    let new: NewValue = serde_json::from_slice(&call.request.body)
        .map_err(|error| Problem::invalid("body", &format!("the body is no key-value: {error}")))?;
    let (mut store, id) = (state.settings(), id(call, key));
    unlocked(store.get(&id), key)?;
    write_condition(call, store.get(&id))?;
    let item = store.set(id.clone(), new, state.clock.now())?;
    one(&id, item, &FIELDS)
}

fn delete(state: &State, call: &Call<'_>, key: &str) -> Result<Answer, Problem> {
    let (mut store, id) = (state.settings(), id(call, key));
    unlocked(store.get(&id), key)?;
    write_condition(call, store.get(&id))?;
    match store.remove(&id) {
        Some(item) => one(&id, &item, &FIELDS),
        None => Ok((204, ResponseTemplate::new(204))),
    }
}

fn lock(state: &State, call: &Call<'_>, key: &str, locked: bool) -> Result<Answer, Problem> {
    let (mut store, id) = (state.settings(), id(call, key));
    if store.get(&id).is_none() {
        return Ok((404, ResponseTemplate::new(404)));
    }
    write_condition(call, store.get(&id))?;
    match store.lock(&id, locked, state.clock.now()) {
        Some(item) => one(&id, item, &FIELDS),
        None => Ok((404, ResponseTemplate::new(404))),
    }
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// An answer of one of the service's own JSON types: `kv`, `kvset`, `keyset`, `labelset`.
fn typed(kind: &str, body: &Value) -> ResponseTemplate {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    ResponseTemplate::new(200)
        .set_body_raw(bytes, &format!("application/vnd.microsoft.appconfig.{kind}+json; charset=utf-8"))
}

fn one(id: &Id, item: &Item, fields: &[&str]) -> Result<Answer, Problem> {
    let response = typed("kv", &item_json(id, item, fields))
        .insert_header("ETag", quoted(&item.etag))
        .insert_header("Last-Modified", http_date(item.last_modified));
    Ok((200, response))
}

fn item_json((key, label): &Id, item: &Item, fields: &[&str]) -> Value {
    let last_modified = item.last_modified.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let all = json!({
        "etag": item.etag, "key": key, "label": label, "content_type": item.content_type, "value": item.value,
        "tags": item.tags, "locked": item.locked, "last_modified": last_modified,
    });
    let Value::Object(all) = all else { return Value::Null };
    Value::Object(all.into_iter().filter(|(name, _)| fields.contains(&name.as_str())).collect::<Map<_, _>>())
}

/// The fields that `$select` names, all if it is not given.
fn selected_fields(call: &Call<'_>) -> Result<Vec<&'static str>, Problem> {
    let Some(select) = call.query("$select").filter(|select| !select.is_empty()) else { return Ok(FIELDS.to_vec()) };
    let field = |name: &str| FIELDS.iter().find(|field| **field == name.trim()).copied();
    let unknown = || Problem::invalid("$select", "$select: names a field that key-values do not have");
    select.split(',').map(|name| field(name).ok_or_else(unknown)).collect()
}

fn list_items(state: &State, call: &Call<'_>) -> Result<Answer, Problem> {
    let (selection, fields) = (Selection::of(call)?, selected_fields(call)?);
    let store = state.settings();
    let (page, more) = store.page(&selection, PAGE);
    let mut hash = digest::Context::new(&digest::SHA256);
    for ((key, label), item) in &page {
        hash.update(format!("{key}\n{label:?}\n{}\n", item.etag).as_bytes());
    }
    let etag = filter::token(hash.finish().as_ref());
    let next = page.last().filter(|_| more).map(|(id, _)| filter::next_link(call, id));
    let (status, mut response) = match read_condition(call, &etag) {
        Some(status) => (status, ResponseTemplate::new(status)),
        None => {
            let items: Vec<Value> = page.iter().map(|(id, item)| item_json(id, item, &fields)).collect();
            let mut body = json!({ "items": items, "etag": etag });
            if let Some(next) = &next {
                body["@nextLink"] = json!(next);
            }
            (200, typed("kvset", &body))
        }
    };
    response = response.insert_header("ETag", quoted(&etag));
    // also with 304: the pages behind an unchanged one may have changed
    if let Some(next) = next {
        response = response.insert_header("Link", format!("<{next}>; rel=\"next\""));
    }
    Ok((status, response))
}

/// All keys or all labels that the filter `name` selects, each once.
fn list_names(state: &State, call: &Call<'_>, root: &str) -> Result<Answer, Problem> {
    let wanted = filter::Pattern::parse("name", call.query("name").as_deref())?;
    let names: Vec<Value> = match root {
        "keys" => {
            state.settings().keys().filter(|key| wanted.fits(Some(key))).map(|name| json!({ "name": name })).collect()
        }
        _ => {
            let labels = state.settings().labels();
            labels.iter().filter(|label| wanted.fits(label.as_deref())).map(|name| json!({ "name": name })).collect()
        }
    };
    Ok((200, typed(if root == "keys" { "keyset" } else { "labelset" }, &json!({ "items": names }))))
}
