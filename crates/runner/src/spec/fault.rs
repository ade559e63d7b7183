//! `[[fault]]`: which segment, and what happens to it.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Unexpected, Visitor};
use toml::Spanned;

use crate::quantity::{Percent, Time};

use super::{Short, Shorthand};

/// `[[fault]]`. Exactly one of the actions is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultSpec {
    pub(crate) id: Spanned<String>,
    #[serde(rename = "match", default)]
    pub(crate) pattern: MatchSpec,
    pub(crate) drop: Option<Spanned<bool>>,
    pub(crate) delay_by: Option<Spanned<Time>>,
    pub(crate) hold_until: Option<Spanned<MomentSpec>>,
    pub(crate) replay: Option<Spanned<MomentSpec>>,
    pub(crate) duplicate: Option<Spanned<Short<DuplicateSpec>>>,
    pub(crate) corrupt: Option<Spanned<Short<CorruptSpec>>>,
    pub(crate) rewrite: Option<Spanned<RewriteSpec>>,
}

/// `match = { link = "c2s", connection = 0, flags = "SYN", nth = 1 }`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatchSpec {
    pub(crate) link: Option<Spanned<String>>,
    pub(crate) connection: Option<Spanned<usize>>,
    pub(crate) flags: Option<Spanned<Short<FlagsSpec>>>,
    pub(crate) nth: Option<Spanned<NthSpec>>,
    pub(crate) payload: Option<Spanned<Short<PayloadSpec>>>,
    pub(crate) window: Option<Spanned<WindowSpec>>,
    pub(crate) probability: Option<Spanned<Percent>>,
    /// `HOST.state == STATE`.
    pub(crate) state: Option<Spanned<String>>,
    pub(crate) direction: Option<DirectionSpec>,
    /// Number of the OPEN among those of its four-tuple, from 1.
    pub(crate) incarnation: Option<Spanned<u32>>,
    /// Number of the server's entry that sends it among its incarnation's, from 1.
    pub(crate) entry: Option<Spanned<u32>>,
}

/// Which way a segment goes, seen from the end that opened.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DirectionSpec {
    /// Towards the end that was opened.
    Forward,
    /// Towards the end that opened.
    Backward,
}

/// `corrupt = true`, or `{ field = "checksum" }`: one bit of this field.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorruptSpec {
    /// Whether anything is corrupted: `corrupt = false` is refused.
    #[serde(skip)]
    pub(crate) is_off: bool,
    pub(crate) field: Option<FieldSpec>,
}

impl Shorthand for CorruptSpec {
    type Plain = bool;
    const EXPECTED: &'static str = "true, or a table with `field`";

    fn from_plain(is_on: bool) -> CorruptSpec {
        CorruptSpec {
            is_off: !is_on,
            field: None,
        }
    }
}

/// A field of a TCP segment (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FieldSpec {
    SourcePort,
    DestinationPort,
    Seq,
    Ack,
    DataOffset,
    Flags,
    Window,
    Checksum,
    UrgentPointer,
    Options,
    Text,
}

/// `flags = "SYN"`: this and no other of SYN, ACK, FIN and RST. `{ all = "SYN", none = "ACK" }`:
/// these are set and those are clear, whatever the others are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagsSpec {
    #[serde(skip)]
    pub(crate) exactly: Option<String>,
    pub(crate) all: Option<Spanned<String>>,
    pub(crate) none: Option<Spanned<String>>,
}

impl Shorthand for FlagsSpec {
    type Plain = String;
    const EXPECTED: &'static str =
        "control bits such as \"SYN,ACK\", or a table with `all` and `none`";

    fn from_plain(exactly: String) -> FlagsSpec {
        FlagsSpec {
            exactly: Some(exactly),
            all: None,
            none: None,
        }
    }
}

/// `payload = 10`, or `{ min = 1, max = 1460 }`: length of the text in bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayloadSpec {
    pub(crate) min: Option<u32>,
    pub(crate) max: Option<u32>,
}

impl Shorthand for PayloadSpec {
    type Plain = u32;
    const EXPECTED: &'static str = "a number of bytes, or a table with `min` and `max`";

    fn from_plain(bytes: u32) -> PayloadSpec {
        PayloadSpec {
            min: Some(bytes),
            max: Some(bytes),
        }
    }
}

/// `window = { from = "1s", until = "2s" }`: the first instant inside and the first after it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowSpec {
    pub(crate) from: Option<Time>,
    pub(crate) until: Option<Time>,
}

/// `duplicate = 2`, or `{ copies = 2, spacing = "1s" }`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DuplicateSpec {
    pub(crate) copies: u32,
    pub(crate) spacing: Option<Time>,
}

impl Shorthand for DuplicateSpec {
    type Plain = u32;
    const EXPECTED: &'static str = "a number of copies, or a table with `copies` and `spacing`";

    fn from_plain(copies: u32) -> DuplicateSpec {
        DuplicateSpec {
            copies,
            spacing: None,
        }
    }
}

/// `rewrite = { flags = "RST", seq = 1001 }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RewriteSpec {
    pub(crate) seq: Option<u32>,
    pub(crate) ack: Option<u32>,
    pub(crate) window: Option<u16>,
    pub(crate) flags: Option<Spanned<String>>,
}

/// `{ event = "client.state == CLOSED", plus = "200ms" }` or `{ at = "5s" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MomentSpec {
    pub(crate) event: Option<Spanned<String>>,
    pub(crate) at: Option<Spanned<Time>>,
    pub(crate) plus: Option<Spanned<Time>>,
}

/// `nth = 1` or `nth = [1, 3]`.
#[derive(Debug)]
pub(crate) struct NthSpec(pub(crate) Vec<u32>);

impl<'de> Deserialize<'de> for NthSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NthSpec, D::Error> {
        deserializer.deserialize_any(NthVisitor).map(NthSpec)
    }
}

struct NthVisitor;

impl<'de> Visitor<'de> for NthVisitor {
    type Value = Vec<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number from 1 up, or a list of them")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Vec<u32>, E> {
        let only = u32::try_from(number)
            .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))?;
        Ok(vec![only])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<u32>, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = list.next_element()? {
            numbers.push(number);
        }
        Ok(numbers)
    }
}
