//! Snapshots of exact message bytes: `snapshots/<feature>/<scenario>/<name>.snap` with its `.snap.hl7`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use journal::Peer;
use serde_json::json;

use crate::suite::shown;
use crate::world::{Outcome, Stop, World, failed};

/// The fact that bytes differ from their snapshot: `expected` and `seen`, in base64.
pub const DIFFERS: &str = "snapshot.differs";

/// Compares a message with the scenario's snapshot of that name.
///
/// In a suite of a folder the comparison is insta's, so that `cargo insta review` works on what differs. The difference is
/// shown by field.
///
/// # Errors
/// [`Stop::Failed`] with the difference, [`Stop::Error`] when there is no accepted snapshot.
pub fn check(world: &World, name: &str, requirement: &str, message: &[u8]) -> Outcome {
    let suite = &world.run().suite;
    let snapshot = format!("{}/{name}", world.id.snapshot_folder());
    let accepted = suite.read(&format!("{snapshot}.snap.hl7"));
    let same = match suite.folder().filter(|_| world.run().proposes_snapshots) {
        Some(folder) => matches(&folder.join(world.id.snapshot_folder()), name, message, &world.id.to_string()),
        None => accepted.as_ref().is_ok_and(|accepted| *accepted == message),
    };
    let place = shown(&suite.path(&snapshot));
    match (same, accepted) {
        (true, Ok(_)) => Ok(()),
        (_, Ok(accepted)) => {
            let difference = hl7::diff(accepted, message);
            let data = json!({ "expected": STANDARD.encode(accepted), "seen": STANDARD.encode(message) });
            world.journal.fact(Peer::Harness, DIFFERS, name, data);
            failed(requirement, format!("the bytes of the snapshot {place}"), difference)
        }
        (_, Err(_)) => Err(Stop::Error(format!(
            "there is no accepted snapshot {place}.snap; review the new one field by field, then `cargo insta review`"
        ))),
    }
}

/// Asks insta, which panics where the bytes differ.
fn matches(folder: &Path, name: &str, message: &[u8], scenario: &str) -> bool {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(scenario);
    let file = format!("{name}.hl7");
    catch_unwind(AssertUnwindSafe(|| settings.bind(|| insta::assert_binary_snapshot!(&file, message.to_vec())))).is_ok()
}
