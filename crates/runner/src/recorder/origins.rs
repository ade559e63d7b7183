//! The initial sequence numbers that forged segments count from.

use std::net::SocketAddr;

use tcp_core::{Flow, Tag};

use crate::plan::{ConnectionId, End, Plan, SequenceExpression, SequenceOrigin};
use crate::workload::Workload;

/// Of each scripted four-tuple, the initial sequence numbers so far. Empty unless segments are
/// forged.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    groups: Vec<Group>,
    /// By tag, of scripted connections and then injections: the group.
    group_of: Vec<Option<usize>>,
}

/// One four-tuple.
#[derive(Clone, Debug)]
struct Group {
    flow: Flow,
    /// By [`End`], in order of appearance, each once.
    numbers: [Vec<u32>; 2],
}

impl Origins {
    pub(super) fn new(plan: &Plan) -> Origins {
        let mut origins = Origins::default();
        if plan.injections.is_empty() {
            return origins;
        }
        for connection in &plan.connections {
            let group = Workload::scripted_flow(plan, connection).map(|flow| origins.group(flow));
            origins.group_of.push(group);
        }
        for injection in &plan.injections {
            let ends: (SocketAddr, SocketAddr) = (injection.from, injection.to);
            let is_its = |group: &Group| {
                let ends_of = (group.flow.local, group.flow.remote);
                ends_of == ends || ends_of == (ends.1, ends.0)
            };
            let group = origins.groups.iter().position(is_its);
            origins.group_of.push(group);
        }
        origins
    }

    fn group(&mut self, flow: Flow) -> usize {
        let known = self.groups.iter().position(|group| group.flow == flow);
        known.unwrap_or_else(|| {
            self.groups.push(Group {
                flow,
                numbers: [Vec::new(), Vec::new()],
            });
            self.groups.len() - 1
        })
    }

    /// An end of this incarnation has made an entry.
    pub(super) fn note(&mut self, tag: Tag, end: End, iss: Option<u32>) {
        if let Some(&Some(group)) = self.group_of.get(tag.0 as usize)
            && let Some(iss) = iss
        {
            let numbers = &mut self.groups[group].numbers[end as usize];
            if !numbers.contains(&iss) {
                numbers.push(iss);
            }
        }
    }

    /// What an expression about this connection stands for now; `None` if there is no such entry
    /// yet.
    pub(super) fn resolve(
        &self,
        connection: Option<ConnectionId>,
        expression: SequenceExpression,
    ) -> Option<u32> {
        let (end, number) = match expression.origin {
            SequenceOrigin::Zero => return Some(expression.offset),
            SequenceOrigin::Client(number) => (End::Client, number),
            SequenceOrigin::Server(number) => (End::Server, number),
        };
        let group = (*self.group_of.get(connection?.0)?)?;
        let numbers = &self.groups[group].numbers[end as usize];
        let origin = numbers.get((number as usize).checked_sub(1)?)?;
        Some(origin.wrapping_add(expression.offset))
    }
}
