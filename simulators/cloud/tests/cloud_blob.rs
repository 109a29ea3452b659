//! Blob storage: identity, blobs, blocks, lists and conditions (CON-013, CON-033).

mod cloud_support;

use base64::{Engine, engine::general_purpose::STANDARD};
use cloud_support::{NEW_ORDER, Rig};
use faults::{Fault, Place, Rule, Status};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};
use reqwest::{Client, Method, Response};
use ring::hmac;
use url::form_urlencoded::Serializer;

/// Blob storage as a client with a token sees it.
struct Blobs {
    client: Client,
    token: String,
    base: String,
}

impl Blobs {
    async fn of(rig: &Rig) -> Blobs {
        let token = rig.token("https://storage.azure.com").await;
        Blobs { client: rig.client(), token, base: rig.told["cloud.blob"].clone() }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = request.header("x-ms-version", "2025-01-05").body(body.to_vec());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(Method::GET, path, headers, b"").await
    }

    async fn put(&self, path: &str, body: &[u8], headers: &[(&str, &str)]) -> Response {
        self.send(Method::PUT, path, &[&[("x-ms-blob-type", "BlockBlob")], headers].concat(), body).await
    }
}

/// Status and error code.
fn refusal(answer: &Response) -> (u16, String) {
    let code = answer.headers().get("x-ms-error-code").map_or("", |code| code.to_str().unwrap());
    (answer.status().as_u16(), code.to_owned())
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

#[tokio::test]
async fn con_033_an_order_is_uploaded_as_a_block_blob_and_kept_byte_for_byte() {
    let rig = Rig::start().await;
    let blobs = Blobs::of(&rig).await;
    let path = "/orders/conformance-clinic/4b1f7c9e-0a53-4f6e-8d58-5d6f0c6a2b11.hl7";
    let put = blobs.put(path, NEW_ORDER, &[("Content-Type", "x-application/hl7-v2+er7"), ("x-ms-meta-a", "1")]).await;
    assert_eq!(put.status(), 201); // CON-033
    assert_eq!(rig.cloud.blobs("orders"), [path.trim_start_matches("/orders/")]);
    assert_eq!(rig.cloud.blob("orders", path.trim_start_matches("/orders/")).as_deref(), Some(NEW_ORDER)); // CON-033
    let facts = rig.facts("blob.stored");
    assert_eq!(
        (facts.len(), facts[0].0.as_str(), facts[0].1["bytes"].as_u64()),
        (1, &path[1..], Some(NEW_ORDER.len() as u64))
    );

    let read = blobs.get(path, &[]).await;
    for (name, value) in [
        ("Content-Type", "x-application/hl7-v2+er7"),
        ("x-ms-blob-type", "BlockBlob"),
        ("x-ms-meta-a", "1"),
        ("x-ms-version", "2025-01-05"),
        ("Last-Modified", "Mon, 10 Apr 2017 10:28:37 GMT"),
        ("ETag", &header(&put, "ETag")),
        ("Content-MD5", &header(&put, "Content-MD5")),
    ] {
        assert_eq!(header(&read, name), value, "{name}");
    }
    assert_eq!(read.bytes().await.unwrap(), NEW_ORDER);
    let head = blobs.send(Method::HEAD, path, &[], b"").await;
    assert_eq!(header(&head, "Content-Length"), NEW_ORDER.len().to_string());
    assert_eq!(blobs.send(Method::DELETE, path, &[], b"").await.status(), 202);
    assert_eq!(refusal(&blobs.get(path, &[]).await), (404, "BlobNotFound".to_owned()));
}

#[tokio::test]
async fn con_033_an_upload_can_be_made_to_fail_while_reading_goes_on() {
    let rig = Rig::start().await;
    let blobs = Blobs::of(&rig).await;
    let status = Status { code: 503, retry_after: Some(1), body: String::new() };
    rig.faults.add(Rule::new(Place::Blob, Fault::Status(status)).request("blobs").times(1));
    assert_eq!(blobs.get("?comp=list", &[]).await.status(), 200);
    assert_eq!(blobs.put("/orders/x", b"1", &[]).await.status(), 503); // CON-033: no 201, so no AA
    assert!(rig.cloud.blobs("orders").is_empty());
    assert_eq!(blobs.put("/orders/x", b"1", &[]).await.status(), 201);
}

#[tokio::test]
async fn parts_of_a_blob_are_read_by_range() {
    let rig = Rig::start().await;
    let blobs = Blobs::of(&rig).await;
    // RFC 1321, A.5: MD5 ("abc") = 900150983cd24fb0d6963f7d28e17f72
    let put = blobs.put("/orders/x", b"abc", &[("Content-MD5", "kAFQmDzST7DWlj99KOF/cg==")]).await;
    assert_eq!(header(&put, "Content-MD5"), "kAFQmDzST7DWlj99KOF/cg==");
    for (name, range, status, part, shown) in [
        ("Range", "bytes=0-1", 206, &b"ab"[..], "bytes 0-1/3"),
        ("x-ms-range", "bytes=1-", 206, b"bc", "bytes 1-2/3"),
        ("x-ms-range", "bytes=2-900", 206, b"c", "bytes 2-2/3"),
    ] {
        let answer = blobs.get("/orders/x", &[(name, range)]).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "Content-Range")), (status, shown.to_owned()));
        assert_eq!(answer.bytes().await.unwrap(), part);
    }
    let beyond = blobs.get("/orders/x", &[("Range", "bytes=3-")]).await;
    assert_eq!(
        (refusal(&beyond), header(&beyond, "Content-Range")),
        ((416, "InvalidRange".to_owned()), "bytes */3".to_owned())
    );
    for wrong in ["bytes=2-1", "bytes=-1", "lines=1-2"] {
        assert_eq!(refusal(&blobs.get("/orders/x", &[("Range", wrong)]).await), (400, "InvalidHeaderValue".to_owned()));
    }
    let wrong = blobs.put("/orders/x", b"abd", &[("Content-MD5", "kAFQmDzST7DWlj99KOF/cg==")]).await;
    assert_eq!(refusal(&wrong), (400, "Md5Mismatch".to_owned()));
}

