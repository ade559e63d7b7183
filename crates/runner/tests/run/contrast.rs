//! `runner compare`: numbers of two folders side by side.

use std::fs;

use runner::paint::columns;

use super::{Home, S03, text};

const RANDOM: &str = "scenarios/stale-syn-random.toml";

fn compare(home: &Home, first: &str, second: &str) -> (Option<i32>, String, String) {
    let output = home.runner(&["compare", first, second]);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn results_are_the_same_or_their_metrics_are_told() {
    let home = Home::new();
    for (out, changes) in [
        ("a", &[][..]),
        ("b", &[]),
        ("c", &["--set", "link.c2s.delay=60ms"]),
    ] {
        let output = home.run(&[&[S03, "--out", out], changes].concat());
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}",
            text(&output.stderr)
        );
    }
    let of = |out: &str| format!("{out}/s03-stale-syn-rst-lost");
    let (code, shown, _) = compare(&home, &of("a"), &of("b"));
    assert!(
        code == Some(0) && shown.ends_with("\nthe same\n"),
        "{shown}"
    );
    let (code, shown, _) = compare(&home, &of("a"), &of("c"));
    assert_eq!(code, Some(1), "{shown}");
    let cells = cells(&shown, "connect_time.max");
    assert_eq!(cells, ["connect_time.max", "1.1", "1.11", "0.01"]);
    let (code, _, told) = compare(&home, &of("a"), "scenarios");
    assert!(
        code == Some(2) && told.contains("scenarios is not empty and has no"),
        "{told}"
    );
    assert_eq!(compare(&home, &of("a"), "nowhere").0, Some(2));
}

#[test]
fn numbers_that_were_changed_by_hand_are_not_compared() {
    let home = Home::new();
    let short = ["--replications", "3", "--set", "run.until=3s", "--quiet"];
    for out in ["a", "b"] {
        let output = home.run(&[&[RANDOM, "--out", out], &short[..]].concat());
        assert!(matches!(output.status.code(), Some(0 | 1)));
    }
    let of = |out: &str| format!("{out}/stale-syn-random");
    assert_eq!(compare(&home, &of("a"), &of("b")).0, Some(0));
    for name in ["replications.csv", "summary.json"] {
        let path = home.path(&format!("b/stale-syn-random/{name}"));
        let recorded = fs::read_to_string(&path).expect("written");
        let last = recorded.rfind(|it: char| it.is_ascii_digit());
        let mut edited = recorded.clone();
        edited.insert(last.expect("it has numbers"), '1');
        fs::write(&path, edited).expect("writable");
        let (code, shown, told) = compare(&home, &of("a"), &of("b"));
        assert!(code == Some(2) && shown.is_empty(), "{shown}");
        let is_told = told.contains("by hand") && told.contains(name) && told.contains("--bless");
        assert!(is_told, "{told}");
        fs::write(&path, recorded).expect("writable");
    }
}

#[test]
fn of_several_runs_the_difference_has_an_interval() {
    let home = Home::new();
    let short = ["--replications", "6", "--set", "run.until=6s", "--quiet"];
    for (out, changes) in [
        ("a", &[][..]),
        ("paired", &["--set", "link.s2c.delay.time=60ms"]),
        ("welch", &["--seed", "8"]),
    ] {
        let output = home.run(&[&[RANDOM, "--out", out], &short[..], changes].concat());
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}",
            text(&output.stderr)
        );
    }
    let of = |out: &str| format!("{out}/stale-syn-random");
    for (other, how) in [("paired", "(paired t)"), ("welch", "(Welch)")] {
        let (code, shown, _) = compare(&home, &of("a"), &of(other));
        assert_eq!(code, Some(1));
        assert!(shown.contains(how), "{shown}");
        assert!(
            shown.contains("\nthree-way") && shown.contains("\ntwo-way"),
            "{shown}"
        );
        for line in shown.lines() {
            assert!(columns(line) <= 80, "{line}");
        }
        let p_values = p_values(&shown);
        assert!(p_values.len() > 10, "{shown}");
        assert!(p_values.is_sorted(), "{p_values:?}");
    }
}

/// A metric with its numbers, which stand beside or below its name.
fn cells(shown: &str, metric: &str) -> Vec<String> {
    let mut words = shown.lines().map(str::split_whitespace);
    let found = words.find(|line| line.clone().next() == Some(metric));
    let found = found.unwrap_or_else(|| panic!("no {metric} in {shown}"));
    let below = words.next().filter(|_| found.clone().count() == 1);
    let cells = found.chain(below.into_iter().flatten());
    cells.map(str::to_owned).collect()
}

