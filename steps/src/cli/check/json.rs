//! For programs. The object and its fields:
//!
//! - `version`: 1; it grows when a field changes its meaning
//! - `messages`: `file`, `message` (its number in the file, from 1), `offset` (in the file), `bytes`, `type` (MSH-9), `control_id`
//!   (MSH-10), `problems`
//! - a problem: `requirement`, `level`, `basis` and `text` (of the catalogue), `path`, `start` and `end` (offsets in the message),
//!   `expected`, `seen`, `option` (of a profile that allows it)
//! - `summary`: `messages`, `problems`

use serde_json::{Value, json};

use super::Checked;
use crate::suite::requirements::Catalogue;

pub(super) fn value(all: &[Checked], catalogue: &Catalogue) -> Value {
    let messages = all.iter().map(|checked| {
        let problems = checked.problems.iter().map(|problem| {
            let requirement = catalogue.get(&problem.requirement);
            json!({
                "requirement": problem.requirement,
                "level": requirement.map(|requirement| format!("{:?}", requirement.level).to_uppercase()),
                "basis": requirement.map(|requirement| format!("{:?}", requirement.basis).to_lowercase()),
                "text": requirement.map(|requirement| &requirement.text),
                "path": problem.path,
                "start": problem.range.start,
                "end": problem.range.end,
                "expected": problem.expected,
                "seen": problem.seen,
                "option": problem.option,
            })
        });
        json!({
            "file": checked.file,
            "message": checked.number,
            "offset": checked.offset,
            "bytes": checked.content.len(),
            "type": checked.kind,
            "control_id": checked.control_id,
            "problems": problems.collect::<Vec<_>>(),
        })
    });
    let problems: usize = all.iter().map(|checked| checked.problems.len()).sum();
    json!({
        "version": 1,
        "messages": messages.collect::<Vec<_>>(),
        "summary": { "messages": all.len(), "problems": problems },
    })
}
