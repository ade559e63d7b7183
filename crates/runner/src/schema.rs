//! `runner schema`: the vocabulary as a JSON Schema, with which editors complete and check.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{Schema, json_schema};
use serde_json::{Value, json};

use crate::cli::exit;
use crate::console::{Console, Stop};
use crate::spec::Spec;

/// Prints the schema; returns the exit code.
pub fn run(mut console: Console<'_>) -> u8 {
    console
        .print(&text())
        .map_or_else(|Stop(stop)| stop, |()| exit::GOOD)
}

/// The schema as a file, in draft 7, which all editors of TOML know.
pub fn text() -> String {
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(without_null));
    let mut schema = settings.into_generator().into_root_schema_for::<Spec>();
    allow_extending(&mut schema);
    format!("{:#}\n", schema.to_value())
}

/// What extends another experiment has the rest from there.
fn allow_extending(schema: &mut Schema) {
    let whole = json_schema!({ "required": schema.remove("required") });
    let heir = json_schema!({ "required": ["extends", "name"] });
    schema.insert("anyOf".to_owned(), json!([whole, heir]));
}

/// TOML has no null: what may be absent is not written.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&json!("null")));
        if choices.len() == 1
            && let Some(only) = schema.remove("anyOf")
        {
            // Beside a `$ref` draft 7 reads nothing, so that it stands in a list.
            schema.insert("allOf".to_owned(), only);
        }
    }
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
}
