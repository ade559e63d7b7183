//! A segment arrives in SYN-RECEIVED or a synchronized state (RFC 9293 section 3.10.7.4).
//!
//! One function per numbered step, in the RFC's order. `?` means what the RFC says with "and
//! return": the segment has been dealt with. Each step decides by state in the RFC's order and
//! without a catch-all, so that a new state would have to be decided everywhere.
//!
//! The first step is in [`acceptability`](super::acceptability), the fifth's details are in
//! [`acknowledgment`](super::acknowledgment).

use core::ops::ControlFlow;

use super::state::{CloseWait, Closing, Established, FinWait1, FinWait2, SynReceived, TimeWait};
use super::{Connection, Ended, Marks, Origin, Phase, State, Timer, Turn};
use crate::config::NewSyn;
use crate::io::{Event, Outcome, Reason};
use crate::mutant::mutated;
use crate::segment::{Segment, Tag};
use crate::seq::SeqNum;

/// "Go on with the next step", or "drop the segment and return".
pub(super) type Step = ControlFlow<()>;
pub(super) const NEXT: Step = ControlFlow::Continue(());
pub(super) const RETURN: Step = ControlFlow::Break(());

impl Connection {
    /// SEGMENT ARRIVES. `tag` is the incarnation that sent the segment; it is only counted.
    pub(crate) fn segment_arrives(&mut self, mut segment: Segment, tag: Tag, turn: &mut Turn<'_>) {
        if let State::SynSent(_) = self.state {
            self.arrives_in_syn_sent(&mut segment, turn);
        } else {
            let unread = self.unread;
            self.eight_steps(&mut segment, turn);
            if tag != self.tag {
                turn.io.counters.AlienOctets += u64::from(self.unread.saturating_sub(unread));
            }
        }
        self.marks.set(Marks::READY, true);
    }

    /// Stops early where the RFC says "and return"; for the caller both ends are the same.
    fn eight_steps(&mut self, segment: &mut Segment, turn: &mut Turn<'_>) {
        if self.five_steps(segment, turn).is_continue() {
            self.sixth_step_on(segment, turn);
        }
    }

    fn five_steps(&mut self, segment: &mut Segment, turn: &mut Turn<'_>) -> Step {
        // The first step may cut text off; a duplicate ACK has none to begin with.
        let bare = segment.is_empty();
        self.first_check_sequence(segment, turn)?;
        self.heard = turn.now.into();
        self.probes = 0;
        self.second_check_rst(segment, turn)?;
        // Third: security and compartment. Not implemented, see ARCHITECTURE.md.
        self.fourth_check_syn(segment, turn)?;
        self.fifth_check_ack(segment, bare, turn)
    }

    /// The sixth step and those after it: for a segment that came through the first five, or that
    /// has opened the connection from SYN-SENT.
    pub(super) fn sixth_step_on(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        // Sixth, check the URG bit: urgent data is delivered in line with the rest, and nobody is
        // told where it ends (RFC 6093 advises applications not to ask).
        if let ControlFlow::Continue(fin) = self.seventh_process_text(segment, turn) {
            self.eighth_check_fin(fin, turn);
        }
    }

    // ---------------------------------------------------------------------- second

    /// Second, check the RST bit, with RFC 5961 section 3.2's test of the exact number. Text in a
    /// RST is no obstacle (SHLD-2).
    fn second_check_rst(&mut self, segment: &Segment, turn: &mut Turn<'_>) -> Step {
        if !segment.flags.rst() {
            return NEXT;
        }
        if turn.config.rfc1337 && matches!(self.state, State::TimeWait(_)) {
            return RETURN; // RFC 1337 fix 1: TIME-WAIT is not for a RST to end.
        }
        let nxt = self.state.window().nxt;
        if turn.config.blind_attack.rst && segment.seq != nxt {
            // > If the RST bit is set and the sequence number is outside the current receive
            // > window, silently drop the segment.
            // A RST with text can begin left of the window and still be acceptable.
            if segment.seq.is_after(nxt) {
                self.challenge(turn);
            }
            return RETURN;
        }
        match &self.state {
            State::SynReceived(_) if mutated!(turn.config, RstKeepsEntry) => {}
            State::SynReceived(SynReceived {
                origin: Origin::Passive(_),
                ..
            }) => {
                // Back to LISTEN: the entry goes, "the user need not be informed".
                self.finish(turn, Reason::Rst, Outcome::Refused);
            }
            State::SynReceived(SynReceived {
                origin: Origin::Active,
                ..
            }) => {
                self.finish(turn, Reason::Rst, Outcome::Refused);
            }
            State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            // The RFC gives no signal where the user has closed already, but text or the FIN may
            // be lost, and the user is to know an abort from a normal end (MUST-12).
            | State::Closing(_)
            | State::LastAck(_) => self.finish(turn, Reason::Rst, Outcome::Reset),
            State::TimeWait(_) => {
                turn.io.counters.TimeWaitAssassinated += 1;
                self.finish(turn, Reason::Rst, Outcome::Finished);
            }
            State::Closed | State::SynSent(_) => unreachable!("dealt with before the first step"),
        }
        RETURN
    }

