//! What is written about experiments is complete, and those of this project are good.

use std::path::Path;

use runner::experiment::Experiment;

use crate::cases::GOOD;

#[test]
fn the_description_of_the_vocabulary_knows_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/VOCABULARY.md");
    let description = std::fs::read_to_string(path).expect("readable");
    let tables = [
        ("name = \"spoiled\"", "name = \"spoiled\"\nno_such_key = 1"),
        ("seed = 1", "seed = 1\nno_such_key = 1"),
        ("backlog = 128", "no_such_key = 1"),
        ("backlog = 128", "crash.no_such_key = 1"),
        ("to = \"server:80\"", "active_open.no_such_key = 1"),
        ("delay = \"50ms\"", "no_such_key = 1"),
        ("delay = \"50ms\"", "delay.no_such_key = 1"),
        ("delay = \"50ms\"", "loss.no_such_key = 1"),
        ("delay = \"50ms\"", "loss.state.no_such_key = 1"),
        ("delay = \"50ms\"", "loss.gemodel.no_such_key = 1"),
        ("delay = \"50ms\"", "reorder.no_such_key = 1"),
        ("delay = \"50ms\"", "rate.no_such_key = 1"),
        ("delay = \"50ms\"", "slot.no_such_key = 1"),
        ("delay = \"50ms\"", "queue.no_such_key = 1"),
        ("from = \"client:5555\"", "no_such_key = 1"),
        ("bytes = 10", "no_such_key = 1"),
        ("close = { after", "close = { no_such_key = 1, after"),
        ("\"5/s\" }", "\"5/s\" }\nno_such_key = 1"),
        ("seed = 1", "seed = 1\nstop = { no_such_key = 1 }"),
        ("[load.main]", "[compare]\nno_such_key = 1\n[load.main]"),
        ("id = \"old-syn\"", "no_such_key = 1"),
        ("link = \"c2s\"", "no_such_key = 1"),
        ("[[fault]]", "[[inject]]\nno_such_key = 1\n[[fault]]"),
        (
            "[[fault]]",
            "[[fault]]\nid = \"c\"\ncorrupt.no_such_key = 1\n[[fault]]",
        ),
        ("plus = \"1s\"", "no_such_key = 1"),
        ("policy = \"three-way\"", "no_such_key = 1"),
        ("ladder = [\"text\"]", "no_such_key = 1"),
    ];
    for (good, bad) in tables {
        let text = GOOD.replacen(good, bad, 1);
        let rejection = Experiment::parse("bad.toml", &text, &[]).expect_err(bad);
        let help = &rejection.diagnostics[0].help;
        let (_, keys) = help.split_once("known keys here: ").expect(bad);
        for key in keys.split(", ") {
            let is_known = description
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
                .any(|word| word == key);
            assert!(is_known, "`{key}` is not described (found by {bad})");
        }
    }
}

#[test]
fn the_scenarios_of_this_project_are_good() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let entries = std::fs::read_dir(folder).expect("the folder exists");
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.expect("readable").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let experiment = Experiment::read(&path, &[])
                .unwrap_or_else(|rejection| panic!("{}", rejection.render(false)));
            let stem = path.file_stem().expect("a file name");
            assert_eq!(
                stem,
                experiment.plan.name.as_str(),
                "name and file name differ"
            );
            assert_eq!(experiment.notes, []);
            assert!(
                experiment.plan.title.en != experiment.plan.title.zh,
                "{stem:?} lacks zh"
            );
            names.push(experiment.plan.name);
        }
    }
    assert!(names.len() >= 6, "only {names:?}");
}
