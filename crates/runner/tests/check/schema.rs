//! The JSON Schema for editors: it is the one that is committed, and knows what the program knows.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::{Value, json};

use crate::cases::GOOD;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

fn schema() -> Value {
    serde_json::from_str(&runner::schema::text()).expect("JSON")
}

fn document(text: &str) -> Value {
    let table: toml::Table = text.parse().expect("good TOML");
    serde_json::to_value(table).expect("no dates, and all numbers are finite")
}

/// What a value breaks of a schema, as far as schemas are used here.
struct Validator {
    root: Value,
}

impl Validator {
    fn mistakes(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let mut found = Vec::new();
        let rules = schema.as_object().into_iter().flatten();
        for (rule, wanted) in rules {
            match rule.as_str() {
                "$ref" => {
                    let pointer = wanted.as_str().expect("a text").trim_start_matches('#');
                    let target = self.root.pointer(pointer).expect(pointer);
                    found.extend(self.mistakes(target, value, at));
                }
                "allOf" => {
                    for part in wanted.as_array().expect("a list") {
                        found.extend(self.mistakes(part, value, at));
                    }
                }
                "anyOf" | "oneOf" => {
                    let each = wanted.as_array().expect("a list").iter();
                    let all: Vec<_> = each.map(|one| self.mistakes(one, value, at)).collect();
                    if !all.iter().any(Vec::is_empty) {
                        found.push(format!("{at}: fits nothing of {all:?}"));
                    }
                }
                "type" if !is_of(value, wanted) => found.push(format!("{at}: no {wanted}")),
                "enum" if !wanted.as_array().expect("a list").contains(value) => {
                    found.push(format!("{at}: none of {wanted}"));
                }
                "const" if wanted != value => found.push(format!("{at}: not {wanted}")),
                "pattern" => {
                    let pattern = Regex::new(wanted.as_str().expect("a text")).expect("good");
                    if value.as_str().is_some_and(|text| !pattern.is_match(text)) {
                        found.push(format!("{at}: {value} is not as {wanted}"));
                    }
                }
                "required" => {
                    let missing = wanted.as_array().expect("a list").iter();
                    let missing =
                        missing.filter(|key| value.get(key.as_str().expect("a text")).is_none());
                    found.extend(missing.map(|key| format!("{at}: no {key}")));
                }
                "items" => {
                    let schemas = |index: usize| wanted.get(index).unwrap_or(wanted);
                    for (index, one) in value.as_array().into_iter().flatten().enumerate() {
                        found.extend(self.mistakes(schemas(index), one, &format!("{at}.{index}")));
                    }
                }
                "properties" | "additionalProperties" => {
                    found.extend(self.entries(schema, rule, value, at));
                }
                _ => {}
            }
        }
        found
    }

    /// What the entries of a table break of one of the two rules about them.
    fn entries(&self, schema: &Value, rule: &str, value: &Value, at: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (key, one) in value.as_object().into_iter().flatten() {
            let at = format!("{at}.{key}");
            let known = schema.get("properties").and_then(|all| all.get(key));
            match (rule, known, &schema["additionalProperties"]) {
                ("properties", Some(known), _) => found.extend(self.mistakes(known, one, &at)),
                ("additionalProperties", None, Value::Bool(false)) => {
                    found.push(format!("{at}: no such key"));
                }
                ("additionalProperties", None, other) => {
                    found.extend(self.mistakes(other, one, &at));
                }
                _ => {}
            }
        }
        found
    }
}

fn is_of(value: &Value, wanted: &Value) -> bool {
    let fits = |name: &Value| match name.as_str().expect("a text") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("no type: {other}"),
    };
    match wanted.as_array() {
        Some(several) => several.iter().any(fits),
        None => fits(wanted),
    }
}

fn mistakes(text: &str) -> Vec<String> {
    let root = schema();
    Validator { root: root.clone() }.mistakes(&root, &document(text), "")
}

#[test]
fn the_committed_schema_is_current() {
    let committed = std::fs::read_to_string(scenarios().join("experiment.schema.json"));
    let advice = "runner schema > scenarios/experiment.schema.json makes it anew";
    assert!(
        committed.expect(advice) == runner::schema::text(),
        "{advice}"
    );
}

#[test]
fn the_schema_accepts_every_experiment_of_this_project() {
    assert_eq!(mistakes(GOOD), [""; 0]);
    let mut count = 0;
    for folder in [scenarios(), scenarios().join("performance")] {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.extension().is_some_and(|it| it == "toml") {
                let text = std::fs::read_to_string(&path).expect("readable");
                assert_eq!(mistakes(&text), [""; 0], "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 50, "only {count}");
}

#[test]
fn the_schema_refuses_what_the_program_refuses() {
    for (good, bad, place) in [
        ("name = \"spoiled\"\n", "", ": fits nothing"),
        ("seed = 1", "sede = 1", ".run.sede"),
        ("until = \"10s\"", "until = 10", ".run.until"),
        ("until = \"10s\"", "until = \"10\"", ".run.until"),
        ("backlog = 128", "backlog = \"128\"", ".host.server.backlog"),
        (
            "backlog = 128",
            "fin_timeout = \"on\"",
            ".host.server.fin_timeout",
        ),
        ("backlog = 128", "abort = \"bear\"", ".host.server.abort"),
        (
            "delay = \"50ms\"",
            "delay = { jitter = \"1ms\" }",
            ".link.s2c.delay",
        ),
        ("delay = \"50ms\"", "loss = \"1\"", ".link.s2c.loss"),
        ("nth = 1", "nth = \"1\"", ".fault.0.match.nth"),
        ("\"5/s\"", "\"5/year\"", ".load.main.arrivals"),
        (
            "ladder = [\"text\"]",
            "ladder = [\"txt\"]",
            ".output.ladder.0",
        ),
    ] {
        assert!(GOOD.contains(good), "the table is out of date: {good}");
        let found = mistakes(&GOOD.replacen(good, bad, 1));
        assert!(
            found.iter().any(|it| it.starts_with(place)),
            "{bad}: {found:?}"
        );
    }
    let heir = "extends = \"base.toml\"\nname = \"heir\"\n";
    assert_eq!(mistakes(heir), [""; 0]);
    assert_eq!(
        json!(mistakes("extends = \"base.toml\"\n"))
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}
