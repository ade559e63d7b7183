//! Results as `JUnit` XML, which continuous-integration services read.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Case, Fate};
use crate::cli::exit;

/// Name of the report and of its only suite.
const NAME: &str = "runner regress";

/// All cases as a document. A scenario whose file is wrong is an error, every other failure a
/// failure.
pub(super) fn document(cases: &[Case]) -> String {
    let mut suite = TestSuite::new(NAME);
    suite.add_test_cases(cases.iter().map(test_case));
    suite.set_time(cases.iter().map(|case| case.took).sum::<Duration>());
    let mut report = Report::new(NAME);
    report.add_test_suite(suite);
    // Only a broken writer can fail, and a String is none.
    report.to_string().unwrap_or_default()
}

fn test_case(case: &Case) -> TestCase {
    let status = match &case.fate {
        Fate::Passed | Fate::Blessed => TestCaseStatus::success(),
        Fate::Failed(why, code) => {
            let kind = if *code == exit::FAILED {
                NonSuccessKind::Failure
            } else {
                NonSuccessKind::Error
            };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(why.lines().next().unwrap_or_default());
            status.set_description(why.as_str());
            status
        }
    };
    let mut test_case = TestCase::new(case.name.as_str(), status);
    test_case.set_classname("scenarios").set_time(case.took);
    test_case
}
