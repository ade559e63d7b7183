//! Scripted faults: which segment, and what happens to it.

use std::time::Duration;

use netsim::{Ending, Probability, Window};
use tcp_core::{Flags, Phase, Segment, SeqNum};

use super::host::HostId;
use super::link::LinkId;
use super::workload::ConnectionId;

/// One `[[fault]]`. Faults are tried in the order of the file; the first that matches acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name, unique in the file; reports call it by that.
    pub id: String,
    /// Which segments are counted.
    pub pattern: Match,
    /// Which of those are hit.
    pub nth: Occurrence,
    /// How likely a segment that is hit by `nth` really is, drawn for each by itself.
    pub probability: Probability,
    /// What happens to a segment that is hit.
    pub action: Action,
}

/// Which segments a fault looks at, as they enter a link. All conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The link that they enter; `None` for every link.
    pub link: Option<LinkId>,
    /// The scripted connection that they belong to, late copies included; `None` for every one.
    pub connection: Option<ConnectionId>,
    /// Their control bits.
    pub flags: FlagPattern,
    /// The least and the greatest length of their text in bytes, both included.
    pub payload: (u32, u32),
    /// When they enter the link.
    pub window: Window,
    /// The state that an end of their connection is in; `None` for any.
    pub state: Option<StateCondition>,
    /// Which way they go; `None` for both.
    pub direction: Option<Direction>,
    /// The number, from 1, of the OPEN that they belong to among those of its four-tuple, in the
    /// order of the first SYNs; `None` for every one.
    pub incarnation: Option<u32>,
    /// The number, from 1, of the server's entry that sent them among those that the SYNs of its
    /// incarnation have made; `None` for every segment.
    pub entry: Option<u32>,
}

/// Which way a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the end that opened actively.
    Forward,
    /// Towards it.
    Backward,
}

/// A field of a TCP segment (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Source Port.
    SourcePort,
    /// Destination Port.
    DestinationPort,
    /// Sequence Number.
    Seq,
    /// Acknowledgment Number.
    Ack,
    /// Data Offset.
    DataOffset,
    /// The control bits.
    Flags,
    /// Window.
    Window,
    /// Checksum.
    Checksum,
    /// Urgent Pointer.
    UrgentPointer,
    /// All options with their padding.
    Options,
    /// The data.
    Text,
}

impl Field {
    /// All fields with their names in experiments.
    pub const ALL: [(Field, &'static str); 11] = [
        (Field::SourcePort, "source-port"),
        (Field::DestinationPort, "destination-port"),
        (Field::Seq, "seq"),
        (Field::Ack, "ack"),
        (Field::DataOffset, "data-offset"),
        (Field::Flags, "flags"),
        (Field::Window, "window"),
        (Field::Checksum, "checksum"),
        (Field::UrgentPointer, "urgent-pointer"),
        (Field::Options, "options"),
        (Field::Text, "text"),
    ];

    /// Its name in experiments.
    pub fn name(self) -> &'static str {
        let (_, name) = Field::ALL[self as usize];
        name
    }

    /// Its first bit and the number of its bits in this segment, numbered from the lowest bit of
    /// the header's first octet. `None` if the segment has no such field.
    pub fn bits(self, segment: &Segment) -> Option<(u32, u32)> {
        let octets = |first: u32, count: u32| (first * 8, count * 8);
        let header = segment.wire_len() - segment.text.len;
        let (first, count) = match self {
            Field::SourcePort => octets(0, 2),
            Field::DestinationPort => octets(2, 2),
            Field::Seq => octets(4, 4),
            Field::Ack => octets(8, 4),
            // The upper half of its octet.
            Field::DataOffset => (12 * 8 + 4, 4),
            Field::Flags => octets(13, 1),
            Field::Window => octets(14, 2),
            Field::Checksum => octets(16, 2),
            Field::UrgentPointer => octets(18, 2),
            Field::Options => octets(20, header - 20),
            Field::Text => octets(header, segment.text.len),
        };
        (count > 0).then_some((first, count))
    }
}

/// A set of control bits to compare with: of the bits in `mask`, exactly those in `value` are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagPattern {
    /// The bits that matter. None of them: every segment matches.
    pub mask: Flags,
    /// Those of them that must be set; the others must be clear.
    pub value: Flags,
}

impl FlagPattern {
    /// Matches every segment.
    pub const ANY: FlagPattern = FlagPattern {
        mask: Flags::NONE,
        value: Flags::NONE,
    };

    /// Whether these control bits match.
    pub fn matches(self, flags: Flags) -> bool {
        flags.bits() & self.mask.bits() == self.value.bits()
    }
}

/// A condition on an end of a segment's own connection, as it is when the segment is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateCondition {
    /// The host.
    pub host: HostId,
    /// The state that its end is in. A client's end without a TCB is CLOSED, a server's is LISTEN.
    pub phase: Phase,
}

/// Which of the segments that match a fault are hit, counted from 1 in the order of entering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// All of them.
    Every,
    /// These, in ascending order, each once.
    Listed(Vec<u32>),
}

/// What a fault does to a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is lost.
    Drop,
    /// It waits for this time, then goes on through the link.
    DelayBy(Duration),
    /// It waits for a moment, then goes on through the link. A condition on a state is about the
    /// segment's own connection, and only a change after the segment was caught counts.
    HoldUntil(Moment),
    /// It goes on, and a copy of it enters the link again at a moment. A condition on a state is
    /// about the segment's own connection, and only a change after the segment was sent counts.
    Replay(Moment),
    /// Copies follow it: `copies` of them, `spacing` apart.
    Duplicate {
        /// At least one.
        copies: u32,
        /// Zero: all enter the link at once.
        spacing: Duration,
    },
    /// One bit of this field of it, or of all of it, is flipped, chosen by a keyed draw. The
    /// checksum is not mended, so its receiver notices. A segment without the field is not hit.
    Corrupt(Option<Field>),
    /// Fields of its header are changed, with a checksum that fits: what a middlebox does.
    Rewrite(Rewrite),
}

/// New values for fields of a TCP header; `None` leaves a field as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// Sequence number.
    pub seq: Option<u32>,
    /// Acknowledgment number.
    pub ack: Option<u32>,
    /// Window, as it stands in the header (not scaled).
    pub window: Option<u16>,
    /// All control bits.
    pub flags: Option<Flags>,
}

impl Rewrite {
    /// Changes a segment.
    pub fn apply(self, segment: &mut Segment) {
        segment.seq = self.seq.map_or(segment.seq, SeqNum);
        segment.ack = self.ack.map_or(segment.ack, SeqNum);
        segment.window = self.window.unwrap_or(segment.window);
        segment.flags = self.flags.unwrap_or(segment.flags);
    }
}

impl Action {
    /// Whether a segment comes back from it later, which starts the time "after the fault".
    pub fn releases(&self) -> bool {
        matches!(
            self,
            Action::DelayBy(_) | Action::HoldUntil(_) | Action::Replay(_)
        )
    }
}

/// A moment that the script waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A time on the clock of the run.
    At(Duration),
    /// A connection's end at this host enters this state; then `plus` passes.
    Enters {
        /// The host.
        host: HostId,
        /// The state that is entered.
        phase: Phase,
        /// Time from entering it.
        plus: Duration,
    },
    /// A segment that another fault hit comes out of its link, or is lost; then `plus` passes.
    Fate {
        /// Index of the other fault in [`Plan::faults`](super::Plan::faults).
        fault: usize,
        /// What became of the segment.
        ending: Ending,
        /// Time from that.
        plus: Duration,
    },
}
