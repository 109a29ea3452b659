//! The identity platform: client credentials (CON-010..012).

use journal::Peer;
use serde_json::{Value, json};
use url::Url;
use wiremock::ResponseTemplate;

use crate::contract::Role;
use crate::http::Call;
use crate::state::State;
use crate::tokens::Grant;

type Answer = (u16, ResponseTemplate);

fn json_answer(status: u16, body: &Value) -> Answer {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    let response = ResponseTemplate::new(status)
        .set_body_raw(bytes, "application/json; charset=utf-8")
        .insert_header("Cache-Control", "no-store, no-cache")
        .insert_header("Pragma", "no-cache");
    (status, response)
}

/// An error as the platform words it.
fn refuse(state: &State, call: &Call<'_>, status: u16, error: &str, code: u32, text: &str) -> Answer {
    state.journal.fact(Peer::Cloud, "login.refused", code, json!({ "error": error }));
    let trace = state.request_id();
    let correlation = uuid::Uuid::parse_str(call.header("client-request-id")).unwrap_or_else(|_| state.request_id());
    let time = state.clock.now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let description = format!("AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}");
    let body = json!({
        "error": error,
        "error_description": description,
        "error_codes": [code],
        "timestamp": time,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("{}/error?code={code}", call.own_url()),
    });
    json_answer(status, &body)
}

fn unknown_tenant(state: &State, call: &Call<'_>, error: &str) -> Answer {
    refuse(
        state,
        call,
        400,
        error,
        90002,
        "Tenant not found. Check that the tenant id is right and belongs to this cloud.",
    )
}

/// CON-010, with this host's own URLs.
pub(crate) fn openid_configuration(state: &State, call: &Call<'_>) -> Answer {
    let tenant = call.capture("tenant");
    if tenant != state.contract.login.tenant {
        return unknown_tenant(state, call, "invalid_tenant");
    }
    let base = format!("{}/{tenant}", call.own_url());
    json_answer(
        200,
        &json!({
            "issuer": format!("{base}/v2.0"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "response_types_supported": ["token"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
            "tenant_region_scope": null,
            "cloud_instance_name": call.header("host"),
        }),
    )
}

/// The key with which tokens are signed.
pub(crate) fn keys(state: &State) -> Answer {
    json_answer(200, &state.tokens.key_set())
}

/// CON-010: tells an SDK whether a host may be asked for tokens; the host is that of `authorization_endpoint`, or this one.
pub(crate) fn instance_discovery(state: &State, call: &Call<'_>) -> Answer {
    let (mut host, mut tenant) = (call.header("host").to_owned(), state.contract.login.tenant.clone());
    if let Some(asked) = call.query("authorization_endpoint") {
        let asked = Url::parse(&asked).ok().filter(|url| url.scheme() == "https");
        let own = asked.as_ref().filter(|url| {
            let name = url.host_str().unwrap_or_default();
            matches!(name, "localhost" | "127.0.0.1") || state.contract.role_of_host(name) == Some(Role::Login)
        });
        let Some(url) = own else {
            return refuse(state, call, 400, "invalid_instance", 50049, "Unknown or invalid instance.");
        };
        url.authority().clone_into(&mut host);
        url.path_segments().and_then(|mut path| path.next()).unwrap_or_default().clone_into(&mut tenant);
    }
    json_answer(
        200,
        &json!({
            "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        }),
    )
}

/// CON-011, CON-012.
pub(crate) fn token(state: &State, call: &Call<'_>) -> Answer {
    let login = &state.contract.login;
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.request.body).into_owned().collect();
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    let refuse = |status: u16, error: &str, code: u32, text: &str| refuse(state, call, status, error, code, text);
    if call.capture("tenant") != login.tenant {
        return unknown_tenant(state, call, "invalid_request");
    }
    for name in ["grant_type", "client_id", "scope"] {
        if field(name).is_empty() {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            return refuse(400, "invalid_request", 900_144, &text);
        }
    }
    if field("grant_type") != "client_credentials" {
        return refuse(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
    }
    if field("client_id") != login.client_id {
        return refuse(400, "unauthorized_client", 700_016, "The application was not found in the tenant.");
    }
    match field("client_secret") {
        "" => return refuse(401, "invalid_client", 7_000_216, "'client_secret' is required for this grant type."),
        secret if secret != state.client_secret => {
            return refuse(401, "invalid_client", 7_000_215, "Invalid client secret provided.");
        }
        _ => {}
    }
    let scope = field("scope");
    if scope.split_whitespace().count() > 1 {
        return refuse(400, "invalid_scope", 70011, "The scope is not valid: one resource at a time.");
    }
    let Some(audience) = scope.strip_suffix("/.default") else {
        return refuse(400, "invalid_scope", 1_002_012, "Client credentials need a scope that ends in /.default.");
    };
    if !state.audiences().iter().any(|known| known.trim_end_matches('/') == audience.trim_end_matches('/')) {
        return refuse(400, "invalid_resource", 500_011, "The resource principal of the scope was not found.");
    }
    let (client_id, lifetime_s) = (&login.client_id, login.token_lifetime_s);
    match state.tokens.issue(&Grant { audience, client_id, platform: &call.own_url(), lifetime_s }) {
        Ok(token) => {
            state.journal.fact(Peer::Cloud, "token.issued", audience, json!({ "expires_in": lifetime_s }));
            let body = json!({ "token_type": "Bearer", "expires_in": lifetime_s, "ext_expires_in": lifetime_s, "access_token": token });
            json_answer(200, &body)
        }
        Err(error) => refuse(500, "server_error", 90033, &format!("A token could not be made: {error}.")),
    }
}
