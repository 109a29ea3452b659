//! JUnit XML: a broken requirement is a failure, a broken harness is an error.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::{RunReport, Verdict, failure};
use crate::suite::requirements::Catalogue;

/// The report as XML; one test suite a feature, one test case a scenario, requirement ids as properties.
///
/// # Errors
/// Texts that cannot be XML.
pub fn write(run: &RunReport, catalogue: &Catalogue) -> anyhow::Result<String> {
    let mut report = Report::new("iris-conformance");
    let mut suites: Vec<TestSuite> = Vec::new();
    for scenario in &run.scenarios {
        let mut status = match scenario.verdict() {
            Verdict::Passed => TestCaseStatus::success(),
            Verdict::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Verdict::Blocked | Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        if let Some(stop) = &scenario.stop {
            status.set_message(stop.summary()).set_type(scenario.verdict().word());
            status.set_description(failure::describe(scenario, catalogue));
        }
        let mut case = TestCase::new(scenario.id.title.as_str(), status);
        case.set_classname(scenario.id.feature.as_str()).set_time(scenario.duration);
        for id in &scenario.requirements {
            case.add_property(Property::new("requirement", id.as_str()));
        }
        if suites.last().is_none_or(|suite| suite.name.as_str() != scenario.id.feature) {
            suites.push(TestSuite::new(scenario.id.feature.as_str()));
        }
        if let Some(suite) = suites.last_mut() {
            suite.add_test_case(case);
        }
    }
    report.add_test_suites(suites);
    report.set_time(run.duration);
    Ok(report.to_string()?)
}
