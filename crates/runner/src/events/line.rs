//! The lines of a log: keys in the order in which they stand. What does not apply is left out. No key
//! is a keyword of SQL.

use std::net::SocketAddr;

use netsim::FrameId;
use serde::Serialize;

use crate::host::Datagram;
use crate::report::hexadecimal;

/// One line.
#[derive(Serialize)]
pub(super) struct Line<T> {
    /// Virtual time in nanoseconds.
    pub(super) time_ns: u64,
    /// What happened.
    pub(super) event: &'static str,
    #[serde(flatten)]
    pub(super) what: T,
}

/// A host that loses power, or has it again.
#[derive(Serialize)]
pub(super) struct OfHost<'a> {
    pub(super) host: &'a str,
}

/// A change of one end's state.
#[derive(Serialize)]
pub(super) struct StateChange<'a> {
    pub(super) host: &'a str,
    pub(super) role: &'static str,
    pub(super) connection: u32,
    pub(super) entry: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) local: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remote: Option<SocketAddr>,
    pub(super) oldstate: &'static str,
    pub(super) newstate: &'static str,
    pub(super) reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) iss: Option<u32>,
}

/// What an application does or is told.
#[derive(Serialize)]
pub(super) struct ByApplication<'a> {
    pub(super) host: &'a str,
    pub(super) role: &'static str,
    pub(super) connection: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) local: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remote: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) spurious: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<&'static str>,
}

/// A segment on a link.
#[derive(Serialize)]
pub(super) struct OnLink<'a> {
    link: &'a str,
    frame: u64,
    connection: u32,
    entry: u32,
    flags: String,
    seq: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ack: Option<u32>,
    len: u32,
}

impl<'a> OnLink<'a> {
    pub(super) fn new(link: &'a str, id: FrameId, frame: &Datagram) -> OnLink<'a> {
        let segment = &frame.packet.segment;
        OnLink {
            link,
            frame: id.0,
            connection: frame.tag().0,
            entry: frame.entry,
            flags: segment.flags.to_string(),
            seq: segment.seq.0,
            ack: segment.flags.ack().then_some(segment.ack.0),
            len: segment.text.len,
        }
    }
}

/// A segment that comes onto a link: with the rest of its header.
#[derive(Serialize)]
pub(super) struct Beginning<'a> {
    #[serde(flatten)]
    pub(super) on: OnLink<'a>,
    source: SocketAddr,
    target: SocketAddr,
    win: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    mss: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_scale: Option<u8>,
    sack_permitted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tsval: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tsecr: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fast_open: Option<String>,
    retransmission: bool,
    forwarded: bool,
    /// The frame that this one is a copy of, or that a router sends on as this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) original: Option<u64>,
    /// The scripted fault or injection that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) inject: Option<&'a str>,
}

impl<'a> Beginning<'a> {
    pub(super) fn new(on: OnLink<'a>, frame: &Datagram) -> Beginning<'a> {
        let packet = &frame.packet;
        let options = &packet.segment.options;
        let stamps = options.timestamps();
        Beginning {
            on,
            source: packet.source,
            target: packet.target,
            win: packet.segment.window,
            mss: options.mss(),
            window_scale: options.window_scale(),
            sack_permitted: options.sack_permitted(),
            tsval: stamps.map(|stamps| stamps.value),
            tsecr: stamps.map(|stamps| stamps.echo),
            fast_open: options.fast_open().map(hexadecimal),
            retransmission: frame.is_repeated,
            forwarded: frame.is_forwarded,
            original: None,
            fault: None,
            inject: None,
        }
    }
}

/// A segment that a fault holds, releases, changes or damages.
#[derive(Serialize)]
pub(super) struct Touched<'a> {
    #[serde(flatten)]
    pub(super) on: OnLink<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) win: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<&'a str>,
}

/// A segment that the link has accepted.
#[derive(Serialize)]
pub(super) struct Scheduled<'a> {
    #[serde(flatten)]
    pub(super) on: OnLink<'a>,
    pub(super) arrival_ns: u64,
}

/// A segment that does not arrive.
#[derive(Serialize)]
pub(super) struct Lost<'a> {
    #[serde(flatten)]
    pub(super) on: OnLink<'a>,
    pub(super) reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<&'a str>,
}

/// A segment at a host.
#[derive(Serialize)]
pub(super) struct AtHost<'a> {
    pub(super) host: &'a str,
    #[serde(flatten)]
    pub(super) on: OnLink<'a>,
    /// Why it has no effect there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
}
