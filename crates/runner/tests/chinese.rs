//! Results told in Chinese: no sentence and no heading is left in English, and columns stay columns.

use std::collections::BTreeSet;

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::language::Language;
use runner::paint::{WIDTH, columns};
use runner::plan::{Metric, Model};
use runner::report;

const FLOOD: &str = r#"schema = 1
name = "flood"
[run]
seed = 1
until = "378s"
warmup = "189s"
replications = 3
policies = ["three-way", "cookies-on-overflow"]
[host.server]
profile = "linux-6"
backlog = 15
syn_queue_prune = false
[load.legit]
arrivals = { poisson = "2/s" }
[load.attack]
arrivals = { poisson = "0.5/s" }
syn_flood = { spoofed = true, responds = "never" }
[link.c2s]
delay = "50ms"
[link.s2c]
delay = "50ms"
[compare]
metrics = ["segments_sent", "connect_time.q50", "app_spurious_accepts", "goodput"]
[check]
analytic = ["erlang-b", "little"]
"#;

const SWEEP: &str = "[sweep]\n\"host.server.backlog\" = [15, 23]\n\
                     \"host.server.syn_queue_prune\" = [true, false]\n";

/// The words of Latin letters in a text.
fn words(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphabetic();
    let words = text.split(|letter| !is_part(letter));
    let long = words.filter(|word| word.len() > 1);
    long.map(str::to_owned).collect()
}

/// What is called the same in every language.
fn names(text: &str) -> BTreeSet<String> {
    let mut names = words(text);
    names.extend(Metric::all().flat_map(|metric| words(&metric.to_string())));
    names.extend(words(&Model::ALL.map(Model::name).join(" ")));
    names.extend(
        [
            "SYN",
            "ACK",
            "RST",
            "Holm",
            "ESTABLISHED",
            "RECEIVED",
            "TIME",
            "WAIT",
            // The name of a file.
            "comparison",
            "csv",
        ]
        .map(str::to_owned),
    );
    names
}

fn told(text: &str, language: Language) -> String {
    let experiment = Experiment::parse("flood.toml", text, &[])
        .unwrap_or_else(|rejection| panic!("{}", rejection.render(false)));
    let campaign = Campaign::sweep(&experiment.points, None, &|| ()).expect("it runs");
    report::human(&experiment, &campaign, language, false)
}

#[test]
fn nothing_is_left_in_english() {
    for text in [FLOOD.to_owned(), format!("{FLOOD}{SWEEP}")] {
        let page = told(&text, Language::Zh);
        // Ladders have tests of their own.
        let tables = page.lines().filter(|line| !line.contains(['│', '─']));
        let tables = tables.collect::<Vec<_>>().join("\n");
        let foreign: Vec<String> = words(&tables).difference(&names(&text)).cloned().collect();
        assert_eq!(foreign, Vec::<String>::new(), "{tables}");
        for part in ["理论与仿真的对照", "区间的半宽", "未检验"] {
            assert!(tables.contains(part), "{part}: {tables}");
        }
        // The same in English has words that are no names, so that the test can fail.
        let english = words(&told(&text, Language::En));
        assert!(english.difference(&names(&text)).count() > 20);
    }
}

#[test]
fn columns_of_numbers_end_where_their_headings_end() {
    let page = told(&format!("{FLOOD}{SWEEP}"), Language::Zh);
    let lines: Vec<&str> = page.lines().collect();
    let head = lines.iter().position(|line| line.starts_with("backlog  "));
    let head = head.expect("a table of the sweep");
    assert!(
        lines[head - 1].ends_with("segments_sent (个报文段)"),
        "{page}"
    );
    for line in &lines[head + 1..head + 5] {
        assert_eq!(columns(line), columns(lines[head]), "{page}");
    }
    let tables = lines.iter().take_while(|line| !line.contains("理论"));
    let widest = tables.map(|line| columns(line)).max();
    assert!(widest <= Some(WIDTH), "{page}");
    // Every line of a table with headings in Chinese is as wide as its heading.
    let page = told(FLOOD, Language::Zh);
    let mut lines = page.lines();
    let head = lines.find(|line| line.ends_with("  p (Holm)"));
    let width = columns(head.unwrap_or_else(|| panic!("{page}")));
    let row = lines.find(|line| line.starts_with("  cookies-on-overflow  "));
    assert_eq!(
        columns(row.unwrap_or_else(|| panic!("{page}"))),
        width,
        "{page}"
    );
}
