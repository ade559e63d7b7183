//! The send half: what is sent, acknowledged, and may be sent now.

use core::time::Duration;

use super::congestion::{Advice, Congestion};
use super::rtt::{Rtt, backed_off};
use crate::config::{Config, GiveUp};
use crate::segment::Text;
use crate::seq::SeqNum;
use crate::time::{Instant, Stamp};

/// The send half of a connection that has something to send or to be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Send {
    /// ISS.
    pub(crate) iss: SeqNum,
    /// SND.UNA.
    pub(crate) una: SeqNum,
    /// SND.NXT: after everything that was ever sent.
    pub(crate) nxt: SeqNum,
    /// Where sending goes on: SND.NXT, or SND.UNA after a timeout.
    pub(crate) cursor: SeqNum,
    /// After the last octet that the user has given.
    pub(crate) end: SeqNum,
    /// SND.WND, octets. A scaled window needs the 32 bits of RFC 9293 REC-1.
    pub(crate) wnd: u32,
    /// MAX.SND.WND: the largest window ever offered.
    pub(crate) max_wnd: u32,
    /// SND.WL1.
    wl1: SeqNum,
    /// SND.WL2.
    wl2: SeqNum,
    /// When the oldest unacknowledged octet was first sent: R2 counts from here. END while nothing
    /// waits for an answer, because the latest zero-window probe has got its own.
    first_sent: Stamp,
    /// The octet whose ACK ends the running measurement (see `timing`), and when it was sent.
    timed: SeqNum,
    timed_at: Stamp,
    rtt: Rtt,
    pub(crate) congestion: Congestion,
    /// The largest text of a segment that goes to the peer, before options.
    pub(crate) mss: u16,
    /// The shift count of the windows that the peer offers.
    pub(crate) shift: u8,
    /// Timeouts since the last progress.
    pub(crate) retransmits: u8,
    /// How often the RTO is doubled: timeouts since the last measurement (RFC 6298 section 5).
    pub(crate) backoff: u8,
    /// Whether the user has closed: a FIN follows `end`.
    pub(crate) fin: bool,
    /// Whether a SYN had to be sent again; then RFC 6298 rule 5.7 holds.
    syn_timed_out: bool,
    /// Whether a round-trip time is being measured.
    timing: bool,
}

/// What to send next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// The SYN, with so much text (TCP Fast Open).
    Syn { text: u32 },
    /// Text, perhaps none, perhaps followed by the FIN.
    Text {
        seq: SeqNum,
        text: Text,
        fin: bool,
        again: bool,
    },
}

/// What an acceptable ACK did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acked {
    /// Whether SND.UNA moved.
    pub(crate) progress: bool,
    /// What congestion control asks for.
    pub(crate) advice: Advice,
}

/// Which retransmission schedule applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// SYN-SENT: linear timeouts first, if configured.
    Syn,
    /// The SYN,ACK of a crossed open.
    CrossedSynAck,
    /// The SYN,ACK of a connection that a Fast Open cookie has opened.
    PassiveSynAck,
    /// Text and FIN.
    Data {
        /// Whether the user has let go.
        orphan: bool,
    },
}

impl Send {
    /// The send half before the SYN is sent.
    pub(crate) fn new(iss: SeqNum, config: &Config) -> Send {
        Send {
            iss,
            una: iss,
            nxt: iss,
            cursor: iss,
            end: iss + 1,
            wnd: 0,
            max_wnd: 0,
            wl1: SeqNum(0),
            wl2: SeqNum(0),
            first_sent: Stamp::default(),
            timed: iss,
            timed_at: Stamp::default(),
            rtt: Rtt::default(),
            congestion: Congestion::new(config.initial_window, config.mss_default, iss),
            mss: config.mss_default,
            shift: 0,
            retransmits: 0,
            backoff: 0,
            fin: false,
            syn_timed_out: false,
            timing: false,
        }
    }

    /// Learns the peer's MSS and sets the initial congestion window by it.
    pub(crate) fn agree_on(&mut self, mss: u16, shift: u8, config: &Config) {
        self.mss = mss;
        self.shift = shift;
        // RFC 5681 section 3.1: after a lost SYN the initial window is one segment.
        let segments = if self.syn_timed_out {
            1
        } else {
            config.initial_window
        };
        self.congestion = Congestion::new(segments, mss, self.iss);
    }

