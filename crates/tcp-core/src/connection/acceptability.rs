//! The first step of SEGMENT ARRIVES: is the segment acceptable, and what is it answered with if
//! not (RFC 9293 section 3.10.7.4, RFC 7323 section 5.3).

use core::time::Duration;

use super::arrival::{NEXT, RETURN, Step};
use super::receive::buffer_size;
use super::state::{CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, SynReceived};
use super::{Connection, Ended, Marks, Origin, State, Turn};
use crate::config::{CrossedSynAck, NewSyn, OldSegments, RepeatedSyn, WindowEdge};
use crate::mutant::mutated;
use crate::segment::{Flags, Segment, Text};
use crate::seq::SeqNum;

/// How long TS.Recent is good for.
const PAWS_AGE: Duration = Duration::from_hours(24 * 24);

impl Connection {
    /// First, check the sequence number, and PAWS before it (RFC 7323 section 5.3).
    pub(super) fn first_check_sequence(
        &mut self,
        segment: &mut Segment,
        turn: &mut Turn<'_>,
    ) -> Step {
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
            if segment.seq.is_before(window.nxt) && (opening || !turn.config.blind_attack.syn) {
                self.trim_syn(segment);
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
    pub(super) fn is_syn_again(&self, segment: &Segment) -> bool {
        matches!(self.state, State::SynReceived(_))
            && segment.flags.syn()
            && !segment.flags.intersects(Flags::ACK | Flags::RST)
            && segment.seq == self.irs
    }

    /// FreeBSD judges segments by the room in the buffer, not by the edge that it has offered.
    pub(super) fn widen_window(&mut self, turn: &Turn<'_>) {
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
    ///
    /// A bare ACK is answered within the rate limit only, as everywhere: FreeBSD's ACK repeats its
    /// FIN, every FIN draws an ACK, and two ends that disagree would go on for ever.
    pub(super) fn trims_whole(
        &mut self,
        segment: &mut Segment,
        window: Ended,
        turn: &mut Turn<'_>,
    ) -> bool {
        let trims = turn.config.old_segments == OldSegments::Trim
            && !segment.flags.intersects(Flags::SYN | Flags::RST)
            && segment.seq.is_before(window.nxt)
            && !matches!(self.state, State::SynReceived(_) | State::TimeWait(_));
        if trims {
            if self.may_acknowledge(segment, turn) {
                self.marks.set(Marks::ACK_NOW, true);
            }
            segment.text = Text::EMPTY;
            segment.flags = segment.flags.without(Flags::FIN);
            segment.seq = window.nxt;
        }
        trims
    }

    /// Figure 7: the SYN,ACK that answers a crossed SYN repeats a SYN that is known already. The
    /// letter of the first step would drop it together with its ACK.
    pub(super) fn take_crossed_syn_ack(
        &mut self,
        segment: &mut Segment,
        turn: &mut Turn<'_>,
    ) -> Step {
        self.trim_syn(segment);
        if turn.config.crossed_syn_ack == CrossedSynAck::TrimAndAck {
            self.marks.set(Marks::ACK_NOW, true);
        }
        self.note_timestamp(segment);
        trim_to_window(segment, self.state.window());
        NEXT
    }

    /// Cuts off a SYN that lies left of the window. The window beside a SYN is not scaled (RFC 7323
    /// section 2.2), so it is turned into units of the scale.
    fn trim_syn(&self, segment: &mut Segment) {
        if segment.flags.syn() && !segment.flags.rst() {
            segment.flags = segment.flags.without(Flags::SYN);
            segment.seq += 1;
            segment.window >>= self.state.snd().map_or(0, |snd| snd.shift);
        }
    }

    /// What an unacceptable segment is answered with.
    ///
    /// A copy of the SYN that made this entry is one: RFC 9293 answers it with an ACK; Linux
    /// and the BSDs with the SYN,ACK, and so does an end that is ESTABLISHED although nobody has
    /// acknowledged its SYN.
    pub(super) fn answer_unacceptable(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        if segment.flags.rst() {
            return; // "unless the RST bit is set, if so drop the segment and return"
        }
        if self.is_syn_again(segment) && mutated!(turn.config, DuplicateSynReset) {
            self.refuse(segment, turn);
            return;
        }
        if self.repeats_syn_ack_for(segment, turn) {
            if self.limiter.admit(turn.now, turn.config) {
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
    pub(super) fn repeats_syn_ack_for(&self, segment: &Segment, turn: &Turn<'_>) -> bool {
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

    /// PAWS: whether the timestamp is older than the latest one. RSTs are exempt, and so is the first
    /// segment after 24 days, when the latest one says nothing any more (RFC 7323 section 5.5).
    pub(super) fn is_outdated(&self, segment: &Segment, turn: &Turn<'_>) -> bool {
        if !self.marks.has(Marks::TIMESTAMPS) || segment.flags.rst() || !turn.config.timestamps {
            return false;
        }
        if turn.now.since(self.heard.into()) > PAWS_AGE {
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
    pub(super) fn note_timestamp(&mut self, segment: &Segment) {
        if self.marks.has(Marks::TIMESTAMPS)
            && !segment.flags.rst()
            && segment.seq.is_at_or_before(self.stamps.last_ack_sent)
            && let Some(stamps) = segment.options.timestamps()
        {
            self.stamps.recent = stamps.value;
        }
    }
}

/// Cuts off what lies outside the window, so that the later steps see new text only. A RST and a
/// SYN are left alone: their numbers say what becomes of them, and their text is not taken.
pub(super) fn trim_to_window(segment: &mut Segment, window: Ended) {
    if segment.flags.intersects(Flags::RST | Flags::SYN) {
        return;
    }
    if segment.seq.is_before(window.nxt) {
        let old = window.nxt.distance_from(segment.seq);
        segment.text = segment.text.slice(old, u32::MAX);
        segment.seq = window.nxt;
    }
    let room = if window.edge.is_after(segment.seq) {
        window.edge.distance_from(segment.seq)
    } else {
        0
    };
    let len = segment.text.len + u32::from(segment.flags.fin());
    if len > room && len > 0 {
        segment.text = segment.text.slice(0, room);
        segment.flags = segment.flags.without(Flags::FIN);
    }
}
