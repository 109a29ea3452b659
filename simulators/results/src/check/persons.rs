//! The components of a person (ORU-XCN, DFT-XCN).

use super::Scope;
use super::facts;
use super::options;
use super::report::{Problem, seen};
use super::view::Segment;
use crate::mapping::{Field, Who};
use crate::profile::Credentials;

/// The components that hold the credentials.
pub(super) fn positions(scope: &Scope<'_, '_>) -> (usize, usize) {
    let charge = scope.rules.message == "DFT^P03";
    let profile = scope.options.profile;
    match if charge { profile.dft.xcn_credentials } else { profile.xcn_credentials } {
        Credentials::SixSeven => (6, 7),
        Credentials::FiveSix => (5, 6),
    }
}

/// Checks all components of a person.
pub(super) fn check(
    scope: &Scope<'_, '_>,
    segment: &Segment<'_>,
    line: &Field,
    field: usize,
    who: Who,
    problems: &mut Vec<Problem>,
) {
    let found = components(scope, segment, line, field, who, positions(scope));
    let shifted = if positions(scope) == (6, 7) { (5, 6) } else { (6, 7) };
    if found.is_empty() {
        return;
    }
    let dft = scope.rules.message == "DFT^P03";
    let option = options::named(if dft { "dft.xcn_credentials: 5,6" } else { "xcn_credentials: 5,6" });
    let explains = shifted == (5, 6) && components(scope, segment, line, field, who, shifted).is_empty();
    match found.into_iter().next() {
        Some(first) if explains => problems.push(first.allowed_by(option)),
        _ => problems.extend(components(scope, segment, line, field, who, positions(scope))),
    }
}

fn components(
    scope: &Scope<'_, '_>,
    segment: &Segment<'_>,
    line: &Field,
    field: usize,
    who: Who,
    (degrees, again): (usize, usize),
) -> Vec<Problem> {
    let prefix = scope.rules.person.as_deref().unwrap_or("ORU-XCN");
    let inputs = facts::of_person(who, scope.rules.message == "DFT^P03");
    let mut problems = Vec::new();
    let count = segment.field(field).components(&scope.view.delimiters).clamp(13, 100);
    for number in 1..=count {
        let place = segment.component(field, number);
        let input = match number {
            1..=3 => Some(inputs[number - 1]),
            _ if number == degrees || number == again => Some(inputs[3]),
            _ => None,
        };
        let fact = input.and_then(|input| scope.facts.get(input));
        let problem = match fact {
            Some(fact) if fact.value() != place.value() => {
                let expected = format!("{}, as in {}", seen(fact.raw()), fact.path);
                let id = if number == again { format!("{prefix}-7") } else { line.id.clone() };
                Some(Problem::new(&id, &place, expected))
            }
            Some(_) => None,
            None if input.is_some() => (number <= 3 && place.is_empty())
                .then(|| Problem::new(&format!("{prefix}-{number}"), &place, "a value")),
            None if number == 13 => {
                let agreed = scope.options.agreed.map(|profile| profile.provider_type.as_str());
                let agreed = if prefix == "DFT-XCN" { agreed.map(|_| "NPI") } else { agreed };
                let wrong = agreed.map_or(place.is_empty(), |agreed| agreed.as_bytes() != place.value());
                let expected = agreed.map_or("an identifier type".into(), |agreed| format!("`{agreed}`"));
                wrong.then(|| Problem::new(&format!("{prefix}-13"), &place, expected))
            }
            None => {
                let part = if number < 6 { 4 } else { 8 };
                (!place.is_empty()).then(|| Problem::new(&format!("{prefix}-{part}"), &place, "nothing"))
            }
        };
        problems.extend(problem);
    }
    problems
}
