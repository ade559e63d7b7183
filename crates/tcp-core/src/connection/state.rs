//! The states of a connection, one struct per state, each owning only what still exists there.
//!
//! ```text
//!              OPEN active: snd SYN          SYN: snd SYN,ACK
//!   (CLOSED) ---------------> SYN-SENT ----------------------> SYN-RECEIVED <--- (LISTEN)
//!                                | SYN,ACK: snd ACK               | ACK of SYN
//!                                v                                v
//!            CLOSE: snd FIN  ESTABLISHED <------------------------+
//!        +-----------------------+-------------- FIN: snd ACK ----+
//!        v                                                        v
//!    FIN-WAIT-1 -- FIN: snd ACK --> CLOSING                   CLOSE-WAIT
//!        | ACK of FIN                  | ACK of FIN               | CLOSE: snd FIN
//!        v                             v                          v
//!    FIN-WAIT-2 -- FIN: snd ACK --> TIME-WAIT                  LAST-ACK
//!                                      | 2 MSL                    | ACK of FIN
//!                                      v                          v
//!                                   (CLOSED)                   (CLOSED)
//! ```
//!
//! LISTEN and CLOSED are not states of a connection: a listener is a factory, and a closed
//! connection is absent. [`Phase`] still has all eleven names, because people and traces do.

use core::fmt;

use super::receive::{Ended, Receive};
use super::send::Send;
use crate::listener::ListenerId;
use crate::seq::SeqNum;

/// The eleven states of RFC 9293 section 3.3.2, for display and observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// No connection.
    Closed,
    /// Waiting for a connection request from any remote TCP.
    Listen,
    /// Waiting for a matching connection request after having sent one.
    SynSent,
    /// Waiting for an acknowledgment after having received and sent a connection request.
    SynReceived,
    /// Open: data goes both ways.
    Established,
    /// Own FIN sent, neither acknowledged nor answered.
    FinWait1,
    /// Own FIN acknowledged; the peer may still send.
    FinWait2,
    /// The peer's FIN was received; the user may still send.
    CloseWait,
    /// Both FINs sent, the own one not acknowledged.
    Closing,
    /// The peer's FIN was received, the own one sent and not acknowledged.
    LastAck,
    /// Both FINs acknowledged; waiting for old segments to die.
    TimeWait,
}

impl Phase {
    /// Every state with its name in the RFC.
    pub const ALL: [(Phase, &'static str); 11] = [
        (Phase::Closed, "CLOSED"),
        (Phase::Listen, "LISTEN"),
        (Phase::SynSent, "SYN-SENT"),
        (Phase::SynReceived, "SYN-RECEIVED"),
        (Phase::Established, "ESTABLISHED"),
        (Phase::FinWait1, "FIN-WAIT-1"),
        (Phase::FinWait2, "FIN-WAIT-2"),
        (Phase::CloseWait, "CLOSE-WAIT"),
        (Phase::Closing, "CLOSING"),
        (Phase::LastAck, "LAST-ACK"),
        (Phase::TimeWait, "TIME-WAIT"),
    ];

    /// The state with this name, spelled as in the RFC.
    pub fn from_name(name: &str) -> Option<Phase> {
        Phase::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(phase, _)| phase)
    }

    /// The name in the RFC.
    pub fn name(self) -> &'static str {
        Phase::ALL[self as usize].1
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Who opened a connection that is in SYN-RECEIVED (RFC 9293 MUST-11): it decides what a RST leads
/// back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// A passive OPEN; "return to LISTEN" means that the entry goes and the listener stays.
    Passive(ListenerId),
    /// An active OPEN whose SYN crossed another.
    Active,
}

/// SYN-SENT: the own SYN is out, nothing is known of the peer. CLOSE deletes it, SEND queues.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SynSent {
    pub(crate) snd: Send,
}

/// SYN-RECEIVED: both SYNs are known, the own one is not acknowledged. CLOSE queues a FIN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SynReceived {
    pub(crate) snd: Send,
    pub(crate) rcv: Receive,
    pub(crate) origin: Origin,
}

/// ESTABLISHED: data goes both ways. All calls are allowed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Established {
    pub(crate) snd: Send,
    pub(crate) rcv: Receive,
}

/// FIN-WAIT-1: the user has closed; the FIN is queued or out. RECEIVE is allowed, SEND is not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FinWait1 {
    pub(crate) snd: Send,
    pub(crate) rcv: Receive,
}

/// FIN-WAIT-2: everything sent is acknowledged, so of the send half only the end is left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FinWait2 {
    pub(crate) snd_nxt: SeqNum,
    pub(crate) rcv: Receive,
}

