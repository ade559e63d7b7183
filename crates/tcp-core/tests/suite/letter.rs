//! RFC 9293 section 3.10.7 to the letter, as a pure function: what the text says a segment does,
//! written a second time and without looking at the crate. The matrix compares both.
//!
//! Only what the section decides is here: the answer and the next state. Text is not kept, time
//! does not pass. Numbers are small, so plain integers will do.

use tcp_core::{Flags, Phase};

/// A segment in plain integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seg {
    pub(crate) flags: Flags,
    pub(crate) seq: i64,
    pub(crate) ack: i64,
    pub(crate) text: i64,
}

/// The variables of section 3.3.1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tcb {
    pub(crate) phase: Phase,
    /// Whether SYN-RECEIVED came from LISTEN.
    pub(crate) passive: bool,
    pub(crate) una: i64,
    pub(crate) nxt: i64,
    pub(crate) max_snd_wnd: i64,
    pub(crate) rcv_nxt: i64,
    pub(crate) rcv_wnd: i64,
    /// Whether SND.NXT is behind the own FIN.
    pub(crate) fin_sent: bool,
    /// Whether the rules of RFC 5961 are followed.
    pub(crate) rfc5961: bool,
}

/// The ISS that LISTEN chooses.
pub(crate) const ISS: i64 = 300;

impl Seg {
    fn has(&self, flag: Flags) -> bool {
        self.flags.contains(flag)
    }

    /// SEG.LEN.
    fn len(&self) -> i64 {
        self.text + i64::from(self.has(Flags::SYN)) + i64::from(self.has(Flags::FIN))
    }
}

fn form(flags: Flags, seq: i64, ack: i64) -> Seg {
    let ack = if flags.ack() { ack } else { 0 };
    Seg {
        flags,
        seq,
        ack,
        text: 0,
    }
}

impl Tcb {
    /// SEGMENT ARRIVES: the answer, if any, and the state afterwards. Several ACKs for one
    /// segment are aggregated, as MUST-58 asks.
    pub(crate) fn arrives(mut self, seg: Seg) -> (Option<Seg>, Phase) {
        let answer = match self.phase {
            Phase::Closed => closed(seg),
            Phase::Listen => self.listen(seg),
            Phase::SynSent => self.syn_sent(seg),
            _ => self.other(seg),
        };
        (answer, self.phase)
    }

    fn ack(&self) -> Seg {
        form(Flags::ACK, self.nxt, self.rcv_nxt)
    }

    /// 3.10.7.2.
    fn listen(&mut self, seg: Seg) -> Option<Seg> {
        if seg.has(Flags::RST) {
            return None;
        }
        if seg.has(Flags::ACK) {
            return Some(form(Flags::RST, seg.ack, 0));
        }
        if seg.has(Flags::SYN) {
            self.phase = Phase::SynReceived;
            return Some(form(Flags::SYN | Flags::ACK, ISS, seg.seq + 1));
        }
        None
    }

    /// 3.10.7.3.
    fn syn_sent(&mut self, seg: Seg) -> Option<Seg> {
        let mut acceptable = false;
        if seg.has(Flags::ACK) {
            if seg.ack <= ISS || seg.ack > self.nxt {
                return if seg.has(Flags::RST) {
                    None
                } else {
                    Some(form(Flags::RST, seg.ack, 0))
                };
            }
            acceptable = self.una < seg.ack && seg.ack <= self.nxt;
        }
        if seg.has(Flags::RST) {
            if acceptable {
                self.phase = Phase::Closed;
            }
            return None;
        }
        if !seg.has(Flags::SYN) {
            return None;
        }
        self.rcv_nxt = seg.seq + 1;
        self.rcv_wnd = 1000;
        if !acceptable {
            self.phase = Phase::SynReceived;
            return Some(form(Flags::SYN | Flags::ACK, ISS, self.rcv_nxt));
        }
        self.una = seg.ack;
        self.phase = Phase::Established;
        let rest = Seg {
            flags: seg.flags.without(Flags::SYN),
            seq: seg.seq + 1,
            ..seg
        };
        self.text_and_fin(rest).or(Some(self.ack()))
    }

    /// 3.10.7.4.
    fn other(&mut self, mut seg: Seg) -> Option<Seg> {
        let mut owed = None;
        // First.
        if !self.acceptable(seg) {
            let allowed = self.rcv_wnd == 0 && seg.seq == self.rcv_nxt && !seg.has(Flags::SYN);
            if !allowed {
                return if seg.has(Flags::RST) {
                    None
                } else {
                    Some(self.ack())
                };
            }
            // "Special allowance should be made to accept valid ACKs, URGs, and RSTs."
            owed = Some(self.ack()).filter(|_| !seg.has(Flags::RST));
            seg.text = 0;
            seg.flags = seg.flags.without(Flags::FIN);
        }
        let untrimmed = seg;
        self.trim(&mut seg);
        // Second.
        if seg.has(Flags::RST) {
            return self.reset(untrimmed);
        }
        // Fourth. RFC 5961 looks at every SYN, "irrespective of the sequence number".
        let synchronized = self.phase != Phase::SynReceived;
        if untrimmed.has(Flags::SYN) && self.rfc5961 && synchronized {
            return Some(self.ack());
        }
        if seg.has(Flags::SYN) {
            return self.syn();
        }
        // Fifth.
        if !seg.has(Flags::ACK) {
            return owed;
        }
        let acknowledged = self.phase == Phase::TimeWait;
        match self.fifth(seg) {
            Ok(()) => {}
            Err(answer) => return answer.or(owed),
        }
        // Seventh and eighth.
        self.text_and_fin(seg)
            .or(owed)
            .or(Some(self.ack()).filter(|_| acknowledged))
    }

