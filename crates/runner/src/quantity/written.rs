//! Quantities as they stand in experiments: strings with a unit, for the reader and for the schema.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};

use super::{ArrivalRate, BitRate, Percent, QuantityError, Time};

/// Reads a quantity from a TOML string, and says what a bare number lacks.
struct QuantityVisitor<Q> {
    expected: &'static str,
    result: std::marker::PhantomData<Q>,
}

impl<Q: FromStr<Err = QuantityError>> QuantityVisitor<Q> {
    /// A number without a unit fails in the parser's own words, which name the remedy.
    fn bare<E: de::Error>(number: impl fmt::Display) -> Result<Q, E> {
        number.to_string().parse().map_err(E::custom)
    }
}

impl<Q: FromStr<Err = QuantityError>> Visitor<'_> for QuantityVisitor<Q> {
    type Value = Q;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Q, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Q, E> {
        Self::bare(number)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Q, E> {
        Self::bare(number)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Q, E> {
        Self::bare(number)
    }
}

macro_rules! written_as_text {
    ($($quantity:ident: $expected:literal, $pattern:literal);* $(;)?) => {$(
        impl<'de> de::Deserialize<'de> for $quantity {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let result = std::marker::PhantomData;
                deserializer.deserialize_any(QuantityVisitor { expected: $expected, result })
            }
        }

        impl JsonSchema for $quantity {
            fn schema_name() -> Cow<'static, str> {
                stringify!($quantity).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $expected, "pattern": $pattern })
            }
        }
    )*};
}

written_as_text! {
    Time: "a time such as \"100ms\"",
        "^[0-9.]+ *(ns|nsecs?|us|µs|usecs?|ms|msecs?|s|secs?|min|h|d)$";
    Percent: "a percentage such as \"1%\"", "^[0-9.]+ *%$";
    BitRate: "a rate such as \"1mbit\"", "^[0-9.]+ *([kKmMgGtT][iI]?)?([bB][iI][tT]|[bB][pP][sS])$";
    ArrivalRate: "an arrival rate such as \"5/s\"", "^ *[0-9.]+ */ *(s|min|h) *$";
}
