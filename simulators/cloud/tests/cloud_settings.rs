//! App Configuration: single key-values, filters, pages, locks, conditions and the store's key.

mod cloud_support;

use base64::{Engine, engine::general_purpose::STANDARD};
use cloud_support::{INSTALLATION, Rig};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};
use reqwest::{Client, Method, Response};
use ring::{digest, hmac};
use serde_json::{Value, json};

const KV: &str = "application/vnd.microsoft.appconfig.kv+json";

/// The settings as a client with a token sees them.
struct Settings {
    client: Client,
    token: String,
    base: String,
}

impl Settings {
    async fn of(rig: &Rig) -> Settings {
        let token = rig.token("https://azconfig.io").await;
        Settings { client: rig.client(), token, base: rig.told["cloud.settings"].clone() }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let separator = if path.contains('?') { '&' } else { '?' };
        let url = format!("{}{path}{separator}api-version=2023-11-01", self.base);
        let request = self.client.request(method, url).bearer_auth(&self.token).body(body.to_owned());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, &[], "").await
    }

    async fn put(&self, path: &str, value: &str, headers: &[(&str, &str)]) -> Response {
        let headers = [&[("Content-Type", KV)], headers].concat();
        self.send(Method::PUT, path, &headers, &json!({ "value": value }).to_string()).await
    }
}

fn etag(answer: &Response) -> String {
    answer.headers()["ETag"].to_str().unwrap().to_owned()
}

