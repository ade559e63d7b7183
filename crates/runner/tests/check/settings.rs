//! The table of the settings of hosts says what the profiles are.

use std::collections::BTreeMap;
use std::path::Path;

use runner::experiment::Experiment;
use runner::plan::Host;

/// What stands in a cell for a setting that the profile makes in another form.
const OTHER_FORM: &str = "–";

/// A setting and its value under each profile, as the table has them.
struct Setting {
    key: String,
    values: Vec<(String, String)>,
}

fn description() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/VOCABULARY.md");
    std::fs::read_to_string(path).expect("readable")
}

/// The part of the description below a heading.
fn section<'t>(text: &'t str, heading: &str) -> &'t str {
    let start = text.find(heading).expect(heading);
    let below = &text[start + heading.len()..];
    &below[..below.find("\n#").unwrap_or(below.len())]
}

fn cells(row: &str) -> Vec<&str> {
    let inner = row.trim().trim_matches('|');
    inner
        .split(" | ")
        .map(|cell| cell.trim().trim_matches('`'))
        .collect()
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(cells)
}

fn settings(text: &str) -> Vec<Setting> {
    let table = section(text, "### Settings");
    let header = table.lines().find(|line| line.contains("| takes |"));
    let header = cells(header.expect("a header"));
    let setting = |row: Vec<&str>| {
        let pairs = header.iter().zip(&row).skip(2).take(header.len() - 3);
        Setting {
            key: row[0].to_owned(),
            values: pairs
                .map(|(profile, value)| ((*profile).to_owned(), (*value).to_owned()))
                .collect(),
        }
    };
    rows(table).map(setting).collect()
}

/// The host `server` with these lines in its table.
fn server(lines: &str) -> Host {
    let text = format!(
        "schema = 1\nname = \"x\"\nrun = {{ seed = 1, until = \"1s\" }}\n\
         link = {{ c2s = {{}}, s2c = {{}} }}\nconnection = [{{ from = \"client:5555\" }}]\n\
         [host.server]\n{lines}"
    );
    match Experiment::parse("x.toml", &text, &[]) {
        Ok(experiment) => {
            let hosts = experiment.plan.hosts;
            let found = hosts.into_iter().find(|host| host.name == "server");
            found.expect("it always exists")
        }
        Err(rejection) => panic!("{lines}\n{}", rejection.render(false)),
    }
}

#[test]
fn what_the_table_says_of_a_profile_changes_nothing_in_it() {
    let text = description();
    let settings = settings(&text);
    assert!(settings.len() > 50, "only {}", settings.len());
    let mut plain = BTreeMap::new();
    for Setting { key, values } in &settings {
        for (profile, value) in values.iter().filter(|(_, value)| value != OTHER_FORM) {
            let head = format!("profile = \"{profile}\"\n");
            let untouched = plain
                .entry(profile.clone())
                .or_insert_with(|| server(&head));
            let set = server(&format!("{head}{key} = {value}\n"));
            assert_eq!(set.config, untouched.config, "{profile}: {key} = {value}");
            assert_eq!(set.listen, untouched.listen, "{profile}: {key} = {value}");
        }
    }
    assert_eq!(plain.len(), 4);
}

#[test]
fn a_profile_has_one_of_two_forms() {
    let text = description();
    let settings = settings(&text);
    let find = |key: &str| {
        let found = settings.iter().find(|setting| setting.key == key);
        found.expect(key)
    };
    let pairs = [
        ("r2_syn", "syn_retries"),
        ("r2_synack", "synack_retries"),
        ("r2", "retries2"),
        ("r2_orphan", "orphan_retries"),
    ];
    for (time, count) in pairs {
        let both = find(time).values.iter().zip(&find(count).values);
        for ((profile, time), (_, count)) in both {
            let given = [time, count].into_iter().filter(|it| *it != OTHER_FORM);
            assert_eq!(given.count(), 1, "{profile}: {time} and {count}");
        }
    }
    let has_two_forms = |key: &str| {
        pairs
            .iter()
            .any(|(one, other)| key == *one || key == *other)
    };
    for Setting { key, values } in settings.iter().filter(|it| !has_two_forms(&it.key)) {
        assert!(values.iter().all(|(_, value)| value != OTHER_FORM), "{key}");
    }
}

#[test]
fn every_key_of_a_host_stands_in_one_of_its_tables() {
    let text = description();
    let settings = settings(&text);
    let others: Vec<&str> = rows(section(&text, "## `[host.NAME]`"))
        .map(|row| row[0])
        .collect();
    let bad = "schema = 1\nname = \"x\"\nrun = { seed = 1, until = \"1s\" }\n\
               host.server.no_such_key = 1\n";
    let rejection = Experiment::parse("x.toml", bad, &[]).expect_err("no such key");
    let help = &rejection.diagnostics[0].help;
    let (_, keys) = help.split_once("known keys here: ").expect("keys");
    for key in keys.split(", ") {
        let is_setting = settings.iter().any(|setting| setting.key == key);
        let places = usize::from(is_setting) + others.iter().filter(|it| **it == key).count();
        assert_eq!(places, 1, "{key}");
    }
}
