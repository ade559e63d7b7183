//! Runs packetdrill scripts against `tcp-core` in virtual time, without root and without a kernel.
//!
//! A script sends segments and system calls to a TCP stack and says what the stack must send and return. Here the stack
//! is a [`tcp_core::Endpoint`] behind a thin layer of BSD sockets; time jumps from event to event.
//!
//! The interpreter is stricter than packetdrill: a segment that the stack sends and the script does not expect fails it.

mod errno;
mod lexer;
mod notation;
mod options;
mod parser;
mod preprocess;
mod python;
mod script;
mod shell;
mod source;
mod symbols;
mod sysctl;

pub use errno::Errno;
pub use script::{
    Action, Call, Command, Ecn, Event, EventTime, Expression, ExpressionKind, Flags, IcmpSpec,
    Script, SegmentSpec, Settings, TcpOption,
};
pub use source::{Position, ScriptError, Source, Span};
pub use symbols::Dialect;
