//! `[[connection]]` and `[load.NAME]`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::quantity::{ArrivalRate, Time};

use super::{Short, Shorthand, Spanned};

/// `[[connection]]`: one scripted connection.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionSpec {
    /// `HOST:PORT` of the client.
    pub(crate) from: Spanned<String>,
    /// `HOST:PORT` of the server; `server:80`.
    pub(crate) to: Option<Spanned<String>>,
    /// Initial sequence numbers of the first entry of each end.
    pub(crate) iss: Option<InitialSequenceSpec>,
    /// When the client opens; at once.
    pub(crate) active_open: Option<Spanned<Short<ActiveOpenSpec>>>,
    /// Time of an OPEN of the server's own: a simultaneous open.
    pub(crate) server_open: Option<Spanned<Time>>,
    /// What either end sends.
    #[serde(default)]
    pub(crate) send: Vec<SendSpec>,
    /// Who closes, when and how; nobody.
    pub(crate) close: Option<Spanned<Short<CloseSpec>>>,
    /// How long the client's application waits for its OPEN; as long as TCP tries.
    pub(crate) connect_timeout: Option<Spanned<Time>>,
}

/// `active_open = "1s"`, or `{ event = "client.state == CLOSED", connection = 0, plus = "1s" }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActiveOpenSpec {
    /// The time alone.
    #[serde(skip)]
    pub(crate) plain: Option<Time>,
    /// Virtual time.
    pub(crate) at: Option<Spanned<Time>>,
    /// What must happen: `"HOST.state == STATE"`.
    pub(crate) event: Option<Spanned<String>>,
    /// The scripted connection whose states count, from 0; any.
    pub(crate) connection: Option<Spanned<usize>>,
    /// Time from the event on.
    pub(crate) plus: Option<Spanned<Time>>,
}

impl Shorthand for ActiveOpenSpec {
    type Plain = Time;
    const EXPECTED: &'static str = "a time, or a table with `event` and `plus`";

    fn from_plain(at: Time) -> ActiveOpenSpec {
        ActiveOpenSpec {
            plain: Some(at),
            at: None,
            event: None,
            connection: None,
            plus: None,
        }
    }
}

/// `iss = { client = 1000, server = 5000 }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InitialSequenceSpec {
    /// The client's.
    pub(crate) client: Option<u32>,
    /// The server's.
    pub(crate) server: Option<Spanned<u32>>,
}

/// `{ from = "client", bytes = 10, after = "0s" }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendSpec {
    /// Who sends.
    pub(crate) from: EndSpec,
    /// How much.
    pub(crate) bytes: Spanned<u64>,
    /// How long after it was ESTABLISHED.
    pub(crate) after: Option<Time>,
}

/// `{ first = "client", after = "300ms", second_after = "0s" }`, or `"never"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseSpec {
    /// The word alone.
    #[serde(skip)]
    pub(crate) plain: Option<String>,
    /// Who closes first; the client.
    pub(crate) first: Option<FirstSpec>,
    /// How long after it was ESTABLISHED, or in a load has done its part.
    pub(crate) after: Option<Time>,
    /// By which call.
    pub(crate) how: Option<Spanned<HowSpec>>,
    /// How long after it has read the FIN the other end closes.
    pub(crate) second_after: Option<Spanned<Time>>,
    /// By which call the other end does.
    pub(crate) second_how: Option<Spanned<HowSpec>>,
}

impl Shorthand for CloseSpec {
    type Plain = String;
    const EXPECTED: &'static str = "\"never\", or a table with `first` and `after`";

    fn from_plain(word: String) -> CloseSpec {
        CloseSpec {
            plain: Some(word),
            first: None,
            after: None,
            how: None,
            second_after: None,
            second_how: None,
        }
    }
}

/// By which call an end closes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HowSpec {
    /// CLOSE: a FIN.
    Close,
    /// ABORT: a RST.
    Abort,
}

/// Which end closes first, or both without waiting for each other.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FirstSpec {
    Client,
    Server,
    Both,
}

/// Which end of a connection.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EndSpec {
    Client,
    Server,
}

/// `[load.NAME]`: a population of connections.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadSpec {
    /// Host of the clients; `client`.
    pub(crate) from: Option<Spanned<String>>,
    /// `HOST:PORT` of the server; `server:80`.
    pub(crate) to: Option<Spanned<String>>,
    /// When connections are opened.
    pub(crate) arrivals: Spanned<ArrivalsSpec>,
    /// Most connections or SYNs; no limit.
    pub(crate) count: Option<Spanned<u64>>,
    /// Virtual time before which nothing is opened.
    pub(crate) start: Option<Spanned<Time>>,
    /// Virtual time from which on nothing is opened.
    pub(crate) stop: Option<Spanned<Time>>,
    /// How many clients there are.
    pub(crate) clients: Option<Spanned<u32>>,
    /// How many ports each client has, used in turn.
    pub(crate) port_pool: Option<Spanned<u16>>,
    /// What is sent on each connection.
    pub(crate) transfer: Option<TransferSpec>,
    /// Who sends it; the client.
    pub(crate) first_sender: Option<EndSpec>,
    /// Who closes, when and how; the client, at once.
    pub(crate) close: Option<Spanned<Short<CloseSpec>>>,
    /// How long a user waits for an OPEN; as long as TCP tries.
    pub(crate) connect_timeout: Option<Spanned<Time>>,
    /// How a user tries again after a failure; not at all.
    pub(crate) retry: Option<RetrySpec>,
    /// Sends SYNs that nobody stands behind.
    pub(crate) syn_flood: Option<Spanned<SynFloodSpec>>,
}

/// `retry = { max = 5, after = "1s" }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetrySpec {
    /// How often at most.
    pub(crate) max: Spanned<u32>,
    /// From the failure to the next OPEN.
    pub(crate) after: Time,
}

/// `syn_flood = { spoofed = true, responds = "never" }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SynFloodSpec {
    /// Must be true: what sends from its own address is a load without `syn_flood`.
    pub(crate) spoofed: Option<Spanned<bool>>,
    /// Who is at the addresses that it forges.
    pub(crate) responds: RespondsSpec,
}

/// Who is at the addresses that a flood forges.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RespondsSpec {
    Never,
    Rst,
}

/// `arrivals = { poisson = "5/s" }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ArrivalsSpec {
    Poisson(ArrivalRate),
    Constant(ArrivalRate),
    /// A file of times.
    Trace(String),
    /// So many at once.
    Burst(u64),
}

/// `transfer = { bytes = 100 }`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferSpec {
    /// How many bytes.
    pub(crate) bytes: Spanned<Short<BytesSpec>>,
}

/// `bytes = 100` or `bytes = { exponential = 2000 }`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BytesSpec {
    #[serde(skip)]
    pub(crate) fixed: Option<u64>,
    /// Mean of an exponential distribution, in bytes.
    pub(crate) exponential: Option<u64>,
}

impl Shorthand for BytesSpec {
    type Plain = u64;
    const EXPECTED: &'static str = "a number of bytes, or `{ exponential = MEAN }`";

    fn from_plain(bytes: u64) -> BytesSpec {
        BytesSpec {
            fixed: Some(bytes),
            exponential: None,
        }
    }
}
