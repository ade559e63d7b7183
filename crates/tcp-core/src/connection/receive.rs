//! The receive half: RCV.NXT, the window, and text that arrived out of order.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::config::{Config, WindowEdge};
use crate::segment::Segment;
use crate::seq::SeqNum;

/// Most separate stretches of text that are kept out of order. A peer that makes more holes than
/// this has to send the rest again.
const MAX_STRETCHES: usize = 64;

/// The receive half of a connection whose peer may still send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Receive {
    /// RCV.NXT.
    pub(crate) nxt: SeqNum,
    /// The right edge of the window: RCV.NXT + RCV.WND. It never moves left (SHLD-14).
    edge: SeqNum,
    /// The shift count of the window field in what is sent.
    pub(crate) shift: u8,
    /// Text beyond RCV.NXT; absent while everything arrives in order.
    held: Option<Box<Held>>,
}

/// What remains of the receive half after the peer's FIN: enough to judge and answer segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ended {
    /// RCV.NXT.
    pub(crate) nxt: SeqNum,
    /// The right edge of the window that was offered last.
    pub(crate) edge: SeqNum,
    /// The shift count of the window field in what is sent.
    pub(crate) shift: u8,
}

/// Text and FIN that wait for a hole to be filled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Held {
    /// Disjoint stretches (first octet, octet after the last), in order of sequence.
    stretches: Vec<(SeqNum, SeqNum)>,
    /// The sequence number of a FIN that was received.
    fin: Option<SeqNum>,
}

impl Ended {
    /// RCV.WND.
    pub(crate) fn wnd(&self) -> u32 {
        if self.edge.is_after(self.nxt) {
            self.edge.distance_from(self.nxt)
        } else {
            0
        }
    }

    /// The window field: RCV.WND in units of the scale, rounded up, because the edge was laid on
    /// such a unit when it was offered.
    pub(crate) fn field(&self) -> u16 {
        let units = self.wnd().div_ceil(1 << self.shift);
        u16::try_from(units).unwrap_or(u16::MAX)
    }

    /// The acceptability test of RFC 9293 section 3.10.7.4 (four cases).
    pub(crate) fn accepts(&self, seq: SeqNum, len: u32) -> bool {
        let wnd = self.wnd();
        match (len, wnd) {
            (0, 0) => seq == self.nxt,
            (0, _) => seq.is_within(self.nxt, wnd),
            (_, 0) => false,
            _ => seq.is_within(self.nxt, wnd) || (seq + (len - 1)).is_within(self.nxt, wnd),
        }
    }
}

impl Receive {
    /// The receive half of a connection whose peer starts at `irs`.
    pub(crate) fn new(irs: SeqNum, window: u32, shift: u8) -> Receive {
        Receive {
            nxt: irs + 1,
            edge: irs + 1 + window,
            shift,
            held: None,
        }
    }

    /// What a segment is judged by.
    pub(crate) fn ended(&self) -> Ended {
        Ended {
            nxt: self.nxt,
            edge: self.edge,
            shift: self.shift,
        }
    }

    /// Where the edge may move to: to what the buffer has room for, but only by a full segment or
    /// half the buffer, so that the peer sees no silly window (RFC 9293 section 3.8.6.2.2,
    /// MUST-39). Nothing moves it while the user does not read, for however long (MAY-8).
    pub(crate) fn next_edge(&self, config: &Config, mss: u16, unread: u32) -> Option<SeqNum> {
        let buffer = buffer_size(config, mss);
        let room = buffer
            .saturating_sub(unread)
            .next_multiple_of(1 << self.shift);
        let room = match config.window_edge {
            WindowEdge::Buffer => room.min(0xffff << self.shift),
            WindowEdge::RoundedToMss => room,
        };
        let edge = self.nxt + room;
        let gain = edge.distance_from(self.edge);
        (edge.is_after(self.edge) && gain >= u32::from(mss).min(buffer / 2)).then_some(edge)
    }

    /// Moves the edge, if it may move.
    pub(crate) fn offer(&mut self, config: &Config, mss: u16, unread: u32) {
        if let Some(edge) = self.next_edge(config, mss, unread) {
            self.edge = edge;
        }
    }

    /// The MSS is agreed on: a stack that rounds its buffer to whole segments does it now.
    pub(crate) fn round_edge(&mut self, config: &Config, mss: u16) {
        if config.window_edge == WindowEdge::RoundedToMss {
            self.edge = self.edge.later(self.nxt + buffer_size(config, mss));
        }
    }

    /// Moves the edge to `room` octets from RCV.NXT, never left.
    pub(crate) fn widen(&mut self, room: u32) {
        self.edge = self.edge.later(self.nxt + room);
    }

