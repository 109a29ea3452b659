//! `iris-conformance steps`

use super::{Exit, print};
use crate::vocabulary;

pub(super) fn execute() -> anyhow::Result<Exit> {
    let mut text = String::new();
    for step in vocabulary::all() {
        text += &format!("{:<5} {}\n", step.keyword, step.expression);
        if !step.about.is_empty() {
            text += &format!("        {}\n", step.about);
        }
    }
    print(&text)?;
    Ok(Exit::Passed)
}
