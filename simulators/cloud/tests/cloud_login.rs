//! Login and settings, as their SDKs see them.

mod cloud_support;

use cloud_support::{CLIENT_ID, INSTALLATION, Rig, TENANT};
use reqwest::Response;
use serde_json::{Value, json};

#[tokio::test]
async fn con_010_discovery_answers_with_the_urls_of_the_host_that_was_asked() {
    let rig = Rig::start().await;
    let client = rig.client();
    let port = rig.https().port();
    for own in ["login.microsoftonline.com".to_owned(), format!("localhost:{port}"), format!("127.0.0.1:{port}")] {
        let get = async |path: &str| -> Value {
            client.get(format!("https://{own}{path}")).send().await.unwrap().json().await.unwrap()
        };
        let openid = get(&format!("/{TENANT}/v2.0/.well-known/openid-configuration")).await;
        assert_eq!(openid["issuer"], format!("https://{own}/{TENANT}/v2.0"));
        assert_eq!(openid["token_endpoint"], format!("https://{own}/{TENANT}/oauth2/v2.0/token"));
        let instance = get("/common/discovery/instance").await;
        let openid_at = format!("https://{own}/{TENANT}/v2.0/.well-known/openid-configuration");
        assert_eq!(instance["tenant_discovery_endpoint"], openid_at);
        assert_eq!(instance["metadata"][0]["aliases"], json!([own]));
    }
}

#[tokio::test]
async fn con_011_a_token_is_given_for_client_credentials() {
    let rig = Rig::start().await;
    let answer = rig.ask_token(TENANT, "https://azconfig.io/.default", &[]).await;
    assert_eq!(answer.status(), 200);
    let mut answer: Value = answer.json().await.unwrap();
    let token = answer["access_token"].take();
    // CON-072: the bus SDKs ask with a second slash
    assert_eq!(rig.ask_token(TENANT, "https://servicebus.azure.net//.default", &[]).await.status(), 200);
    assert_eq!(token.as_str().unwrap().split('.').count(), 3, "a JWT has three parts");
    let rest = json!({ "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": null });
    assert_eq!(answer, rest);
}

#[tokio::test]
async fn con_012_wrong_credentials_are_refused_with_the_error_code_of_the_real_service() {
    let rig = Rig::start().await;
    let scope = "https://azconfig.io/.default";
    // tenant, a changed field, status, error, error code
    let cases = [
        (TENANT, ("client_secret", "wrong"), 401, "invalid_client", 7_000_215),
        (TENANT, ("client_secret", ""), 401, "invalid_client", 7_000_216),
        ("another-tenant", ("scope", scope), 400, "invalid_request", 90_002),
        (TENANT, ("client_id", "another"), 400, "unauthorized_client", 700_016),
        (TENANT, ("grant_type", "password"), 400, "unsupported_grant_type", 70_003),
        (TENANT, ("grant_type", ""), 400, "invalid_request", 900_144),
        (TENANT, ("scope", ""), 400, "invalid_request", 900_144),
        (TENANT, ("scope", "https://azconfig.io"), 400, "invalid_scope", 1_002_012),
        (TENANT, ("scope", "https://azconfig.io/.default https://b/.default"), 400, "invalid_scope", 70_011),
        (TENANT, ("scope", "https://example.org/.default"), 400, "invalid_resource", 500_011),
    ];
    for (tenant, change, status, error, code) in cases {
        let answer = rig.ask_token(tenant, scope, &[change]).await;
        assert_eq!(answer.status(), status, "{change:?}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!((&answer["error"], &answer["error_codes"]), (&json!(error), &json!([code])), "{change:?}");
        assert!(answer["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}:")), "{answer}");
        assert!(answer.get("access_token").is_none());
        assert_eq!(answer["timestamp"], "2017-04-10 10:28:37Z"); // CON-012: as the SDKs' error types read it
        for id in ["trace_id", "correlation_id"] {
            assert!(answer[id].as_str().unwrap().parse::<uuid::Uuid>().is_ok(), "{answer}");
        }
    }
}

