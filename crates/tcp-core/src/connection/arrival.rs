//! A segment arrives in SYN-RECEIVED or a synchronized state (RFC 9293 section 3.10.7.4).
//!
//! One function per numbered step, in the RFC's order. `?` means what the RFC says with "and
//! return": the segment has been dealt with. Each step decides by state in the RFC's order and
//! without a catch-all, so that a new state would have to be decided everywhere.

use core::ops::ControlFlow;

use super::congestion::Advice;
use super::receive::buffer_size;
use super::state::{
    CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, SynReceived, TimeWait,
};
use super::{Connection, Ended, Marks, Origin, Phase, Room, State, Timer, Turn};
use crate::config::{CrossedSynAck, NewSyn, OldSegments, RepeatedSyn, TimeWaitRestart, WindowEdge};
use crate::io::{Event, Outcome, Reason};
use crate::segment::{Flags, Segment, Tag, Text};
use crate::seq::SeqNum;

/// "Go on with the next step", or "drop the segment and return".
type Step = ControlFlow<()>;
const NEXT: Step = ControlFlow::Continue(());
const RETURN: Step = ControlFlow::Break(());

impl Connection {
    /// SEGMENT ARRIVES. `tag` is the incarnation that sent the segment; it is only counted.
    pub(crate) fn segment_arrives(&mut self, mut segment: Segment, tag: Tag, turn: &mut Turn<'_>) {
        self.heard = turn.now.into();
        self.probes = 0;
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

    // ----------------------------------------------------------------------- first

    /// First, check the sequence number, and PAWS before it (RFC 7323 section 5.3).
    fn first_check_sequence(&mut self, segment: &mut Segment, turn: &mut Turn<'_>) -> Step {
        self.widen_window(turn);
        if self.is_outdated(segment, turn) {
            self.acknowledge_unacceptable(segment, turn);
            return RETURN;
        }
        let window = self.state.window();
        if let State::SynReceived(SynReceived {
            origin: Origin::Active,
            ..
        }) = &self.state
            && segment.flags.contains(Flags::SYN | Flags::ACK)
            && !segment.flags.rst()
            && segment.seq == self.irs
            && self
                .state
                .snd()
                .is_some_and(|snd| snd.acceptable(segment.ack))
        {
            return self.take_crossed_syn_ack(segment, turn);
        }
        if window.accepts(segment.seq, segment.len()) && !self.is_syn_again(segment) {
            self.note_timestamp(segment);
            // RFC 5961 wants to see every SYN in a synchronized state; RFC 9293 trims an old one.
            let opening = matches!(self.state, State::SynReceived(_));
            if opening || !turn.config.blind_attack.syn {
                trim_syn(segment, window);
            }
            trim_to_window(segment, window);
            return NEXT;
        }
        if window.wnd() == 0 && segment.seq == window.nxt && !segment.flags.syn() {
            // > If the RCV.WND is zero, no segments will be acceptable, but special allowance
            // > should be made to accept valid ACKs, URGs, and RSTs.
            // (MUST-66.)
            if !segment.flags.rst() && !segment.is_empty() {
                self.marks.set(Marks::ACK_NOW, true);
            }
            segment.text = Text::EMPTY;
            segment.flags = segment.flags.without(Flags::FIN);
            return NEXT;
        }
        if self.trims_whole(segment, window, turn) {
            return NEXT;
        }
        self.answer_unacceptable(segment, turn);
        RETURN
    }

    /// Whether this is the SYN that led to SYN-RECEIVED, again. Text or FIN behind it would make
    /// it acceptable, and the fourth step would take it for a new SYN or the fifth drop it
    /// without a word; it is to be answered like a bare one.
    fn is_syn_again(&self, segment: &Segment) -> bool {
        matches!(self.state, State::SynReceived(_))
            && segment.flags.syn()
            && !segment.flags.intersects(Flags::ACK | Flags::RST)
            && segment.seq == self.irs
    }

    /// FreeBSD judges segments by the room in the buffer, not by the edge that it has offered.
    fn widen_window(&mut self, turn: &Turn<'_>) {
        if turn.config.window_edge == WindowEdge::Buffer {
            return;
        }
        let mss = self.state.snd().map_or(turn.config.mss, |snd| snd.mss);
        let room = buffer_size(turn.config, mss).saturating_sub(self.unread);
        match &mut self.state {
            State::SynReceived(SynReceived {
                rcv,
                origin: Origin::Active,
                ..
            })
            | State::Established(Established { rcv, .. })
            | State::FinWait1(FinWait1 { rcv, .. })
            | State::FinWait2(FinWait2 { rcv, .. }) => rcv.widen(room),
            State::CloseWait(CloseWait { rcv, .. })
            | State::Closing(Closing { rcv, .. })
            | State::LastAck(LastAck { rcv, .. }) => rcv.edge = rcv.edge.later(rcv.nxt + room),
            State::SynReceived(_) | State::TimeWait(_) | State::SynSent(_) | State::Closed => {}
        }
    }

    /// FreeBSD does not drop a segment that lies left of the window: it cuts off everything, owes
    /// an ACK, and lets the ACK field have its effect.
    fn trims_whole(&mut self, segment: &mut Segment, window: Ended, turn: &Turn<'_>) -> bool {
        let trims = turn.config.old_segments == OldSegments::Trim
            && !segment.flags.intersects(Flags::SYN | Flags::RST)
            && segment.seq.is_before(window.nxt)
            && !matches!(self.state, State::SynReceived(_) | State::TimeWait(_));
        if trims {
            segment.text = Text::EMPTY;
            segment.flags = segment.flags.without(Flags::FIN);
            segment.seq = window.nxt;
            self.marks.set(Marks::ACK_NOW, true);
        }
        trims
    }

    /// Figure 7: the SYN,ACK that answers a crossed SYN repeats a SYN that is known already. The
    /// letter of the first step would drop it together with its ACK.
    fn take_crossed_syn_ack(&mut self, segment: &mut Segment, turn: &mut Turn<'_>) -> Step {
        segment.flags = segment.flags.without(Flags::SYN);
        segment.seq += 1;
        if turn.config.crossed_syn_ack == CrossedSynAck::TrimAndAck {
            self.marks.set(Marks::ACK_NOW, true);
        }
        self.note_timestamp(segment);
        trim_to_window(segment, self.state.window());
        NEXT
    }

    /// What an unacceptable segment is answered with.
    ///
    /// A copy of the SYN that made this entry is one: RFC 9293 answers it with an ACK; Linux
    /// and the BSDs with the SYN,ACK, and so does an end that is ESTABLISHED although nobody has
    /// acknowledged its SYN.
    fn answer_unacceptable(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        if segment.flags.rst() {
            return; // "unless the RST bit is set, if so drop the segment and return"
        }
        if self.repeats_syn_ack_for(segment, turn) {
            if self.limiter.admit(turn.now, turn.config.ack_rate_limit) {
                self.send_syn_ack(turn);
            } else {
                turn.io.counters.TCPACKSkipped += 1;
            }
            return;
        }
        if let State::TimeWait(_) = self.state {
            self.restart_time_wait(segment, turn);
        }
        let synchronized = !matches!(self.state, State::SynReceived(_));
        if segment.flags.syn() && synchronized && turn.config.blind_attack.syn {
            // RFC 5961 section 4.2: a challenge ACK "irrespective of the sequence number".
            turn.io.counters.TCPSYNChallenge += 1;
            self.challenge(turn);
        } else {
            self.acknowledge_unacceptable(segment, turn);
        }
    }

    /// Whether a SYN is answered by the SYN,ACK again.
    fn repeats_syn_ack_for(&self, segment: &Segment, turn: &Turn<'_>) -> bool {
        let unacknowledged = self.state.snd().is_some_and(|snd| snd.una == snd.iss);
        if !segment.flags.syn() || segment.flags.ack() || !unacknowledged {
            return false;
        }
        let copy = segment.seq == self.irs;
        match &self.state {
            State::SynReceived(_) if turn.config.new_syn == NewSyn::SynAck => true,
            State::SynReceived(_) => copy && turn.config.repeated_syn == RepeatedSyn::SynAck,
            State::Closed
            | State::SynSent(_)
            | State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => copy,
        }
    }

    /// PAWS: whether the timestamp is older than the latest one. RSTs are exempt.
    fn is_outdated(&self, segment: &Segment, turn: &Turn<'_>) -> bool {
        if !self.marks.has(Marks::TIMESTAMPS) || segment.flags.rst() || !turn.config.timestamps {
            return false;
        }
        let stamp = segment
            .options
            .timestamps()
            .map(|stamps| SeqNum(stamps.value));
        stamp.is_some_and(|value| value.is_before(SeqNum(self.stamps.recent)))
    }

    /// RFC 7323 section 4.3 rule 2: which timestamp will be echoed. That of a RST never is: the
    /// RST was not checked for its age.
    fn note_timestamp(&mut self, segment: &Segment) {
        if self.marks.has(Marks::TIMESTAMPS)
            && !segment.flags.rst()
            && segment.seq.is_at_or_before(self.stamps.last_ack_sent)
            && let Some(stamps) = segment.options.timestamps()
        {
            self.stamps.recent = stamps.value;
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

    /// SYN-RECEIVED: the ACK of the own SYN opens the connection.
    fn ack_in_syn_received(&mut self, segment: &Segment, turn: &mut Turn<'_>) -> Step {
        if !self
            .state
            .snd()
            .is_some_and(|snd| snd.acceptable(segment.ack))
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
    fn check_ack_range(&mut self, segment: &Segment, turn: &mut Turn<'_>) -> Step {
        let (una, nxt, max_wnd) = match self.state.snd() {
            Some(snd) => (snd.una, snd.nxt, snd.max_wnd),
            None => (
                self.state.snd_nxt(),
                self.state.snd_nxt(),
                u32::from(u16::MAX),
            ),
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
    fn take_ack(&mut self, segment: &Segment, bare: bool, turn: &mut Turn<'_>) {
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
        self.marks
            .set(Marks::RESEND, acked.advice == Advice::Retransmit);
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
    fn leave_if_fin_acked(&mut self, turn: &mut Turn<'_>) {
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
    fn restart_time_wait(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        let restarts = match turn.config.time_wait_restart {
            TimeWaitRestart::Fin => segment.flags.fin() && segment.end() == self.state.window().nxt,
            TimeWaitRestart::AnyAck => segment.flags.ack(),
        };
        if restarts {
            self.set_timer(Timer::Idle, turn.now + turn.config.time_wait);
        }
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
    fn enter_time_wait(
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
        if turn.config.time_wait.is_zero() {
            self.finish(turn, Reason::Expired, Outcome::Finished);
        } else {
            self.set_timer(Timer::Idle, turn.now + turn.config.time_wait);
        }
    }

    /// The user's CLOSE, where the peer has closed already or not: which state it leads to.
    pub(super) fn enter_closing_state(&mut self, turn: &mut Turn<'_>) {
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
}

/// Cuts off a SYN that lies left of the window.
fn trim_syn(segment: &mut Segment, window: Ended) {
    if segment.flags.syn() && segment.seq.is_before(window.nxt) && !segment.flags.rst() {
        segment.flags = segment.flags.without(Flags::SYN);
        segment.seq += 1;
    }
}

/// Cuts off what lies outside the window, so that the later steps see new text only. A RST is
/// left alone: its number says whether it is obeyed.
pub(super) fn trim_to_window(segment: &mut Segment, window: Ended) {
    if segment.flags.rst() {
        return;
    }
    if segment.seq.is_before(window.nxt) {
        let old = window.nxt.distance_from(segment.seq);
        let syn = u32::from(segment.flags.syn());
        segment.text = segment.text.slice(old.saturating_sub(syn), u32::MAX);
        segment.seq = window.nxt - syn;
    }
    let start = segment.seq + u32::from(segment.flags.syn());
    let room = if window.edge.is_after(start) {
        window.edge.distance_from(start)
    } else {
        0
    };
    let len = segment.text.len + u32::from(segment.flags.fin());
    if len > room && len > 0 {
        segment.text = segment.text.slice(0, room);
        segment.flags = segment.flags.without(Flags::FIN);
    }
}
