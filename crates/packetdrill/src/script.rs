//! What a script says: the tree that the parser builds.

use crate::source::{Source, Span};

/// A whole script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The text it was read from, for messages.
    pub source: Source,
    /// `--name=value` lines, already validated.
    pub settings: Settings,
    /// Shell commands that stand before the first event, without a time.
    pub setup: Vec<Command>,
    /// What happens, in order.
    pub events: Vec<Event>,
}

/// The `--name=value` options that this interpreter knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `--ip_version=ipv6`.
    pub ipv6: bool,
    /// `--tolerance_usecs`: how far an outbound segment or the end of a blocking call may be from
    /// its time, in nanoseconds.
    pub tolerance: u64,
    /// `--tolerance_percent`: the same as a share of the time since the event before, if that is
    /// more.
    pub tolerance_percent: u64,
    /// `--bind_port`: where `bind(fd, ..., ...)` binds.
    pub bind_port: u16,
    /// `--connect_port`: where `connect(fd, ..., ...)` connects to.
    pub connect_port: u16,
    /// `--tcp_ts_tick_usecs`: the tick of outbound timestamps in nanoseconds; 0 leaves their values
    /// unchecked.
    pub timestamp_tick: u64,
    /// Options that ask for something which is not available, as reasons to skip.
    pub unsupported: Vec<String>,
}

impl Default for Settings {
    /// packetdrill's own defaults.
    fn default() -> Settings {
        Settings {
            ipv6: false,
            tolerance: 4_000_000,
            tolerance_percent: 1,
            bind_port: 8080,
            connect_port: 8080,
            timestamp_tick: 0,
            unsupported: Vec::new(),
        }
    }
}

/// One line of a script: when, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The whole event in the source.
    pub span: Span,
    /// When.
    pub time: EventTime,
    /// What.
    pub action: Action,
}

/// When an event happens. All in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventTime {
    /// Since the start of the script.
    Absolute(u64),
    /// `+t`: since the event before.
    Relative(u64),
    /// `a~b`: between two absolute times; outbound packets only.
    AbsoluteRange(u64, u64),
    /// `+a~+b`: between two relative times; outbound packets only.
    RelativeRange(u64, u64),
    /// `*`: whenever; outbound packets only.
    Any,
}

/// What an event does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A segment that the script sends to the stack.
    Inject(SegmentSpec),
    /// A segment that the stack must send.
    Expect(SegmentSpec),
    /// An ICMP error that the script sends to the stack.
    Icmp(IcmpSpec),
    /// A system call with its expected result.
    Call(Call),
    /// A shell command.
    Shell(Command),
    /// A block of Python.
    Python(Command),
    /// Something of packetdrill's language that has no meaning for TCP connections; the reason to
    /// skip the script.
    Unsupported(String),
}

/// Text in another language, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Without its delimiters.
    pub text: String,
    /// Where it stands, delimiters included.
    pub span: Span,
}

/// The control bits of a segment (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the TCP header has eight independent control bits"
)]
pub struct Flags {
    /// S
    pub syn: bool,
    /// `.`
    pub ack: bool,
    /// F
    pub fin: bool,
    /// R
    pub rst: bool,
    /// P
    pub psh: bool,
    /// U
    pub urg: bool,
    /// E
    pub ece: bool,
    /// W
    pub cwr: bool,
}

/// A segment as a script writes it; absent parts are not checked on the way out and have a default
/// on the way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentSpec {
    /// `a > b`: source and target port, zero or absent for the ports of the connection under test.
    pub ports: Option<(u16, u16)>,
    /// The ECN field of the IP header, if the script names it.
    pub ecn: Option<Ecn>,
    /// Control bits.
    pub flags: Flags,
    /// First sequence number, relative as packetdrill has it.
    pub seq: u32,
    /// Bytes of text.
    pub len: u16,
    /// Acknowledgment number; written by some scripts without the ACK bit, where it has no meaning.
    pub ack: Option<u32>,
    /// The window field as on the wire, before scaling.
    pub window: Option<u16>,
    /// Urgent pointer.
    pub urgent: Option<u16>,
    /// `None` for `<...>`: any options will do.
    pub options: Option<Vec<TcpOption>>,
}

/// The ECN codepoint of the IP header (RFC 3168).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ecn {
    /// `[noecn]`
    NotEct,
    /// `[ect0]`
    Ect0,
    /// `[ect1]`
    Ect1,
    /// `[ect01]`: either of the two.
    AnyEct,
    /// `[ce]`
    CongestionExperienced,
}

/// One TCP option, in the order of the wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TcpOption {
    /// `nop`
    Nop,
    /// `eol`
    EndOfList,
    /// `mss n`
    Mss(u16),
    /// `wscale n`
    WindowScale(u8),
    /// `sackOK`
    SackPermitted,
    /// `sack a:b c:d`
    Sack(Vec<(u32, u32)>),
    /// `TS val n ecr m`
    Timestamp {
        /// The timestamp value.
        value: u32,
        /// The echo reply.
        echo: u32,
    },
    /// `FO cookie`: TCP Fast Open (RFC 7413); an empty cookie asks for one.
    FastOpen(Vec<u8>),
    /// Any other kind with the bytes after its length: `md5 hex`, `kind n hex`, `FOEXP hex`.
    Other(u8, Vec<u8>),
}

/// An ICMP destination-unreachable message about a segment that the stack sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcmpSpec {
    /// The code's name, such as `host_unreachable`.
    pub code: String,
    /// Next-hop MTU of `frag_needed`.
    pub mtu: Option<u16>,
    /// Sequence number of the segment that it quotes, relative.
    pub seq: u32,
}

/// A system call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `...t` after the time: the call blocks and returns then; on the same base as the event's
    /// time.
    pub end: Option<u64>,
    /// Name of the call.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Arguments.
    pub arguments: Vec<Expression>,
    /// Expected return value.
    pub result: Expression,
    /// Expected error, by name.
    pub errno: Option<String>,
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

/// What an argument or a result is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// `...`: the interpreter fills in what is meant.
    Ellipsis,
    /// A number.
    Integer(i64),
    /// A symbol such as `SOL_SOCKET`.
    Word(String),
    /// A string, escapes as written.
    Text(String),
    /// `a | b`
    Flags(Vec<Expression>),
    /// `[a, b]`
    List(Vec<Expression>),
    /// `{name=value, ...}`
    Fields(Vec<(String, Expression)>),
    /// `htons(8080)`, `inet_addr("192.0.2.1")`.
    Apply(String, Vec<Expression>),
}
