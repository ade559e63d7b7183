//! What is sent, and with which header.
//!
//! Answers to unacceptable segments leave at once. Everything else (text, FIN, the ACKs of accepted
//! text) waits for [`Connection::flush`], so that what arrives at the same instant is acknowledged
//! once (RFC 9293 MUST-58, MUST-59), and what the user does then shares a segment with it: a server
//! that closes on reading the FIN sends one FIN,ACK.

use super::send::{Chunk, Schedule};
use super::state::{SynReceived, SynSent};
use super::{Connection, Marks, Origin, State, Timer, Turn};
use crate::config::AbortReset;
use crate::mutant::mutated;
use crate::options::{Offer, Options, Timestamps};
use crate::segment::{Flags, Kind, Packet, Segment, Text, Transmit};
use crate::seq::SeqNum;
use crate::time::Instant;

/// Octets that the timestamps option takes in every segment (RFC 7323 appendix A).
const TIMESTAMPS_LEN: u32 = 12;

impl Connection {
    /// Sends everything that may be sent now.
    pub(crate) fn flush(&mut self, turn: &mut Turn<'_>) {
        if self.marks.take(Marks::PROBE)
            && let Some(chunk) = self
                .state
                .snd()
                .and_then(|snd| snd.probe(self.text_limit()))
        {
            self.send_chunk(chunk, Kind::Probe, turn);
        }
        let limit = self.text_limit();
        if self.marks.take(Marks::RESEND)
            && let Some(snd) = self.state.snd()
            && snd.outstanding()
        {
            let chunk = snd.earliest(limit);
            self.send_chunk(chunk, Kind::Data, turn);
        }
        while let Some(chunk) = self.next_chunk(turn, limit) {
            self.send_chunk(chunk, Kind::Data, turn);
        }
        self.start_persist_timer(turn);
        if self.marks.has(Marks::ACK_NOW) {
            self.send_ack(turn);
        }
    }

    /// The most text that a segment to the peer may carry now: the effective send MSS (MUST-16).
    fn text_limit(&self) -> u32 {
        let mss = self.state.snd().map_or(1, |snd| u32::from(snd.mss));
        let options = if self.marks.has(Marks::TIMESTAMPS) {
            TIMESTAMPS_LEN
        } else {
            0
        };
        mss.saturating_sub(options).max(1)
    }

    /// Text waits for ESTABLISHED; before, only the SYN is sent.
    fn next_chunk(&self, turn: &Turn<'_>, limit: u32) -> Option<Chunk> {
        let chunk = self.state.snd()?.next_chunk(turn.config, limit)?;
        match chunk {
            Chunk::Syn { .. } => Some(Chunk::Syn {
                text: self.early_text(turn),
            }),
            Chunk::Text { .. } if self.may_send_text() => Some(chunk),
            Chunk::Text { .. } => None,
        }
    }

    /// Whether text may leave in this state.
    fn may_send_text(&self) -> bool {
        match &self.state {
            State::SynSent(_)
            | State::SynReceived(SynReceived {
                origin: Origin::Active,
                ..
            }) => false,
            State::SynReceived(SynReceived {
                origin: Origin::Passive(_),
                ..
            }) => self.marks.has(Marks::FAST_OPEN),
            State::Closed
            | State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => true,
        }
    }

    /// Octets of text that leave with the SYN: none, unless a Fast Open cookie is at hand.
    fn early_text(&self, turn: &Turn<'_>) -> u32 {
        let State::SynSent(SynSent { snd }) = &self.state else {
            return 0;
        };
        let known = self.marks.has(Marks::FAST_OPEN)
            && turn.io.cookies.contains_key(&turn.flow.remote.ip());
        if known { snd.early_text() } else { 0 }
    }

    fn send_chunk(&mut self, chunk: Chunk, kind: Kind, turn: &mut Turn<'_>) {
        match chunk {
            Chunk::Syn { text } => self.send_syn(text, turn),
            Chunk::Text {
                seq,
                text,
                fin,
                again,
            } => {
                let mut flags = Flags::ACK;
                let end = self.state.snd().map_or(seq, |snd| snd.end);
                // SEND has no PUSH flag, so the last of what is queued is pushed (MUST-61), and
                // nothing before it (SHLD-27).
                if !text.is_empty() && seq + text.len == end {
                    flags = flags | Flags::PSH;
                }
                let kind = match (kind, text.is_empty()) {
                    (Kind::Probe, _) => Kind::Probe,
                    (_, true) => Kind::Fin,
                    (_, false) => Kind::Data,
                };
                if fin {
                    flags = flags | Flags::FIN;
                }
                turn.io.counters.RetransSegs += u64::from(again);
                self.emit(
                    kind,
                    Segment {
                        seq,
                        flags,
                        text,
                        ..Segment::default()
                    },
                    turn,
                );
            }
        }
        if let Some(snd) = self.state.snd_mut() {
            snd.on_sent(turn.now, chunk);
        }
        if self.timer(Timer::Retransmit) == Instant::END {
            self.start_retransmission_timer(turn);
        }
    }

