//! The system around the sockets: sysctls, lists of connections, dropped connections, and what
//! Python may ask.

use super::{Interpreter, Run, Stop};
use crate::python::{self, Trouble, Value};
use crate::script::{Action, Script};
use crate::shell::{self, DropSelector, Spelling, Step};
use crate::source::Span;
use crate::sysctl;
use tcp_core::{Flow, Phase, Profile};

/// The profile whose sysctls a script sets.
pub(super) fn profile_of(script: &Script) -> Profile {
    let in_events = script
        .events
        .iter()
        .filter_map(|event| match &event.action {
            Action::Shell(command) => Some(command),
            _ => None,
        });
    let names = script.setup.iter().chain(in_events).flat_map(|command| {
        shell::steps(&command.text)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|step| match step {
                Step::Set { name, .. } => Some(name.replace('/', ".")),
                Step::List { .. } | Step::Drop(_) => None,
            })
    });
    for name in names {
        if name.starts_with("net.inet.") || name.starts_with("kern.") {
            return Profile::FreeBsd;
        }
        if name.starts_with("net.ipv4.") || name.starts_with("net.core.") {
            return Profile::Linux6;
        }
    }
    Profile::Rfc9293
}

impl Interpreter<'_> {
    pub(super) fn shell(&mut self, span: Span, line: &str) -> Run {
        for step in shell::steps(line).map_err(Stop::Skip)? {
            match step {
                Step::Set { name, value } => self.set(&name, &value)?,
                Step::List {
                    spelling,
                    state,
                    filters,
                } => {
                    let mut lines = self.listing(spelling, state.as_deref());
                    let mut success = true;
                    for filter in &filters {
                        (lines, success) = filter.run(&lines);
                    }
                    if !success {
                        let list = self.listing(spelling, None).join("\n    ");
                        return Err(self.fail(
                            span,
                            format!("`{}` fails on this list:\n    {list}", line.trim()),
                        ));
                    }
                }
                Step::Drop(selector) => self.drop_connections(span, &selector)?,
            }
        }
        Ok(())
    }

    /// Sets a sysctl. What cannot be set any more does not matter once no segment follows.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Run {
        for knob in sysctl::knobs(name, value).map_err(Stop::Skip)? {
            let applied = self.sockets.stack.apply(knob);
            if let Err(reason) = applied
                && !self.winding_up
            {
                return Err(Stop::Skip(format!("sysctl {name}={value}{reason}")));
            }
        }
        Ok(())
    }

    /// The connections as `sockstat`, `netstat` or `ss` would list them, with the process only
    /// where a descriptor holds one: entries of the SYN queue and connections that were let go
    /// belong to nobody.
    fn listing(&self, spelling: Spelling, only: Option<&str>) -> Vec<String> {
        let stack = &self.sockets.stack;
        let held: Vec<(i64, Option<Flow>)> = self
            .sockets
            .descriptors()
            .filter(|(_, socket)| !socket.is_listening())
            .map(|(fd, socket)| (fd, socket.last_connection.and_then(|id| stack.flow(id))))
            .collect();
        let list = stack.list();
        let mut lines = Vec::new();
        for &(phase, local, remote) in &list {
            let flow = remote.map(|remote| Flow { local, remote });
            let is_held = flow.is_none() || held.iter().any(|&(_, held)| held == flow);
            let remote = remote.map_or("*:*".to_owned(), |remote| remote.to_string());
            lines.push((
                phase,
                line(spelling, phase, &local.to_string(), &remote, is_held),
            ));
        }
        // The BSDs list sockets without a connection as well.
        let gone = |flow: Flow| {
            let entry = |&(_, local, remote): &(Phase, _, _)| {
                local == flow.local && remote == Some(flow.remote)
            };
            !list.iter().any(entry)
        };
        for (_, flow) in held.iter().filter(|_| spelling == Spelling::Bsd) {
            if flow.is_none_or(gone) {
                lines.push((
                    Phase::Closed,
                    line(spelling, Phase::Closed, "*:*", "*:*", true),
                ));
            }
        }
        lines
            .into_iter()
            .filter(|(phase, _)| {
                only.is_none_or(|only| only.eq_ignore_ascii_case(spell(*phase, spelling)))
            })
            .map(|(_, line)| line)
            .collect()
    }

    fn drop_connections(&mut self, span: Span, selector: &DropSelector) -> Run {
        let wanted = match selector {
            DropSelector::State(name) => match python::state(name).and_then(Phase::from_name) {
                Some(phase) => Some(phase),
                None => {
                    return Err(self.fail(span, format!("`{name}` is no state of a connection")));
                }
            },
            DropSelector::All | DropSelector::Ports(..) => None,
        };
        let chosen: Vec<Flow> = self
            .sockets
            .stack
            .list()
            .into_iter()
            .filter_map(|(phase, local, remote)| {
                Some((
                    phase,
                    Flow {
                        local,
                        remote: remote?,
                    },
                ))
            })
            .filter(|(phase, flow)| match selector {
                DropSelector::All => true,
                DropSelector::State(_) => Some(*phase) == wanted,
                DropSelector::Ports(local, remote) => {
                    flow.local.port() == *local && flow.remote.port() == *remote
                }
            })
            .map(|(_, flow)| flow)
            .collect();
        self.parting |= self.winding_up;
        for flow in chosen {
            self.sockets.stack.drop_connection(flow);
        }
        Ok(())
    }

    pub(super) fn python(&mut self, span: Span, code: &str) -> Run {
        match python::run(code, self.sockets.dialect(), &|name| self.field(name)) {
            Ok(()) => Ok(()),
            Err(Trouble::Unsupported(reason)) => Err(Stop::Skip(reason)),
            Err(Trouble::Failed(message)) => Err(self.fail(span, message)),
        }
    }

    /// The value of a field of `struct tcp_info` for the socket under test, if it can be told.
    fn field(&self, name: &str) -> Option<Value> {
        if name == "tcpi_state" {
            return Some(Value::State(self.phase().name()));
        }
        if name == "tcpi_options" {
            return Some(Value::Number(self.negotiated()));
        }
        let connection = self.sockets.stack.connection(self.flow?)?;
        let status = self.sockets.stack.status(connection)?;
        let number = match name {
            "tcpi_snd_mss" => i64::from(status.mss),
            "tcpi_snd_wnd" => i64::from(status.snd_wnd),
            "tcpi_rcv_space" => i64::from(status.rcv_wnd),
            "tcpi_retransmits" => i64::from(status.retransmits),
            "tcpi_snd_cwnd" if self.sockets.dialect() == crate::symbols::Dialect::Bsd => {
                i64::from(status.congestion_window)
            }
            _ => return None,
        };
        Some(Value::Number(number))
    }

    /// The state of the connection under test; without one, of the newest socket.
    fn phase(&self) -> Phase {
        let listed = self.flow.and_then(|flow| {
            let list = self.sockets.stack.list();
            list.into_iter()
                .find(|&(_, local, remote)| local == flow.local && remote == Some(flow.remote))
                .map(|entry| entry.0)
        });
        if let Some(phase) = listed {
            return phase;
        }
        let newest = self.sockets.descriptors().last();
        match newest {
            Some((_, socket)) if self.flow.is_none() && socket.is_listening() => Phase::Listen,
            _ => Phase::Closed,
        }
    }

    /// `tcpi_options`: what both SYNs offered.
    fn negotiated(&self) -> i64 {
        let Some(record) = self.flow.and_then(|flow| self.flows.get(&flow)) else {
            return 0;
        };
        let (Some(ours), Some(theirs)) = (record.offered, record.received) else {
            return 0;
        };
        let both = [
            (
                1,
                ours.timestamps().is_some() && theirs.timestamps().is_some(),
            ),
            (2, ours.sack_permitted() && theirs.sack_permitted()),
            (
                4,
                ours.window_scale().is_some() && theirs.window_scale().is_some(),
            ),
        ];
        both.iter()
            .filter(|entry| entry.1)
            .map(|entry| entry.0)
            .sum()
    }
}

