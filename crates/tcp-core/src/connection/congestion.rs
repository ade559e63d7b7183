//! Slow start, congestion avoidance, fast retransmit and fast recovery (RFC 5681, RFC 6582).

use crate::seq::SeqNum;

/// The congestion state of one direction: slow start and congestion avoidance, as RFC 9293 asks
/// (MUST-19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Congestion {
    /// cwnd, octets.
    pub(crate) cwnd: u32,
    /// ssthresh, octets.
    ssthresh: u32,
    /// Where the latest loss episode ends: RFC 6582's `recover`.
    recover: SeqNum,
    /// Duplicate ACKs in a row.
    dup_acks: u8,
    /// Whether fast recovery is going on.
    recovering: bool,
}

/// What an ACK asks the sender to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Nothing beyond sending what the window now allows.
    Proceed,
    /// Send the earliest unacknowledged segment again.
    Retransmit,
}

impl Congestion {
    /// The state of a new connection that may send `segments` at once.
    pub(crate) fn new(segments: u16, mss: u16, iss: SeqNum) -> Congestion {
        Congestion {
            cwnd: u32::from(segments) * u32::from(mss),
            ssthresh: u32::MAX,
            recover: iss,
            dup_acks: 0,
            recovering: false,
        }
    }

    /// An ACK moved SND.UNA to `una` and covered `acked` octets.
    pub(crate) fn on_ack(&mut self, una: SeqNum, acked: u32, mss: u16) -> Advice {
        let mss = u32::from(mss);
        self.dup_acks = 0;
        if self.recovering {
            if una.is_at_or_after(self.recover) {
                // RFC 6582 section 3.2 step 3, full acknowledgment.
                self.recovering = false;
                self.cwnd = self.ssthresh;
                return Advice::Proceed;
            }
            // Partial acknowledgment: the next hole is lost too. Deflate, then add one segment.
            self.cwnd = self.cwnd.saturating_sub(acked).saturating_add(mss).max(mss);
            return Advice::Retransmit;
        }
        if self.cwnd < self.ssthresh {
            self.cwnd = self.cwnd.saturating_add(acked.min(mss)); // slow start, equation 2
        } else {
            let step = (u64::from(mss) * u64::from(mss) / u64::from(self.cwnd)).max(1);
            self.cwnd = self.cwnd.saturating_add(step as u32); // avoidance, equation 3
        }
        Advice::Proceed
    }

    /// A duplicate ACK arrived while `flight` octets were out and `una` was the oldest.
    pub(crate) fn on_duplicate_ack(
        &mut self,
        una: SeqNum,
        nxt: SeqNum,
        flight: u32,
        mss: u16,
    ) -> Advice {
        let mss = u32::from(mss);
        if self.recovering {
            self.cwnd = self.cwnd.saturating_add(mss);
            return Advice::Proceed;
        }
        self.dup_acks = self.dup_acks.saturating_add(1);
        // RFC 6582 section 3.2 step 1: only if this loss is not of the episode before.
        if self.dup_acks != 3 || !una.is_at_or_after(self.recover) {
            return Advice::Proceed;
        }
        self.ssthresh = (flight / 2).max(2 * mss);
        self.cwnd = self.ssthresh.saturating_add(3 * mss);
        self.recover = nxt;
        self.recovering = true;
        Advice::Retransmit
    }

    /// The retransmission timer ran out (RFC 5681 equation 4; loss window of one segment).
    pub(crate) fn on_timeout(&mut self, nxt: SeqNum, flight: u32, mss: u16) {
        let mss = u32::from(mss);
        self.ssthresh = (flight / 2).max(2 * mss);
        self.cwnd = mss;
        self.recover = nxt;
        self.dup_acks = 0;
        self.recovering = false;
    }
}

#[cfg(test)]
mod tests {
    use super::{Advice, Congestion};
    use crate::seq::SeqNum;

    const MSS: u16 = 1000;

    #[test]
    fn slow_start_then_avoidance() {
        let mut cc = Congestion::new(2, MSS, SeqNum(0));
        assert_eq!(cc.on_ack(SeqNum(1000), 1000, MSS), Advice::Proceed);
        assert_eq!(cc.cwnd, 3000);
        cc.on_timeout(SeqNum(8000), 8000, MSS);
        assert_eq!(cc.cwnd, 1000);
        for n in 0..3 {
            cc.on_ack(SeqNum(9000 + n * 1000), 1000, MSS);
        }
        assert_eq!(cc.cwnd, 4000, "slow start up to ssthresh");
        cc.on_ack(SeqNum(12_000), 1000, MSS);
        assert_eq!(cc.cwnd, 4250, "then MSS * MSS / cwnd");
    }

    #[test]
    fn the_third_duplicate_retransmits_once_per_episode() {
        let mut cc = Congestion::new(10, MSS, SeqNum(0));
        let dup = |cc: &mut Congestion| cc.on_duplicate_ack(SeqNum(1), SeqNum(10_001), 10_000, MSS);
        assert_eq!(dup(&mut cc), Advice::Proceed);
        assert_eq!(dup(&mut cc), Advice::Proceed);
        assert_eq!(dup(&mut cc), Advice::Retransmit);
        assert_eq!(dup(&mut cc), Advice::Proceed);
        assert_eq!(cc.cwnd, 5000 + 3000 + 1000);
        assert_eq!(
            cc.on_ack(SeqNum(2001), 2000, MSS),
            Advice::Retransmit,
            "partial"
        );
        assert_eq!(
            cc.on_ack(SeqNum(10_001), 8000, MSS),
            Advice::Proceed,
            "full"
        );
        assert_eq!(cc.cwnd, 5000);
    }
}