    /// The SYN,ACK had to be sent again: RFC 5681 section 3.1 and RFC 6298 rule 5.7 hold.
    pub(crate) fn syn_was_lost(&mut self, config: &Config) {
        self.syn_timed_out = true;
        self.agree_on(self.mss, self.shift, config);
    }

    /// The SYN,ACK left at `sent`, once: its ACK ends the first measurement.
    pub(crate) fn time_from(&mut self, sent: Instant) {
        self.timing = true;
        self.timed = self.iss;
        self.timed_at = sent.into();
    }

    /// Octets that the user has given and that are not acknowledged yet.
    pub(crate) fn queued(&self) -> u32 {
        let base = if self.una == self.iss {
            self.iss + 1
        } else {
            self.una
        };
        if self.end.is_after(base) {
            self.end.distance_from(base)
        } else {
            0
        }
    }

    /// Sequence numbers of the SYN, the text and the FIN that the user has given and that are not
    /// acknowledged, sent or not.
    pub(crate) fn unacknowledged(&self) -> u32 {
        (self.end + u32::from(self.fin)).distance_from(self.una)
    }

    /// Whether the peer of an open connection takes nothing.
    pub(crate) fn is_shut(&self) -> bool {
        self.wnd == 0 && self.una != self.iss
    }

    /// Whether something was sent and not acknowledged.
    pub(crate) fn outstanding(&self) -> bool {
        self.una != self.nxt
    }

    /// Whether the own FIN was sent and acknowledged.
    pub(crate) fn fin_acked(&self) -> bool {
        self.fin && self.una == self.end + 1
    }

    /// SND.UNA < SEG.ACK =< SND.NXT.
    pub(crate) fn acceptable(&self, ack: SeqNum) -> bool {
        ack.is_after(self.una) && ack.is_at_or_before(self.nxt)
    }

    /// Takes the window of a segment unconditionally: on entering ESTABLISHED.
    pub(crate) fn set_window(&mut self, window: u32, seq: SeqNum, ack: SeqNum) {
        self.wnd = window;
        self.max_wnd = self.max_wnd.max(window);
        self.wl1 = seq;
        self.wl2 = ack;
    }

    /// The window update rule of the fifth step. Returns whether the window changed.
    pub(crate) fn update_window(&mut self, window: u32, seq: SeqNum, ack: SeqNum) -> bool {
        let newer = self.wl1.is_before(seq) || (self.wl1 == seq && self.wl2.is_at_or_before(ack));
        let changed = newer && self.wnd != window;
        if newer {
            self.set_window(window, seq, ack);
        }
        changed
    }

    /// Takes an ACK with SND.UNA =< SEG.ACK =< SND.NXT. `duplicate` says whether the segment has
    /// the marks of a duplicate ACK (RFC 5681 section 2) besides its number.
    pub(crate) fn on_ack(&mut self, now: Instant, ack: SeqNum, duplicate: bool) -> Acked {
        if ack == self.una {
            // Nobody's text can be lost before the SYN is acknowledged.
            let counts = duplicate && self.outstanding() && self.una != self.iss;
            let advice = if counts {
                let flight = self.nxt.distance_from(self.una);
                self.congestion
                    .on_duplicate_ack(self.una, self.nxt, flight, self.mss)
            } else {
                Advice::Proceed
            };
            return Acked {
                progress: false,
                advice,
            };
        }
        let acked = ack.distance_from(self.una);
        let opening = self.una == self.iss;
        self.una = ack;
        self.cursor = self.cursor.later(ack);
        if self.timing && ack.is_after(self.timed) {
            self.rtt.measure(now.since(self.timed_at.into()));
            self.timing = false;
            self.backoff = 0;
        }
        self.restart_r2(now);
        let advice = if opening {
            self.backoff = 0; // Rule 5.7 of RFC 6298 has its own remedy for a lost SYN.
            Advice::Proceed // The ACK of a SYN does not open the congestion window.
        } else {
            self.congestion.on_ack(ack, acked, self.mss)
        };
        Acked {
            progress: true,
            advice,
        }
    }

