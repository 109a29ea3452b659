//! `iris-conformance lint`

use super::{Exit, print};
use crate::suite::features::Features;
use crate::suite::requirements::Catalogue;
use crate::suite::{Suite, lint};

pub(super) fn execute(suite: &Suite) -> anyhow::Result<Exit> {
    let features = Features::load(suite)?;
    let catalogue = Catalogue::load(suite)?;
    let findings = lint::check(suite, &features, &catalogue)?;
    let lines: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    print(&format!("{lines}{} scenarios, {} findings\n", features.scenarios().count(), findings.len()))?;
    Ok(if findings.is_empty() { Exit::Passed } else { Exit::Failed })
}
