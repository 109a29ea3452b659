use super::content::Content;
use super::sections::{Limits, Page};
use crate::paper::Sheet;

/// How far the type may shrink before texts are cut.
const SCALES: [f32; 4] = [1.0, 0.9, 0.8, 0.7];

/// Fewer rows of comments than this are not worth cutting only the comments.
const FEW_ROWS: usize = 4;

/// So much that what is cut in the end is the comments.
const GENEROUS: Limits = Limits { value: 8, text: 30, diagnoses: 20 };
/// All texts of these sizes leave room for a few rows of comments at the smallest scale.
const STRICT: Limits = Limits { value: 2, text: 3, diagnoses: 3 };

/// The report at the largest scale at which everything fits on the page. If there is none, the smallest with cut comments; and if
/// they are not what takes the room, with every long text cut.
pub(super) fn fitted(content: &Content) -> Sheet {
    let mut smallest = None;
    for scale in SCALES {
        let page = Page::new(content, scale, GENEROUS);
        if !page.sheet.cut {
            return page.sheet;
        }
        smallest = Some(page);
    }
    match smallest {
        Some(page) if !page.cut_before_comments && page.rows_of_comments >= FEW_ROWS => page.sheet,
        _ => Page::new(content, SCALES[SCALES.len() - 1], STRICT).sheet,
    }
}

#[cfg(test)]
mod tests {
    use super::super::content::{Cell, Row, Severity};
    use super::*;
    use crate::grading::Plan;

    /// Six diagnoses are the most that an evaluation asks for.
    #[test]
    fn the_strict_limits_leave_room_for_comments_whatever_the_texts() {
        let long = "Absurdly long text ".repeat(200);
        let fields = || vec![("Label", long.clone()); 7];
        let cell = || Cell { text: long.clone(), marked: true };
        let row = |diagnosis| Row { label: "Long name of a diagnosis".into(), diagnosis, right: cell(), left: cell() };
        let content = Content {
            placer: long.clone(),
            filler: "1".into(),
            mrn: long.clone(),
            grader: long.clone(),
            patient: fields(),
            order: fields(),
            severity: Severity::Critical,
            plan: Plan { name: long.clone(), text: long.clone() },
            findings: [false, true, true, true, true, true, true, false].map(row).into(),
            diagnoses: vec![("E11.3411".into(), long.clone()); 12],
            comments: long.clone(),
            signature: long.clone(),
            disclaimer: long.clone(),
        };
        let page = Page::new(&content, SCALES[SCALES.len() - 1], STRICT);
        assert!(page.rows_of_comments >= 2, "{}", page.rows_of_comments);
    }
}