    /// The next chunk that may be sent now, if any. `limit` is the most text a segment may have.
    pub(crate) fn next_chunk(&self, config: &Config, limit: u32) -> Option<Chunk> {
        if self.cursor == self.iss {
            return Some(Chunk::Syn { text: 0 });
        }
        let left = self.window_left();
        let waiting = self.text_from(self.cursor);
        let len = waiting.min(limit).min(left);
        let reaches_end = len == waiting;
        let fin = self.fin && reaches_end && !self.cursor.is_after(self.end) && left > len;
        let again = self.cursor.is_before(self.nxt);
        // Nagle (SHLD-7) and the avoidance of silly windows (MUST-38): full segments where possible
        // (SHLD-28), else the end of what is queued, or half of the largest window.
        let worthwhile = len >= limit
            || again
            || fin
            || (reaches_end && (!config.nagle || !self.outstanding()))
            || (len > 0 && len >= self.max_wnd / 2 && (!config.nagle || !self.outstanding()));
        let something = len > 0 || fin;
        (something && worthwhile).then(|| self.chunk(self.cursor, len, fin))
    }

    /// What finds out about the window: one octet (or the FIN) at SND.UNA if it is shut (MUST-36),
    /// also if it has shrunk to zero (MUST-35), else as much as it takes.
    pub(crate) fn probe(&self, limit: u32) -> Option<Chunk> {
        let len = self.text_from(self.una).min(self.wnd.clamp(1, limit));
        let fin = len == 0 && self.fin;
        (len > 0 || fin).then(|| self.chunk(self.una, len, fin))
    }

    /// The earliest unacknowledged segment, whatever the window (MAY-7).
    pub(crate) fn earliest(&self, limit: u32) -> Chunk {
        let waiting = self.text_from(self.una);
        let len = waiting.min(limit).min(self.nxt.distance_from(self.una));
        let fin = self.fin && len == waiting && self.nxt == self.end + 1;
        self.chunk(self.una, len, fin)
    }

    /// Notes that a chunk left now.
    pub(crate) fn on_sent(&mut self, now: Instant, chunk: Chunk) {
        let (seq, after) = match chunk {
            Chunk::Syn { text } => (self.iss, self.iss + 1 + text),
            Chunk::Text { seq, text, fin, .. } => (seq, seq + text.len + u32::from(fin)),
        };
        // Two-way: nobody waits for the ACK of the SYN,ACK, so R2 counts from the first text.
        let only_syn = self.una == self.iss && self.nxt == self.iss + 1;
        let paused = Instant::from(self.first_sent) == Instant::END;
        if paused || !self.outstanding() || (only_syn && after.is_after(self.nxt)) {
            self.first_sent = now.into();
        }
        if after.is_after(self.nxt) {
            if seq == self.nxt && !self.timing {
                self.timing = true;
                self.timed = seq;
                self.timed_at = now.into();
            }
            self.nxt = after;
        } else {
            // Karn's algorithm (MUST-18): what was sent again is not measured.
            self.timing = false;
        }
        self.cursor = self.cursor.later(after);
    }

    /// Octets of text that the SYN can carry to a peer whose MSS is not known yet.
    pub(crate) fn early_text(&self) -> u32 {
        let first = self.retransmits == 0;
        if first {
            self.text_from(self.iss + 1).min(u32::from(self.mss))
        } else {
            0
        }
    }

    /// Goes back to the earliest unacknowledged octet: what a SYN carried was not taken.
    pub(crate) fn rewind(&mut self) {
        self.cursor = self.una;
    }

    /// Goes back to the earliest unacknowledged octet after a timeout.
    pub(crate) fn on_timeout(&mut self) {
        if self.una == self.iss {
            self.syn_timed_out = true;
        } else if self.wnd > 0 {
            let flight = self.nxt.distance_from(self.una);
            self.congestion.on_timeout(self.nxt, flight, self.mss);
        }
        self.retransmits = self.retransmits.saturating_add(1);
        self.backoff = self.backoff.saturating_add(1);
        self.timing = false;
        self.cursor = self.una;
    }

    /// The persist timer ran out: the next probe of a shut window waits longer.
    pub(crate) fn on_persist_timeout(&mut self) {
        if self.wnd == 0 {
            self.backoff = self.backoff.saturating_add(1);
        }
    }

    /// How long to wait for an ACK of what was just sent, probes of a zero window included: it
    /// doubles (SHLD-30).
    pub(crate) fn timeout(&self, config: &Config, schedule: Schedule) -> Duration {
        let rto = match schedule {
            Schedule::Syn | Schedule::CrossedSynAck | Schedule::PassiveSynAck => config.rto_initial,
            Schedule::Data { .. } => {
                let rto = self.rtt.timeout(config);
                // RFC 6298 rule 5.7: after a lost SYN, 3 s until there is a measurement.
                let unmeasured = self.syn_timed_out && self.rtt.smoothed().is_none();
                if unmeasured {
                    rto.max(Duration::from_secs(3))
                } else {
                    rto
                }
            }
        };
        let doublings = u32::from(self.doublings(config, schedule));
        backed_off(rto, doublings, config.rto_max)
    }

