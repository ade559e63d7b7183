//! How two summaries differ: metrics and verdicts by name.

use crate::results::stored_summary::{NONE, StoredMetric, StoredPoint, StoredSummary};

/// Most numbers of a point that are shown; what moves everything moves hundreds.
const MOST: usize = 8;

/// What differs between two texts of `summary.json`; nothing if it cannot be said.
pub(super) fn changes(old: &[u8], new: &[u8]) -> Vec<String> {
    let (Some(old), Some(new)) = (StoredSummary::parse(old), StoredSummary::parse(new)) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if old.seed != new.seed {
        lines.push(format!("seed {} -> {}", old.seed, new.seed));
    }
    let is_same = |one: &StoredPoint, other: &StoredPoint| {
        one.policy == other.policy && one.parameters == other.parameters
    };
    for point in &new.points {
        match old.points.iter().find(|old| is_same(old, point)) {
            Some(old) => lines.extend(changes_of_point(old, point)),
            None => lines.push(format!("{}: not recorded", point.name())),
        }
    }
    for point in &old.points {
        if !new.points.iter().any(|new| is_same(new, point)) {
            lines.push(format!("{}: recorded, but no longer run", point.name()));
        }
    }
    lines
}

/// What holds now and did not, then the numbers. What does not hold any more is told apart from
/// this, like everything that does not hold.
fn changes_of_point(old: &StoredPoint, new: &StoredPoint) -> Vec<String> {
    let name = new.name();
    let mut lines = Vec::new();
    if old.replications != new.replications {
        let (old, new) = (old.replications, new.replications);
        lines.push(format!("{name}: replications {old} -> {new}"));
    }
    for verdict in &new.expectations {
        let before = old.expectations.iter().find(|it| it.what == verdict.what);
        if verdict.held && before.is_some_and(|before| !before.held) {
            lines.push(format!("{name}: {}: not held -> held", verdict.what));
        }
    }
    let keys = old.metrics.keys().chain(new.metrics.keys());
    let mut keys: Vec<&String> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    let numbers = keys.into_iter().filter_map(|key| {
        let change = change_of(old.metrics.get(key), new.metrics.get(key))?;
        Some(format!("{name}: {key} {change}"))
    });
    let mut numbers: Vec<String> = numbers.collect();
    let more = numbers.len().saturating_sub(MOST);
    numbers.truncate(MOST);
    lines.append(&mut numbers);
    if more > 0 {
        lines.push(format!("{name}: ... and {more} more metrics"));
    }
    lines
}

/// How a metric's numbers differ: the mean, or, if it does not, the first other one.
fn change_of(old: Option<&StoredMetric>, new: Option<&StoredMetric>) -> Option<String> {
    let unit = new.or(old).map_or("", |metric| &metric.unit);
    match (old, new) {
        (Some(old), Some(new)) => {
            let mut pairs = old.numbers().into_iter().zip(new.numbers());
            let ((name, before), (_, now)) = pairs.find(|((_, old), (_, new))| old != new)?;
            let name = if name == "mean" {
                String::new()
            } else {
                format!("{name} ")
            };
            Some(format!("{name}{before} -> {now} {unit}"))
        }
        (old, new) => {
            let mean = |metric: Option<&StoredMetric>| {
                metric.map_or(NONE.to_owned(), |metric| metric.mean().to_owned())
            };
            Some(format!("{} -> {} {unit}", mean(old), mean(new)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(metrics: &str, held: bool) -> String {
        format!(
            r#"{{"scenario":"x","seed":1,"replications_at_most":2,"digest":"","zero_everywhere":[],
            "points":[{{"parameters":{{"a.b":"1%"}},"policy":"two-way","replications":2,"metrics":{{{metrics}}},
            "expectations":[{{"what":"rst_sent: 2","held":{held},"observed":"3"}}]}}]}}"#
        )
    }

    fn metric(name: &str, mean: &str, max: u32) -> String {
        format!(r#""{name}":{{"mean":{mean},"min":0,"max":{max},"unit":"s"}}"#)
    }

    #[test]
    fn metrics_and_verdicts_are_named_and_no_digit_is_lost() {
        let exact = ["9007199254740993.000000001", "9007199254740993.000000002"];
        let old = [
            metric("a", exact[0], 5),
            metric("b", "1", 5),
            metric("c", "1", 5),
        ];
        let new = [metric("a", exact[1], 5), metric("b", "1", 6)];
        let lines = changes(
            summary(&old.join(","), false).as_bytes(),
            summary(&new.join(","), true).as_bytes(),
        );
        let first = format!("a.b = 1%, two-way: a {} -> {} s", exact[0], exact[1]);
        assert_eq!(
            lines,
            [
                "a.b = 1%, two-way: rst_sent: 2: not held -> held",
                first.as_str(),
                "a.b = 1%, two-way: b max 5 -> 6 s",
                "a.b = 1%, two-way: c 1 -> none s",
            ]
        );
    }

    #[test]
    fn a_change_of_everything_is_told_in_a_few_lines() {
        let all = |mean: &str| {
            let each: Vec<String> = (0..99)
                .map(|index| metric(&format!("m{index}"), mean, 9))
                .collect();
            summary(&each.join(","), true)
        };
        let lines = changes(all("1").as_bytes(), all("2").as_bytes());
        assert_eq!(lines.len(), MOST + 1);
        assert!(lines[MOST].ends_with("... and 91 more metrics"));
    }
}
