//! JUnit XML: a broken requirement is a failure, a broken harness is an error, a warning is a success that says so.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite, XmlString};

use super::{Attempt, Probe, RunReport, Verdict, failure, probes};

/// The report as XML; one test suite a feature, one test case a scenario, requirement ids as properties.
///
/// # Errors
/// Texts that cannot be XML.
pub fn write(run: &RunReport) -> anyhow::Result<String> {
    let mut report = Report::new("iris-conformance");
    let mut suites: Vec<TestSuite> = Vec::new();
    for scenario in &run.scenarios {
        let mut status = match scenario.verdict() {
            Verdict::Passed | Verdict::Warning => TestCaseStatus::success(),
            Verdict::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Verdict::Blocked | Verdict::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
            Verdict::Skipped => TestCaseStatus::skipped(),
        };
        let described = failure::describe(scenario, &run.catalogue);
        if let Some(stop) = scenario.stop.as_ref().filter(|_| scenario.excuse.is_none()) {
            status.set_message(stop.summary()).set_type(scenario.verdict().word());
            status.set_description(described.as_str());
        }
        status.add_reruns(scenario.earlier.iter().map(rerun));
        let mut case = TestCase::new(scenario.id.title.as_str(), status);
        case.set_classname(scenario.id.feature.as_str()).set_time(scenario.duration);
        for id in &scenario.requirements {
            case.add_property(Property::new("requirement", id.as_str()));
        }
        if let Some(excuse) = &scenario.excuse {
            case.add_property(Property::new("warning", excuse.as_str()));
            case.system_out = Some(XmlString::new(described));
        }
        for Probe { requirement, seen } in &scenario.probes {
            case.add_property(Property::new("probe", format!("{requirement}: {}", probes::text(seen))));
        }
        if suites.last().is_none_or(|suite| suite.name.as_str() != scenario.id.feature) {
            suites.push(suite(run, &scenario.id.feature));
        }
        if let Some(suite) = suites.last_mut() {
            suite.add_test_case(case);
        }
    }
    report.add_test_suites(suites);
    report.set_time(run.duration);
    Ok(report.to_string()?)
}

/// An attempt that did not count: `flakyFailure` in a scenario that passed later, `rerunFailure` in one that did not.
fn rerun(attempt: &Attempt) -> TestRerun {
    let kind = if attempt.verdict == Verdict::Failed { NonSuccessKind::Failure } else { NonSuccessKind::Error };
    let mut rerun = TestRerun::new(kind);
    rerun.set_message(attempt.because.as_str()).set_type(attempt.verdict.word());
    rerun
}

/// TOP-120: under which contract the scenarios of a feature ran.
fn suite(run: &RunReport, feature: &str) -> TestSuite {
    let mut suite = TestSuite::new(feature);
    suite.add_property(Property::new("contract", run.contract.as_str()));
    suite.add_property(Property::new("profile", run.profile.as_str()));
    suite.add_property(Property::new("seed", run.seed.to_string()));
    if let Some(shards) = &run.shards {
        suite.add_property(Property::new("shard", shards.to_string()));
    }
    suite.add_property(Property::new("placeholder_for", run.placeholder_for.join(" ")));
    for off in &run.not_binding {
        suite.add_property(Property::new("not_binding", format!("{}: {}", off.id, off.because)));
    }
    suite
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ScenarioReport;
    use crate::report::tests::{failing, flaky, run_of};
    use crate::world::Stop;

    #[test]
    fn earlier_attempts_are_flaky_failures_or_reruns() {
        let lost = ScenarioReport { earlier: flaky("b").earlier, ..failing("b", "3") };
        let xml = write(&run_of(vec![flaky("a"), lost])).unwrap();
        assert!(xml.contains("tests=\"2\" skipped=\"0\" failures=\"1\" errors=\"0\""), "{xml}");
        assert!(xml.contains("<flakyFailure message=\"two\" type=\"failed\">"), "{xml}");
        assert!(xml.contains("<rerunFailure message=\"two\" type=\"failed\">"), "{xml}");
    }

    #[test]
    fn a_warning_is_a_success_that_names_what_was_not_kept() {
        let requirement = "ACK-006".to_owned();
        let stop = Some(Stop::Failed { requirement, expected: "one".to_owned(), seen: "two".to_owned() });
        let excuse = Some("ACK-006: a SHOULD".to_owned());
        let warned = ScenarioReport { stop, excuse, ..ScenarioReport::default() };
        let run = RunReport { scenarios: vec![warned], selected: 1, ..RunReport::default() };
        let xml = write(&run).unwrap();
        assert!(xml.contains("skipped=\"0\" failures=\"0\" errors=\"0\""), "{xml}");
        assert!(xml.contains("name=\"warning\" value=\"ACK-006: a SHOULD\""), "{xml}");
        assert!(xml.contains("<system-out>") && xml.contains("seen      two"), "{xml}");
        assert!(run.summary().starts_with("1 scenarios: 0 passed, 1 warning, 0 failed;"), "{}", run.summary());
    }
}