/// One line of a list. `sockstat` cuts the name of the program at ten letters.
fn line(spelling: Spelling, phase: Phase, local: &str, remote: &str, is_held: bool) -> String {
    let name = spell(phase, spelling);
    match (spelling, is_held) {
        (Spelling::Bsd, true) => format!("root packetdril 1000 3 tcp4 {local} {remote} {name}"),
        (Spelling::Bsd, false) => format!("? ? ? ? tcp4 {local} {remote} {name}"),
        (Spelling::Ss, true) => {
            format!("{name} 0 0 {local} {remote} users:((\"packetdrill\",pid=1000,fd=3))")
        }
        (Spelling::Ss, false) => format!("{name} 0 0 {local} {remote}"),
    }
}

fn spell(phase: Phase, spelling: Spelling) -> &'static str {
    let (bsd, ss) = match phase {
        Phase::Closed => ("CLOSED", "UNCONN"),
        Phase::Listen => ("LISTEN", "LISTEN"),
        Phase::SynSent => ("SYN_SENT", "SYN-SENT"),
        Phase::SynReceived => ("SYN_RCVD", "SYN-RECV"),
        Phase::Established => ("ESTABLISHED", "ESTAB"),
        Phase::FinWait1 => ("FIN_WAIT_1", "FIN-WAIT-1"),
        Phase::FinWait2 => ("FIN_WAIT_2", "FIN-WAIT-2"),
        Phase::CloseWait => ("CLOSE_WAIT", "CLOSE-WAIT"),
        Phase::Closing => ("CLOSING", "CLOSING"),
        Phase::LastAck => ("LAST_ACK", "LAST-ACK"),
        Phase::TimeWait => ("TIME_WAIT", "TIME-WAIT"),
    };
    match spelling {
        Spelling::Bsd => bsd,
        Spelling::Ss => ss,
    }
}
