//! JUnit XML, as Jenkins' `junit-10.xsd` has it: a test case a finding, errors as failures, the rest as passed with what
//! was found as their output.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::{Finding, Report, Severity, escape};

/// The report as one test suite; a report without findings is one passed test.
pub fn junit(report: &Report) -> String {
    let mut suite = TestSuite::new("promptuary check");
    if report.findings().is_empty() {
        suite.add_test_case(TestCase::new(super::summary(report), TestCaseStatus::success()));
    }
    for finding in report.findings() {
        suite.add_test_case(case(report, finding));
    }
    let mut whole = quick_junit::Report::new("promptuary");
    whole.add_test_suite(suite);
    let written = whole.to_string().expect("names and texts were escaped for XML");
    // The schema that Jenkins publishes knows this attribute on `testsuite` only.
    written.replacen(" skipped=\"0\"", "", 1)
}

fn case(report: &Report, finding: &Finding) -> TestCase {
    let path = escape::xml(&super::path(report, &finding.at)).into_owned();
    let start = finding.at.start();
    let told = format!(
        "{path}:{}:{}: {}[{}]: {}",
        start.line,
        start.column,
        finding.severity,
        finding.rule,
        escape::xml(&super::message_with_help(finding))
    );
    let status = if finding.severity == Severity::Error {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type(finding.rule).set_message(escape::xml(&finding.message)).set_description(&told);
        status
    } else {
        TestCaseStatus::success()
    };
    let passed = matches!(status, TestCaseStatus::Success { .. });
    let mut case = TestCase::new(format!("{} {}:{}", finding.rule, start.line, start.column), status);
    case.set_classname(&path);
    if passed {
        case.set_system_out(&told);
    }
    case
}
