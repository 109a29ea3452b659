//! `iris-conformance lint`

use super::Exit;
use crate::suite::features::Features;
use crate::suite::requirements::Catalogue;
use crate::suite::{Suite, lint};

pub(super) fn execute(suite: &Suite) -> anyhow::Result<Exit> {
    let features = Features::load(&suite.features())?;
    let catalogue = Catalogue::load(&suite.requirements())?;
    let findings = lint::check(suite, &features, &catalogue)?;
    for finding in &findings {
        println!("{finding}");
    }
    println!("{} scenarios, {} findings", features.scenarios().count(), findings.len());
    Ok(if findings.is_empty() { Exit::Passed } else { Exit::Failed })
}
