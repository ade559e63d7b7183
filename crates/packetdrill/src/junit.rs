//! Results as `JUnit` XML, which continuous-integration services read.

use crate::outcome::{Outcome, Verdict};
use crate::suite::Suite;

impl Suite {
    /// The results as a `JUnit` document. Times are virtual seconds.
    pub fn junit(&self) -> String {
        let count = |label: &str| {
            self.outcomes
                .iter()
                .filter(|outcome| outcome.label() == label)
                .count()
        };
        let head = format!(
            "<testsuite name=\"packetdrill\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            self.outcomes.len(),
            count("FAIL"),
            count("ERROR"),
            count("SKIP")
        );
        let cases: String = self.outcomes.iter().map(case).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>{head}\n{cases}</testsuite></testsuites>\n"
        )
    }
}

fn case(outcome: &Outcome) -> String {
    let (directory, file) = outcome.name.rsplit_once('/').unwrap_or(("", &outcome.name));
    let body = match &outcome.verdict {
        Verdict::Pass => String::new(),
        Verdict::Skip(reason) => format!("<skipped message=\"{}\"/>", escape(reason)),
        Verdict::Broken(error) => element("error", &error.message, &error.to_string()),
        Verdict::Fail(failure) => {
            let text = format!("{failure}\n{}", outcome.ladder.join("\n"));
            element("failure", &failure.message, &text)
        }
    };
    let (directory, file, seconds) = (escape(directory), escape(file), outcome.seconds());
    format!(
        "<testcase classname=\"{directory}\" name=\"{file}\" time=\"{seconds}\">{body}</testcase>\n"
    )
}

fn element(name: &str, message: &str, text: &str) -> String {
    format!(
        "<{name} message=\"{}\">{}</{name}>",
        escape(message),
        escape(text)
    )
}

/// Text for an attribute or an element. XML 1.0 cannot express most control characters at all.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push('\t'),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Failure;
    use crate::source::Position;

    #[test]
    fn results_keep_their_text_and_the_document_stays_well_formed() {
        let outcome = |name: &str, verdict: Verdict| Outcome {
            name: name.into(),
            verdict,
            elapsed: 1_500_000_000,
            ladder: vec!["> S".into()],
        };
        let failure = Failure {
            position: Position { line: 3, column: 1 },
            line_text: "+0 > S".into(),
            message: "a < b & \"c\"\u{1}".into(),
        };
        let suite = Suite {
            outcomes: vec![
                outcome("a/one.pkt", Verdict::Pass),
                outcome("two.pkt", Verdict::Fail(failure)),
                outcome("three.pkt", Verdict::Skip("udp packets".into())),
            ],
        };
        let xml = suite.junit();
        assert!(
            xml.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""),
            "{xml}"
        );
        assert!(
            xml.contains("<testcase classname=\"a\" name=\"one.pkt\" time=\"1.500\"></testcase>"),
            "{xml}"
        );
        assert!(
            xml.contains("message=\"a &lt; b &amp; &quot;c&quot;\u{fffd}\""),
            "{xml}"
        );
        assert_eq!(suite.closing(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(suite.exit_code(), 1);
    }
}
