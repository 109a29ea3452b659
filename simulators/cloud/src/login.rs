//! The identity platform: client credentials (CON-010..012).

use serde_json::json;
use wiremock::ResponseTemplate;

use crate::contract::fill;
use crate::http::Call;
use crate::state::State;

type Answer = (u16, ResponseTemplate);

fn json_answer(status: u16, body: serde_json::Value) -> Answer {
    (status, ResponseTemplate::new(status).set_body_json(body))
}

/// CON-010, with this host's own URLs.
pub(crate) fn openid_configuration(call: &Call<'_>) -> Answer {
    let base = format!("{}/{}", call.own_url(), call.capture("tenant"));
    json_answer(
        200,
        json!({
            "issuer": format!("{base}/v2.0"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["HS256"],
        }),
    )
}

/// CON-010: tells an SDK that this host may be asked for tokens.
pub(crate) fn instance_discovery(state: &State, call: &Call<'_>) -> Answer {
    let (tenant, own_url) = (&state.contract.login.tenant, call.own_url());
    let host = call.header("host");
    json_answer(
        200,
        json!({
            "tenant_discovery_endpoint": format!("{own_url}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        }),
    )
}

/// CON-011, CON-012.
pub(crate) fn token(state: &State, call: &Call<'_>) -> Answer {
    let login = &state.contract.login;
    let form: Vec<(String, String)> = form(&call.request.body);
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    let refuse = |status: u16, error: &str, code: u32, text: &str| {
        json_answer(
            status,
            json!({ "error": error, "error_description": format!("AADSTS{code}: {text}"), "error_codes": [code] }),
        )
    };
    if call.capture("tenant") != login.tenant {
        return refuse(400, "invalid_request", 90002, "Tenant not found.");
    }
    if field("grant_type") != "client_credentials" {
        return refuse(400, "unsupported_grant_type", 70003, "The grant type is not supported.");
    }
    if field("client_id") != login.client_id {
        return refuse(400, "unauthorized_client", 700_016, "The application was not found in the tenant.");
    }
    if field("client_secret") != state.client_secret {
        return refuse(401, "invalid_client", 7_000_215, "Invalid client secret provided.");
    }
    let Some(audience) = field("scope").strip_suffix("/.default") else {
        return refuse(400, "invalid_scope", 70011, "The scope must end in /.default.");
    };
    match state.tokens.issue(audience, &login.client_id, login.token_lifetime_s) {
        Ok(token) => json_answer(
            200,
            json!({ "token_type": "Bearer", "expires_in": login.token_lifetime_s, "ext_expires_in": login.token_lifetime_s, "access_token": token }),
        ),
        Err(error) => {
            refuse(500, "server_error", 90033, &fill("A token could not be made: {error}", &[("error", &error)]))
        }
    }
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body).into_owned().collect()
}