#[tokio::test]
async fn con_010_the_published_key_verifies_a_token_and_an_unknown_tenant_or_instance_is_refused() {
    let rig = Rig::start().await;
    let get = async |path: &str| rig.client().get(format!("{}{path}", rig.told["cloud.login"])).send().await.unwrap();
    let openid: Value = get(&format!("/{TENANT}/v2.0/.well-known/openid-configuration")).await.json().await.unwrap();
    let keys: jsonwebtoken::jwk::JwkSet =
        rig.client().get(openid["jwks_uri"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
    let token = rig.token("https://azconfig.io").await;
    let header = jsonwebtoken::decode_header(&token).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(header.alg);
    rules.set_audience(&["https://azconfig.io"]);
    rules.set_issuer(&[openid["issuer"].as_str().unwrap()]);
    jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap(); // CON-010

    let refused = get("/another-tenant/v2.0/.well-known/openid-configuration").await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.json::<Value>().await.unwrap()["error_codes"], json!([90_002]));
    let ask = async |host: &str| {
        let endpoint = format!("https%3A%2F%2F{host}%2F{TENANT}%2Foauth2%2Fv2.0%2Fauthorize");
        get(&format!("/common/discovery/instance?api-version=1.1&authorization_endpoint={endpoint}")).await
    };
    let known: Value = ask("login.microsoftonline.com").await.json().await.unwrap();
    let at = format!("https://login.microsoftonline.com/{TENANT}/v2.0/.well-known/openid-configuration");
    assert_eq!(known["tenant_discovery_endpoint"], at); // CON-010
    let unknown = ask("login.example.org").await;
    assert_eq!(unknown.status(), 400);
    assert_eq!(unknown.json::<Value>().await.unwrap()["error"], "invalid_instance");
}

/// `answer` is 401 and says that a bearer token is wanted.
fn assert_refused(answer: &Response, what: &str) {
    assert_eq!(answer.status(), 401, "{what}");
    let challenge = answer.headers()["WWW-Authenticate"].to_str().unwrap();
    assert!(challenge.contains("Bearer"), "{what}: {challenge}");
}

#[tokio::test]
async fn con_013_without_a_good_token_every_other_role_answers_401() {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let rig = Rig::start().await;
    let client = rig.client();
    let good = rig.token("https://icemr-api-test.retinalscreenings.com").await;
    let [head, claims, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let turned: String = signature.chars().rev().collect();
    let header = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let cases = [
        ("no header", None),
        ("another scheme", Some(format!("Basic {good}"))),
        ("no token", Some("Bearer ".to_owned())),
        ("no JWT", Some("Bearer x.y".to_owned())),
        ("a foreign audience", Some(format!("Bearer {}", rig.token("https://storage.azure.com").await))),
        ("the audience of another role", Some(format!("Bearer {}", rig.token("https://azconfig.io").await))),
        ("a tampered signature", Some(format!("Bearer {head}.{claims}.{turned}"))),
        ("no signature", Some(format!("Bearer {}.{claims}.", header(r#"{"alg":"none","typ":"JWT"}"#)))),
        ("an unreadable header", Some(format!("Bearer {}.{claims}.{signature}", header(r#"{"alg":"x\ny"}"#)))),
    ];
    let url = "https://icemr-api-test.retinalscreenings.com/emr/v1/deliveries/x";
    for (what, authorization) in cases {
        let mut request = client.get(url);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        assert_refused(&request.send().await.unwrap_or_else(|error| panic!("{what}: {error}")), what);
    }
    let settings = "https://config-proxy-qa.azconfig.io/kv?api-version=2023-11-01";
    assert_refused(&client.get(settings).bearer_auth(&good).send().await.unwrap(), "settings");

    let with = async |token: &str| client.get(url).bearer_auth(token).send().await.unwrap();
    assert_eq!(with(&good).await.status(), 404); // let in: there is no such delivery
    rig.cloud.expire_tokens();
    assert_refused(&with(&good).await, "an expired token");
    assert_eq!(with(&rig.token("https://icemr-api-test.retinalscreenings.com").await).await.status(), 404);
}

#[tokio::test]
async fn con_001_con_072_a_token_for_a_name_of_the_role_is_good_under_each_of_its_names() {
    let rig = Rig::start().await;
    let client = rig.client();
    let port = rig.https().port();
    for own in [format!("localhost:{port}"), format!("127.0.0.1:{port}"), "icemr-api.retinalscreenings.com".to_owned()]
    {
        let token = rig.token(&format!("https://{own}")).await;
        let answer = client.get(format!("https://{own}/emr/v1/deliveries/x")).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{own}");
    }
}

/// `GET /kv` with these parameters.
async fn kv(rig: &Rig, query: &[(&str, &str)]) -> Response {
    let url = url::Url::parse_with_params("https://config-proxy-qa.azconfig.io/kv", query).unwrap();
    rig.client().get(url).bearer_auth(rig.token("https://azconfig.io").await).send().await.unwrap()
}

const VERSION: (&str, &str) = ("api-version", "2023-11-01");

#[tokio::test]
async fn con_020_the_key_values_of_the_installation_have_the_documented_shape() {
    let rig = Rig::start().await;
    rig.cloud.set_setting("orders_listen", "127.0.0.1:6661");
    rig.cloud.set_setting("max_attempts", "3");
    let answer = kv(&rig, &[VERSION, ("key", "EmrProxy:*"), ("label", INSTALLATION)]).await;
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert!(header("Content-Type").starts_with("application/vnd.microsoft.appconfig.kvset+json"));
    let (etag, sync) = (header("ETag"), header("Sync-Token"));
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    let (token, number) = sync.split_once(";sn=").unwrap(); // `id=value;sn=number`
    assert!(token.contains('=') && number.parse::<u64>().is_ok(), "{sync}");
    assert!(answer.headers().get("Link").is_none(), "all fits on one page");

    let mut body: Value = answer.json().await.unwrap();
    assert_eq!(format!("\"{}\"", body["etag"].take().as_str().unwrap()), etag); // CON-020: of the page
    for item in body["items"].as_array_mut().unwrap() {
        assert!(item["etag"].take().is_string());
        assert!(item["last_modified"].take().as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    }
    let item = |key: &str, value: &str| {
        json!({ "etag": null, "key": key, "label": "conformance-clinic", "content_type": "", "value": value, "tags": {},
                "locked": false, "last_modified": null })
    };
    let items = [item("EmrProxy:Orders:Listen", "127.0.0.1:6661"), item("EmrProxy:Results:MaxAttempts", "3")];
    assert_eq!(body, json!({ "items": items, "etag": null }));
}

#[tokio::test]
async fn con_020_key_and_label_select_and_a_missing_api_version_is_refused() {
    let rig = Rig::start().await;
    rig.cloud.set_setting("orders_listen", "127.0.0.1:6661");
    rig.cloud.set_setting("max_attempts", "3");
    let cases: [(&str, &str, &[&str]); 5] = [
        ("EmrProxy:Results:*", INSTALLATION, &["EmrProxy:Results:MaxAttempts"]),
        ("EmrProxy:Orders:Listen", INSTALLATION, &["EmrProxy:Orders:Listen"]),
        ("EmrProxy:Orders", INSTALLATION, &[]),
        ("*", INSTALLATION, &["EmrProxy:Orders:Listen", "EmrProxy:Results:MaxAttempts"]),
        ("*", "another-clinic", &[]),
    ];
    for (key, label, keys) in cases {
        let body: Value = kv(&rig, &[VERSION, ("key", key), ("label", label)]).await.json().await.unwrap();
        let found: Vec<&str> = body["items"].as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap()).collect();
        assert_eq!(found, keys, "{key} {label}");
    }
    assert_eq!(kv(&rig, &[("key", "*"), ("label", INSTALLATION)]).await.status(), 400);
}

#[tokio::test]
async fn con_020_a_changed_setting_changes_the_entity_tag() {
    let rig = Rig::start().await;
    let read = async || {
        let answer = kv(&rig, &[VERSION, ("key", "*"), ("label", INSTALLATION)]).await;
        (answer.headers()["ETag"].clone(), answer.headers()["Sync-Token"].clone())
    };
    rig.cloud.set_setting("sentinel", "1");
    let first = read().await;
    assert_eq!(read().await, first);
    rig.cloud.set_setting("sentinel", "2");
    let second = read().await;
    assert!(second.0 != first.0 && second.1 != first.1);
}

#[tokio::test]
async fn secrets_are_in_no_fact_of_the_journal() {
    let rig = Rig::start().await;
    assert_eq!(rig.told["client_id"], CLIENT_ID);
    let _ = rig.ask_token(TENANT, "https://azconfig.io/.default", &[("client_secret", "wrong")]).await;
    let _ = kv(&rig, &[VERSION]).await;
    let facts = rig.journal.read(|events| {
        let facts = events.iter().filter(|e| !matches!(e.what, journal::What::Bytes { .. }));
        facts.map(|e| serde_json::to_string(e).unwrap()).collect::<String>()
    });
    for secret in rig.cloud.secrets() {
        assert!(!facts.contains(&secret));
    }
}