    fn acceptable(&self, seg: Seg) -> bool {
        let (nxt, wnd, len) = (self.rcv_nxt, self.rcv_wnd, seg.len());
        let within = |seq| nxt <= seq && seq < nxt + wnd;
        match (len, wnd) {
            (0, 0) => seg.seq == nxt,
            (0, _) => within(seg.seq),
            (_, 0) => false,
            _ => within(seg.seq) || within(seg.seq + len - 1),
        }
    }

    /// "One could tailor actual segments to fit this assumption by trimming off any portions that
    /// lie outside the window (including SYN and FIN)."
    fn trim(&self, seg: &mut Seg) {
        if seg.seq < self.rcv_nxt && seg.has(Flags::SYN) {
            seg.flags = seg.flags.without(Flags::SYN);
            seg.seq += 1;
        }
        let old = (self.rcv_nxt - seg.seq).clamp(0, seg.text);
        seg.text -= old;
        seg.seq += old;
        let room = self.rcv_nxt + self.rcv_wnd - seg.seq;
        if seg.text + i64::from(seg.has(Flags::FIN)) > room {
            seg.text = seg.text.min(room);
            seg.flags = seg.flags.without(Flags::FIN);
        }
    }

    fn reset(&mut self, seg: Seg) -> Option<Seg> {
        if self.rfc5961 && seg.seq != self.rcv_nxt {
            let inside = seg.seq > self.rcv_nxt;
            return Some(self.ack()).filter(|_| inside);
        }
        let listens = self.phase == Phase::SynReceived && self.passive;
        self.phase = if listens {
            Phase::Listen
        } else {
            Phase::Closed
        };
        None
    }

    fn syn(&mut self) -> Option<Seg> {
        if self.phase == Phase::SynReceived {
            if self.passive {
                self.phase = Phase::Listen;
                return None;
            }
            if self.rfc5961 {
                return Some(self.ack());
            }
        }
        self.phase = Phase::Closed;
        Some(form(Flags::RST | Flags::ACK, self.nxt, self.rcv_nxt))
    }

    /// `Err` is "and return", with the answer.
    fn fifth(&mut self, seg: Seg) -> Result<(), Option<Seg>> {
        let too_old = seg.ack < self.una - self.max_snd_wnd;
        if self.rfc5961 && (too_old || seg.ack > self.nxt) {
            return Err(Some(self.ack()));
        }
        if self.phase == Phase::SynReceived {
            if !(self.una < seg.ack && seg.ack <= self.nxt) {
                return Err(Some(form(Flags::RST, seg.ack, 0)));
            }
            self.phase = Phase::Established;
        }
        if seg.ack > self.nxt {
            return Err(Some(self.ack()));
        }
        self.una = self.una.max(seg.ack);
        let fin_acknowledged = self.fin_sent && self.una == self.nxt;
        match self.phase {
            Phase::FinWait1 if fin_acknowledged => self.phase = Phase::FinWait2,
            Phase::Closing if fin_acknowledged => self.phase = Phase::TimeWait,
            Phase::Closing => return Err(None),
            Phase::LastAck if fin_acknowledged => {
                self.phase = Phase::Closed;
                return Err(None);
            }
            _ => {}
        }
        Ok(())
    }

    fn text_and_fin(&mut self, mut seg: Seg) -> Option<Seg> {
        self.trim(&mut seg);
        let receives = matches!(
            self.phase,
            Phase::Established | Phase::FinWait1 | Phase::FinWait2
        );
        let in_order = seg.seq == self.rcv_nxt;
        let mut owed = None;
        if receives && (seg.text > 0 || seg.has(Flags::FIN)) {
            if in_order {
                self.rcv_nxt += seg.text;
            }
            owed = Some(self.ack());
        }
        if seg.has(Flags::FIN) && in_order {
            // "Advance RCV.NXT over the FIN, and send an acknowledgment for the FIN."
            self.rcv_nxt = seg.seq + seg.text + 1;
            owed = Some(self.ack());
            self.phase = match self.phase {
                Phase::Established => Phase::CloseWait,
                Phase::FinWait1 => Phase::Closing,
                Phase::FinWait2 => Phase::TimeWait,
                unchanged => unchanged,
            };
        }
        owed
    }
}

/// 3.10.7.1.
fn closed(seg: Seg) -> Option<Seg> {
    if seg.has(Flags::RST) {
        None
    } else if seg.has(Flags::ACK) {
        Some(form(Flags::RST, seg.ack, 0))
    } else {
        Some(form(Flags::RST | Flags::ACK, 0, seg.seq + seg.len()))
    }
}
