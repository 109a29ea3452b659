//! The acceptance report: a PDF that a customer signs.

mod flow;
mod sections;

use anyhow::anyhow;
use jiff::tz::TimeZone;
use krilla::metadata::{DateTime, Metadata};
use results::paper;

use super::{RunReport, Verdict};
use flow::Flow;

/// What the cover says besides the run.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    /// Title, if it is to be another one.
    pub title: Option<String>,
    /// For whom the proxy was tested.
    pub customer: Option<String>,
    /// Where it was tested.
    pub site: Option<String>,
}

const TITLE: &str = "IRIS EMR Proxy acceptance report";

/// The report: cover, scope, environment, what did not pass with its evidence, the requirements, and room for signatures. Equal runs
/// give equal bytes.
///
/// # Errors
/// Texts that the PDF library cannot set.
pub fn write(run: &RunReport, cover: &Cover) -> anyhow::Result<Vec<u8>> {
    let title = cover.title.as_deref().unwrap_or(TITLE);
    let mut flow = Flow::default();
    sections::cover(&mut flow, run, cover, title);
    sections::scope(&mut flow, run);
    sections::environment(&mut flow, run);
    sections::failures(&mut flow, run);
    sections::requirements(&mut flow, run);
    sections::signatures(&mut flow);
    let foot = format!("{title} \u{b7} {}", run.contract);
    let sheets = flow.finish(&foot);
    paper::pdf(metadata(run, title), "en-US", &sheets).map_err(|error| anyhow!("the acceptance report: {error}"))
}

fn metadata(run: &RunReport, title: &str) -> Metadata {
    let metadata = Metadata::new()
        .title(title.to_owned())
        .description(run.summary())
        .creator(run.program.clone())
        .language("en-US".to_owned())
        .document_id(format!("{:?} {} {}", run.digests, run.contract, run.seed));
    let Some(began) = run.began.map(|at| at.to_zoned(TimeZone::UTC)) else { return metadata };
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    let date = DateTime::new(u16::try_from(began.year()).unwrap_or_default())
        .month(part(began.month()))
        .day(part(began.day()))
        .hour(part(began.hour()))
        .minute(part(began.minute()))
        .second(part(began.second()))
        .utc_offset_hour(0);
    metadata.creation_date(date)
}

/// The run in one phrase, and whether it is good.
fn outcome(run: &RunReport) -> (&'static str, bool) {
    let whole = run.shards.is_none() && run.scenarios.len() == run.selected && !run.scenarios.is_empty();
    let unfit = run.count(Verdict::Blocked) + run.count(Verdict::Error);
    match (run.count(Verdict::Failed), run.count(Verdict::Warning)) {
        (0, _) if run.count(Verdict::Skipped) == run.scenarios.len() => ("Nothing was tested", false),
        (0, _) if unfit > 0 || !whole => ("The test is not complete", false),
        (0, 0) => ("All requirements that were tested are met", true),
        (0, _) => ("All binding requirements that were tested are met", true),
        _ => ("Requirements are broken", false),
    }
}

#[cfg(test)]
mod tests;
