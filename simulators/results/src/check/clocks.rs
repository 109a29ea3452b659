//! Images are captured, then graded, then the message is made (DFT-TIME-006); and the status of the result.

use super::Scope;
use super::facts::Input;
use super::options;
use super::report::{Problem, seen};
use crate::mapping::{Instant, Text};

/// The result status is the same everywhere; `C` needs the customer's agreement (ORU-STA-03).
pub(super) fn status(scope: &mut Scope<'_, '_>) {
    let option = "status: corrected_on_regrade";
    let found = scope.facts.get(Input::Text(Text::Status));
    if let Some(place) = found.filter(|place| place.value() == b"C" && !scope.options.has(option)) {
        let problem = Problem::new("ORU-STA-03", place, "`F`, as everywhere in the message");
        scope.report.add(problem.allowed_by(options::named(option)));
    }
}

pub(super) fn check(scope: &mut Scope<'_, '_>) {
    let charge = scope.rules.message == "DFT^P03";
    let (half_day, zone) = (if charge { "dft.clock: 12h" } else { "obs_clock: 12h" }, "obs_zone");
    if scope.options.has(half_day) {
        return;
    }
    let mut later = |first: Instant, then: Instant, what: &str, option: &str| {
        let (Some(first), Some(place)) = (scope.facts.instant(first), scope.facts.instant(then)) else { return };
        let digits = |value: &[u8]| value.len() == 14 && value.iter().all(u8::is_ascii_digit);
        if digits(first.value()) && digits(place.value()) && place.value() < first.value() {
            let expected = format!("not before {what}, {} in {}", seen(first.raw()), first.path);
            scope.report.add(Problem::new("DFT-TIME-006", place, expected).allowed_by(options::named(option)));
        }
    };
    later(Instant::Captured, Instant::Graded, "the images were captured", half_day);
    if charge || !scope.options.has(zone) {
        later(Instant::Graded, Instant::Now, "the grading", zone);
        later(Instant::Captured, Instant::Now, "the images were captured", zone);
    }
}
