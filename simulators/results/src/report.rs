//! The report of a result as a PDF of one page (ORU-DOC-12).

mod content;
mod fit;
mod sections;
mod values;

use krilla::metadata::{DateTime, Metadata};

use crate::error::BuildError;
use crate::grading::Grading;
use crate::order::Order;
use crate::paper;
use crate::profile::Profile;
use content::Content;

/// The report as a PDF: one page of US letter size with patient, order, care plan, findings of both eyes, diagnoses, comments,
/// signature and disclaimer; order numbers and MRN also stand in the document's metadata (FILE-007). Long texts shrink the type and
/// are cut with a visible mark when even the smallest does not suffice. The text is tagged for screen readers, the glyphs are
/// embedded. Equal inputs give equal bytes (ORU-GEN-05).
pub fn report(order: &Order, grading: &Grading, profile: &Profile) -> Result<Vec<u8>, BuildError> {
    let content = Content::new(&order.effective(), grading, profile)?;
    let sheet = fit::fitted(&content);

    paper::pdf(metadata(&content, grading), LANGUAGE, std::slice::from_ref(&sheet)).map_err(|error| {
        BuildError::new("ORU-DOC-12", format!("no report can be made of this result: {error}; simplify its texts"))
    })
}

const LANGUAGE: &str = "en-US";

/// FILE-007: what ordinary PDF tools show. The instant is that of the grading, never the clock's (ORU-GEN-05).
fn metadata(content: &Content, grading: &Grading) -> Metadata {
    let graded = grading.graded.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    let date = DateTime::new(u16::try_from(graded.year()).unwrap_or_default())
        .month(part(graded.month()))
        .day(part(graded.day()))
        .hour(part(graded.hour()))
        .minute(part(graded.minute()))
        .second(part(graded.second()))
        .utc_offset_hour(0);
    let Content { placer, filler, mrn, grader, .. } = content;
    Metadata::new()
        .title(format!("IRIS retinal study report {filler}"))
        .description(format!("Order {placer}, MRN {mrn}"))
        .authors(vec![grader.clone()])
        .keywords(vec![format!("placer {placer}"), format!("filler {filler}"), format!("MRN {mrn}")])
        .creator("IRIS (simulated)".into())
        .language(LANGUAGE.into())
        .creation_date(date)
        .document_id(format!("IRIS {filler} {placer}"))
}
