//! Which connections a host opens, and when: those of the script and those of loads.

use std::time::Duration;

use netsim::Instant;
use tcp_core::{Flow, Handshake, Open, Phase, SeqNum, Tag};

use super::app::App;
use super::{Host, Task};
use crate::events::Act;
use crate::plan::{ActiveOpen, End, Opening};
use crate::workload::{Arrival, Workload};

/// An OPEN that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Awaiting {
    phase: Phase,
    /// The incarnation whose state counts; `None` for any.
    tag: Option<Tag>,
    plus: Duration,
    /// The scripted connection that is opened.
    connection: usize,
}

impl Host<'_> {
    /// Plans what is known before the run: the scripted OPENs and the first arrivals of each load.
    pub(super) fn plan_first_tasks(&mut self) {
        let plan = self.workload.plan();
        let mut scripted = Vec::new();
        for (index, connection) in plan.connections.iter().enumerate() {
            let at = match connection.active_open {
                ActiveOpen::At(at) => Some(Instant::ZERO.saturating_add(at)),
                ActiveOpen::Enters { .. } => None,
            };
            if connection.from == self.id {
                self.plan_open(index, at);
            }
            if connection.to.host == self.id
                && let Some(open) = connection.server_open
            {
                let at = Instant::ZERO.saturating_add(open);
                self.plan_task(at, Task::Open(index, End::Server));
            }
            if let Some(at) = at
                && connection.to.host == self.id
                && let Some(iss) = connection.iss.server
                && let Some(flow) = Workload::scripted_flow(plan, connection)
            {
                let (own, iss) = (reversed(flow), SeqNum(iss));
                // A later connection of the same four-tuple must not disturb an earlier one.
                if scripted.contains(&own) {
                    self.plan_task(at, Task::ScriptIss(own, iss));
                } else {
                    self.endpoint.script_iss(own, iss);
                    scripted.push(own);
                }
            }
        }
        for (index, load) in plan.loads.iter().enumerate() {
            if load.from == self.id {
                self.opened.insert(index, vec![0; load.clients as usize]);
                self.plan_arrival(index, None);
            }
        }
    }

    /// Plans the OPEN of a scripted connection: at a time, or when its event has happened.
    fn plan_open(&mut self, connection: usize, at: Option<Instant>) {
        if let Some(at) = at {
            self.plan_task(at, Task::Open(connection, End::Client));
        } else if let ActiveOpen::Enters {
            phase,
            connection: other,
            plus,
        } = self.workload.plan().connections[connection].active_open
        {
            self.awaiting.push(Awaiting {
                phase,
                tag: other.map(|other| Workload::scripted_tag(other.0)),
                plus,
                connection,
            });
        }
    }

    /// A connection of this host has entered a state: OPENs may have waited for that.
    pub(super) fn wake_opens(&mut self, now: Instant, tag: Tag, entered: [Phase; 2]) {
        let is_due = |waiting: &mut Awaiting| {
            waiting.tag.is_none_or(|wanted| wanted == tag) && entered.contains(&waiting.phase)
        };
        let due: Vec<Awaiting> = self.awaiting.extract_if(.., is_due).collect();
        for Awaiting {
            plus, connection, ..
        } in due
        {
            self.plan_task(
                now.saturating_add(plus),
                Task::Open(connection, End::Client),
            );
        }
    }

    /// Plans a load's next arrival.
    pub(super) fn plan_arrival(&mut self, load: usize, previous: Option<&Arrival>) {
        if let Some(arrival) = self.workload.next_arrival(load, previous) {
            self.plan_task(arrival.at, Task::Arrive(load, arrival));
        }
    }

    /// Opens one end of a scripted connection.
    pub(super) fn open_scripted(&mut self, now: Instant, index: usize, end: End) {
        let plan = self.workload.plan();
        let connection = &plan.connections[index];
        if let Some(flow) = Workload::scripted_flow(plan, connection) {
            let tag = Workload::scripted_tag(index);
            let (flow, iss) = match end {
                End::Client => (flow, connection.iss.client),
                End::Server => (reversed(flow), connection.iss.server),
            };
            if !self.open(now, (tag, end), flow, iss.map(SeqNum)) {
                self.tell(now, (tag, end), Some(flow), Act::OpenFailed);
            }
        }
    }

    /// Opens a connection on the client's next port; one that is in use is skipped, and if all
    /// are, nothing is opened.
    pub(super) fn open_for_load(&mut self, now: Instant, load: usize, arrival: &Arrival) {
        let Some(tag) = self.workload.load_tag(load, arrival.number) else {
            return;
        };
        if let Opening::Flood(who) = self.workload.plan().loads[load].opening {
            self.send_forged(tag, load, arrival, who);
        } else if !self.open_on_next_port(now, load, arrival.client, tag) {
            self.plan_retry(now, tag);
        }
    }

    /// Opens a connection of a load on the client's next port that is free; says whether there was
    /// one.
    pub(super) fn open_on_next_port(
        &mut self,
        now: Instant,
        load: usize,
        client: u32,
        tag: Tag,
    ) -> bool {
        for _ in 0..self.workload.plan().loads[load].port_pool {
            let Some(flow) = self.next_flow(load, client) else {
                return false;
            };
            if self.open(now, (tag, End::Client), flow, None) {
                return true;
            }
        }
        self.tell(now, (tag, End::Client), None, Act::OpenFailed);
        false
    }

    /// The four-tuple of a client's next port.
    pub(super) fn next_flow(&mut self, load: usize, client: u32) -> Option<Flow> {
        let clients = self.opened.get_mut(&load)?;
        let count = clients.get_mut(client as usize)?;
        let ordinal = *count;
        *count += 1;
        self.workload.load_flow(load, client, ordinal)
    }

    /// OPEN, active, of one end of an incarnation; says whether the four-tuple was free. The
    /// server's, in a simultaneous open, is an entry of the incarnation that the client opens.
    fn open(
        &mut self,
        now: Instant,
        (tag, end): (Tag, End),
        flow: Flow,
        iss: Option<SeqNum>,
    ) -> bool {
        let open = Open {
            iss,
            fast_open: self.policy == Handshake::FastOpen,
            ..Open::tagged(tag)
        };
        let Ok(id) = self.endpoint.connect(self.clock.core(now), flow, open) else {
            return false;
        };
        self.tell(now, (tag, end), Some(flow), Act::Open);
        let part = self.workload.part(tag, end);
        let entry = match end {
            End::Client => {
                self.opens += 1;
                self.seat(tag).is_client = true;
                0
            }
            End::Server => self.seat(tag).entries + 1,
        };
        self.apps.insert(id, App::new(tag, end, entry, part));
        if end == End::Client {
            self.plan_giving_up(now, id, tag);
        }
        if self.policy == Handshake::FastOpen {
            self.send_at_once(now, id);
        }
        true
    }
}

/// The four-tuple as the other end sees it.
fn reversed(flow: Flow) -> Flow {
    Flow {
        local: flow.remote,
        remote: flow.local,
    }
}
