//! Runs packetdrill scripts against `tcp-core` in virtual time, without root and without a kernel.
//!
//! A script sends segments and system calls to a TCP stack and says what the stack must send and return. Here the stack
//! is a [`tcp_core::Endpoint`] behind a thin layer of BSD sockets; time jumps from event to event.
//!
//! The interpreter is stricter than packetdrill: a segment that the stack sends and the script does not expect fails it.

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