#[tokio::test]
async fn conditions_decide_about_reading_and_writing() {
    let rig = Rig::start().await;
    let blobs = Blobs::of(&rig).await;
    let code = |status: u16, code: &str| (status, code.to_owned());
    let first = header(&blobs.put("/orders/x", b"1", &[("If-None-Match", "*")]).await, "ETag");
    let again = blobs.put("/orders/x", b"2", &[("If-None-Match", "*")]).await;
    assert_eq!(refusal(&again), code(409, "BlobAlreadyExists"));
    let same = blobs.get("/orders/x", &[("If-None-Match", &first)]).await;
    assert_eq!(refusal(&same), code(304, "ConditionNotMet"));
    assert!(same.bytes().await.unwrap().is_empty());
    assert_eq!(blobs.put("/orders/x", b"2", &[("If-Match", &first)]).await.status(), 201);
    assert_eq!(refusal(&blobs.put("/orders/x", b"3", &[("If-Match", &first)]).await), code(412, "ConditionNotMet"));
    assert_eq!(refusal(&blobs.put("/orders/y", b"3", &[("If-Match", "*")]).await), code(412, "ConditionNotMet"));
    // the clock of the scenario stands at 10:28:37
    for (name, second, status) in [
        ("If-Modified-Since", "36", 200),
        ("If-Modified-Since", "37", 304),
        ("If-Unmodified-Since", "37", 200),
        ("If-Unmodified-Since", "36", 412),
    ] {
        let date = format!("Mon, 10 Apr 2017 10:28:{second} GMT");
        assert_eq!(blobs.get("/orders/x", &[(name, &date)]).await.status(), status, "{name} {second}");
    }
    assert_eq!(rig.cloud.blob("orders", "x").unwrap(), b"2");
}