/// CLOSE-WAIT: the peer has closed, so of the receive half only the end is left. SEND is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CloseWait {
    pub(crate) snd: Send,
    pub(crate) rcv: Ended,
}

/// CLOSING: both FINs crossed; the own one waits for its ACK.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Closing {
    pub(crate) snd: Send,
    pub(crate) rcv: Ended,
}

/// LAST-ACK: the peer closed first, the own FIN waits for its ACK.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LastAck {
    pub(crate) snd: Send,
    pub(crate) rcv: Ended,
}

/// TIME-WAIT: nothing is left but the two ends of the sequence spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TimeWait {
    pub(crate) snd_nxt: SeqNum,
    pub(crate) rcv: Ended,
}

/// The state of a connection, with what it owns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Gone: what a transition leaves behind while it runs, and what the endpoint removes.
    #[default]
    Closed,
    SynSent(SynSent),
    SynReceived(SynReceived),
    Established(Established),
    FinWait1(FinWait1),
    FinWait2(FinWait2),
    CloseWait(CloseWait),
    Closing(Closing),
    LastAck(LastAck),
    TimeWait(TimeWait),
}

impl State {
    pub(crate) fn phase(&self) -> Phase {
        match self {
            State::Closed => Phase::Closed,
            State::SynSent(_) => Phase::SynSent,
            State::SynReceived(_) => Phase::SynReceived,
            State::Established(_) => Phase::Established,
            State::FinWait1(_) => Phase::FinWait1,
            State::FinWait2(_) => Phase::FinWait2,
            State::CloseWait(_) => Phase::CloseWait,
            State::Closing(_) => Phase::Closing,
            State::LastAck(_) => Phase::LastAck,
            State::TimeWait(_) => Phase::TimeWait,
        }
    }

    /// The send half, where there is still something to send or to be acknowledged.
    pub(crate) fn snd(&self) -> Option<&Send> {
        match self {
            State::SynSent(SynSent { snd })
            | State::SynReceived(SynReceived { snd, .. })
            | State::Established(Established { snd, .. })
            | State::FinWait1(FinWait1 { snd, .. })
            | State::CloseWait(CloseWait { snd, .. })
            | State::Closing(Closing { snd, .. })
            | State::LastAck(LastAck { snd, .. }) => Some(snd),
            State::FinWait2(_) | State::TimeWait(_) | State::Closed => None,
        }
    }

    /// The send half, to change it.
    pub(crate) fn snd_mut(&mut self) -> Option<&mut Send> {
        match self {
            State::SynSent(SynSent { snd })
            | State::SynReceived(SynReceived { snd, .. })
            | State::Established(Established { snd, .. })
            | State::FinWait1(FinWait1 { snd, .. })
            | State::CloseWait(CloseWait { snd, .. })
            | State::Closing(Closing { snd, .. })
            | State::LastAck(LastAck { snd, .. }) => Some(snd),
            State::FinWait2(_) | State::TimeWait(_) | State::Closed => None,
        }
    }

    /// The receive half, where the peer may still send.
    pub(crate) fn rcv_mut(&mut self) -> Option<&mut Receive> {
        match self {
            State::SynReceived(SynReceived { rcv, .. })
            | State::Established(Established { rcv, .. })
            | State::FinWait1(FinWait1 { rcv, .. })
            | State::FinWait2(FinWait2 { rcv, .. }) => Some(rcv),
            State::SynSent(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_)
            | State::Closed => None,
        }
    }

    /// RCV.NXT, the right edge of the receive window, and the shift count of the window field.
    /// All zero in SYN-SENT, where the peer is unknown.
    pub(crate) fn window(&self) -> Ended {
        match self {
            State::SynReceived(SynReceived { rcv, .. })
            | State::Established(Established { rcv, .. })
            | State::FinWait1(FinWait1 { rcv, .. })
            | State::FinWait2(FinWait2 { rcv, .. }) => rcv.ended(),
            State::CloseWait(CloseWait { rcv, .. })
            | State::Closing(Closing { rcv, .. })
            | State::LastAck(LastAck { rcv, .. })
            | State::TimeWait(TimeWait { rcv, .. }) => *rcv,
            State::SynSent(_) | State::Closed => Ended::default(),
        }
    }

    /// SND.NXT.
    pub(crate) fn snd_nxt(&self) -> SeqNum {
        match self {
            State::FinWait2(FinWait2 { snd_nxt, .. })
            | State::TimeWait(TimeWait { snd_nxt, .. }) => *snd_nxt,
            State::SynSent(_)
            | State::SynReceived(_)
            | State::Established(_)
            | State::FinWait1(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::Closed => self.snd().map_or(SeqNum(0), |snd| snd.nxt),
        }
    }
}
