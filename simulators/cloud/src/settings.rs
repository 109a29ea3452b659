//! App Configuration: the installation's key-values (CON-020, CON-021).

use serde_json::json;
use wiremock::ResponseTemplate;

use crate::http::Call;
use crate::state::State;

/// CON-020: the key-value set of one label, filtered by `key=prefix*`. An installation has few keys: one page holds them
/// all, so there is no `Link` to a next one.
pub(crate) fn list(state: &State, call: &Call<'_>) -> (u16, ResponseTemplate) {
    let query =
        |name: &str| call.request.url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
    let label = query("label").unwrap_or_default();
    let key = query("key").unwrap_or_else(|| "*".to_owned());
    if query("api-version").is_none() {
        let problem = json!({ "type": "about:blank", "title": "api-version is missing", "status": 400 });
        return (400, ResponseTemplate::new(400).set_body_json(problem));
    }
    let settings = state.settings();
    let wanted = |k: &str| key.strip_suffix('*').map_or(k == key, |prefix| k.starts_with(prefix));
    let shown = if label == state.contract.settings.installation { settings.values } else { Default::default() };
    let etag = format!("v{}", settings.version);
    let items: Vec<_> = shown
        .iter()
        .filter(|(k, _)| wanted(k))
        .map(|(k, v)| {
            json!({ "etag": etag, "key": k, "label": label, "content_type": "", "value": v, "tags": {}, "locked": false,
                    "last_modified": "2017-04-10T12:00:00+00:00" })
        })
        .collect();
    let body = serde_json::to_vec(&json!({ "items": items })).unwrap_or_default();
    let response = ResponseTemplate::new(200)
        .set_body_raw(body, "application/vnd.microsoft.appconfig.kvset+json; charset=utf-8")
        .insert_header("ETag", format!("\"{etag}\""))
        .insert_header("Sync-Token", format!("conformance={etag};sn={}", settings.version));
    (200, response)
}
