//! The runner as a library: an experiment is read, run, asked for numbers, and made into files.

use std::error::Error;

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::metrics::decimal;
use runner::overrides::Override;
use runner::plan::{Metric, MetricKey, Period};
use runner::results;

/// A SYN that is held until its connection is over.
const TEXT: &str = r#"
schema = 1
name = "stale-syn"
run = { seed = 1, until = "100s", policies = ["two-way", "three-way"] }
link.c2s.delay = "50ms"
link.s2c.delay = "50ms"
host.client.time_wait = "0s"

[[connection]]
from = "client:5555"
close = { first = "client", after = "300ms" }

[[fault]]
id = "old-syn"
match = { link = "c2s", flags = "SYN", nth = 1 }
hold_until = { event = "client.state == CLOSED", plus = "200ms" }
"#;

fn main() -> Result<(), Box<dyn Error>> {
    for line in spurious_accepts(TEXT)? {
        println!("{line}");
    }
    Ok(())
}

/// What each policy hands to an application that no client wants, and which files a run records.
fn spurious_accepts(text: &str) -> Result<Vec<String>, Box<dyn Error>> {
    // What stands on the command line as `--set KEY=VALUE`; a rejected file says why and where.
    let changes = [Override::set("run.until=50s")];
    let experiment = Experiment::parse("stale-syn.toml", text, &changes)
        .map_err(|rejection| rejection.render(false))?;
    let campaign = Campaign::sweep(&experiment.points, None, &|| ())?;
    let metric = Metric::from_name("app_spurious_accepts").ok_or("no such metric")?;
    let key = MetricKey {
        period: Period::WholeRun,
        metric,
    };
    let mut lines = Vec::new();
    for point in &campaign.points {
        let summary = point.summary(key).ok_or("not measured")?;
        let (policy, mean) = (point.policy.name(), decimal(summary.mean()));
        lines.push(format!("{policy}: {mean} spurious accepts"));
    }
    let files = results::files(&experiment, &campaign)?;
    lines.push(files.into_keys().collect::<Vec<_>>().join(", "));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_way_is_deceived_and_three_way_is_not() {
        let lines = spurious_accepts(TEXT).expect("a good experiment");
        assert_eq!(
            lines[..2],
            [
                "two-way: 1 spurious accepts",
                "three-way: 0 spurious accepts"
            ]
        );
        assert!(lines[2].contains("summary.json"), "{}", lines[2]);
        let text = TEXT.replace("seed = 1, ", "");
        let error = spurious_accepts(&text).expect_err("no experiment");
        assert!(error.to_string().contains("missing key `seed`"), "{error}");
    }
}
