//! `run.warmup`: when measuring begins.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Deserialize, Deserializer, IntoDeserializer, Visitor};

use crate::quantity::Time;

/// `warmup = "30s"` or `"mser5"`.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(with = "Forms")]
pub(crate) enum WarmupSpec {
    /// This virtual time.
    Time(Time),
    /// The rule of this name finds it.
    Mser5,
}

/// The two forms, for the JSON Schema.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its shape is of interest")]
enum Forms {
    Time(Time),
    Rule(Rule),
}

/// `"mser5"`.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape is of interest")]
enum Rule {
    Mser5,
}

impl<'de> Deserialize<'de> for WarmupSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WarmupSpec, D::Error> {
        deserializer.deserialize_any(WarmupVisitor)
    }
}

struct WarmupVisitor;

impl Visitor<'_> for WarmupVisitor {
    type Value = WarmupSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as \"30s\", or \"mser5\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<WarmupSpec, E> {
        if text == "mser5" {
            return Ok(WarmupSpec::Mser5);
        }
        let time = text
            .parse()
            .map_err(|error| E::custom(format!("{error}; the other choice is \"mser5\"")));
        time.map(WarmupSpec::Time)
    }

    // A bare number is the mistake of a time without its unit, which says so.
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<WarmupSpec, E> {
        Time::deserialize(number.into_deserializer()).map(WarmupSpec::Time)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<WarmupSpec, E> {
        Time::deserialize(number.into_deserializer()).map(WarmupSpec::Time)
    }
}