    /// Takes the text and FIN of an acceptable segment that was trimmed to the window. Returns
    /// the octets that can now be received in order and whether the FIN was reached.
    pub(crate) fn take(&mut self, segment: &Segment) -> (u32, bool) {
        let (from, to) = (segment.seq, segment.seq + segment.text.len);
        let fin = segment.flags.fin();
        if from == self.nxt && self.held.is_none() {
            self.nxt = to + u32::from(fin);
            return (segment.text.len, fin);
        }
        let mut held = self.held.take().unwrap_or_default();
        let before = self.nxt;
        if from.is_after(self.nxt) {
            held.insert(from, to);
        } else {
            // What closes the first hole is taken, however many others there are.
            self.nxt = self.nxt.later(to);
        }
        if fin {
            held.fin = Some(to);
        }
        self.nxt = held.advance(self.nxt);
        let octets = self.nxt.distance_from(before);
        let fin_reached = held.fin == Some(self.nxt);
        if fin_reached {
            self.nxt += 1;
        } else if !held.stretches.is_empty() || held.fin.is_some() {
            self.held = Some(held);
        }
        (octets, fin_reached)
    }

    /// Whether something waits out of order.
    pub(crate) fn has_hole(&self) -> bool {
        self.held.is_some()
    }
}

/// The size of the receive buffer once the MSS is known.
pub(crate) fn buffer_size(config: &Config, mss: u16) -> u32 {
    match config.window_edge {
        WindowEdge::Buffer => config.receive_buffer,
        WindowEdge::RoundedToMss => config.receive_buffer.next_multiple_of(u32::from(mss)),
    }
}

impl Held {
    /// Adds a stretch, merging what touches it.
    fn insert(&mut self, mut from: SeqNum, mut to: SeqNum) {
        if from == to {
            return;
        }
        self.stretches.retain(|&(start, end)| {
            let apart = end.is_before(from) || start.is_after(to);
            if !apart {
                from = if start.is_before(from) { start } else { from };
                to = end.later(to);
            }
            apart
        });
        if self.stretches.len() < MAX_STRETCHES {
            let place = self
                .stretches
                .partition_point(|&(start, _)| start.is_before(from));
            self.stretches.insert(place, (from, to));
        }
    }

    /// Removes the stretches that `nxt` reaches and returns how far it gets.
    fn advance(&mut self, mut nxt: SeqNum) -> SeqNum {
        while let Some(&(from, to)) = self.stretches.first() {
            if from.is_after(nxt) {
                break;
            }
            nxt = nxt.later(to);
            self.stretches.remove(0);
        }
        nxt
    }
}

#[cfg(test)]
mod tests {
    use super::{Ended, Receive};
    use crate::segment::{Flags, Segment, Text};
    use crate::seq::SeqNum;

    fn text(seq: u32, len: u32) -> Segment {
        Segment {
            seq: SeqNum(seq),
            text: Text::at(0, len),
            ..Segment::default()
        }
    }

    #[test]
    fn the_four_cases_of_acceptability() {
        let open = Ended {
            nxt: SeqNum(100),
            edge: SeqNum(110),
            shift: 0,
        };
        let shut = Ended {
            nxt: SeqNum(100),
            edge: SeqNum(100),
            shift: 0,
        };
        let cases = [
            ("empty, zero window, at RCV.NXT", shut, 100, 0, true),
            ("empty, zero window, beside RCV.NXT", shut, 101, 0, false),
            ("empty, left edge", open, 100, 0, true),
            ("empty, last of window", open, 109, 0, true),
            ("empty, right edge", open, 110, 0, false),
            ("empty, left of window", open, 99, 0, false),
            ("text, zero window", shut, 100, 1, false),
            ("text, inside", open, 105, 2, true),
            ("text, begins left, ends inside", open, 95, 6, true),
            ("text, all left", open, 95, 5, false),
            ("text, begins inside, ends right", open, 109, 5, true),
            ("text, all right", open, 110, 5, false),
            ("text, covers the window", open, 95, 30, false),
        ];
        for (name, window, seq, len, expected) in cases {
            assert_eq!(window.accepts(SeqNum(seq), len), expected, "{name}");
        }
    }

    #[test]
    fn holes_are_filled_in_any_order() {
        let mut rcv = Receive::new(SeqNum(u32::MAX - 3), 1000, 0);
        let start = rcv.nxt;
        let at = |n: u32| Segment {
            seq: start + n,
            ..text(0, 5)
        };
        assert_eq!(rcv.take(&at(10)), (0, false));
        assert_eq!(rcv.take(&at(20)), (0, false));
        let fin = Segment {
            flags: Flags::FIN,
            seq: start + 25,
            ..text(0, 0)
        };
        assert_eq!(rcv.take(&fin), (0, false));
        assert_eq!(rcv.take(&at(5)), (0, false));
        assert_eq!(rcv.take(&at(0)), (15, false));
        assert!(rcv.has_hole());
        assert_eq!(rcv.take(&at(15)), (10, true));
        assert_eq!(rcv.nxt, start + 26);
        assert!(!rcv.has_hole());
    }
}
