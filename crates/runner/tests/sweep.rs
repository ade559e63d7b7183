//! Sweeps, stopping rules and comparisons from end to end: what they run, what they write, and that
//! neither threads nor luck have a say in it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::plan::{Metric, MetricKey, Period};

/// Two hosts, a link that loses a tenth of everything, and a few clients.
const LOSSY: &str = r#"schema = 1
name = "lossy"
[run]
seed = 3
until = "20s"
replications = 12
policies = ["three-way", "two-way", "cookies"]
[link.c2s]
delay = "50ms"
loss.random = "10%"
[link.s2c]
delay = "50ms"
loss.random = "10%"
[load.main]
arrivals = { poisson = "2/s" }
stop = "10s"
transfer = { bytes = 100 }
"#;

const SWEEP: &str = "[sweep]\n\"link.c2s.loss.random\" = [\"0%\", \"30%\"]\n\
                     \"load.main.transfer.bytes\" = [100, 200, 300]\n\
                     [compare]\nmetrics = [\"connect_time.max\", \"synack_sent\"]\n";

fn parse(text: &str) -> Experiment {
    Experiment::parse("x.toml", text, &[])
        .unwrap_or_else(|rejection| panic!("{}", rejection.render(false)))
}

fn run(experiment: &Experiment) -> Campaign {
    Campaign::sweep(&experiment.points, None, &|| ()).expect("it has an outcome")
}

fn key(name: &str) -> MetricKey {
    MetricKey {
        period: Period::WholeRun,
        metric: Metric::from_name(name).expect(name),
    }
}

/// Runs the program on a text in a folder of its own.
fn program(folder: &Path, text: &str, arguments: &[&str]) -> Output {
    let file = folder.join("x.toml");
    fs::write(&file, text).expect("writable");
    Command::new(env!("CARGO_BIN_EXE_runner"))
        .args(["run", "--color", "never"])
        .args(arguments)
        .arg(file)
        .output()
        .expect("the program starts")
}

fn rows(text: &str) -> Vec<Vec<String>> {
    let split = |line: &str| line.split(',').map(str::to_owned).collect();
    text.lines().map(split).collect()
}

#[test]
fn a_grid_is_the_product_of_its_lists_and_the_last_varies_fastest() {
    let experiment = parse(&format!("{LOSSY}{SWEEP}"));
    let values: Vec<Vec<&str>> = experiment
        .points
        .iter()
        .map(|point| point.settings.iter().map(|it| it.value.as_str()).collect())
        .collect();
    let expected = [
        ["0%", "100"],
        ["0%", "200"],
        ["0%", "300"],
        ["30%", "100"],
        ["30%", "200"],
        ["30%", "300"],
    ];
    assert_eq!(values, expected);
    assert!(experiment.points[0].plan.links[0].config.loss.is_some());
    let campaign = run(&experiment);
    assert_eq!(campaign.points.len(), 6 * 3);
    assert_eq!(campaign.sites().count(), 6);
}

#[test]
fn a_point_of_a_sweep_is_the_run_of_a_file_that_says_the_same() {
    let swept = run(&parse(&format!("{LOSSY}{SWEEP}")));
    let text = LOSSY
        .replacen("\"10%\"", "\"30%\"", 1)
        .replace("bytes = 100", "bytes = 200");
    let alone = run(&parse(&text));
    for (policy, one) in alone.points.iter().enumerate() {
        let other = &swept.points[4 * 3 + policy];
        assert_eq!(one.policy, other.policy);
        for name in ["connect_time.max", "segments_sent", "open.area"] {
            let (one, other) = (
                one.replications.values(key(name)),
                other.replications.values(key(name)),
            );
            assert!(one.eq(other), "{name}");
        }
    }
}