    // ---------------------------------------------------------------------- fourth

    /// Fourth, check the SYN bit.
    fn fourth_check_syn(&mut self, segment: &Segment, turn: &mut Turn<'_>) -> Step {
        if !segment.flags.syn() {
            return NEXT;
        }
        match &self.state {
            State::SynReceived(SynReceived {
                origin: Origin::Passive(_),
                ..
            }) => {
                match turn.config.new_syn {
                    NewSyn::Listen => {}
                    NewSyn::Reset if segment.flags.ack() => self.reset_for(segment.ack, turn),
                    NewSyn::Reset => self.refuse(segment, turn),
                    NewSyn::SynAck => {
                        self.answer_unacceptable(segment, turn);
                        return RETURN;
                    }
                }
                self.finish(turn, Reason::Syn, Outcome::Refused);
            }
            State::SynReceived(SynReceived {
                origin: Origin::Active,
                ..
            })
            | State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => {
                if turn.config.blind_attack.syn {
                    // RFC 5961 section 4.2: a challenge ACK, whatever the number.
                    turn.io.counters.TCPSYNChallenge += 1;
                    self.challenge(turn);
                } else {
                    // RFC 793: "the SYN is in the window: it is an error, send a reset".
                    self.reset_peer(turn);
                    self.finish(turn, Reason::Syn, Outcome::Reset);
                }
            }
            State::Closed | State::SynSent(_) => unreachable!("dealt with before the first step"),
        }
        RETURN
    }

    // ----------------------------------------------------------------------- fifth

    /// Fifth, check the ACK field.
    fn fifth_check_ack(&mut self, segment: &Segment, bare: bool, turn: &mut Turn<'_>) -> Step {
        if !segment.flags.ack() {
            return RETURN;
        }
        if let State::SynReceived(_) = &self.state {
            self.ack_in_syn_received(segment, turn)?;
        }
        self.check_ack_range(segment, turn)?;
        match &self.state {
            State::Established(_) | State::FinWait2(_) | State::CloseWait(_) => {
                self.take_ack(segment, bare, turn);
            }
            State::FinWait1(_) => {
                self.take_ack(segment, bare, turn);
                self.leave_if_fin_acked(turn);
            }
            State::Closing(_) => {
                self.take_ack(segment, bare, turn);
                self.leave_if_fin_acked(turn);
                // "Otherwise, ignore the segment"; and a TIME-WAIT of no length is over already.
                if !matches!(self.state, State::TimeWait(_)) {
                    return RETURN;
                }
            }
            State::LastAck(_) => {
                self.take_ack(segment, bare, turn);
                if self.state.snd().is_some_and(super::send::Send::fin_acked) {
                    self.finish(turn, Reason::Ack, Outcome::Finished);
                    return RETURN;
                }
            }
            State::TimeWait(_) => {
                // > The only thing that can arrive in this state is a retransmission of the
                // > remote FIN. Acknowledge it, and restart the 2 MSL timeout.
                self.restart_time_wait(segment, turn);
                if !segment.is_empty() {
                    self.acknowledge_unacceptable(segment, turn);
                }
            }
            State::Closed | State::SynSent(_) | State::SynReceived(_) => {
                unreachable!("SYN-RECEIVED has become ESTABLISHED or returned")
            }
        }
        NEXT
    }

    // --------------------------------------------------------------------- seventh