    /// How often that time is doubled.
    pub(crate) fn doublings(&self, config: &Config, schedule: Schedule) -> u8 {
        match schedule {
            Schedule::Syn => {
                let linear = config.syn_linear_timeouts;
                self.retransmits.saturating_sub(linear)
            }
            Schedule::CrossedSynAck | Schedule::PassiveSynAck => self.retransmits,
            Schedule::Data { .. } => self.backoff,
        }
    }

    /// When to give up, if that is a matter of time.
    pub(crate) fn gives_up_at(&self, config: &Config, schedule: Schedule) -> Option<Instant> {
        let since: Instant = self.first_sent.into();
        if since == Instant::END {
            return None;
        }
        let r2 = match Send::give_up(config, schedule) {
            GiveUp::After(limit) => Some(since + limit),
            GiveUp::Retries(_) => None,
        };
        let user = match schedule {
            Schedule::Data { .. } => config.user_timeout.map(|limit| since + limit),
            Schedule::Syn | Schedule::CrossedSynAck | Schedule::PassiveSynAck => None,
        };
        match (r2, user) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (limit, None) | (None, limit) => limit,
        }
    }

    /// Whether the timeout that happens now is one too many.
    pub(crate) fn is_hopeless(&self, now: Instant, config: &Config, schedule: Schedule) -> bool {
        let too_many = match Send::give_up(config, schedule) {
            GiveUp::Retries(limit) => self.retransmits >= limit,
            GiveUp::After(_) => false,
        };
        too_many
            || self
                .gives_up_at(config, schedule)
                .is_some_and(|at| now >= at)
    }

    /// Counts R2 from the next transmission: the peer keeps its window shut, but has shown that it
    /// is alive. The next probe can be farther off than R2.
    pub(crate) fn pause_r2(&mut self) {
        self.restart_r2(Instant::END);
    }

    /// Counts R2 from now, as a time and in retransmissions: there was progress, or the peer has
    /// shown that it is alive (zero window).
    pub(crate) fn restart_r2(&mut self, now: Instant) {
        self.first_sent = now.into();
        self.retransmits = 0;
    }

    /// Smoothed round-trip time, if measured.
    pub(crate) fn smoothed_rtt(&self) -> Option<Duration> {
        self.rtt.smoothed()
    }

    fn give_up(config: &Config, schedule: Schedule) -> GiveUp {
        match (schedule, config.give_up_syn) {
            (Schedule::Syn, GiveUp::Retries(retries)) => {
                GiveUp::Retries(retries.saturating_add(config.syn_linear_timeouts))
            }
            (Schedule::Syn | Schedule::CrossedSynAck, limit) => limit,
            (Schedule::PassiveSynAck, _) => config.give_up_synack,
            (Schedule::Data { orphan: true }, _) => config.give_up_orphan,
            (Schedule::Data { orphan: false }, _) => config.give_up_data,
        }
    }

    /// Octets of text from `from` to the end.
    fn text_from(&self, from: SeqNum) -> u32 {
        let from = from.later(self.iss + 1);
        if self.end.is_after(from) {
            self.end.distance_from(from)
        } else {
            0
        }
    }

    /// Octets that the peer's window and the congestion window leave from the cursor on: none if
    /// the window has shrunk to the left of it (MUST-34, SHLD-15). A timeout takes the cursor back
    /// to what still lies inside (SHLD-16).
    fn window_left(&self) -> u32 {
        let edge = self.una + self.wnd.min(self.congestion.cwnd);
        if edge.is_after(self.cursor) {
            edge.distance_from(self.cursor)
        } else {
            0
        }
    }

    fn chunk(&self, from: SeqNum, len: u32, fin: bool) -> Chunk {
        let seq = from.later(self.iss + 1);
        let text = if len == 0 {
            Text::EMPTY
        } else {
            Text::at(seq.distance_from(self.iss + 1), len)
        };
        Chunk::Text {
            seq,
            text,
            fin,
            again: seq.is_before(self.nxt),
        }
    }
}
