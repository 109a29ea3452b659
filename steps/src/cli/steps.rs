//! `iris-conformance steps`

use super::Exit;
use crate::vocabulary;

pub(super) fn execute() -> anyhow::Result<Exit> {
    for step in vocabulary::all() {
        println!("{:<5} {}", step.keyword, step.expression);
        if !step.about.is_empty() {
            println!("        {}", step.about);
        }
    }
    Ok(Exit::Passed)
}
