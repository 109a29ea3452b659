//! JUnit XML: one test suite a file, one test case a message.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Checked, human};
use crate::suite::requirements::Catalogue;

pub(super) fn write(all: &[Checked], catalogue: &Catalogue) -> anyhow::Result<String> {
    let mut report = Report::new("iris-conformance check");
    for of_file in all.chunk_by(|one, next| one.file == next.file) {
        let mut suite = TestSuite::new(of_file[0].file.as_str());
        for checked in of_file {
            let status = match &checked.problems[..] {
                [] => TestCaseStatus::success(),
                problems => {
                    let ids: Vec<_> = problems.iter().map(|p| format!("{} {}", p.requirement, p.path)).collect();
                    let texts: Vec<_> = problems.iter().map(|p| human::describe(checked, p, catalogue)).collect();
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    let plain = anstream::adapter::strip_str(&texts.join("\n\n")).to_string();
                    status.set_message(ids.join(", ")).set_type("problems").set_description(plain);
                    status
                }
            };
            let name = format!("message {} {} {}", checked.number, checked.kind, checked.control_id);
            let mut case = TestCase::new(name, status);
            case.set_classname(checked.file.as_str());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?)
}
