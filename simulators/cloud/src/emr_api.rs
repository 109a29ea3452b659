//! The EMR API: orders in, deliveries, claims and receipts (CON-030..044, CON-051).

use base64::{Engine, engine::general_purpose::STANDARD};
use journal::Peer;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use uuid::Uuid;
use wiremock::ResponseTemplate;
use wiremock::http::HeaderValue;

use crate::exams::{Exams, Kind};
use crate::http::Call;
use crate::state::State;

type Answer = (u16, ResponseTemplate);

/// A request that is not as the contract says: 400, and a fact that names the requirement.
fn refuse(state: &State, requirement: &str, reason: &str) -> Answer {
    state.journal.fact(Peer::Cloud, "request.refused", requirement, json!({ "reason": reason }));
    (400, ResponseTemplate::new(400).set_body_json(json!({ "error": reason, "requirement": requirement })))
}

/// CON-030, CON-031.
pub(crate) fn submit_order(state: &State, call: &Call<'_>) -> Answer {
    let api = &state.contract.emr_api;
    let media_type = call.header("content-type").split(';').next().unwrap_or("").trim();
    if !media_type.eq_ignore_ascii_case(&state.contract.emr_api.content_type) {
        return refuse(state, "CON-030", "the content type is not that of the contract");
    }
    if call.header(&api.headers.installation) != state.contract.settings.installation {
        return refuse(state, "CON-030", &format!("{} is not the installation", api.headers.installation));
    }
    if Uuid::parse_str(call.header(&api.headers.correlation)).is_err() {
        return refuse(state, "CON-030", &format!("{} is no UUID", api.headers.correlation));
    }
    let Some(order) = api.payload.unpack(&call.request.body) else {
        return refuse(state, "TOP-101", "the body is not packed as the contract says");
    };
    let ack = state.exams().submit(state, &order);
    (200, ResponseTemplate::new(200).set_body_raw(api.payload.pack(&ack), &api.content_type))
}

/// CON-041.
pub(crate) fn fetch_delivery(state: &State, call: &Call<'_>) -> Answer {
    let api = &state.contract.emr_api;
    let mut exams = state.exams();
    match exams.delivery(call.capture("delivery_id")) {
        Some(delivery) => {
            state.journal.fact(Peer::Cloud, "delivery.fetched", delivery.id, Exams::describe(delivery));
            let answer = ResponseTemplate::new(200);
            // a path that no header can hold is left out: the proxy then says that it cannot write the file
            let path = delivery.path.as_deref().and_then(|path| HeaderValue::from_bytes(path.as_bytes()).ok());
            let answer = match path {
                Some(path) => answer.insert_header(api.headers.path_template.as_str(), path),
                None => answer,
            };
            let (content, media_type) = match delivery.kind {
                Kind::File => (delivery.content.clone(), "application/octet-stream"),
                _ => (api.payload.pack(&delivery.content), api.content_type.as_str()),
            };
            (200, answer.set_body_raw(content, media_type))
        }
        None => (404, ResponseTemplate::new(404)),
    }
}

/// CON-042: 200 once, 409 ever after.
pub(crate) fn claim_delivery(state: &State, call: &Call<'_>) -> Answer {
    let mut exams = state.exams();
    let Some(delivery) = exams.delivery(call.capture("delivery_id")) else {
        return (404, ResponseTemplate::new(404));
    };
    let first = !std::mem::replace(&mut delivery.claimed, true);
    let (fact, status) = if first { ("delivery.claimed", 200) } else { ("delivery.claim_refused", 409) };
    state.journal.fact(Peer::Cloud, fact, delivery.id, Exams::describe(delivery));
    (status, ResponseTemplate::new(status))
}

/// The JSON of CON-044.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
#[allow(dead_code)] // read for its shape; the journal keeps the JSON itself
struct Receipt {
    outcome: Outcome,
    attempts: u32,
    ack_code: Option<String>,
    #[serde(default, deserialize_with = "base64_or_null")]
    ack: Option<Vec<u8>>,
    reason: Option<String>,
}

fn base64_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| STANDARD.decode(text)).transpose().map_err(D::Error::custom)
}

#[derive(Debug, Deserialize)]
enum Outcome {
    Accepted,
    Rejected,
    MalformedAck,
    NoAck,
    NotSent,
}

/// CON-044.
pub(crate) fn post_receipt(state: &State, call: &Call<'_>) -> Answer {
    let receipt = match serde_json::from_slice::<Receipt>(&call.request.body) {
        Ok(receipt) => receipt,
        Err(error) => return refuse(state, "CON-044", &format!("the receipt is not as the contract says: {error}")),
    };
    let data = serde_json::from_slice(&call.request.body).unwrap_or_default();
    let mut exams = state.exams();
    let Some(delivery) = exams.delivery(call.capture("delivery_id")).map(|delivery| delivery.id) else {
        return (404, ResponseTemplate::new(404));
    };
    state.journal.fact(Peer::Cloud, "delivery.receipt", delivery, data);
    let accepted = matches!(receipt.outcome, Outcome::Accepted);
    exams.delivered(state, delivery, accepted);
    (204, ResponseTemplate::new(204))
}

/// The JSON of CON-051.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
#[allow(dead_code)] // read for its shape
struct Heartbeat {
    version: String,
    started_at: jiff::Timestamp,
    id: Option<Uuid>,
}

/// CON-051.
pub(crate) fn heartbeat(state: &State, call: &Call<'_>) -> Answer {
    if call.capture("installation") != state.contract.settings.installation {
        return refuse(state, "CON-051", "the heartbeat is for another installation");
    }
    match serde_json::from_slice::<Heartbeat>(&call.request.body) {
        Ok(_) => {
            let data = serde_json::from_slice(&call.request.body).unwrap_or_default();
            state.journal.fact(Peer::Cloud, "proxy.heartbeat", call.capture("installation"), data);
            (204, ResponseTemplate::new(204))
        }
        Err(error) => refuse(state, "CON-051", &format!("the heartbeat is not as the contract says: {error}")),
    }
}