/// Of the points of a grid each gets the expectations that are about it, and a place that no
/// point has is a mistake.
#[test]
fn an_expectation_may_be_about_some_points_only() {
    let text = |value: u32, smaller: &str| {
        format!(
            "{LOSSY}{SWEEP}[[expect]]\nwhole_run = {{ segments_sent = \">= 1\" }}\n\
             [[expect]]\nat = {{ \"link.c2s.loss.random\" = \"30%\" }}\n\
             whole_run = {{ synack_sent = \">= 1\" }}\n\
             [[expect]]\npolicy = \"two-way\"\nat = {{ \"load.main.transfer.bytes\" = {value}, \
             \"link.c2s.loss.random\" = \"0%\" }}\nwhole_run = {{ rst_sent = 0 }}\n{smaller}"
        )
    };
    let counts = |experiment: &Experiment| -> Vec<usize> {
        let points = experiment.points.iter();
        points.map(|it| it.plan.expectations.len()).collect()
    };
    // Three policies, one expectation each; at 30% two; the last is about one of them.
    assert_eq!(counts(&parse(&text(200, ""))), [3, 4, 3, 6, 6, 6]);
    let nowhere = Experiment::parse("x.toml", &text(400, ""), &[]).expect_err("nobody is there");
    assert!(
        nowhere
            .render(false)
            .contains("no point of the sweep has these values"),
        "{}",
        nowhere.render(false)
    );
    // A smaller version may leave out the points of some expectations.
    let smaller = "[regress.sweep]\n\"load.main.transfer.bytes\" = [100]\n";
    assert_eq!(counts(&parse(&text(200, smaller))).len(), 6);
}

#[test]
fn values_that_belong_together_are_points() {
    let sweep = "[sweep]\npoints = [\n\
                 { \"link.c2s.delay\" = \"1ms\", \"link.s2c.delay\" = \"2ms\" },\n\
                 { \"link.s2c.delay\" = \"4ms\", \"link.c2s.delay\" = \"3ms\" },\n]\n";
    let experiment = parse(&format!("{LOSSY}{sweep}"));
    let delay = |point: usize, link: usize| {
        let config = &experiment.points[point].plan.links[link].config;
        config.delay.as_ref().expect("a delay").time.as_millis()
    };
    assert_eq!(experiment.points.len(), 2);
    assert_eq!(
        [delay(0, 0), delay(0, 1), delay(1, 0), delay(1, 1)],
        [1, 2, 3, 4]
    );
}

#[test]
fn a_smaller_version_is_laid_over_the_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.toml");
    let regress = "[regress]\nrun.replications = 2\n\
                   sweep.\"link.c2s.loss.random\" = [\"5%\"]\n";
    fs::write(&file, format!("{LOSSY}{SWEEP}{regress}")).expect("writable");
    let whole = Experiment::read(&file, &[]).expect("it is good");
    let small = Experiment::read_for_regression(&file, &[]).expect("it is good");
    assert_eq!((whole.points.len(), whole.plan.run.replications), (6, 12));
    assert_eq!((small.points.len(), small.plan.run.replications), (3, 2));
    assert_eq!(small.points[2].settings[0].value, "5%");
}

#[test]
fn a_stopping_rule_takes_the_first_number_that_is_enough() {
    let stop = |replications: u32, width: f64| {
        let rule = format!(
            "replications = {replications}\nstop = {{ min = 5, relative_half_width = {width}, \
             metrics = [\"connect_time.max\", \"synack_sent\"] }}"
        );
        run(&parse(&LOSSY.replace("replications = 12", &rule)))
    };
    let whole = run(&parse(
        &LOSSY.replace("replications = 12", "replications = 150"),
    ));
    for width in [0.3, 0.2] {
        let stopped = stop(150, width);
        let count = stopped.points[0].replications.len();
        assert!((5..150).contains(&count), "{count}");
        // The same replications as without the rule, and each of one number fewer fails it.
        for (one, all) in stopped.points.iter().zip(&whole.points) {
            assert_eq!(one.replications.len(), count);
            let kept = one.replications.values(key("synack_sent"));
            assert!(
                kept.eq(all
                    .replications
                    .values(key("synack_sent"))
                    .take(count as usize))
            );
        }
        assert_eq!(first_enough(&whole, width), Some(count));
    }
    let exhausted = stop(6, 0.000_001);
    assert_eq!(exhausted.points[0].replications.len(), 6);
}

/// The first n of at least five whose intervals are narrow enough, straight from the definition.
fn first_enough(whole: &Campaign, width: f64) -> Option<u32> {
    use runner::statistics::{Moments, student};
    (5..=150).find(|count| {
        ["connect_time.max", "synack_sent"].iter().all(|name| {
            whole.points.iter().all(|point| {
                let values = point.replications.values(key(name)).take(*count as usize);
                let moments = Moments::of(values.flatten());
                let half = student::half_width(&moments, 0.95).expect("several");
                #[expect(clippy::cast_precision_loss, reason = "a share is enough")]
                let mean = moments.mean().expect("several") as f64;
                half <= width * mean.abs()
            })
        })
    })
}

