//! `[[inject]]`: a segment that no host has sent.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer, Unexpected, Visitor};

use crate::quantity::Time;

use super::Spanned;

/// `[[inject]]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InjectSpec {
    /// Its name.
    pub(crate) id: Spanned<String>,
    /// What must happen: `"HOST.state == STATE"`.
    pub(crate) event: Option<Spanned<String>>,
    /// Virtual time.
    pub(crate) at: Option<Spanned<Time>>,
    /// Time from the event on.
    pub(crate) plus: Option<Spanned<Time>>,
    /// The connection whose states `event` is about, and whose numbers `j` and `k` are.
    pub(crate) connection: Option<Spanned<usize>>,
    /// The link that it enters; that which leads from the host `from` to the host `to`.
    pub(crate) link: Option<Spanned<String>>,
    /// `HOST:PORT`, or `ADDRESS:PORT` for an address of nobody.
    pub(crate) from: Spanned<String>,
    /// `HOST:PORT`.
    pub(crate) to: Spanned<String>,
    /// Control bits.
    pub(crate) flags: Spanned<String>,
    /// Sequence number.
    pub(crate) seq: Spanned<NumberSpec>,
    /// Acknowledgment number.
    pub(crate) ack: Option<Spanned<NumberSpec>>,
    /// Window, as in the header.
    pub(crate) window: Option<u16>,
    /// Bytes of text.
    pub(crate) payload: Option<Spanned<u32>>,
    /// How often it enters.
    pub(crate) count: Option<Spanned<u32>>,
    /// Time between two of them.
    pub(crate) spacing: Option<Time>,
}

/// A sequence number: `1001`, or counted from an initial one: `"j+1"`.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum NumberSpec {
    Plain(u32),
    Expression(String),
}

impl<'de> Deserialize<'de> for NumberSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NumberSpec, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = NumberSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence number from 0 to 4294967295, or a text such as \"j+1\"")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<NumberSpec, E> {
        u32::try_from(number)
            .map(NumberSpec::Plain)
            .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<NumberSpec, E> {
        Ok(NumberSpec::Expression(text.to_owned()))
    }
}
