//! The check of messages that others made.

mod examples;
mod lines;
mod mutations;
mod robustness;

use results::check::{Agreements, Problem};
use results::order_profile::OrderProfile;
use results::profile::Profile;

/// An example message.
fn example(file: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/check/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn check(message: &[u8], profile: Option<&Profile>, orders: Option<&OrderProfile>) -> Vec<Problem> {
    results::check::check(message, &Agreements { results: profile, orders }).expect("it begins with MSH")
}

/// Requirement, path and option of each problem.
fn shown(problems: &[Problem]) -> Vec<(String, String, String)> {
    let shown = |problem: &Problem| {
        (problem.requirement.clone(), problem.path.clone(), problem.option.unwrap_or_default().to_owned())
    };
    problems.iter().map(shown).collect()
}
