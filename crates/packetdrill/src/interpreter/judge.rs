//! What the stack sends against what the script expects.

use super::{Interpreter, Run, flow_of_packet, seconds};
use crate::notation;
use crate::numbering;
use crate::script::{Ecn, Event, EventTime, SegmentSpec};

/// How long `*` waits: longer than every timer of TCP but keepalive's many rounds.
const ANY_TIME: u64 = 24 * 3_600 * 1_000_000_000;

impl Interpreter<'_> {
    /// The next segment of the stack must be `spec`, between `from` and `to` give or take the
    /// tolerance.
    pub(super) fn expect(&mut self, event: &Event, spec: &SegmentSpec, from: u64, to: u64) -> Run {
        if spec.ecn.is_some_and(|ecn| ecn != Ecn::NotEct) {
            return Err(super::Stop::Skip("ECN in the IP header".to_owned()));
        }
        let any = event.time == EventTime::Any;
        let tolerance = if any { 0 } else { self.tolerance(from) };
        let latest = if any {
            self.now.saturating_add(ANY_TIME)
        } else {
            to.saturating_add(tolerance)
        };
        while self.sent.is_empty() {
            if !self.step_before(latest.saturating_add(1))? {
                self.now = self.now.max(if any { self.now } else { latest });
                let message = format!("no segment until {}; expected `> {spec}`", seconds(latest));
                return Err(self.fail(event.span, message));
            }
        }
        let Some(sent) = self.sent.pop_front() else {
            return Ok(());
        };
        let flow = flow_of_packet(&sent.packet);
        let under_test = *self.flow.get_or_insert(flow);
        let record = self.flows.entry(flow).or_default();
        let mut actual = record.numbering.observe(&sent.packet.segment, Some(spec));
        if spec.ports.is_some() || flow != under_test {
            actual.ports = Some((flow.local.port(), flow.remote.port()));
        }
        let mut differences = notation::differences(spec, &actual);
        if spec.ports.is_none() && flow != under_test {
            differences.push("it belongs to another connection".to_owned());
        }
        differences.extend(self.stamp_difference(spec, &actual));
        self.rungs[sent.rung].text = format!("> {actual}");
        if !differences.is_empty() {
            let late = if sent.at == self.now {
                String::new()
            } else {
                format!(" (sent at {})", seconds(sent.at))
            };
            let message = format!(
                "expected `> {spec}`\n    got      `> {actual}`{late}\n    {}",
                differences.join("; ")
            );
            return Err(self.fail(event.span, message));
        }
        let in_time = sent.at.saturating_add(tolerance) >= from && sent.at <= latest;
        if !any && !in_time {
            let until = if to == from {
                String::new()
            } else {
                format!(" to {}", seconds(to))
            };
            let message = format!(
                "`> {spec}` expected at {}{until}, sent at {} (tolerance {})",
                seconds(from),
                seconds(sent.at),
                seconds(tolerance)
            );
            return Err(self.fail(event.span, message));
        }
        Ok(())
    }

    /// Timestamps are compared only if the script says how long their tick is, within the
    /// tolerance.
    fn stamp_difference(&self, spec: &SegmentSpec, actual: &SegmentSpec) -> Option<String> {
        let tick = self.script.settings.timestamp_tick;
        let (expected, actual) = (numbering::timestamp(spec)?, numbering::timestamp(actual)?);
        let distance = u64::from(
            expected
                .wrapping_sub(actual)
                .min(actual.wrapping_sub(expected)),
        );
        let is_off = distance.saturating_mul(tick) > self.script.settings.tolerance;
        is_off.then(|| format!("TS val: expected {expected}, got {actual}"))
    }

    /// After the last event: nothing more may come within the tolerance, except what needs no
    /// mention.
    pub(super) fn finish(&mut self) -> Run {
        self.await_blocked()?;
        let last = self.now;
        let until = last.saturating_add(self.script.settings.tolerance);
        while self.step_before(until.saturating_add(1))? {}
        for index in 0..self.sent.len() {
            let sent = &self.sent[index];
            // The peer has fallen silent, so the stack repeats itself; and what it says when its
            // user lets go after the last segment of the script is between the two of them.
            let segment = &sent.packet.segment;
            let farewell = segment.flags.fin() || segment.flags.rst() || !segment.text.is_empty();
            if (sent.parting && farewell) || (sent.again && sent.at > last) {
                continue;
            }
            let record = self.flows.entry(flow_of_packet(&sent.packet)).or_default();
            let actual = record.numbering.observe(&sent.packet.segment, None);
            let message = format!("`> {actual}` at {} is not in the script", seconds(sent.at));
            let span = self
                .script
                .events
                .last()
                .map_or(crate::source::Span::default(), |event| event.span);
            return Err(self.fail(span, message));
        }
        Ok(())
    }
}
