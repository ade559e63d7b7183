//! Experiments that extend others.

use std::path::{Path, PathBuf};

use runner::experiment::Experiment;
use runner::overrides::Override;
use tempfile::TempDir;

use crate::cases::GOOD;

/// A folder with the good experiment as `base.toml`.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        folder.write("base.toml", GOOD);
        folder
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, text).expect("written");
        path
    }

    /// What is wrong with `heir.toml`, with the folder's own name left out.
    fn mistake(&self, text: &str) -> String {
        let path = self.write("heir.toml", text);
        let rejection = Experiment::read(&path, &[]).expect_err(text);
        let folder = self.0.path().display().to_string();
        rejection.render(false).replace(&folder, "FOLDER")
    }
}

fn read(path: &Path) -> Experiment {
    match Experiment::read(path, &[]) {
        Ok(experiment) => experiment,
        Err(rejection) => panic!("{}", rejection.render(false)),
    }
}

#[test]
fn an_experiment_is_the_one_that_it_extends_except_for_what_it_says() {
    let folder = Folder::new();
    folder.write(
        "child.toml",
        "extends = \"base.toml\"\nname = \"child\"\nrun.until = \"20s\"\n\
         [link.s2c]\nloss = \"1%\"\n[[fault]]\nid = \"old-syn\"\nhold_until.plus = \"2s\"\n\
         [[fault]]\nid = \"more\"\nmatch.flags = \"RST\"\ndrop = true\n",
    );
    let heir = folder.write(
        "below/heir.toml",
        "extends = \"../child.toml\"\nname = \"heir\"\nrun.seed = 5\nexpect = []\n",
    );
    let plan = read(&heir).plan;
    assert_eq!((plan.name.as_str(), plan.run.seed), ("heir", 5));
    assert_eq!(plan.run.until.as_secs(), 20);
    assert_eq!(plan.run.replications, 2);
    assert!(plan.links[1].config.loss.is_some() && plan.links[1].config.delay.is_some());
    let ids: Vec<&str> = plan.faults.iter().map(|fault| fault.id.as_str()).collect();
    assert_eq!(ids, ["old-syn", "more"]);
    assert!(plan.expectations.is_empty());
    let until = Override::set("run.until=30s");
    let plan = Experiment::read(&heir, &[until]).expect("good").plan;
    assert_eq!(plan.run.until.as_secs(), 30);
}

#[test]
fn files_that_are_named_lie_beside_the_file_that_names_them_and_all_count_for_the_digest() {
    let folder = Folder::new();
    let table = r#"delay = { time = "50ms", jitter = "5ms", distribution = { table = "t.dist" } }"#;
    folder.write(
        "elsewhere/base.toml",
        &GOOD.replace("delay = \"50ms\"", table),
    );
    let heir = folder.write(
        "heir.toml",
        "extends = \"elsewhere/base.toml\"\nname = \"heir\"\n",
    );
    let digest_with = |name: &str, text: &str| {
        folder.write(name, text);
        read(&heir).digest
    };
    let one = digest_with("elsewhere/t.dist", "-8192 0 8192\n");
    assert_ne!(one, digest_with("elsewhere/t.dist", "-8192 0 8191\n"));
    let two = digest_with("elsewhere/t.dist", "-8192 0 8192\n");
    assert_eq!(one, two);
    let commented = GOOD.replace("delay = \"50ms\"", table) + "# A remark.\n";
    assert_ne!(one, digest_with("elsewhere/base.toml", &commented));
}

#[test]
fn mistakes_are_shown_in_the_file_that_makes_them() {
    let folder = Folder::new();
    let bad_base = GOOD.replace("seed = 1", "seed = 1\nbananas = 2");
    folder.write("bad.toml", &bad_base);
    folder.write("no-toml.toml", "schema = = 1\n");
    folder.write("empty.toml", "\n");
    folder.write(
        "round.toml",
        "extends = \"./heir.toml\"\nname = \"round\"\n",
    );
    let cases = [
        "extends = \"base.toml\"\nname = \"heir\"\n[host.server]\nbacklog = 0.5\n",
        "extends = \"bad.toml\"\nname = \"heir\"\n",
        "extends = \"base.toml\"\nname = \"heir\"\n[run]\npolicies = [\"two-way\"]\n",
        "extends = \"no-toml.toml\"\nname = \"heir\"\n",
        "extends = \"empty.toml\"\nname = \"heir\"\n",
        "extends = \"missing.toml\"\nname = \"heir\"\n",
        "extends = \"round.toml\"\nname = \"heir\"\n",
        "extends = 3\nname = \"heir\"\n",
        "extends = \"base.toml\"\n",
        "extends = \"base.toml\"\nname = \"heir\"\nregress.extends = \"base.toml\"\n",
    ];
    let page: Vec<String> = cases
        .iter()
        .map(|text| format!("### {text}{}", folder.mistake(text)))
        .collect();
    insta::assert_snapshot!(page.join("\n"));
    let text = "extends = \"base.toml\"\nname = \"heir\"\n";
    let path = folder.write("heir.toml", text);
    let change = Override::set("extends=bad.toml");
    let rejection = Experiment::read(&path, &[change]).expect_err("too late");
    let title = "what an experiment extends stands at the top of its file";
    assert_eq!(rejection.diagnostics[0].title, title);
}
