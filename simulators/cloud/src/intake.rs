//! What customers bring by queue and blob storage: orders, gradings and images.

use std::sync::{Arc, Weak};

use journal::Peer;
use serde_json::{Map, Value, json};

use crate::lifecycle::Input;
use crate::state::State;

/// A file has come into the blob storage: an order (CON-033), or an image (LIFE-052, LIFE-054).
pub(crate) fn file_stored(state: &State, container: &str, name: &str) {
    let Some(content) = state.blobs().content(container, name) else { return };
    let orders = &state.contract.blob.orders;
    let suffix = orders.name.rsplit_once('}').map_or("", |(_, suffix)| suffix);
    if container == orders.container && name.ends_with(suffix) {
        match orders.id(name, &state.contract.settings.installation) {
            Some(_) => {
                state.exams().submit(state, &content);
            }
            None => {
                state.journal.fact(Peer::Cloud, "input.ignored", "CON-033", json!({ "reason": "another installation" }))
            }
        }
        return;
    }
    let input = Input::ImageStored { path: format!("{container}/{name}"), content: content.into() };
    // whatever is wrong with it is told by ImageReceipt and journal
    let _ = state.exams().handle(state, input);
}

/// Works off the queues that the organization sends to (LIFE-Q-01, LIFE-Q-04) until the cloud ends.
pub(crate) async fn serve_queues(state: Weak<State>) {
    let Some(mut changes) = state.upgrade().map(|state| state.organization.changes()) else { return };
    loop {
        let Some(state) = state.upgrade() else { return };
        while let Some(input) = next(&state) {
            // LIFE-102: the answers are events and results
            let _ = state.exams().handle(&state, input);
        }
        drop(state);
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Orders before gradings: a customer may send both without waiting for the receipt.
fn next(state: &Arc<State>) -> Option<Input> {
    let take = |meaning| {
        let queue = state.contract.queues.organization.get(meaning)?;
        // LIFE-027
        let is_object = |body: &[u8]| serde_json::from_slice::<Map<String, Value>>(body).is_ok();
        state.organization.take_fit(&queue.name, is_object, "the message is no JSON object")
    };
    let order = take("orders").map(Input::OrderRequest);
    order.or_else(|| take("gradings").map(Input::GradingSubmission))
}