#[tokio::test]
async fn a_blob_is_put_together_from_blocks() {
    let rig = Rig::start().await;
    let blobs = Blobs::of(&rig).await;
    // base64 of a, b, c
    for (id, part) in [("YQ%3D%3D", "one "), ("Yg%3D%3D", "two "), ("Yw%3D%3D", "three")] {
        let staged = blobs.put(&format!("/orders/x?comp=block&blockid={id}"), part.as_bytes(), &[]).await;
        assert_eq!(staged.status(), 201);
    }
    assert!(rig.cloud.blobs("orders").is_empty(), "staged blocks are no blob");
    let commit = async |list: &str| {
        let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<BlockList>{list}</BlockList>");
        blobs.put("/orders/x?comp=blocklist", body.as_bytes(), &[]).await
    };
    assert_eq!(refusal(&commit("<Latest>enp6</Latest>").await), (400, "InvalidBlockList".to_owned()));
    assert_eq!(refusal(&commit("<Latest>").await), (400, "InvalidXmlDocument".to_owned()));
    assert_eq!(commit("<Latest>Yw==</Latest>\n <Uncommitted>YQ==</Uncommitted>").await.status(), 201);
    assert_eq!(rig.cloud.blob("orders", "x").unwrap(), b"threeone ");
    assert_eq!(commit("<Committed>YQ==</Committed>").await.status(), 201);
    assert_eq!(rig.cloud.blob("orders", "x").unwrap(), b"one ");
    assert_eq!(refusal(&commit("<Latest>Yg==</Latest>").await).0, 400, "what was not committed is gone");
    let list = blobs.get("/orders/x?comp=blocklist&blocklisttype=all", &[]).await.text().await.unwrap();
    assert!(
        list.contains("<CommittedBlocks><Block><Name>YQ==</Name><Size>4</Size></Block></CommittedBlocks>"),
        "{list}"
    );
    let odd = blobs.put("/orders/x?comp=block&blockid=%3F", b"", &[]).await;
    assert_eq!(refusal(&odd), (400, "InvalidQueryParameterValue".to_owned()));
}

/// What stands between tags of a name, in its order.
fn between(xml: &str, name: &str) -> Vec<String> {
    let (opening, closing) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&opening).skip(1).map(|part| part.split(&closing).next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn blobs_and_containers_are_listed_by_prefix_hierarchy_and_page() {
    let rig = Rig::start().await;
    let blobs = Blobs::of(&rig).await;
    for name in ["a/1", "a/2", "b/1", "c%20%26%20%3Cd%3E"] {
        blobs.put(&format!("/orders/{name}"), b"x", &[("x-ms-meta-kind", "order")]).await;
    }
    let list = async |query: &str| {
        let answer = blobs.get(&format!("/orders?restype=container&comp=list{query}"), &[]).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "Content-Type")), (200, "application/xml".to_owned()));
        answer.text().await.unwrap()
    };
    assert_eq!(between(&list("").await, "Name"), ["a/1", "a/2", "b/1", "c &amp; &lt;d&gt;"]);
    assert_eq!(between(&list("&prefix=a/").await, "Name"), ["a/1", "a/2"]);
    assert_eq!(between(&list("&delimiter=/").await, "BlobPrefix"), ["<Name>a/</Name>", "<Name>b/</Name>"]);
    assert_eq!(between(&list("&delimiter=/&maxresults=1").await, "Name"), ["a/"]);
    assert_eq!(between(&list("&include=metadata&prefix=a/1").await, "Metadata"), ["<kind>order</kind>"]);
    let first = list("&maxresults=3").await;
    let marker = between(&first, "NextMarker").remove(0);
    assert_eq!(between(&list(&format!("&maxresults=3&marker={marker}")).await, "Name"), ["c &amp; &lt;d&gt;"]);
    let zero = blobs.get("/orders?restype=container&comp=list&maxresults=0", &[]).await;
    assert_eq!(refusal(&zero), (400, "OutOfRangeQueryParameterValue".to_owned()));

    let container =
        async |method, name: &str| blobs.send(method, &format!("/{name}?restype=container"), &[], b"").await;
    assert_eq!(container(Method::PUT, "box").await.status(), 201);
    assert_eq!(refusal(&container(Method::PUT, "box").await), (409, "ContainerAlreadyExists".to_owned()));
    assert_eq!(refusal(&container(Method::PUT, "Box").await), (400, "InvalidResourceName".to_owned()));
    assert_eq!(
        between(&blobs.get("/?comp=list", &[]).await.text().await.unwrap(), "Name"),
        ["box", "drop", "images", "orders"]
    );
    assert_eq!(container(Method::DELETE, "box").await.status(), 202);
    assert_eq!(refusal(&container(Method::GET, "box").await), (404, "ContainerNotFound".to_owned()));
    assert_eq!(refusal(&blobs.put("/box/x", b"", &[]).await), (404, "ContainerNotFound".to_owned()));
}