/// The corrected p-values of the first table.
fn p_values(shown: &str) -> Vec<String> {
    let lines = shown.lines().skip_while(|line| !line.contains("p (Holm)"));
    let rows = lines.skip(1).take_while(|line| !line.is_empty());
    // A name may have a line of its own.
    let rows = rows.filter(|line| line.split_whitespace().count() > 1);
    let last = |line: &str| {
        let cells = line.trim_end_matches([' ', '*']).rsplit("  ");
        cells.into_iter().next().unwrap_or_default().to_owned()
    };
    let cells = rows.map(last).filter(|cell| cell != "-");
    cells.map(|cell| cell.replace("< ", "")).collect()
}

#[test]
fn runs_that_both_have_are_compared_where_one_has_more() {
    let home = Home::new();
    let short = ["--set", "run.until=6s", "--quiet"];
    let slow = ["--set", "link.s2c.delay.time=60ms"];
    for (out, runs, changes) in [
        ("many", "6", &[][..]),
        ("few", "4", &[]),
        ("slow", "4", &slow),
    ] {
        let few = [RANDOM, "--out", out, "--replications", runs];
        let output = home.run(&[&few[..], &short, changes].concat());
        assert!(matches!(output.status.code(), Some(0 | 1)));
    }
    let of = |out: &str| format!("{out}/stale-syn-random");
    let (code, shown, _) = compare(&home, &of("many"), &of("few"));
    assert_eq!(code, Some(0), "{shown}");
    for part in [
        "6 runs of each",
        "4 runs of each",
        "\nthe same in all runs that both have\n",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
    let (code, shown, _) = compare(&home, &of("many"), &of("slow"));
    assert_eq!(code, Some(1));
    assert!(
        shown.contains("paired t") && !shown.contains("Welch"),
        "{shown}"
    );
    // The difference is exact: it is the same in every run.
    let cells = cells(&shown, "connect_time.min");
    assert_eq!(cells[3..], ["0.02", "0", "4", "-"], "{cells:?}");
}

/// A load over links that lose nothing of themselves.
const LOAD: &str = "schema = 1\nname = \"load\"\nrun = { seed = 3, until = \"20s\" }\n\
                    link = { c2s = { delay = \"50ms\" }, s2c = { delay = \"50ms\" } }\n\
                    load.web = { arrivals = { constant = \"5/s\" }, transfer = { bytes = 100 } }\n";

#[test]
fn what_never_happened_is_0_and_what_was_not_measured_is_none() {
    let home = Home::new();
    fs::write(home.path("load.toml"), LOAD).expect("writable");
    let lossy = ["--set", "link.c2s.loss=20%"];
    let deaf = ["--set", "link.c2s.loss=100%"];
    let several = ["--replications", "3"];
    for (out, changes) in [
        ("one", &[][..]),
        ("one-lossy", &lossy),
        ("one-deaf", &deaf),
        ("three", &several),
        ("three-lossy", &[lossy, several].concat()),
    ] {
        let output = home.run(&[&["load.toml", "--quiet", "--out", out], changes].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let cells = |first: &str, second: &str, metric: &str| {
        let (first, second) = (format!("{first}/load"), format!("{second}/load"));
        let (_, shown, _) = compare(&home, &first, &second);
        cells(&shown, metric)
    };
    for (all, lossy) in [("one", "one-lossy"), ("three", "three-lossy")] {
        let found = cells(all, lossy, "client.RetransSegs");
        assert_eq!(
            (found[1].as_str(), &found[2]),
            ("0", &found[3]),
            "{found:?}"
        );
        let found = cells(lossy, all, "client.RetransSegs");
        assert_eq!((found[2].as_str(), &found[3][..1]), ("0", "-"), "{found:?}");
    }
    // No connection was established, so that none took any time.
    let found = cells("one", "one-deaf", "connect_time.max");
    assert_eq!(found[1..], ["0.1", "none", "none"]);
}

#[test]
fn another_list_of_metrics_is_no_other_result() {
    let home = Home::new();
    fs::write(home.path("load.toml"), LOAD).expect("writable");
    let named =
        "compare.metrics=[\"connect_failure_probability\", \"rst_sent\", \"embryonic.mean\"]";
    let sweep = "sweep={\"load.web.transfer.bytes\" = [100, 200]}";
    for (number, shape) in [
        &["--replications", "1"][..],
        &["--replications", "3"],
        &["--set", sweep],
        &["--set", sweep, "--replications", "2"],
    ]
    .iter()
    .enumerate()
    {
        let (plain, other) = (format!("plain{number}"), format!("other{number}"));
        for (out, changes) in [(&plain, &[][..]), (&other, &["--set", named])] {
            let run = ["load.toml", "--quiet", "--out", out];
            let output = home.run(&[&run, *shape, changes].concat());
            assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        }
        let (code, shown, _) = compare(&home, &format!("{plain}/load"), &format!("{other}/load"));
        assert!(
            code == Some(0) && shown.ends_with("\nthe same\n"),
            "{shown}"
        );
    }
}
