//! User calls (RFC 9293 sections 3.10.1 to 3.10.6). Each has its own error, whose variants are
//! the RFC's replies.

use core::fmt;
use core::time::Duration;

use super::receive::buffer_size;
use super::send::Send;
use super::state::{CloseWait, Established, FinWait1, LastAck, SynReceived};
use super::{Connection, Marks, Phase, State, Turn};
use crate::config::{AbortReset, Config};
use crate::io::{Outcome, Reason};
use crate::seq::SeqNum;

/// Why SEND takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// "Connection does not exist."
    NoConnection,
    /// "Connection closing": the user has closed it.
    Closing,
}

/// Why RECEIVE gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveError {
    /// "Connection does not exist."
    NoConnection,
    /// "Connection closing": everything was received, and the peer will send no more.
    Closing,
}

/// Why CLOSE does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseError {
    /// "Connection does not exist."
    NoConnection,
    /// "Connection closing": it was closed before.
    Closing,
}

macro_rules! explain {
    ($($error:ident),*) => {$(
        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $error::NoConnection => "connection does not exist",
                    $error::Closing => "connection closing",
                })
            }
        }

        impl core::error::Error for $error {}
    )*};
}
explain!(SendError, ReceiveError, CloseError);

/// What STATUS tells (RFC 9293 section 3.10.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub phase: Phase,
    /// SND.UNA and SND.NXT.
    pub snd: (SeqNum, SeqNum),
    /// SND.WND, octets.
    pub snd_wnd: u32,
    /// RCV.NXT.
    pub rcv_nxt: SeqNum,
    /// RCV.WND, octets.
    pub rcv_wnd: u32,
    /// Octets that wait to be acknowledged.
    pub queued: u32,
    /// Octets that wait to be received.
    pub unread: u32,
    /// The MSS for text to the peer, octets.
    pub mss: u16,
    /// Smoothed round-trip time, if measured.
    pub rtt: Option<Duration>,
    /// Timeouts since the last progress.
    pub retransmits: u8,
    /// cwnd, octets.
    pub congestion_window: u32,
    /// Size of the receive buffer, octets, rounded as the stack does.
    pub receive_buffer: u32,
    /// Whether timestamps were agreed on.
    pub timestamps: bool,
    /// Whether SACK was permitted by both ends.
    pub sack_permitted: bool,
}

