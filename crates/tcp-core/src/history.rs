//! What policies without a third segment remember of four-tuples: the last ISN, for a while or
//! for ever.

use alloc::collections::{BTreeMap, VecDeque};

use crate::handshake::Memory;
use crate::segment::Flow;
use crate::seq::SeqNum;
use crate::time::Instant;

/// The past of four-tuples. Empty, and free of cost, under policies that remember nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    past: BTreeMap<Flow, Past>,
    /// Ends that will be forgotten, in the order in which they were noted.
    leaving: VecDeque<(Instant, Flow)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Past {
    isn: SeqNum,
    memory: Memory,
    /// When it is forgotten; absent while the connection lives, and if that is never.
    until: Option<Instant>,
}

impl History {
    /// A connection has opened with this ISN of the peer.
    pub(crate) fn opened(&mut self, flow: Flow, isn: SeqNum, memory: Memory) {
        if memory != Memory::None {
            self.past.insert(
                flow,
                Past {
                    isn,
                    memory,
                    until: None,
                },
            );
        }
    }

    /// The connection of a four-tuple has ended.
    pub(crate) fn ended(&mut self, flow: Flow, now: Instant) {
        if self.past.is_empty() {
            return;
        }
        if let Some(past) = self.past.get_mut(&flow)
            && let Memory::For(span) = past.memory
        {
            past.until = Some(now + span);
            self.leaving.push_back((now + span, flow));
        }
    }

    /// The ISN that is remembered of a four-tuple.
    pub(crate) fn recall(&mut self, flow: Flow, now: Instant) -> Option<SeqNum> {
        while let Some(&(at, leaving)) = self.leaving.front()
            && at <= now
        {
            self.leaving.pop_front();
            if self
                .past
                .get(&leaving)
                .is_some_and(|past| past.until == Some(at))
            {
                self.past.remove(&leaving);
            }
        }
        let known = self.past.get(&flow)?;
        known
            .until
            .is_none_or(|until| until > now)
            .then_some(known.isn)
    }
}

#[cfg(test)]
mod tests {
    use super::History;
    use crate::handshake::Memory;
    use crate::segment::Flow;
    use crate::seq::SeqNum;
    use crate::time::Instant;
    use core::time::Duration;

    #[test]
    fn an_isn_is_forgotten_after_its_time_unless_the_four_tuple_opened_again() {
        let flow = Flow {
            local: ([0; 4], 80).into(),
            remote: ([1; 4], 1).into(),
        };
        let at = Instant::from_secs;
        let memory = Memory::For(Duration::from_secs(10));
        let mut history = History::default();
        history.opened(flow, SeqNum(1), memory);
        assert_eq!(history.recall(flow, at(1000)), Some(SeqNum(1)), "it lives");
        history.ended(flow, at(1000));
        assert_eq!(history.recall(flow, at(1009)), Some(SeqNum(1)));
        history.opened(flow, SeqNum(2), memory);
        assert_eq!(
            history.recall(flow, at(1011)),
            Some(SeqNum(2)),
            "opened again"
        );
        history.ended(flow, at(1011));
        assert_eq!(history.recall(flow, at(1021)), None);
        history.opened(flow, SeqNum(3), Memory::Forever);
        history.ended(flow, at(1022));
        assert_eq!(history.recall(flow, at(1 << 30)), Some(SeqNum(3)));
    }
}
