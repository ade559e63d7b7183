//! How the files of a run differ from those that were recorded, in words.

use super::Files;

/// What differs, file by file, with the first line that does.
pub(super) fn differences(recorded: &Files, now: &Files) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, text) in now {
        match recorded.get(name) {
            None => lines.push(format!("{name}: not recorded")),
            Some(old) if old != text => lines.push(format!("{name}: {}", first_change(old, text))),
            Some(_) => {}
        }
    }
    let gone = recorded.keys().filter(|name| !now.contains_key(*name));
    lines.extend(gone.map(|name| format!("{name}: recorded, but no longer made")));
    lines
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