impl Connection {
    /// SEND: queues up to `octets` octets, as far as the send buffer has room; says how many. What
    /// several calls queue may leave together (MAY-16), and all of it leaves (MUST-60).
    pub(crate) fn send(&mut self, octets: u32, turn: &Turn<'_>) -> Result<u32, SendError> {
        match &self.state {
            State::SynSent(_)
            | State::SynReceived(_)
            | State::Established(_)
            | State::CloseWait(_) => {}
            State::FinWait1(_)
            | State::FinWait2(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => return Err(SendError::Closing),
            State::Closed => return Err(SendError::NoConnection),
        }
        let Some(snd) = self.state.snd_mut() else {
            return Err(SendError::Closing);
        };
        if snd.fin {
            return Err(SendError::Closing);
        }
        let taken = octets.min(turn.config.send_buffer.saturating_sub(snd.queued()));
        snd.end += taken;
        self.marks.set(Marks::READY, true);
        Ok(taken)
    }

    /// RECEIVE: takes up to `most` octets that have arrived in order; says how many.
    pub(crate) fn receive(&mut self, most: u32, turn: &mut Turn<'_>) -> Result<u32, ReceiveError> {
        let taken = self.unread.min(most);
        if taken == 0 {
            return match &self.state {
                State::SynSent(_)
                | State::SynReceived(_)
                | State::Established(_)
                | State::FinWait1(_)
                | State::FinWait2(_) => Ok(0),
                State::CloseWait(_)
                | State::Closing(_)
                | State::LastAck(_)
                | State::TimeWait(_) => Err(ReceiveError::Closing),
                State::Closed => Err(ReceiveError::NoConnection),
            };
        }
        self.unread -= taken;
        let (unread, mss) = (
            self.unread,
            self.state.snd().map_or(turn.config.mss, |snd| snd.mss),
        );
        if let Some(rcv) = self.state.rcv_mut() {
            let shut = rcv.ended().wnd() < u32::from(mss);
            if shut && rcv.next_edge(turn.config, mss, unread).is_some() {
                self.marks.set(Marks::ACK_NOW, true);
                self.marks.set(Marks::READY, true);
            }
        }
        Ok(taken)
    }

    /// CLOSE: no more will be sent; what was queued still goes out, and then the FIN.
    pub(crate) fn close(&mut self, turn: &mut Turn<'_>) -> Result<(), CloseError> {
        match &self.state {
            State::SynSent(_) => self.finish(turn, Reason::Close, Outcome::Finished),
            // Deviation: the RFC queues a CLOSE in SYN-RECEIVED if text is queued. Entering
            // FIN-WAIT-1 at once sends the same segments, because neither text nor FIN can
            // overtake the SYN.
            State::SynReceived(_) | State::Established(_) | State::CloseWait(_) => {
                self.enter_closing_state(turn);
            }
            State::FinWait1(_)
            | State::FinWait2(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => return Err(CloseError::Closing),
            State::Closed => return Err(CloseError::NoConnection),
        }
        self.marks.set(Marks::READY, true);
        Ok(())
    }

    /// The user's CLOSE, where the peer has closed already or not: which state it leads to.
    fn enter_closing_state(&mut self, turn: &mut Turn<'_>) {
        let from = self.phase();
        match core::mem::take(&mut self.state) {
            State::SynReceived(SynReceived { mut snd, rcv, .. })
            | State::Established(Established { mut snd, rcv }) => {
                snd.fin = true;
                self.enter(
                    turn,
                    State::FinWait1(FinWait1 { snd, rcv }),
                    from,
                    Reason::Close,
                );
            }
            State::CloseWait(CloseWait { mut snd, rcv }) => {
                snd.fin = true;
                self.enter(
                    turn,
                    State::LastAck(LastAck { snd, rcv }),
                    from,
                    Reason::Close,
                );
            }
            other @ (State::Closed
            | State::SynSent(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_)) => self.state = other,
        }
    }

    /// The user lets go of the connection (the `close` of the socket interface): CLOSE if that
    /// has not been called, and nobody will receive any more (MAY-1). Unread text is lost, and the
    /// peer is told so (SHLD-3).
    pub(crate) fn release(&mut self, turn: &mut Turn<'_>) {
        let lost = self.unread > 0 && turn.config.reset_on_unread;
        self.marks.set(Marks::RELEASED, true);
        self.unread = 0;
        if lost && !matches!(self.state, State::TimeWait(_) | State::Closed) {
            turn.io.counters.TCPAbortOnClose += 1;
            self.abort(turn);
            return;
        }
        match &self.state {
            State::SynReceived(_) if turn.config.delete_in_syn_received => {
                self.finish(turn, Reason::Close, Outcome::Finished);
            }
            State::SynSent(_)
            | State::SynReceived(_)
            | State::Established(_)
            | State::CloseWait(_) => {
                let closed = self.close(turn);
                debug_assert!(closed.is_ok(), "these states allow CLOSE");
            }
            State::FinWait2(_) => self.start_fin_timeout(turn),
            State::FinWait1(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_)
            | State::Closed => {}
        }
        self.marks.set(Marks::READY, true);
    }

    /// ABORT: everything queued is dropped, and a synchronized peer is reset.
    pub(crate) fn abort(&mut self, turn: &mut Turn<'_>) {
        match &self.state {
            State::SynReceived(_)
            | State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_) => self.reset_on_abort(turn),
            State::Closing(_) | State::LastAck(_) => {
                if turn.config.abort == AbortReset::WithAckInEveryState {
                    self.reset_on_abort(turn);
                }
            }
            State::SynSent(_) | State::TimeWait(_) | State::Closed => {}
        }
        if self.state != State::Closed {
            self.finish(turn, Reason::Abort, Outcome::Aborted);
        }
    }

    /// STATUS.
    pub(crate) fn status(&self, config: &Config) -> Status {
        let window = self.state.window();
        let snd = self.state.snd();
        let nxt = self.state.snd_nxt();
        Status {
            phase: self.phase(),
            snd: (snd.map_or(nxt, |snd| snd.una), nxt),
            snd_wnd: snd.map_or(0, |snd| snd.wnd),
            rcv_nxt: window.nxt,
            rcv_wnd: window.wnd(),
            queued: snd.map_or(0, Send::queued),
            unread: self.unread,
            mss: snd.map_or(0, |snd| snd.mss),
            rtt: snd.and_then(Send::smoothed_rtt),
            retransmits: snd.map_or(0, |snd| snd.retransmits),
            congestion_window: snd.map_or(0, |snd| snd.congestion.cwnd),
            receive_buffer: match (&self.state, snd) {
                (State::SynSent(_), _) | (_, None) => config.receive_buffer,
                (_, Some(snd)) => buffer_size(config, snd.mss),
            },
            timestamps: self.marks.has(Marks::TIMESTAMPS),
            sack_permitted: self.marks.has(Marks::SACK),
        }
    }
}