#[tokio::test]
async fn what_is_not_served_and_what_is_too_large_is_refused_by_its_code() {
    let rig = Rig::start().await;
    let blobs = Blobs::of(&rig).await;
    let copied = blobs.put("/orders/x", b"", &[("x-ms-copy-source", "https://example.org/x")]).await;
    assert_eq!(refusal(&copied), (400, "UnsupportedHeader".to_owned()));
    let lease = blobs.send(Method::PUT, "/orders/x?comp=lease", &[], b"").await;
    assert_eq!(refusal(&lease), (501, "NotImplemented".to_owned()));
    let page = blobs.send(Method::PUT, "/orders/x", &[("x-ms-blob-type", "PageBlob")], b"").await;
    assert_eq!(refusal(&page), (501, "NotImplemented".to_owned()));
    let untyped = blobs.send(Method::PUT, "/orders/x", &[], b"").await;
    assert_eq!(refusal(&untyped), (400, "MissingRequiredHeader".to_owned()));
    let odd = blobs.put("/orders/x", b"", &[("x-ms-meta-a-b", "1")]).await;
    assert_eq!(refusal(&odd), (400, "InvalidMetadata".to_owned()));
    let large = blobs.put("/orders/x", &vec![0; 64 * 1024 * 1024 + 1], &[]).await;
    assert_eq!(refusal(&large), (413, "RequestBodyTooLarge".to_owned()));
    assert!(rig.cloud.blobs("orders").is_empty());
}

fn sign(rig: &Rig, text: &str) -> String {
    let key = STANDARD.decode(&rig.told["cloud.blob_key"]).unwrap();
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes()))
}

#[tokio::test]
async fn con_013_the_key_of_the_account_lets_in_by_host_name_and_by_path() {
    let rig = Rig::start().await;
    let account = "irisicdqa";
    assert_eq!(rig.told["cloud.blob_account"], account);
    let put = async |base: &str, path: &str, at: Timestamp, account: &str| {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap();
        // Put Blob as the documentation of SharedKey signs it: verb, eleven headers, x-ms- headers, resource, query
        let text = format!(
            "PUT\n\n\n3\n\ntext/plain\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:{date}\nx-ms-version:2021-12-02\n\
             /{account}{path}\ntimeout:30"
        );
        let request = rig.client().put(format!("{base}{path}?timeout=30")).header("x-ms-date", date);
        let request = request.header("Content-Type", "text/plain").header("x-ms-blob-type", "BlockBlob");
        let request = request.header("x-ms-version", "2021-12-02").body("abc");
        request.header("Authorization", format!("SharedKey {account}:{}", sign(&rig, &text))).send().await.unwrap()
    };
    let local = format!("https://localhost:{}", rig.https().port());
    let now = Timestamp::now();
    let by_name = put("https://irisicdqa.blob.core.windows.net", "/orders/a%20b", now, account).await;
    assert_eq!(by_name.status(), 201); // CON-004, CON-013
    assert_eq!(put(&local, "/irisicdqa/orders/c", now, account).await.status(), 201);
    assert_eq!(rig.cloud.blobs("orders"), ["a b", "c"]);
    let old = put(&local, "/irisicdqa/orders/d", now - SignedDuration::from_mins(16), account).await;
    assert_eq!(refusal(&old), (403, "AuthenticationFailed".to_owned())); // CON-013
    let other = put(&local, "/irisicdqa/orders/d", now, "other").await;
    assert_eq!(refusal(&other), (403, "AuthenticationFailed".to_owned()));
    assert_eq!(rig.cloud.blobs("orders").len(), 2);
}

