//! How the files of a run differ from those that were recorded, in words.

mod log;
mod resolved;
mod summary;
mod table;

use super::{EXPERIMENT, Files, MANIFEST, RESOLVED, SUMMARY};

/// The lines of the manifest that tell one text of an experiment from another.
const TEXT: [&str; 3] = [
    "\"scenario_sha256\"",
    "\"experiment.toml\"",
    "\"experiment.resolved.toml\"",
];

/// What differs, file by file: numbers and verdicts by name, of everything else the first line that
/// does. Each element is a line, or several that belong together. The manifest only has digests of
/// the rest; it is mentioned if nothing else tells the difference.
pub(super) fn differences(recorded: &Files, now: &Files) -> Vec<String> {
    let files = [recorded, now];
    if recorded.get(EXPERIMENT) != now.get(EXPERIMENT)
        && resolved::says_the_same(files.map(|files| files.get(RESOLVED)))
        && without_text(recorded) == without_text(now)
    {
        let what =
            "only the text of the experiment has changed (a comment, say): every run is the same";
        return vec![what.to_owned()];
    }
    let mut lines = Vec::new();
    for (name, bytes) in now.iter().filter(|(name, _)| *name != MANIFEST) {
        match recorded.get(name) {
            None => lines.push(format!("{name}: not recorded")),
            Some(old) if old != bytes => lines.extend(changes(name, old, bytes)),
            Some(_) => {}
        }
    }
    let gone = recorded.keys().filter(|name| !now.contains_key(*name));
    lines.extend(gone.map(|name| format!("{name}: recorded, but no longer made")));
    if let (true, Some(old), Some(new)) =
        (lines.is_empty(), recorded.get(MANIFEST), now.get(MANIFEST))
    {
        lines.push(format!("{MANIFEST}: {}", change(old, new)));
    }
    lines
}

/// The lines of all files, but for those that only say which text the experiment had.
fn without_text(files: &Files) -> Vec<(&str, &[u8])> {
    let mut kept = Vec::new();
    let is_about_runs = |name: &str| name != EXPERIMENT && name != RESOLVED;
    for (name, bytes) in files.iter().filter(|(name, _)| is_about_runs(name)) {
        let is_text = |line: &[u8]| TEXT.iter().any(|text| line.starts_with(text.as_bytes()));
        let says_text = |line: &&[u8]| name == MANIFEST && is_text(line.trim_ascii_start());
        // With their ends, which may be all that differs.
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        kept.extend(
            lines
                .filter(|line| !says_text(line))
                .map(|line| (name.as_str(), line)),
        );
    }
    kept
}

/// What differs between two files of the same name.
fn changes(name: &str, old: &[u8], new: &[u8]) -> Vec<String> {
    let known = match name.rsplit_once('.') {
        _ if name == SUMMARY => summary::changes(old, new),
        _ if name == RESOLVED => resolved::changes(old, new),
        Some((_, "csv")) => table::changes(old, new),
        Some((_, "jsonl")) => log::changes(old, new),
        // Lines of a picture tell nobody anything.
        Some((_, "svg")) => vec!["another picture".to_owned()],
        _ => Vec::new(),
    };
    if known.is_empty() {
        return vec![format!("{name}: {}", change(old, new))];
    }
    let with_name = |line: String| match name {
        SUMMARY => line,
        _ => format!("{name}: {line}"),
    };
    known.into_iter().map(with_name).collect()
}

/// The first line that differs, or of files that are not text the first octet.
fn change(old: &[u8], new: &[u8]) -> String {
    let is_binary = |bytes: &[u8]| bytes.contains(&0) || std::str::from_utf8(bytes).is_err();
    if !is_binary(old) && !is_binary(new) {
        let [old, new] = [old, new].map(String::from_utf8_lossy);
        return first_change(&old, &new);
    }
    let first = old.iter().zip(new).position(|(old, new)| old != new);
    let at = first.unwrap_or(old.len().min(new.len()));
    let (recorded, now) = (old.len(), new.len());
    format!("octet {at} is the first that differs; {recorded} octets recorded, {now} now")
}

fn first_change(old: &str, new: &str) -> String {
    let mut old_lines = old.lines();
    let mut new_lines = new.lines();
    let mut number = 1;
    loop {
        match (old_lines.next(), new_lines.next()) {
            (Some(old), Some(new)) if old == new => number += 1,
            (None, None) => return "only the ends of lines differ".to_owned(),
            (old, new) => {
                let show = |line: Option<&str>| match line {
                    None => "(end of the file)".to_owned(),
                    Some(line) => excerpt(line.trim()),
                };
                let (old, new) = (show(old), show(new));
                return format!("line {number}\n    recorded  {old}\n    now       {new}");
            }
        }
    }
}

/// The beginning of a line that may be very long.
fn excerpt(line: &str) -> String {
    const MOST: usize = 100;
    if line.chars().count() <= MOST {
        line.to_owned()
    } else {
        format!("{}...", line.chars().take(MOST).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sha: &str, text: &str) -> Files {
        let manifest =
            format!("{{\n  \"scenario_sha256\": \"{sha}\",\n  \"trace_sha256\": \"7\"\n}}\n");
        let experiment = format!("# {sha}\n");
        let all = [
            (MANIFEST, manifest.as_str()),
            (EXPERIMENT, &experiment),
            ("a.txt", text),
        ];
        all.map(|(name, text)| (name.to_owned(), text.as_bytes().to_owned()))
            .into()
    }

    #[test]
    fn of_files_that_are_not_text_the_first_octet_is_named() {
        let capture = |bytes: &[u8]| Files::from([("a.pcapng".to_owned(), bytes.to_owned())]);
        let lines = differences(&capture(&[10, 0, 1]), &capture(&[10, 0, 2, 3]));
        let expected = "a.pcapng: octet 2 is the first that differs; 3 octets recorded, 4 now";
        assert_eq!(lines, [expected]);
        let lines = differences(&capture(&[10, 0, 1]), &capture(&[10, 0]));
        assert!(lines[0].contains("octet 2 is"), "{lines:?}");
    }

    #[test]
    fn another_text_with_the_same_runs_is_told_from_other_runs() {
        let recorded = files("1", "one\n");
        let lines = differences(&recorded, &files("2", "one\n"));
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("only the text"), "{}", lines[0]);
        let lines = differences(&recorded, &files("2", "two\n"));
        assert_eq!(
            lines,
            [
                "a.txt: line 1\n    recorded  one\n    now       two",
                "experiment.toml: line 1\n    recorded  # 1\n    now       # 2"
            ]
        );
        let lines = differences(&recorded, &files("1", "one\r\n"));
        assert_eq!(lines, ["a.txt: only the ends of lines differ"]);
    }
}