#[test]
fn threads_change_no_byte_of_what_is_written() {
    let stop = "replications = 60\nstop = { min = 5, relative_half_width = 0.2 }";
    let text = format!("{LOSSY}{SWEEP}").replace("replications = 12", stop);
    let folders = [
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    ];
    let names = [
        "manifest.json",
        "summary.json",
        "replications.csv",
        "points.csv",
        "comparison.csv",
    ];
    let read = |folder: &Path| {
        let path = folder.join("results/lossy");
        names.map(|name| fs::read(path.join(name)).expect(name))
    };
    let printed = [("1", &folders[0]), ("3", &folders[1])].map(|(jobs, folder)| {
        let output = program(folder.path(), &text, &["--jobs", jobs]);
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{messages}");
        assert!(messages.contains("speed-up"), "{messages}");
        output.stdout
    });
    assert_eq!(printed[0], printed[1]);
    assert_eq!(read(folders[0].path()), read(folders[1].path()));
}

#[test]
fn tables_for_other_programs_have_a_row_for_each_observation() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("{LOSSY}{SWEEP}");
    let output = program(folder.path(), &text, &[]);
    assert!(output.status.success());
    let page = String::from_utf8(output.stdout).expect("UTF-8");
    let widest = page.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{page}");
    let table = |name: &str| {
        let path = folder.path().join("results/lossy").join(name);
        rows(&fs::read_to_string(path).expect(name))
    };
    let replications = table("replications.csv");
    assert_eq!(replications.len(), 1 + 6 * 3 * 12);
    let settings = ["link.c2s.loss.random", "load.main.transfer.bytes"];
    let number = "link.c2s.loss.random [share]";
    let first = [settings[0], number, settings[1], "policy"];
    assert_eq!(replications[0][..4], first);
    // What is written, and what it comes to.
    assert_eq!(replications[1][..2], ["0%", "0"]);
    let points = table("points.csv");
    let statistics = [
        "policy",
        "metric",
        "unit",
        "replications",
        "n",
        "mean",
        "confidence",
        "half_width",
        "low",
        "high",
        "method",
        "min",
        "max",
        "nonzero",
    ];
    assert_eq!(points[0][..3], ["point", settings[0], number]);
    assert_eq!(points[0][4..], statistics);
    let numbers: Vec<&str> = points[1..].iter().map(|row| row[0].as_str()).collect();
    assert!(numbers.is_sorted() && numbers[0] == "1" && numbers.last() == Some(&"6"));
    assert_eq!(points.len(), 1 + 6 * 3 * (replications[0].len() - 5));
    let comparison = table("comparison.csv");
    assert_eq!(comparison.len(), 1 + 6 * 2 * 3);
    for (row, cells) in comparison.iter().enumerate() {
        assert_eq!(cells.len(), comparison[0].len(), "row {row}");
    }
}

#[test]
fn common_weather_makes_policies_alike() {
    let text = LOSSY
        .replace("replications = 12", "replications = 40")
        .replace(
            "[\"three-way\", \"two-way\", \"cookies\"]",
            "[\"three-way\", \"two-way\"]",
        );
    let folder = tempfile::tempdir().expect("a folder");
    let compare = "[compare]\nmetrics = [\"connect_time.max\", \"synack_sent\"]\n";
    let output = program(folder.path(), &format!("{text}{compare}"), &[]);
    let page = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        page.contains("compared with three-way, run by run"),
        "{page}"
    );
    let path = folder.path().join("results/lossy/comparison.csv");
    let table = rows(&fs::read_to_string(path).expect("written"));
    let column = |name: &str| table[0].iter().position(|it| it == name).expect(name);
    let row = &table[2];
    assert_eq!(row[column("policy")], "two-way");
    // Only the retransmissions of SYN,ACKs, which a two-way server never makes, are not shared.
    let number = |name: &str| row[column(name)].parse::<f64>().expect("a number");
    assert!(number("correlation") > 0.5, "{row:?}");
    assert!(number("variance_reduction") > 2.0, "{row:?}");
}