/// A signature for the blob `orders/x`, as the documentation of service SAS (version 2022-11-02) signs it.
fn blob_sas(rig: &Rig, permissions: &str, start: &str, expiry: &str) -> String {
    let text =
        format!("{permissions}\n{start}\n{expiry}\n/blob/irisicdqa/orders/x\n\n\nhttps\n2022-11-02\nb\n\n\n\n\n\n\n");
    let mut query = Serializer::new(String::new());
    query.extend_pairs([("sp", permissions), ("se", expiry), ("spr", "https"), ("sv", "2022-11-02"), ("sr", "b")]);
    if !start.is_empty() {
        query.append_pair("st", start);
    }
    query.append_pair("sig", &sign(rig, &text)).finish()
}

#[tokio::test]
async fn con_013_a_shared_access_signature_opens_what_it_says_while_it_lasts() {
    let rig = Rig::start().await;
    let blobs = Blobs::of(&rig).await;
    blobs.put("/orders/x", b"1", &[]).await;
    blobs.put("/orders/y", b"1", &[]).await;
    let at =
        |minutes| (Timestamp::now() + SignedDuration::from_mins(minutes)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let get = async |path: &str, sas: &str| {
        rig.client().get(format!("{}{path}?{sas}", rig.told["cloud.blob"])).send().await.unwrap()
    };
    let good = blob_sas(&rig, "r", &at(-5), &at(5));
    assert_eq!(get("/orders/x", &good).await.status(), 200); // CON-013
    let failed = (403, "AuthenticationFailed".to_owned());
    assert_eq!(refusal(&get("/orders/y", &good).await), failed, "another blob");
    assert_eq!(refusal(&get("/orders/x", &good.replace("sp=r", "sp=rw")).await), failed, "CON-013: changed");
    assert_eq!(refusal(&get("/orders/x", &blob_sas(&rig, "r", "", &at(-1))).await), failed, "CON-013: expired");
    assert_eq!(refusal(&get("/orders/x", &blob_sas(&rig, "r", &at(4), &at(5))).await), failed, "not yet valid");
    let write = blob_sas(&rig, "w", "", &at(5));
    assert_eq!(refusal(&get("/orders/x", &write).await), (403, "AuthorizationPermissionMismatch".to_owned()));
    let create = format!("{}/orders/x?{}", rig.told["cloud.blob"], blob_sas(&rig, "c", "", &at(5)));
    let over = rig.client().put(create).header("x-ms-blob-type", "BlockBlob").send().await.unwrap();
    assert_eq!(refusal(&over), (403, "UnauthorizedBlobOverwrite".to_owned()));

    // the signature is as good as a key while it lasts, so the journal does not show it
    let sig = good.split("sig=").nth(1).unwrap();
    let paths = rig.journal.read(|events| {
        let http = events.iter().filter(|event| matches!(event.what, journal::What::Http { .. }));
        http.map(|event| serde_json::to_string(event).unwrap()).collect::<String>()
    });
    assert!(paths.contains("sig=***") && !paths.contains(sig));
}

#[tokio::test]
async fn con_013_without_a_good_token_blob_storage_answers_401_and_says_where_tokens_come_from() {
    let rig = Rig::start().await;
    let url = format!("{}?comp=list", rig.told["cloud.blob"]);
    let foreign = rig.token("https://azconfig.io").await;
    for (token, code) in [(None, "NoAuthenticationInformation"), (Some(foreign), "InvalidAuthenticationInfo")] {
        let request = rig.client().get(&url);
        let request = token.iter().fold(request, |request, token| request.bearer_auth(token));
        let refused = request.send().await.unwrap();
        assert_eq!(refusal(&refused), (401, code.to_owned())); // CON-013
        let challenge = header(&refused, "WWW-Authenticate");
        assert!(challenge.starts_with("Bearer authorization_uri=https://login.microsoftonline.com/"), "{challenge}");
        assert!(challenge.ends_with("resource_id=https://storage.azure.com"), "{challenge}");
        assert!(refused.text().await.unwrap().contains(&format!("<Code>{code}</Code>")));
    }
}
