//! Tables that have a plain form: `delay = "50ms"` stands for `delay = { time = "50ms" }`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    self, Deserialize, DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, Visitor,
};

/// A table that a single value may stand for.
pub(crate) trait Shorthand: Sized {
    /// The single value.
    type Plain: DeserializeOwned + JsonSchema;
    /// What an error says was expected.
    const EXPECTED: &'static str;
    /// The table that the single value stands for.
    fn from_plain(plain: Self::Plain) -> Self;
}

/// A table in either form. Which one is decided by the type of the TOML value alone, so that an
/// error points at the right place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short<T>(pub(crate) T);

impl<'de, T: Shorthand + Deserialize<'de>> Deserialize<'de> for Short<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(ShortVisitor(PhantomData))
            .map(Short)
    }
}

impl<T: Shorthand + JsonSchema> JsonSchema for Short<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Short{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let plain = generator.subschema_for::<T::Plain>();
        let table = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [plain, table] })
    }
}

struct ShortVisitor<T>(PhantomData<T>);

impl<T: Shorthand> ShortVisitor<T> {
    fn plain<'a, E: de::Error>(value: impl IntoDeserializer<'a, E>) -> Result<T, E> {
        T::Plain::deserialize(value.into_deserializer()).map(T::from_plain)
    }
}

impl<'de, T: Shorthand + Deserialize<'de>> Visitor<'de> for ShortVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Self::plain(text)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Self::plain(number)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        Self::plain(number)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        Self::plain(number)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<T, E> {
        Self::plain(truth)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table))
    }
}

/// A setting that `"off"` removes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Switchable<T> {
    Off,
    On(T),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Switchable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SwitchVisitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Switchable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Switchable{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let on = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [on, { "type": "string", "enum": ["off"] }] })
    }
}

struct SwitchVisitor<T>(PhantomData<T>);

impl<T: DeserializeOwned> SwitchVisitor<T> {
    fn on<'a, E: de::Error>(value: impl IntoDeserializer<'a, E>) -> Result<Switchable<T>, E> {
        T::deserialize(value.into_deserializer()).map(Switchable::On)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for SwitchVisitor<T> {
    type Value = Switchable<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, or \"off\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Switchable<T>, E> {
        if text == "off" {
            Ok(Switchable::Off)
        } else {
            Self::on(text)
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Switchable<T>, E> {
        Self::on(number)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Switchable<T>, E> {
        Self::on(number)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Switchable<T>, E> {
        Self::on(number)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Switchable<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table)).map(Switchable::On)
    }
}