async fn keys(answer: Response) -> Vec<String> {
    let body: Value = answer.json().await.unwrap();
    body["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn con_020_a_key_value_is_set_read_and_deleted_with_raw_or_escaped_slashes() {
    let rig = Rig::start().await;
    let settings = Settings::of(&rig).await;
    let put = settings.put("/kv/app/a%3Ab?label=x", "1", &[]).await;
    assert_eq!(put.status(), 200);
    let read = settings.get("/kv/app%2Fa:b?label=x").await;
    assert_eq!((read.status().as_u16(), etag(&read)), (200, etag(&put))); // CON-020
    let media_type = read.headers()["Content-Type"].to_str().unwrap().to_owned();
    assert!(media_type.starts_with(KV), "{media_type}");
    assert_eq!(read.headers()["Last-Modified"], "Mon, 10 Apr 2017 10:28:37 GMT");
    let tag = etag(&read);
    let expected = json!({ "etag": tag.trim_matches('"'), "key": "app/a:b", "label": "x", "content_type": null, "value": "1",
                           "tags": {}, "locked": false, "last_modified": "2017-04-10T10:28:37+00:00" });
    assert_eq!(read.json::<Value>().await.unwrap(), expected);
    assert_eq!(settings.get("/kv/app/a:b").await.status(), 404, "CON-020: another label is another key-value");
    assert_eq!(settings.send(Method::DELETE, "/kv/app/a:b?label=x", &[], "").await.status(), 200);
    assert_eq!(settings.send(Method::DELETE, "/kv/app/a:b?label=x", &[], "").await.status(), 204);
    assert_eq!(settings.get("/kv/app/a:b?label=x").await.status(), 404);
}

#[tokio::test]
async fn con_020_conditions_decide_about_reading_and_writing() {
    let rig = Rig::start().await;
    let settings = Settings::of(&rig).await;
    assert_eq!(settings.put("/kv/k", "1", &[("If-Match", "*")]).await.status(), 412);
    let first = etag(&settings.put("/kv/k", "1", &[("If-None-Match", "*")]).await);
    assert_eq!(settings.put("/kv/k", "2", &[("If-None-Match", "*")]).await.status(), 412);
    let read = async |name, value: &str| settings.send(Method::GET, "/kv/k", &[(name, value)], "").await;
    let same = read("If-None-Match", &first).await;
    assert_eq!((same.status().as_u16(), etag(&same)), (304, first.clone()));
    assert!(same.bytes().await.unwrap().is_empty());
    let second = etag(&settings.put("/kv/k", "2", &[("If-Match", &first)]).await);
    assert_eq!(settings.put("/kv/k", "3", &[("If-Match", &first)]).await.status(), 412);
    assert_eq!(read("If-None-Match", &first).await.status(), 200);
    assert_eq!(read("If-Match", &first).await.status(), 412);
    assert_eq!(settings.send(Method::DELETE, "/kv/k", &[("If-Match", &first)], "").await.status(), 412);
    assert_eq!(settings.send(Method::DELETE, "/kv/k", &[("If-Match", &second)], "").await.status(), 200);
}

#[tokio::test]
async fn con_020_con_021_the_settings_of_the_scenario_are_read_one_by_one_and_the_sentinel_shows_changes() {
    let rig = Rig::start().await;
    let settings = Settings::of(&rig).await;
    rig.cloud.set_setting("sentinel", "1");
    let path = format!("/kv/EmrProxy:Sentinel?label={INSTALLATION}");
    let first = etag(&settings.get(&path).await);
    let again = async || settings.send(Method::GET, &path, &[("If-None-Match", &first)], "").await.status();
    rig.cloud.set_setting("max_attempts", "3");
    assert_eq!(again().await, 304, "CON-021: another key does not change the sentinel");
    rig.cloud.set_setting("sentinel", "2");
    assert_eq!(again().await, 200);
    let seen = rig.journal.read(|events| {
        let path = |event: &journal::Event| matches!(&event.what, journal::What::Http { role, path, .. } if role == "settings" && path.starts_with("/kv/EmrProxy:Sentinel"));
        events.iter().filter(|event| path(event)).count()
    });
    assert_eq!(seen, 3);
}

#[tokio::test]
async fn con_020_a_long_list_is_read_page_by_page_along_its_links() {
    let rig = Rig::start().await;
    let settings = Settings::of(&rig).await;
    for number in 0..205 {
        rig.cloud.set_setting(&format!("Page:{number:03}"), "x");
    }
    let mut next = Some(format!("/kv?key=Page:*&label={INSTALLATION}&$select=key&api-version=1.0"));
    let (mut sizes, mut found) = (Vec::new(), Vec::new());
    while let Some(path) = next {
        let page = settings.client.get(format!("{}{path}", settings.base)).bearer_auth(&settings.token);
        let page = page.send().await.unwrap();
        next = page.headers().get("Link").map(|link| {
            let link = link.to_str().unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            link.strip_prefix('<').unwrap().to_owned()
        });
        let body: Value = page.json().await.unwrap();
        assert_eq!(body.get("@nextLink").and_then(Value::as_str), next.as_deref()); // CON-020
        let items = body["items"].as_array().unwrap();
        assert_eq!(items[0].as_object().unwrap().len(), 1, "only the key was selected");
        sizes.push(items.len());
        found.extend(items.iter().map(|item| item["key"].as_str().unwrap().to_owned()));
    }
    assert_eq!(sizes, [100, 100, 5]);
    assert_eq!(found, (0..205).map(|number| format!("Page:{number:03}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn con_020_an_unchanged_page_is_not_sent_again_but_names_the_next_one() {
    let rig = Rig::start().await;
    let settings = Settings::of(&rig).await;
    for number in 0..101 {
        rig.cloud.set_setting(&format!("Page:{number:03}"), "x");
    }
    let tag = etag(&settings.get("/kv?key=Page:*").await);
    let same = settings.send(Method::GET, "/kv?key=Page:*", &[("If-None-Match", &tag)], "").await;
    assert_eq!(same.status(), 304);
    assert!(same.headers().contains_key("Link"));
    let head = settings.send(Method::HEAD, "/kv?key=Page:*", &[], "").await;
    assert_eq!((head.status().as_u16(), etag(&head)), (200, tag.clone()));
    rig.cloud.set_setting("Page:000", "y");
    assert_eq!(settings.send(Method::GET, "/kv?key=Page:*", &[("If-None-Match", &tag)], "").await.status(), 200);
}

#[tokio::test]
async fn con_020_filters_select_by_lists_labels_and_tags_and_a_wrong_one_is_a_problem() {
    let rig = Rig::start().await;
    let settings = Settings::of(&rig).await;
    for path in ["/kv/a?label=x", "/kv/b?label=x", "/kv/a", "/kv/c%2C?label=y"] {
        assert_eq!(settings.put(path, "1", &[]).await.status(), 200);
    }
    let tagged = json!({ "value": "1", "tags": { "t": "1" } }).to_string();
    settings.send(Method::PUT, "/kv/d?label=y", &[("Content-Type", "application/json")], &tagged).await;
    for (query, expected) in [
        ("key=a,b&label=x", &["a", "b"][..]),
        ("key=*&label=%00", &["a"]),
        ("key=*&label=%5C0", &["a"]),
        ("label=y", &["c,", "d"]),
        ("key=c%5C,", &["c,"]),
        ("tags=t%3D1", &["d"]),
        ("key=none", &[]),
    ] {
        assert_eq!(keys(settings.get(&format!("/kv?{query}")).await).await, expected, "{query}");
    }
    let names = async |path: &str| settings.get(path).await.json::<Value>().await.unwrap();
    assert_eq!(names("/labels").await["items"], json!([{ "name": null }, { "name": "x" }, { "name": "y" }]));
    assert_eq!(names("/keys?name=a*").await["items"], json!([{ "name": "a" }]));
    let problem = settings.get("/kv?key=*a").await;
    assert_eq!(problem.status(), 400);
    assert!(problem.headers()["Content-Type"].to_str().unwrap().starts_with("application/problem+json"));
    let problem: Value = problem.json().await.unwrap();
    let expected = json!({ "type": "https://azconfig.io/errors/invalid-argument", "title": "Invalid request parameter 'key'",
                           "name": "key", "detail": "key(2): Invalid character", "status": 400 });
    assert_eq!(problem, expected);
}

#[tokio::test]
async fn a_locked_key_value_is_not_changed_and_what_is_no_key_value_is_refused() {
    let rig = Rig::start().await;
    let settings = Settings::of(&rig).await;
    let status = async |method, path: &str| settings.send(method, path, &[], "").await.status().as_u16();
    assert_eq!(status(Method::PUT, "/locks/k").await, 404);
    settings.put("/kv/k", "1", &[]).await;
    assert_eq!(status(Method::PUT, "/locks/k").await, 200);
    assert_eq!(settings.get("/kv/k").await.json::<Value>().await.unwrap()["locked"], true);
    let refused = settings.put("/kv/k", "2", &[]).await;
    assert_eq!(refused.status(), 409);
    assert_eq!(refused.json::<Value>().await.unwrap()["type"], "https://azconfig.io/errors/key-locked");
    assert_eq!(status(Method::DELETE, "/kv/k").await, 409);
    assert_eq!(status(Method::DELETE, "/locks/k").await, 200);
    assert_eq!(settings.put("/kv/k", "2", &[]).await.status(), 200);

    let put = async |media_type, body: &str| {
        settings.send(Method::PUT, "/kv/k", &[("Content-Type", media_type)], body).await.status().as_u16()
    };
    assert_eq!(put("text/plain", "{}").await, 415);
    assert_eq!(put(KV, "[").await, 400);
    assert_eq!(put(KV, &json!({ "value": "x".repeat(10 * 1024) }).to_string()).await, 413);
    assert_eq!(status(Method::POST, "/kv/k").await, 405);
}

/// Signs a request as the documentation of App Configuration says; `change` turns parts of it wrong.
async fn signed(rig: &Rig, path: &str, change: impl Fn(&mut Signing)) -> Response {
    let connection = &rig.told["cloud.settings_connection"];
    let part = |name: &str| connection.split(';').find_map(|part| part.strip_prefix(name)).unwrap().to_owned();
    let mut signing = Signing {
        id: part("Id="),
        secret: STANDARD.decode(part("Secret=")).unwrap(),
        at: Timestamp::now(),
        headers: "x-ms-date;host;x-ms-content-sha256",
        body: "",
    };
    change(&mut signing);
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&signing.at).unwrap();
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, signing.body.as_bytes()));
    let text = format!("GET\n{path}\n{date};config-proxy-qa.azconfig.io;{hash}");
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &signing.secret), text.as_bytes());
    let authorization = format!(
        "HMAC-SHA256 Credential={}&SignedHeaders={}&Signature={}",
        signing.id,
        signing.headers,
        STANDARD.encode(signature)
    );
    let request = rig.client().get(format!("https://config-proxy-qa.azconfig.io{path}"));
    let request = request.header("x-ms-date", date).header("x-ms-content-sha256", hash);
    request.header("Authorization", authorization).send().await.unwrap()
}

