//! What people read fits a terminal of eighty columns, in both languages.

use std::path::Path;

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::language::Language;
use runner::overrides::Override;
use runner::paint::{WIDTH, columns};
use runner::report;

/// Scenarios with ladders, floods, comparisons and expectations of all kinds.
const SCENARIOS: [&str; 14] = [
    "b09-flash-crowd",
    "f01-four-way",
    "f03-three-segment-close",
    "h06-refused",
    "h08-flags-tour",
    "o03-silent-death-keepalive",
    "p01-paired-noisy-link",
    "s01-stale-syn-client-closed",
    "s04c-stale-syn-time-wait-ack-loop",
    "s12-many-stale-syns",
    "s13-simultaneous-open-and-old-dup",
    "stale-syn-random",
    "t02-time-wait-reuse",
    "t06-tw-off-old-data",
];

/// Long names, large numbers, times to the nanosecond, a check, a comparison.
const EVERYTHING: &str = r#"schema = 1
name = "everything"
title = { en = "A title that is too long for a single line of a terminal with eighty columns, and then some", zh = "一个很长的标题，长得在一行八十列的终端里放不下，因此必须折成两行，否则就会超出屏幕的右边缘" }
[run]
seed = 5
until = "30s"
replications = 3
stop = { relative_half_width = 0.05, min = 2 }
policies = ["cookies-on-overflow", "three-way", "two-way-memory", "syn-cache"]
[host.server]
profile = "linux-6"
backlog = 15
syn_queue_prune = false
[load.legit]
arrivals = { poisson = "5/s" }
transfer = { bytes = 3000 }
[load.attack]
arrivals = { poisson = "0.5/s" }
syn_flood = { spoofed = true, responds = "never" }
[link.c2s]
delay = "50123us"
loss = "5%"
[link.s2c]
delay = "50ms"
loss = "5%"
[compare]
metrics = ["goodput", "segments_sent", "backlog_drop_probability.legit_all", "embryonic.client_open.bytes_area", "orphan_established.mean", "connect_failure_probability"]
[check]
analytic = ["little"]
"#;

const SWEEP: &str = "[sweep]\n\"host.server.backlog\" = [15, 23]\n\
                     \"load.legit.arrivals.poisson\" = [\"5/s\", \"2/s\"]\n";

fn assert_fits(experiment: &Experiment) {
    let campaign = Campaign::sweep(&experiment.points, None, &|| ()).expect("it runs");
    let name = &experiment.plan.name;
    let mut pages = vec![
        report::failures(experiment, &campaign, false),
        runner::check::summary(experiment),
    ];
    for language in Language::ALL {
        pages.push(report::human(experiment, &campaign, language, false));
    }
    for page in pages {
        // Only a name that is too long for a line is wider, such as that of a file.
        let is_name = |word: &str| columns(word) > WIDTH - 20;
        for line in page.lines().filter(|line| !line.split(' ').any(is_name)) {
            assert!(
                columns(line) <= WIDTH,
                "{name}: {} columns: {line}",
                columns(line)
            );
        }
    }
}

#[test]
fn reports_of_scenarios_fit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let changes = [Override::set("run.replications=3")];
    for name in SCENARIOS {
        let path = folder.join(format!("{name}.toml"));
        match Experiment::read_for_regression(&path, &changes) {
            Ok(experiment) => assert_fits(&experiment),
            Err(rejection) => panic!("{}", rejection.render(false)),
        }
    }
}

#[test]
fn reports_with_every_table_fit() {
    for text in [EVERYTHING.to_owned(), format!("{EVERYTHING}{SWEEP}")] {
        match Experiment::parse("everything.toml", &text, &[]) {
            Ok(experiment) => assert_fits(&experiment),
            Err(rejection) => panic!("{}", rejection.render(false)),
        }
    }
}