    /// The SYN in SYN-SENT, the SYN,ACK in every other state.
    fn send_syn(&mut self, text: u32, turn: &mut Turn<'_>) {
        let Some(snd) = self.state.snd() else { return };
        let (seq, again) = (snd.iss, snd.retransmits > 0);
        let (kind, flags) = match self.state {
            State::SynSent(_) => (Kind::Syn, Flags::SYN),
            State::SynReceived(_)
            | State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_)
            | State::Closed => (Kind::SynAck, Flags::SYN | Flags::ACK),
        };
        turn.io.counters.RetransSegs += u64::from(again);
        let options = self.syn_options(flags, turn);
        let text = if text == 0 {
            Text::EMPTY
        } else {
            Text::at(0, text)
        };
        let syn = Segment {
            seq,
            flags,
            options,
            text,
            ..Segment::default()
        };
        self.emit(kind, syn, turn);
    }

    /// What a SYN offers, or a SYN,ACK agrees to. The MSS is always said (MUST-14, SHLD-5, MAY-3).
    fn syn_options(&self, flags: Flags, turn: &Turn<'_>) -> Options {
        let config = turn.config;
        if !config.options {
            return Options::NONE;
        }
        let offers = !flags.ack();
        let agreed = |mark| self.marks.has(mark);
        let fast_open = if offers {
            let cookie = turn.io.cookies.get(&turn.flow.remote.ip());
            let first = self.state.snd().is_some_and(|snd| snd.retransmits == 0);
            (agreed(Marks::FAST_OPEN) && first).then(|| cookie.copied())
        } else {
            turn.io.grant.map(Some)
        };
        let options = Offer {
            mss: config.mss,
            window_scale: config
                .window_scale
                .filter(|_| offers || agreed(Marks::SCALED)),
            sack_permitted: config.sack_permitted && (offers || agreed(Marks::SACK)),
            timestamps: (config.timestamps && (offers || agreed(Marks::TIMESTAMPS)))
                .then(|| self.timestamps(turn.now)),
        }
        .lay_out(config.option_layout);
        match fast_open {
            None => options,
            Some(None) => options.with_fast_open(&[]),
            Some(Some(cookie)) => options.with_fast_open(&cookie),
        }
    }

    fn timestamps(&self, now: Instant) -> Timestamps {
        let millis = (now.as_nanos() / 1_000_000) as u32;
        Timestamps {
            value: millis.wrapping_add(self.stamps.offset),
            echo: self.stamps.recent,
        }
    }

    /// Sends the SYN,ACK, for the first time or again.
    pub(crate) fn send_syn_ack(&mut self, turn: &mut Turn<'_>) {
        turn.io.counters.RetransSegs += u64::from(self.ordinals.syn_ack > 0);
        self.send_syn(0, turn);
    }

    /// Sends an ACK without text. FreeBSD repeats an unacknowledged SYN or FIN with it.
    pub(super) fn send_ack(&mut self, turn: &mut Turn<'_>) {
        let repeats = turn.config.acks_repeat_control;
        let fin = self
            .state
            .snd()
            .filter(|snd| snd.fin && snd.nxt == snd.end + 1);
        match (&self.state, fin) {
            (
                State::SynReceived(SynReceived {
                    origin: Origin::Active,
                    ..
                }),
                _,
            ) if repeats => {
                self.send_syn(0, turn);
            }
            (_, Some(snd)) if repeats => {
                let (seq, flags) = (snd.end, Flags::FIN | Flags::ACK);
                self.emit(
                    Kind::Fin,
                    Segment {
                        seq,
                        flags,
                        ..Segment::default()
                    },
                    turn,
                );
            }
            _ => self.send_bare_ack(Kind::Ack, self.state.snd_nxt(), turn),
        }
    }

    fn send_bare_ack(&mut self, kind: Kind, seq: SeqNum, turn: &mut Turn<'_>) {
        self.emit(
            kind,
            Segment {
                seq,
                flags: Flags::ACK,
                ..Segment::default()
            },
            turn,
        );
    }

    /// Owes an ACK: at once, or after a while if it may wait for company (SHLD-18). Every second
    /// segment is acknowledged at once (RFC 9293 section 3.8.6.3, SHLD-19).
    pub(super) fn owe_ack(&mut self, may_wait: bool, turn: &mut Turn<'_>) {
        let waits = may_wait && !turn.config.delayed_ack.is_zero();
        if waits && self.timer(Timer::Ack) == Instant::END {
            self.set_timer(Timer::Ack, turn.now + turn.config.delayed_ack);
        } else {
            self.marks.set(Marks::ACK_NOW, true);
        }
    }

    /// Answers an unacceptable segment with `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
    pub(super) fn acknowledge_unacceptable(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        if self.may_acknowledge(segment, turn) {
            self.send_ack(turn);
        }
    }

    /// Whether the rate limit lets an unacceptable segment be answered.
    ///
    /// It covers every segment that an ACK loop can be made of: those without text and FIN, and
    /// SYNs. A repeated FIN or text always gets its ACK; without it the peer would have to go on
    /// repeating. Linux draws the same line.
    pub(super) fn may_acknowledge(&mut self, segment: &Segment, turn: &mut Turn<'_>) -> bool {
        let can_loop = segment.is_empty() || segment.flags.syn();
        let may = !can_loop || self.limiter.admit(turn.now, turn.config);
        turn.io.counters.TCPACKSkipped += u64::from(!may);
        may
    }

    /// A challenge ACK (RFC 5961), within the rate limit.
    pub(super) fn challenge(&mut self, turn: &mut Turn<'_>) {
        if self.limiter.admit(turn.now, turn.config) {
            turn.io.counters.TCPChallengeACK += 1;
            self.send_bare_ack(Kind::Ack, self.state.snd_nxt(), turn);
        } else {
            turn.io.counters.TCPACKSkipped += 1;
        }
    }

    /// Probes whether the peer is still there: `SEG.SEQ = SND.NXT - 1`, no text (RFC 9293 section
    /// 3.8.4, SHLD-12).
    pub(super) fn send_keepalive(&mut self, turn: &mut Turn<'_>) {
        self.send_bare_ack(Kind::Probe, self.state.snd_nxt() - 1, turn);
    }

    /// `<SEQ=SEG.ACK><CTL=RST>`, the reset for a segment whose ACK is not acceptable.
    pub(super) fn reset_for(&mut self, ack: SeqNum, turn: &mut Turn<'_>) {
        let reset = Segment {
            seq: ack,
            flags: Flags::RST,
            ..Segment::default()
        };
        self.emit_as_is(Kind::Rst, reset, turn);
    }

    /// `<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>`, the reset for a segment without ACK.
    pub(super) fn refuse(&mut self, segment: &Segment, turn: &mut Turn<'_>) {
        let flags = Flags::RST | Flags::ACK;
        let reset = Segment {
            ack: segment.end(),
            flags,
            ..Segment::default()
        };
        self.emit_as_is(Kind::Rst, reset, turn);
    }

    /// `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>`, which the peer must accept.
    pub(super) fn reset_peer(&mut self, turn: &mut Turn<'_>) {
        let (seq, ack) = (self.state.snd_nxt(), self.state.window().nxt);
        let flags = Flags::RST | Flags::ACK;
        self.emit_as_is(
            Kind::Rst,
            Segment {
                seq,
                ack,
                flags,
                ..Segment::default()
            },
            turn,
        );
    }

    /// The reset of ABORT.
    pub(super) fn reset_on_abort(&mut self, turn: &mut Turn<'_>) {
        let seq = self.state.snd_nxt();
        match turn.config.abort {
            AbortReset::Bare => {
                let reset = Segment {
                    seq,
                    flags: Flags::RST,
                    ..Segment::default()
                };
                self.emit_as_is(Kind::Rst, reset, turn);
            }
            AbortReset::WithAck => {
                let flags = Flags::RST | Flags::ACK;
                self.emit(
                    Kind::Rst,
                    Segment {
                        seq,
                        flags,
                        ..Segment::default()
                    },
                    turn,
                );
            }
            AbortReset::WithAckInEveryState => self.reset_peer(turn),
        }
    }

    /// Fills in what every segment of a connection carries: ACK, window, timestamps.
    fn emit(&mut self, kind: Kind, mut segment: Segment, turn: &mut Turn<'_>) {
        let unread = self.unread;
        let mss = self.state.snd().map_or(turn.config.mss, |snd| snd.mss);
        // A SYN,ACK is not scaled, and what it offers is what an entry of the SYN queue accepts.
        if let Some(rcv) = self.state.rcv_mut()
            && !segment.flags.syn()
        {
            rcv.offer(turn.config, mss, unread);
        }
        let window = self.state.window();
        if segment.flags.ack() {
            segment.ack = window.nxt;
            if kind == Kind::SynAck
                && self.ordinals.syn_ack > 0
                && mutated!(turn.config, WrongAckOnRepeatedSynAck)
            {
                segment.ack = self.irs;
            }
            self.marks.set(Marks::ACK_NOW, false);
            self.stop_timer(Timer::Ack);
            self.stamps.last_ack_sent = window.nxt;
        }
        segment.window = match (segment.flags.syn(), segment.flags.ack()) {
            (true, false) => turn.config.receive_buffer.min(0xffff) as u16,
            (true, true) => window.wnd().min(0xffff) as u16,
            (false, _) => window.field(),
        };
        if self.marks.has(Marks::TIMESTAMPS) && segment.flags.ack() && !segment.flags.syn() {
            // Nothing that belongs to SYNs: no MSS (MUST-65).
            let stamps = self.timestamps(turn.now);
            segment.options = Options::NONE.with_nops(2).with_timestamps(stamps);
        }
        self.emit_as_is(kind, segment, turn);
    }

    /// Hands a finished segment to the outbox, with its name for observers.
    fn emit_as_is(&mut self, kind: Kind, segment: Segment, turn: &mut Turn<'_>) {
        let ordinals = &mut self.ordinals;
        let ordinal = match kind {
            Kind::Syn => count(&mut ordinals.syn),
            Kind::SynAck => count(&mut ordinals.syn_ack),
            Kind::Rst => count(&mut ordinals.rst),
            Kind::Fin => count(&mut ordinals.fin),
            Kind::Probe => count(&mut ordinals.probe),
            Kind::Ack => count(&mut ordinals.ack),
            Kind::Data => count(&mut ordinals.data),
        };
        // The four-tuple never changes, so neither does the source (MUST-45).
        let packet = Packet {
            source: turn.flow.local,
            target: turn.flow.remote,
            tag: self.tag,
            segment,
        };
        turn.io.send(Transmit {
            packet,
            kind,
            ordinal: Some(ordinal),
        });
    }

    /// Starts the retransmission timer for what is outstanding, but never beyond the moment of
    /// giving up. A passive open that is ESTABLISHED on the SYN does not time its SYN,ACK.
    pub(super) fn start_retransmission_timer(&mut self, turn: &Turn<'_>) {
        let schedule = self.schedule();
        let Some(snd) = self.state.snd() else { return };
        let only_syn_ack = snd.una == snd.iss && snd.nxt == snd.iss + 1;
        if only_syn_ack && matches!(schedule, Schedule::Data { .. }) {
            return;
        }
        let at = turn.now + snd.timeout(turn.config, schedule);
        let limit = snd
            .gives_up_at(turn.config, schedule)
            .unwrap_or(Instant::END);
        self.set_timer(Timer::Retransmit, at.min(limit));
    }

    /// Text or FIN waits, nothing is outstanding that an ACK could follow: only a probe can find
    /// out when the window opens (RFC 9293 section 3.8.6.1), first after one timeout (SHLD-29), or
    /// whether it opened while the ACK that said so was lost (the override timeout of section
    /// 3.8.6.2.1).
    fn start_persist_timer(&mut self, turn: &Turn<'_>) {
        let Some(snd) = self.state.snd() else { return };
        let waits = snd.queued() > 0 || (snd.fin && !snd.fin_acked());
        if waits && self.may_send_text() && self.timer(Timer::Retransmit) == Instant::END {
            let at = turn.now + snd.timeout(turn.config, self.schedule());
            self.set_timer(Timer::Retransmit, at);
        }
    }
}

/// Counts one more and returns the count; saturates at the end of the type.
fn count<T: Copy + TryFrom<u32> + Into<u32>>(ordinal: &mut T) -> u32 {
    let next: u32 = (*ordinal).into().saturating_add(1);
    if let Ok(next) = T::try_from(next) {
        *ordinal = next;
    }
    (*ordinal).into()
}
