//! `[[fault]]`: which segment, and what happens to it.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Unexpected, Visitor};

use crate::quantity::{Percent, Time};

use super::{Short, Shorthand, Spanned};

/// `[[fault]]`. Exactly one of the actions is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultSpec {
    /// Its name.
    pub(crate) id: Spanned<String>,
    /// Which segments it hits.
    #[serde(rename = "match", default)]
    pub(crate) pattern: MatchSpec,
    /// Whether they are lost.
    pub(crate) drop: Option<Spanned<bool>>,
    /// How long they wait.
    pub(crate) delay_by: Option<Spanned<Time>>,
    /// Until when they wait.
    pub(crate) hold_until: Option<Spanned<MomentSpec>>,
    /// When a copy follows.
    pub(crate) replay: Option<Spanned<MomentSpec>>,
    /// How many copies there are.
    pub(crate) duplicate: Option<Spanned<Short<DuplicateSpec>>>,
    /// Which bit is flipped.
    pub(crate) corrupt: Option<Spanned<Short<CorruptSpec>>>,
    /// Which values their headers get.
    pub(crate) rewrite: Option<Spanned<RewriteSpec>>,
}

/// `match = { link = "c2s", connection = 0, flags = "SYN", nth = 1 }`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatchSpec {
    /// On which link.
    pub(crate) link: Option<Spanned<String>>,
    /// Of which scripted connection, from 0.
    pub(crate) connection: Option<Spanned<usize>>,
    /// With which control bits.
    pub(crate) flags: Option<Spanned<Short<FlagsSpec>>>,
    /// Which of those that are left, from 1.
    pub(crate) nth: Option<Spanned<NthSpec>>,
    /// With how many bytes of text.
    pub(crate) payload: Option<Spanned<Short<PayloadSpec>>>,
    /// In which time.
    pub(crate) window: Option<Spanned<WindowSpec>>,
    /// Which share of them.
    pub(crate) probability: Option<Spanned<Percent>>,
    /// `HOST.state == STATE`.
    pub(crate) state: Option<Spanned<String>>,
    /// Which way they go.
    pub(crate) direction: Option<DirectionSpec>,
    /// Number of the OPEN among those of its four-tuple, from 1.
    pub(crate) incarnation: Option<Spanned<u32>>,
    /// Number of the server's entry that sends it among its incarnation's, from 1.
    pub(crate) entry: Option<Spanned<u32>>,
}

/// Which way a segment goes, seen from the end that opened.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DirectionSpec {
    /// Towards the end that was opened.
    Forward,
    /// Towards the end that opened.
    Backward,
}

/// `corrupt = true`, or `{ field = "checksum" }`: one bit of this field.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorruptSpec {
    /// Whether anything is corrupted: `corrupt = false` is refused.
    #[serde(skip)]
    pub(crate) is_off: bool,
    /// A bit of which field; of any.
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
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
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
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagsSpec {
    #[serde(skip)]
    pub(crate) exactly: Option<String>,
    /// Control bits that are set.
    pub(crate) all: Option<Spanned<String>>,
    /// Control bits that are clear.
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
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayloadSpec {
    /// Fewest bytes.
    pub(crate) min: Option<u32>,
    /// Most bytes.
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
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowSpec {
    /// The first instant.
    pub(crate) from: Option<Time>,
    /// The first instant after it.
    pub(crate) until: Option<Time>,
}

/// `duplicate = 2`, or `{ copies = 2, spacing = "1s" }`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DuplicateSpec {
    /// How many.
    pub(crate) copies: u32,
    /// Time between them.
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
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RewriteSpec {
    /// Sequence number.
    pub(crate) seq: Option<u32>,
    /// Acknowledgment number.
    pub(crate) ack: Option<u32>,
    /// Window, as in the header.
    pub(crate) window: Option<u16>,
    /// Control bits.
    pub(crate) flags: Option<Spanned<String>>,
}

/// `{ event = "client.state == CLOSED", plus = "200ms" }` or `{ at = "5s" }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MomentSpec {
    /// What must happen: `"HOST.state == STATE"`.
    pub(crate) event: Option<Spanned<String>>,
    /// Virtual time.
    pub(crate) at: Option<Spanned<Time>>,
    /// Time from the event on.
    pub(crate) plus: Option<Spanned<Time>>,
}

/// `nth = 1` or `nth = [1, 3]`.
#[derive(Debug, JsonSchema)]
pub(crate) struct NthSpec(#[schemars(with = "OneOrSeveral")] pub(crate) Vec<u32>);

/// The two forms of [`NthSpec`], for its JSON Schema.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its shape is of interest")]
enum OneOrSeveral {
    One(u32),
    Several(Vec<u32>),
}

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