    /// Seventh, process the segment text. Says whether the peer's FIN has been reached: with this
    /// segment, or because it filled the hole before a FIN that came early.
    fn seventh_process_text(
        &mut self,
        segment: &Segment,
        turn: &mut Turn<'_>,
    ) -> ControlFlow<(), bool> {
        match &self.state {
            State::Established(_) | State::FinWait1(_) | State::FinWait2(_) => {}
            State::CloseWait(_) | State::Closing(_) | State::LastAck(_) | State::TimeWait(_) => {
                // > This should not occur since a FIN has been received from the remote side.
                return ControlFlow::Break(());
            }
            State::SynReceived(_) | State::SynSent(_) | State::Closed => {
                unreachable!("no state before ESTABLISHED gets here")
            }
        }
        if segment.text.is_empty() && !segment.flags.fin() {
            return ControlFlow::Continue(false);
        }
        if !segment.text.is_empty() && self.marks.has(Marks::RELEASED) {
            self.reset_unwanted_text(segment, turn);
            return ControlFlow::Break(());
        }
        let Some(rcv) = self.state.rcv_mut() else {
            return ControlFlow::Break(());
        };
        // Text beyond RCV.NXT is kept (SHLD-31), and acknowledged at once (MAY-13).
        let in_order = segment.seq == rcv.nxt && !rcv.has_hole();
        let (octets, fin) = rcv.take(segment);
        if octets > 0 {
            self.unread += octets;
            turn.io.events.push_back(Event::Readable(turn.id));
        }
        self.owe_ack(in_order && !fin, turn);
        ControlFlow::Continue(fin)
    }

    /// > If such a host issues a CLOSE call while received data is still pending, or if new data
    /// > is received after CLOSE is called, its TCP SHOULD send a RST (section 3.6.1 SHLD-3).
    fn reset_unwanted_text(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        turn.io.counters.TCPAbortOnClose += 1;
        self.reset_for(segment.ack, turn);
        self.finish(turn, Reason::Abort, Outcome::Reset);
    }

    // ---------------------------------------------------------------------- eighth

    /// Eighth, check the FIN bit: `fin` says that everything before the peer's FIN is here. The
    /// seventh step has moved RCV.NXT over it and owes its ACK.
    fn eighth_check_fin(&mut self, fin: bool, turn: &mut Turn<'_>) {
        if !fin {
            return;
        }
        let from = self.phase();
        if !self.marks.has(Marks::RELEASED) {
            turn.io.events.push_back(Event::PeerClosed(turn.id));
        }
        match core::mem::take(&mut self.state) {
            State::Established(Established { snd, rcv }) => {
                let next = State::CloseWait(CloseWait {
                    snd,
                    rcv: rcv.ended(),
                });
                self.enter(turn, next, from, Reason::Fin);
            }
            State::FinWait1(FinWait1 { snd, rcv }) => {
                // The fifth step has gone to FIN-WAIT-2 if the own FIN is acknowledged.
                let next = State::Closing(Closing {
                    snd,
                    rcv: rcv.ended(),
                });
                self.enter(turn, next, from, Reason::Fin);
            }
            State::FinWait2(FinWait2 { snd_nxt, rcv }) => {
                self.enter_time_wait(snd_nxt, rcv.ended(), from, Reason::Fin, turn);
            }
            // A FIN of CLOSE-WAIT, CLOSING, LAST-ACK and TIME-WAIT lies left of the window, and
            // the first step has answered it: "remain in the state".
            other @ (State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_)
            | State::SynReceived(_)
            | State::SynSent(_)
            | State::Closed) => self.state = other,
        }
    }

    /// Starts the time-wait timer (MUST-13) and turns the others off. Nothing can join the ACK of
    /// the FIN any more, so it leaves at once; a TIME-WAIT of no length is skipped.
    pub(super) fn enter_time_wait(
        &mut self,
        snd_nxt: SeqNum,
        rcv: Ended,
        from: Phase,
        reason: Reason,
        turn: &mut Turn<'_>,
    ) {
        for timer in Timer::ALL {
            self.stop_timer(timer);
        }
        self.enter(
            turn,
            State::TimeWait(TimeWait { snd_nxt, rcv }),
            from,
            reason,
        );
        if self.marks.has(Marks::ACK_NOW) {
            self.send_ack(turn);
        }
        if turn.config.time_wait.is_zero() || mutated!(turn.config, TimeWaitSkipped) {
            self.finish(turn, Reason::Expired, Outcome::Finished);
        } else {
            self.set_timer(Timer::Idle, turn.now + turn.config.time_wait);
        }
    }
}
