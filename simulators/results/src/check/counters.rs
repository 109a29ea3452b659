//! The numbers of segments and lines (04-oru, section 11.2).

use super::Scope;
use super::options;
use super::report::{Problem, seen};
use super::structure::Part;
use super::view::Place;
use crate::profile::PdfSetId;

/// OBX-1, OBX-4 and NTE-1 (ORU-CNT). After a jump the count goes on from the number that is there.
pub(super) fn check(scope: &mut Scope<'_, '_>, parts: &[Part<'_, '_>]) {
    let (mut set_id, mut line) = (0_usize, 0_usize);
    for part in parts {
        let number = |place: &Place<'_>| std::str::from_utf8(place.raw()).ok().and_then(|text| text.parse().ok());
        let first = part.segment.field(1);
        if part.segment.name == "OBX" {
            let repeat = part.kind == "pdf" && scope.options.profile.pdf_set_id == PdfSetId::Repeat;
            let expected = if repeat { set_id } else { set_id + 1 };
            if first.raw() != expected.to_string().as_bytes() {
                let id = if part.kind == "pdf" { "ORU-CNT-05" } else { "ORU-CNT-01" };
                let repeats = part.kind == "pdf" && !repeat && first.raw() == set_id.to_string().as_bytes();
                let option = options::named("pdf_set_id: repeat").filter(|_| repeats);
                scope.report.add(Problem::new(id, &first, format!("`{expected}`")).allowed_by(option));
            }
            set_id = number(&first).filter(|n| *n < usize::MAX).unwrap_or(expected);
        }
        let sub_id = part.segment.field(4);
        match (part.kind, part.segment.name) {
            ("narrative", "OBX") => {
                let expected = format!("{:03}", line + 1);
                if sub_id.raw() != expected.as_bytes() {
                    scope.report.add(Problem::new("ORU-CNT-03", &sub_id, format!("`{expected}`")));
                }
                line = number(&sub_id).filter(|n| *n < usize::MAX).unwrap_or(line + 1);
            }
            ("narrative", _) => {
                if first.raw() != (line + 1).to_string().as_bytes() {
                    scope.report.add(Problem::new("ORU-NTE-1", &first, format!("`{}`", line + 1)));
                }
                line = number(&first).filter(|n| *n < usize::MAX).unwrap_or(line + 1);
            }
            ("discrete" | "link", _) if sub_id.raw() != first.raw() => {
                let expected = format!("{}, as in {}", seen(first.raw()), first.path);
                scope.report.add(Problem::new("ORU-CNT-04", &sub_id, expected));
            }
            _ => {}
        }
    }
    let diagnoses = parts.iter().filter(|part| part.kind == "DG1").zip(1..);
    for (part, n) in diagnoses {
        let first = part.segment.field(1);
        if first.raw() != n.to_string().as_bytes() {
            scope.report.add(Problem::new("ORU-DG1-1", &first, format!("`{n}`")));
        }
    }
}
