//! Virtual time: deadlines of the stack, calls that block, and what the stack sends.

use super::{Interpreter, Run, Rung, Sent, flow_of_packet, seconds};
use crate::calls;
use tcp_core::Packet;

/// More steps than any script needs; a stack that never comes to rest is an error, not a hang.
const MOST_STEPS: u32 = 1_000_000;

impl Interpreter<'_> {
    /// Moves to `target`, letting everything happen that is due before it. What is due exactly then
    /// comes after the event that happens there: a timer never fires before a segment of the same
    /// instant.
    pub(super) fn advance_to(&mut self, target: u64) -> Run {
        while self.step_before(target)? {}
        self.now = self.now.max(target);
        self.sockets.stack.set_time(self.now);
        Ok(())
    }

    /// Lets the next deadline before `target` happen; false if there is none.
    pub(super) fn step_before(&mut self, target: u64) -> Run<bool> {
        let waiting = self
            .blocked
            .as_ref()
            .and_then(|blocked| blocked.waiting.deadline());
        let stack = self.sockets.stack.next_deadline();
        let next = match (waiting, stack) {
            (Some(first), Some(second)) => Some(first.min(second)),
            (first, second) => first.or(second),
        };
        let Some(next) = next.filter(|&next| next < target) else {
            return Ok(false);
        };
        self.now = self.now.max(next);
        self.steps += 1;
        if self.steps > MOST_STEPS {
            let message = format!(
                "the stack does not come to rest: {MOST_STEPS} timers until {}",
                seconds(self.now)
            );
            return Err(self.fail(crate::source::Span::default(), message));
        }
        self.sockets.stack.set_time(self.now);
        self.sockets.stack.on_deadline();
        self.pump()?;
        Ok(true)
    }

    /// Lets users react and collects what the stack sends, until nothing changes. Users go first:
    /// an acknowledgment that is owed waits for what they send at the same instant.
    pub(super) fn pump(&mut self) -> Run {
        loop {
            self.sockets.notice();
            if self.resume_blocked()? {
                continue;
            }
            let Some(packet) = self.sockets.stack.poll_packet() else {
                return Ok(());
            };
            self.record(packet);
        }
    }

    fn record(&mut self, packet: Packet) {
        let segment = packet.segment;
        let record = self.flows.entry(flow_of_packet(&packet)).or_default();
        let again = !segment.is_empty()
            && record
                .sent_up_to
                .is_some_and(|end| segment.end().is_at_or_before(end));
        // A SYN starts a new count, a RST is outside of it.
        if segment.flags.syn() {
            record.sent_up_to = Some(segment.end());
            record.offered = Some(segment.options);
        } else if !segment.flags.rst() {
            record.sent_up_to = Some(
                record
                    .sent_up_to
                    .map_or(segment.end(), |end| end.later(segment.end())),
            );
        }
        let rung = self.rungs.len();
        self.rungs.push(Rung {
            at: self.now,
            text: String::new(),
        });
        self.sent.push_back(Sent {
            at: self.now,
            packet,
            rung,
            parting: self.parting,
            again,
        });
    }

    /// Tries the blocked call; true if it has returned.
    fn resume_blocked(&mut self) -> Run<bool> {
        let Some(mut blocked) = self.blocked.take() else {
            return Ok(false);
        };
        let Some(reply) = calls::resume(&mut self.sockets, &mut blocked.waiting, self.now) else {
            self.blocked = Some(blocked);
            return Ok(false);
        };
        self.rungs.push(Rung {
            at: self.now,
            text: format!("{}() returns", blocked.call.name),
        });
        if let Some(message) = calls::disagreement(blocked.call, &reply, self.sockets.dialect()) {
            return Err(self.fail(blocked.event.span, message));
        }
        let tolerance = self.tolerance(blocked.end);
        if self.now.abs_diff(blocked.end) > tolerance {
            let message = format!(
                "{}() should return at {}, returned at {} (tolerance {})",
                blocked.call.name,
                seconds(blocked.end),
                seconds(self.now),
                seconds(tolerance)
            );
            return Err(self.fail(blocked.event.span, message));
        }
        Ok(true)
    }

    /// Waits for the blocked call, if there is one.
    pub(super) fn await_blocked(&mut self) -> Run {
        while let Some(blocked) = &self.blocked {
            let latest = blocked.end.saturating_add(self.tolerance(blocked.end));
            let (span, name, end) = (blocked.event.span, blocked.call.name.clone(), blocked.end);
            if !self.step_before(latest.saturating_add(1))? {
                let message = format!(
                    "{name}() should return at {}, but still blocks",
                    seconds(end)
                );
                return Err(self.fail(span, message));
            }
        }
        Ok(())
    }
}
