//! Runs packetdrill scripts against `tcp-core` in virtual time, without root and without a kernel.
//!
//! A script sends segments and system calls to a TCP stack and says what the stack must send and
//! return. Here the stack is a [`tcp_core::Endpoint`] behind a thin layer of BSD sockets; time
//! jumps from event to event.
//!
//! # The language
//!
//! It is packetdrill's: options (`--tolerance_usecs=75000`), times (`0.1`, `+0.1`, `*`, `1~2`,
//! `+1~+2`, `+0...0.5` for a call that blocks), segments (`< S. 0:0(0) ack 1 win 32767 <mss
//! 1460,sackOK>`), system calls with their results, shell lines, Python blocks, comments, and
//! conditional sections (`#ifdef`) in which `STANDARD` is defined.
//!
//! * Sequence numbers of the stack count from the number that the script writes in the stack's SYN,
//!   those of the script are as written. Windows are the header's, before scaling. Options that are
//!   not written must not be there.
//! * A relative time counts from when the event before happened, and that of an inbound segment
//!   after an inbound segment from the other's time.
//! * Shell lines may set sysctls of FreeBSD and Linux (one table says what each means), count
//!   connections in a state with `sockstat`, `netstat` or `ss` and `grep`, and drop connections
//!   with `tcpdrop`. Python blocks may assert `tcpi_...`.
//! * What has no meaning for TCP connections, or what the stack cannot do, is a reason to skip the
//!   script, by name: never a silent pass. Out of scope are UDP, SCTP, tunnels, ICMP, ECN, and path
//!   MTU discovery. The stack never negotiates ECN, so sysctls that would make it ask for ECN skip
//!   the script.
//!
//! # Stricter than packetdrill
//!
//! A segment that the stack sends and the script does not expect fails the script, also within the
//! tolerance after its last line. Not counted are retransmissions after the last line, because the
//! script's side has fallen silent, and what the stack sends when the script lets go of its
//! connections (`close`, `tcpdrop`) after its last segment.
//!
//! # Example
//!
//! ```
//! use packetdrill::{Options, Verdict, run_bytes};
//!
//! let script = b"
//! 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
//! +0  bind(3, ..., ...) = 0
//! +0  listen(3, 1) = 0
//! +.1 < . 100:100(0) ack 300 win 1000
//! +0  > R 300:300(0)
//! ";
//! let outcome = run_bytes("listen-ack.pkt", script, &Options::default());
//! assert_eq!(outcome.verdict, Verdict::Pass);
//! ```

mod calls;
mod errno;
mod interpreter;
mod junit;
mod lexer;
mod notation;
mod numbering;
mod options;
mod outcome;
mod parser;
mod preprocess;
mod python;
mod script;
mod shell;
mod sockets;
mod source;
mod stack;
mod suite;
mod symbols;
mod sysctl;

pub use errno::Errno;
pub use interpreter::{Options, run_script};
pub use outcome::{Failure, Outcome, Verdict};
pub use script::{
    Action, Call, Command, Ecn, Event, EventTime, Expression, ExpressionKind, Flags, IcmpSpec,
    Script, SegmentSpec, Settings, TcpOption,
};
pub use source::{Position, ScriptError, Source, Span};
pub use suite::{Suite, run_bytes, run_paths};
pub use symbols::Dialect;
