//! Ladders, captures and reports: what is written, in which language, and that it is whole.

use super::{Home, S01, S02, S03, text, tree};

#[test]
fn ladders_fit_eighty_columns() {
    let home = Home::new();
    let files = [S01, S02, S03, "scenarios/stale-syn-random.toml"];
    for language in ["en", "zh"] {
        let lang = format!("output.lang={language}");
        let options = ["--quiet", "--replications", "2", "--set", &lang];
        let output = home.run(&[&files[..], &options, &["--out", language]].concat());
        assert_eq!(text(&output.stdout), "");
        let mut count = 0;
        for (name, bytes) in tree(&home.path(language)) {
            if name.ends_with("ladder.txt") {
                count += 1;
                for line in text(&bytes).lines() {
                    let columns = runner::paint::columns(line);
                    assert!(columns <= 80, "{}: {line}", name.display());
                }
            }
        }
        assert_eq!(count, 8, "two policies in each of four scenarios");
    }
}

#[test]
fn the_terminal_gets_the_language_and_the_characters_that_are_asked_for() {
    let home = Home::new();
    let page = |options: &[&str]| {
        let output = home.run(&[&[S01], options].concat());
        assert_eq!(output.status.code(), Some(0));
        text(&output.stdout)
    };
    let chinese = page(&["--lang", "zh"]);
    for part in ["滞留的 SYN", "被 old-syn 扣留", "运行结束"] {
        assert!(chinese.contains(part), "{part} is not in {chinese}");
    }
    assert!(!chinese.contains("A delayed SYN"), "{chinese}");
    let plain = page(&["--ascii"]);
    assert!(plain.is_ascii(), "{plain}");
    assert!(
        plain.contains("|-- SYN seq=j --. held by old-syn"),
        "{plain}"
    );
    // What is recorded has neither.
    let recorded = tree(&home.path("results"));
    let (_, ladder) = recorded
        .iter()
        .find(|(name, _)| name.ends_with("three-way/ladder.txt"))
        .expect("a ladder");
    assert!(text(ladder).contains("┄ held by old-syn"));
    let both = home.run(&[S01, "--ascii", "--lang", "zh"]);
    assert_eq!(both.status.code(), Some(2));
}
