//! Exams of every evaluation type and their discrete lines.

use crate::support::{context, order, profile, segments};
use results::{BuildError, EvaluationType, Eye, Finding, Grading, Order};

/// The reference order for these evaluation types.
pub fn order_for(evaluations: &[EvaluationType]) -> Order {
    Order { evaluations: evaluations.to_vec(), ..order() }
}

/// A gradable eye with these findings: diagnosis and result, or a suspected condition and an empty text.
pub fn gradable(findings: &[(&str, &str)]) -> Eye {
    let finding = |(finding, result): &(&str, &str)| Finding {
        finding: (*finding).into(),
        result: (!result.is_empty()).then(|| (*result).into()),
        level: None,
    };
    Eye::Gradable(findings.iter().map(finding).collect())
}

pub fn ungradable() -> Eye {
    Eye::Ungradable { reason: None }
}

pub fn excluded() -> Eye {
    Eye::Excluded { reason: None }
}

/// The segments of the discrete block of the ORU.
pub fn block(order: &Order, grading: &Grading, options: &str) -> Result<Vec<String>, BuildError> {
    let message = results::oru(order, grading, &profile(options), &context())?;
    let segments = segments(&message);
    let block: Vec<_> = segments.iter().filter(|segment| segment.contains("|ST|")).cloned().collect();
    // ORU-SEG-01: nothing stands between OBR and the block, nor inside it.
    assert!(segments[5..].starts_with(&block), "{segments:?}");
    Ok(block)
}

/// The discrete block as `identifier value flag`, the flag left out when empty.
pub fn lines(order: &Order, grading: &Grading, options: &str) -> Vec<String> {
    let short = |segment: &String| {
        let fields: Vec<_> = segment.split('|').collect();
        let identifier = fields[3].split('^').next().unwrap_or_default();
        format!("{identifier} {} {}", fields[5], fields[8]).trim_end().to_owned()
    };
    block(order, grading, options).unwrap().iter().map(short).collect()
}
