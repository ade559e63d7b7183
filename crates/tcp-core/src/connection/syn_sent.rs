//! A segment arrives in SYN-SENT (RFC 9293 section 3.10.7.3).

use core::ops::ControlFlow;

use super::acceptability::trim_to_window;
use super::state::{Established, SynReceived, SynSent};
use super::{Connection, Marks, Origin, State, Timer, Turn};
use crate::config::Unexpected;
use crate::io::{Event, Outcome, Reason};
use crate::options::Options;
use crate::segment::{Flags, Segment};
use crate::seq::SeqNum;

impl Connection {
    /// The five steps, then the sixth of section 3.10.7.4 and those after it if the connection
    /// opened.
    pub(super) fn arrives_in_syn_sent(&mut self, segment: &mut Segment, turn: &mut Turn<'_>) {
        if self.syn_sent_steps(segment, turn).is_continue() {
            self.sixth_step_on(segment, turn);
        }
    }

    fn syn_sent_steps(&mut self, segment: &mut Segment, turn: &mut Turn<'_>) -> ControlFlow<()> {
        let acceptable = self.first_check_ack_in_syn_sent(segment, turn)?;
        self.second_check_rst_in_syn_sent(segment, acceptable, turn)?;
        // Third: security and compartment. Not implemented, see ARCHITECTURE.md.
        self.fourth_check_syn_in_syn_sent(segment, acceptable, turn)
        // Fifth: "if neither of the SYN or RST bits is set, then drop the segment and return."
    }

    /// First, check the ACK bit. Says whether there is an acceptable ACK.
    fn first_check_ack_in_syn_sent(
        &mut self,
        segment: &Segment,
        turn: &mut Turn<'_>,
    ) -> ControlFlow<(), bool> {
        if !segment.flags.ack() {
            return ControlFlow::Continue(false);
        }
        if self
            .state
            .snd()
            .is_some_and(|snd| snd.acceptable(segment.ack))
        {
            return ControlFlow::Continue(true);
        }
        // > If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset (unless the RST bit is set, if
        // > so drop the segment and return).
        if !segment.flags.rst() && turn.config.client_on_unexpected == Unexpected::Reset {
            self.reset_for(segment.ack, turn);
        }
        self.hurry_syn(turn);
        ControlFlow::Break(())
    }

    /// Linux takes an unacceptable ACK for the echo of an old incarnation and repeats the SYN
    /// soon instead of waiting for the timer.
    fn hurry_syn(&mut self, turn: &mut Turn<'_>) {
        let first_try = self.state.snd().is_some_and(|snd| snd.retransmits == 0);
        if let (Some(wait), true) = (turn.config.syn_after_reset, first_try) {
            let soon = turn.now + wait;
            if soon < self.timer(Timer::Retransmit) {
                self.set_timer(Timer::Retransmit, soon);
            }
        }
    }

    /// Second, check the RST bit. RFC 5961 section 3.2 asks for an acceptable ACK too.
    fn second_check_rst_in_syn_sent(
        &mut self,
        segment: &Segment,
        acceptable: bool,
        turn: &mut Turn<'_>,
    ) -> ControlFlow<()> {
        if !segment.flags.rst() {
            return ControlFlow::Continue(());
        }
        if acceptable {
            self.finish(turn, Reason::Rst, Outcome::Refused);
        }
        ControlFlow::Break(())
    }

    /// Fourth, check the SYN bit: the SYN,ACK opens the connection, a bare SYN crosses it.
    fn fourth_check_syn_in_syn_sent(
        &mut self,
        segment: &mut Segment,
        acceptable: bool,
        turn: &mut Turn<'_>,
    ) -> ControlFlow<()> {
        let state = core::mem::take(&mut self.state);
        let State::SynSent(SynSent { mut snd }) = state else {
            unreachable!("the caller has matched SYN-SENT");
        };
        if !segment.flags.syn() {
            self.state = State::SynSent(SynSent { snd });
            return ControlFlow::Break(());
        }
        let from = super::Phase::SynSent;
        let config = turn.config;
        self.irs = segment.seq;
        if !config.options {
            segment.options = Options::NONE;
        }
        self.learn_options(segment, turn);
        let scaled = self.marks.has(Marks::SCALED);
        let mut rcv = Connection::receive_half(config, segment, scaled);
        // MUST-14, and MUST-15 if the peer says nothing.
        let mss = segment
            .options
            .mss()
            .unwrap_or(config.assumed_mss(turn.flow.remote.is_ipv6()))
            .min(config.mss)
            .max(1);
        snd.agree_on(
            mss,
            if scaled {
                segment.options.window_scale().unwrap_or(0)
            } else {
                0
            },
            config,
        );
        if acceptable {
            snd.on_ack(turn.now, segment.ack, false);
            snd.rewind();
            snd.set_window(u32::from(segment.window), segment.seq, segment.ack);
            rcv.round_edge(config, mss);
            self.stop_timer(Timer::Retransmit);
            self.enter(
                turn,
                State::Established(Established { snd, rcv }),
                from,
                Reason::Ack,
            );
            self.start_keepalive(turn);
            self.marks.set(Marks::ACK_NOW, true);
            turn.io.events.push_back(Event::Connected(turn.id));
            // What is left of the segment begins after its SYN.
            segment.flags = segment.flags.without(Flags::SYN);
            segment.seq += 1;
            trim_to_window(segment, self.state.window());
            return ControlFlow::Continue(());
        }
        // Simultaneous open (MUST-10): the SYN,ACK is a new first transmission with a timer of its
        // own. Deviation: text that came with the SYN is not queued; the peer sends it again. Linux
        // and the BSDs do the same.
        snd.set_window(u32::from(segment.window), segment.seq, SeqNum(0));
        snd.cursor = snd.iss;
        snd.nxt = snd.iss + 1;
        snd.restart_r2(turn.now);
        self.stop_timer(Timer::Retransmit);
        let origin = Origin::Active;
        self.enter(
            turn,
            State::SynReceived(SynReceived { snd, rcv, origin }),
            from,
            Reason::Syn,
        );
        ControlFlow::Break(())
    }

    /// Notes what the peer's SYN offers and this end has offered too.
    fn learn_options(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        let stamps = segment
            .options
            .timestamps()
            .filter(|_| turn.config.timestamps);
        self.marks.set(Marks::TIMESTAMPS, stamps.is_some());
        self.stamps.recent = stamps.map_or(0, |stamps| stamps.value);
        let granted = segment
            .options
            .fast_open()
            .and_then(|cookie| cookie.try_into().ok());
        if let (Some(cookie), true) = (granted, self.marks.has(Marks::FAST_OPEN)) {
            turn.io.cookies.insert(turn.flow.remote.ip(), cookie);
        }
        let scaled = turn.config.window_scale.and(segment.options.window_scale());
        self.marks.set(Marks::SCALED, scaled.is_some());
        let sack = turn.config.sack_permitted && segment.options.sack_permitted();
        self.marks.set(Marks::SACK, sack);
    }
}
