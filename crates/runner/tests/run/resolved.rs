//! The experiment that is recorded with every value spelled out.

use std::fs;

use super::{Home, text};

const RANDOM: &str = "scenarios/stale-syn-random.toml";
const FILE: &str = "experiment.resolved.toml";
const SHORT: [&str; 4] = ["--set", "run.until=6s", "--set", "load.main.stop=4s"];

impl Home {
    fn record(&self, arguments: &[&str], out: &str) {
        let output = self.run(&[arguments, &["--quiet", "--out", out]].concat());
        let told = text(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{told}");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

#[test]
fn it_is_the_same_however_the_experiment_was_run() {
    let home = Home::new();
    let options = ["--seed", "7", "--replications", "3", "--jobs", "1"];
    home.record(&[&[RANDOM], &SHORT[..], &options].concat(), "options");
    let keys = [
        "--set",
        "run.seed=7",
        "--set",
        "run.replications=3",
        "--jobs",
        "2",
    ];
    home.record(&[&[RANDOM], &SHORT[..], &keys].concat(), "keys");
    for shard in ["0/2", "1/2"] {
        let part = [&[RANDOM], &SHORT[..], &options, &["--shard", shard]].concat();
        home.record(&part, "parts");
    }
    let merged = home.runner(&["merge", "parts", "--quiet"]);
    assert!(matches!(merged.status.code(), Some(0 | 1)));
    let resolved = |out: &str| home.read(&format!("{out}/stale-syn-random/{FILE}"));
    let page = resolved("options");
    assert_eq!(resolved("keys"), page);
    assert_eq!(resolved("parts"), page);
    let find = |start: &str| {
        let found = page.lines().find(|line| line.starts_with(start));
        let words = found.expect(start).split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(find("seed"), "seed = 7 # command line");
    assert_eq!(find("replications"), "replications = 3 # command line");
    assert!(find("policies").contains("# line "), "{page}");
    let place = home.path("").display().to_string();
    assert!(!page.contains(place.trim_end_matches('/')), "{page}");

    let explained = home.runner(&[
        "explain",
        RANDOM,
        "--seed",
        "7",
        "--replications",
        "3",
        "--set",
        "run.until=6s",
        "--set",
        "load.main.stop=4s",
    ]);
    assert_eq!(text(&explained.stdout), page);
}

#[test]
fn run_itself_it_gives_the_same_numbers() {
    let home = Home::new();
    fs::write(home.path("scenarios/times.txt"), "1s\n2s\n").expect("writable");
    let traced = "schema = 1\nname = \"traced\"\nrun = { seed = 1, until = \"9s\" }\n\
                  link = { c2s = {}, s2c = {} }\nload.web.arrivals.trace = \"times.txt\"\n";
    fs::write(home.path("scenarios/traced.toml"), traced).expect("writable");
    let random = [&[RANDOM], &SHORT[..], &["--replications", "3"]].concat();
    let small = ["scenarios/p02-stale-syn-losses.toml", "--replications", "2"];
    let cases: [(&[&str], &str); 4] = [
        (
            &["scenarios/s03-stale-syn-rst-lost.toml"],
            "s03-stale-syn-rst-lost",
        ),
        (&["scenarios/traced.toml"], "traced"),
        (&random, "stale-syn-random"),
        (&small, "p02-stale-syn-losses"),
    ];
    for (arguments, name) in cases {
        home.record(arguments, "first");
        home.record(&[&format!("first/{name}/{FILE}")], "second");
        let [first, second] =
            ["first", "second"].map(|out| home.read(&format!("{out}/{name}/summary.json")));
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn changed_by_hand_it_is_noticed_and_a_comment_in_the_experiment_is_no_change() {
    let home = Home::new();
    let scenario = "scenarios/s03-stale-syn-rst-lost.toml";
    let folder = "results/s03-stale-syn-rst-lost";
    let regress = || {
        let output = home.runner(&["regress", scenario]);
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(home.run(&[scenario, "--quiet"]).status.code(), Some(0));
    assert_eq!(regress().0, Some(0));
    let file = home.path(&format!("{folder}/{FILE}"));
    let recorded = fs::read_to_string(&file).expect("recorded");
    fs::write(&file, recorded.replace("# default", "# mine")).expect("writable");
    let (code, told) = regress();
    assert_eq!(code, Some(1));
    assert!(
        told.contains(&format!("{folder}/{FILE}: changed by hand")),
        "{told}"
    );
    fs::write(&file, &recorded).expect("writable");

    let text = home.read(scenario);
    fs::write(home.path(scenario), format!("# A remark.\n{text}")).expect("writable");
    let (code, told) = regress();
    assert_eq!(code, Some(1));
    assert!(
        told.contains("only the text of the experiment has changed"),
        "{told}"
    );

    let slower = text.replacen("[link.c2s]\n", "[link.c2s]\nlimit = 7\n", 1);
    assert_ne!(slower, text, "the scenario has no such table");
    fs::write(home.path(scenario), slower).expect("writable");
    let (code, told) = regress();
    assert_eq!(code, Some(1));
    assert!(told.contains(&format!("{FILE}: link.c2s.limit")), "{told}");
}
