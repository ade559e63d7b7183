//! How two experiments that are spelled out differ: by key. Remarks, which name lines of a file, are
//! no difference.

use toml::{Table, Value};

/// Most keys that are shown.
const MOST: usize = 8;

/// Whether two texts have the same values. A folder recorded by an earlier version has no such text;
/// then there is nothing to compare.
pub(super) fn says_the_same([old, new]: [Option<&Vec<u8>>; 2]) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => old == new || read(old).is_some_and(|it| Some(it) == read(new)),
        (None, None) => true,
        _ => false,
    }
}

/// What differs between two texts; nothing if it cannot be said.
pub(super) fn changes(old: &[u8], new: &[u8]) -> Vec<String> {
    let (Some(old), Some(new)) = (read(old), read(new)) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    compare(
        "",
        Some(&Value::Table(old)),
        Some(&Value::Table(new)),
        &mut lines,
    );
    if lines.is_empty() {
        return vec!["only its remarks differ".to_owned()];
    }
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("... and {more} more values"));
    }
    lines
}

fn read(text: &[u8]) -> Option<Table> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Adds a line for each key below `path` that has another value, `path = old -> new`.
fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, lines: &mut Vec<String>) {
    match (old, new) {
        _ if old == new => {}
        (Some(Value::Table(old)), Some(Value::Table(new))) => {
            let added = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(added) {
                compare(&join(path, key), old.get(key), new.get(key), lines);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                let path = join(path, &index.to_string());
                compare(&path, Some(old), Some(new), lines);
            }
        }
        _ => lines.push(format!("{path} {} -> {}", show(old), show(new))),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(
        || "none".to_owned(),
        |value| super::excerpt(&value.to_string()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str =
        "a = 1  # line 1\n[link.c2s]\ndelay = \"1s\"  # default\n[[fault]]\nid = \"x\"\n";

    #[test]
    fn values_are_told_apart_by_key_and_remarks_are_not() {
        let new = OLD.replace("line 1", "line 2");
        assert_eq!(
            changes(OLD.as_bytes(), new.as_bytes()),
            ["only its remarks differ"]
        );
        let both = [OLD, &new].map(|text| text.as_bytes().to_vec());
        assert!(says_the_same([Some(&both[0]), Some(&both[1])]));
        let new = OLD
            .replace("1s", "2s")
            .replace("\"x\"", "\"y\"\ndrop = true");
        assert_eq!(
            changes(OLD.as_bytes(), new.as_bytes()),
            [
                "fault.0.id \"x\" -> \"y\"",
                "fault.0.drop none -> true",
                "link.c2s.delay \"1s\" -> \"2s\"",
            ]
        );
        assert!(!says_the_same([Some(&both[0]), None]));
        let lists = ["a = [1]\n", "a = [1, 2]\n"].map(str::as_bytes);
        assert_eq!(changes(lists[0], lists[1]), ["a [1] -> [1, 2]"]);
        assert_eq!(changes(lists[0], b"no TOML"), [""; 0]);
    }
}
