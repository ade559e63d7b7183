//! `[[expect]]`: what must come out.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Spanned;

/// `[[expect]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectSpec {
    /// The policies that it is about; every one that runs.
    pub(crate) policy: Option<Spanned<PolicyNames>>,
    /// The points of a sweep that it is about; every one. The document takes it out before a point
    /// is read.
    #[serde(rename = "at")]
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    _at: Option<IgnoredAny>,
    /// The scripted connection whose states and segments are meant; the first.
    pub(crate) connection: Option<Spanned<usize>>,
    /// All states of the client, from start to end.
    pub(crate) client_states: Option<Spanned<Vec<Spanned<String>>>>,
    /// All states of the server, from start to end.
    pub(crate) server_states: Option<Spanned<Vec<Spanned<String>>>>,
    /// What is expected of the whole run.
    pub(crate) whole_run: Option<Spanned<PeriodSpec>>,
    /// What is expected after the last fault or injection.
    pub(crate) after_fault: Option<Spanned<PeriodSpec>>,
}

/// `policy = "three-way"`, or a list.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum PolicyNames {
    One(String),
    Several(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for PolicyNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PolicyNames, D::Error> {
        deserializer.deserialize_any(PolicyNamesVisitor)
    }
}

struct PolicyNamesVisitor;

impl<'de> Visitor<'de> for PolicyNamesVisitor {
    type Value = PolicyNames;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a policy, or a list of names")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<PolicyNames, E> {
        Ok(PolicyNames::One(name.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PolicyNames, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = list.next_element()? {
            names.push(name);
        }
        Ok(PolicyNames::Several(names))
    }
}

/// What is expected of a period: `segments`, and metrics under their names.
pub(crate) type PeriodSpec = BTreeMap<Spanned<String>, Spanned<ExpectedValue>>;

/// A value in a [`PeriodSpec`], as it is written.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum ExpectedValue {
    /// A plain number, in decimal notation.
    Number(#[schemars(with = "f64")] String),
    /// A quantity with a unit, or a bound.
    Text(String),
    /// A list of segments.
    List(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for ExpectedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ExpectedValue, D::Error> {
        deserializer.deserialize_any(ExpectedVisitor)
    }
}

struct ExpectedVisitor;

impl<'de> Visitor<'de> for ExpectedVisitor {
    type Value = ExpectedValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a time such as \"0.1s\", or a bound such as \">= 1\"")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<ExpectedValue, E> {
        Ok(ExpectedValue::Number(number.to_string()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<ExpectedValue, E> {
        Ok(ExpectedValue::Number(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<ExpectedValue, E> {
        Ok(ExpectedValue::Number(number.to_string()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ExpectedValue, E> {
        Ok(ExpectedValue::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<ExpectedValue, A::Error> {
        Err(de::Error::custom(
            "the name of a metric is written in quotes, as in \"embryonic.area\" = \"0.1s\"",
        ))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ExpectedValue, A::Error> {
        let mut segments = Vec::new();
        while let Some(segment) = list.next_element()? {
            segments.push(segment);
        }
        Ok(ExpectedValue::List(segments))
    }
}
