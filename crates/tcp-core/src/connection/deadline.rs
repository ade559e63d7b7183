//! A timer runs out (RFC 9293 section 3.10.8).

use super::{Connection, Marks, State, Timer, Turn};
use crate::io::{Event, Outcome, Reason};
use crate::mutant::mutated;
use crate::time::Instant;

impl Connection {
    /// Acts on every timer whose deadline has come. Harmless when called early.
    pub(crate) fn on_deadline(&mut self, turn: &mut Turn<'_>) {
        for timer in Timer::ALL {
            if self.timer(timer) > turn.now || self.state == State::Closed {
                continue;
            }
            self.stop_timer(timer);
            match timer {
                Timer::Retransmit => self.retransmission_timeout(turn),
                Timer::Ack => self.marks.set(Marks::ACK_NOW, true),
                Timer::Idle => self.idle_timeout(turn),
            }
        }
        self.marks.set(Marks::READY, true);
    }

    /// RETRANSMISSION TIMEOUT and USER TIMEOUT: the earliest segment goes out again, or the
    /// connection is given up at R2 (MUST-20). The SYN takes the same way (MUST-22).
    fn retransmission_timeout(&mut self, turn: &mut Turn<'_>) {
        let schedule = self.schedule();
        let r1 = turn.config.r1;
        let Some(snd) = self.state.snd_mut() else {
            return;
        };
        if !snd.outstanding() {
            // The persist timer: nothing was sent that could have been acknowledged.
            snd.on_persist_timeout();
            self.marks.set(Marks::PROBE, true);
            return;
        }
        if snd.is_hopeless(turn.now, turn.config, schedule) {
            turn.io.counters.TCPTimeouts += 1;
            if turn.config.reset_on_timeout && !matches!(self.state, State::SynSent(_)) {
                self.reset_on_abort(turn);
            }
            self.finish(turn, Reason::Timeout, Outcome::TimedOut);
            return;
        }
        let shut = snd.is_shut();
        let struggling = snd.retransmits + 1 == r1;
        snd.on_timeout();
        if snd.fin && snd.una == snd.end && mutated!(turn.config, FinNotRetransmitted) {
            snd.cursor = snd.nxt;
        }
        if shut {
            self.marks.set(Marks::PROBE, true);
        } else if struggling && !self.marks.has(Marks::RELEASED) {
            // SHLD-9: between R1 and R2 the user is told, and may wait or give up.
            turn.io.events.push_back(Event::Struggling(turn.id));
        }
    }

    /// TIME-WAIT TIMEOUT, the end of a FIN-WAIT-2 without user, or keep-alive.
    fn idle_timeout(&mut self, turn: &mut Turn<'_>) {
        match &self.state {
            State::TimeWait(_) => self.finish(turn, Reason::Expired, Outcome::Finished),
            State::FinWait2(_) if self.is_orphan_in_fin_wait_2(turn.config) => {
                self.finish(turn, Reason::Expired, Outcome::TimedOut);
            }
            State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_) => self.keepalive_timeout(turn),
            State::SynSent(_) | State::SynReceived(_) | State::Closed => {}
        }
    }

    /// Probes a connection that has been idle for long, with nothing outstanding (MUST-26); gives
    /// it up when several probes stay unanswered, because an ACK can be lost (MUST-29).
    fn keepalive_timeout(&mut self, turn: &mut Turn<'_>) {
        let Some(keepalive) = turn.config.keepalive else {
            return;
        };
        let due = if self.probes == 0 {
            Instant::from(self.heard) + keepalive.idle
        } else {
            turn.now
        };
        // A SYN,ACK that nobody times leaves the finding out to keep-alive.
        let busy = self.timer(Timer::Retransmit) != Instant::END;
        if due > turn.now || busy {
            // Something was heard meanwhile, or retransmissions find out by themselves.
            let later = due.max(turn.now + keepalive.interval);
            self.set_timer(Timer::Idle, if busy { later } else { due });
            return;
        }
        if self.probes >= keepalive.probes {
            turn.io.counters.KeepAliveTimeouts += 1;
            if turn.config.reset_on_keepalive {
                self.reset_on_abort(turn);
            }
            self.finish(turn, Reason::KeepAlive, Outcome::TimedOut);
            return;
        }
        self.probes += 1;
        self.send_keepalive(turn);
        self.set_timer(Timer::Idle, turn.now + keepalive.interval);
    }

    /// Starts to watch an open connection, if keep-alive is on.
    pub(super) fn start_keepalive(&mut self, turn: &Turn<'_>) {
        if let Some(keepalive) = turn.config.keepalive {
            self.set_timer(Timer::Idle, turn.now + keepalive.idle);
        }
    }

    /// Starts to count the time that FIN-WAIT-2 may last, once the user has let go.
    pub(super) fn start_fin_timeout(&mut self, turn: &Turn<'_>) {
        if let (Some(limit), true) = (turn.config.fin_timeout, self.marks.has(Marks::RELEASED)) {
            self.set_timer(Timer::Idle, turn.now + limit);
        }
    }
}