struct Signing {
    id: String,
    secret: Vec<u8>,
    at: Timestamp,
    headers: &'static str,
    body: &'static str,
}

#[tokio::test]
async fn con_013_a_signature_by_the_key_of_the_store_lets_in_and_any_other_is_refused_with_its_reason() {
    let rig = Rig::start().await;
    let path = "/kv?key=app%2F*&label=%00&api-version=1.0";
    assert_eq!(signed(&rig, path, |_| {}).await.status(), 200); // CON-013
    let minutes = |n| Timestamp::now() + SignedDuration::from_mins(n);
    type Change<'a> = &'a dyn Fn(&mut Signing);
    let cases: [(Change<'_>, &str); 6] = [
        (&|s| s.secret.push(0), "Invalid Signature"),
        (&|s| s.id = "other".to_owned(), "Invalid Credential"),
        (&|s| s.at = minutes(-16), "The access token has expired"),
        (&|s| s.at = minutes(16), "The access token has expired"),
        (&|s| s.headers = "x-ms-date;x-ms-content-sha256", "host is required as a signed header"),
        (&|s| s.body = "another body", "Invalid request content hash"),
    ];
    for (change, reason) in cases {
        let refused = signed(&rig, path, change).await;
        assert_eq!(refused.status(), 401, "{reason}");
        let challenge = format!("HMAC-SHA256 error=\"invalid_token\" error_description=\"{reason}\", Bearer");
        assert_eq!(refused.headers()["WWW-Authenticate"], challenge); // CON-013
    }
    assert_eq!(rig.facts("token.refused").len(), 6);
    let none = rig.client().get("https://config-proxy-qa.azconfig.io/kv/k?api-version=1.0").send().await.unwrap();
    assert_eq!(
        (none.status().as_u16(), &none.headers()["WWW-Authenticate"]),
        (401, &"HMAC-SHA256, Bearer".parse().unwrap())
    );
}
