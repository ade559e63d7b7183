//! The fifth step of SEGMENT ARRIVES in detail: what an ACK field does (RFC 9293 section 3.10.7.4,
//! RFC 5961 section 5).

use super::arrival::{NEXT, RETURN, Step};
use super::congestion::Advice;
use super::state::{Closing, Established, FinWait1, FinWait2, SynReceived};
use super::{Connection, Marks, Origin, Phase, Room, State, Timer, Turn};
use crate::config::TimeWaitRestart;
use crate::io::{Event, Outcome, Reason};
use crate::mutant::mutated;
use crate::segment::Segment;

impl Connection {
    /// SYN-RECEIVED: the ACK of the own SYN opens the connection.
    pub(super) fn ack_in_syn_received(&mut self, segment: &Segment, turn: &mut Turn<'_>) -> Step {
        if !self
            .state
            .snd()
            .is_some_and(|snd| snd.acceptable(segment.ack))
            && !mutated!(turn.config, IsnUnchecked)
        {
            // > form a reset segment <SEQ=SEG.ACK><CTL=RST> and send it
            self.reset_for(segment.ack, turn);
            return RETURN;
        }
        match turn.room {
            Room::Free => {}
            Room::Full => {
                turn.io.counters.ListenOverflows += 1;
                turn.io.counters.ListenDrops += 1;
                return RETURN;
            }
            Room::Reset => {
                turn.io.counters.ListenOverflows += 1;
                turn.io.counters.ListenDrops += 1;
                self.reset_peer(turn);
                self.finish(turn, Reason::Evicted, Outcome::Refused);
                return RETURN;
            }
        }
        let State::SynReceived(SynReceived {
            mut snd,
            mut rcv,
            origin,
        }) = core::mem::take(&mut self.state)
        else {
            unreachable!("the caller has matched SYN-RECEIVED");
        };
        let window = u32::from(segment.window) << snd.shift;
        snd.set_window(window, segment.seq, segment.ack);
        rcv.round_edge(turn.config, snd.mss);
        self.stop_timer(Timer::Retransmit);
        let next = State::Established(Established { snd, rcv });
        self.enter(turn, next, Phase::SynReceived, Reason::Ack);
        self.start_keepalive(turn);
        match origin {
            // The user has had it since the SYN.
            Origin::Passive(_) if self.marks.has(Marks::FAST_OPEN) => {}
            Origin::Passive(listener) => {
                turn.io.events.push_back(Event::Acceptable(listener));
            }
            Origin::Active => turn.io.events.push_back(Event::Connected(turn.id)),
        }
        NEXT
    }

    /// SEG.ACK must lie in SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT (RFC 5961 section 5.2,
    /// MAY-12); with RFC 793's rule only the upper bound is checked.
    pub(super) fn check_ack_range(&mut self, segment: &Segment, turn: &mut Turn<'_>) -> Step {
        let (una, nxt, max_wnd) = if let Some(snd) = self.state.snd() {
            (snd.una, snd.nxt, snd.max_wnd)
        } else {
            // MAX.SND.WND has gone with the send half; the RFC permits the largest there is.
            let shift = if self.marks.has(Marks::SCALED) { 14 } else { 0 };
            let nxt = self.state.snd_nxt();
            (nxt, nxt, u32::from(u16::MAX) << shift)
        };
        if segment.ack.is_after(nxt) {
            // > If the ACK acks something not yet sent, then send an ACK, drop the segment.
            self.acknowledge_unacceptable(segment, turn);
            return RETURN;
        }
        if turn.config.blind_attack.ack && segment.ack.is_before(una - max_wnd) {
            self.challenge(turn);
            return RETURN;
        }
        NEXT
    }

    /// ESTABLISHED's processing of the ACK field, which the other states share. `bare` says whether
    /// the segment came without text, SYN and FIN.
    pub(super) fn take_ack(&mut self, segment: &Segment, bare: bool, turn: &mut Turn<'_>) {
        let released = self.marks.has(Marks::RELEASED);
        let Some(snd) = self.state.snd_mut() else {
            return;
        };
        if segment.ack.is_before(snd.una) {
            return; // "If the ACK is a duplicate, it can be ignored."
        }
        let window = u32::from(segment.window) << snd.shift;
        // The answers to zero-window probes are no sign of loss.
        let duplicate = bare && window == snd.wnd && window > 0;
        let queued = snd.queued();
        let acked = snd.on_ack(turn.now, segment.ack, duplicate);
        let shut = snd.wnd == 0;
        snd.update_window(window, segment.seq, segment.ack);
        if snd.wnd == 0 {
            // A peer with a shut window may keep it shut for ever, as long as it answers (MUST-37,
            // SHLD-17).
            snd.pause_r2();
        } else if shut {
            snd.restart_r2(turn.now);
        }
        if shut && snd.wnd > 0 {
            snd.backoff = 0;
            snd.cursor = snd.una;
        }
        let idle = !snd.outstanding();
        let room_grew = snd.queued() < queued;
        if acked.advice == Advice::Retransmit {
            self.marks.set(Marks::RESEND, true);
        } else if acked.progress {
            self.marks.set(Marks::RESEND, false);
        }
        if acked.progress || shut {
            self.stop_timer(Timer::Retransmit);
        }
        if !idle && self.timer(Timer::Retransmit) == crate::time::Instant::END {
            self.start_retransmission_timer(turn);
        }
        if room_grew && !released {
            turn.io.events.push_back(Event::Writable(turn.id));
        }
    }

    /// FIN-WAIT-1 and CLOSING go on once the own FIN is acknowledged.
    pub(super) fn leave_if_fin_acked(&mut self, turn: &mut Turn<'_>) {
        if !self.state.snd().is_some_and(super::send::Send::fin_acked) {
            return;
        }
        self.stop_timer(Timer::Retransmit);
        match core::mem::take(&mut self.state) {
            State::FinWait1(FinWait1 { snd, rcv }) => {
                let next = State::FinWait2(FinWait2 {
                    snd_nxt: snd.nxt,
                    rcv,
                });
                self.enter(turn, next, Phase::FinWait1, Reason::Ack);
                self.start_fin_timeout(turn);
            }
            State::Closing(Closing { snd, rcv }) => {
                self.enter_time_wait(snd.nxt, rcv, Phase::Closing, Reason::Ack, turn);
            }
            other @ (State::Closed
            | State::SynSent(_)
            | State::SynReceived(_)
            | State::Established(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::LastAck(_)
            | State::TimeWait(_)) => {
                unreachable!("{} has no FIN to be acknowledged", other.phase())
            }
        }
    }

    /// TIME-WAIT: only a retransmission of the peer's FIN starts it anew, or, in Linux, anything
    /// with an ACK.
    pub(super) fn restart_time_wait(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        let restarts = match turn.config.time_wait_restart {
            TimeWaitRestart::Fin => segment.flags.fin() && segment.end() == self.state.window().nxt,
            TimeWaitRestart::AnyAck => segment.flags.ack(),
        };
        if restarts {
            self.set_timer(Timer::Idle, turn.now + turn.config.time_wait);
        }
    }
}
