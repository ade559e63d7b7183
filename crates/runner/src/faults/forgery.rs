//! From the injections of a plan to frames, which get their numbers when they enter the network.

use netsim::{Command, Instant, LinkId, Subject, Trigger};
use tcp_core::{Flags, Kind, Packet, Segment, SeqNum, Text, Transmit};

use crate::host::{Datagram, signal_name};
use crate::plan::{Injection, Moment, Plan};
use crate::recorder::SharedRecorder;
use crate::workload::Workload;

/// What a script injects: each repetition by itself, under the injection's id and its number.
pub(super) fn injections(workload: &Workload<'_>) -> Vec<netsim::Injection<Datagram>> {
    let plan = workload.plan();
    let each = plan.injections.iter().enumerate();
    let all = each.flat_map(|(index, injection)| {
        (0..injection.count).map(move |number| netsim::Injection {
            id: name(injection, number),
            link: LinkId(injection.link.0 as u32),
            frame: frame(workload, index, number),
            at: trigger(plan, injection, number),
        })
    });
    all.collect()
}

/// The first repetition has the injection's own name; `#` occurs in no other.
fn name(injection: &Injection, number: u32) -> String {
    match number {
        0 => injection.id.clone(),
        _ => format!("{}#{}", injection.id, number + 1),
    }
}

/// The frame without those numbers that are not known before it enters.
fn frame(workload: &Workload<'_>, index: usize, number: u32) -> Datagram {
    let injection = &workload.plan().injections[index];
    let tag = workload.forged_tag(index);
    let transmit = Transmit {
        packet: Packet {
            source: injection.from,
            target: injection.to,
            tag,
            segment: Segment {
                flags: injection.flags,
                window: injection.window,
                text: Text {
                    len: injection.payload,
                    offset: None,
                },
                ..Segment::default()
            },
        },
        kind: kind(injection),
        ordinal: Some(number + 1),
    };
    Datagram::new(Instant::ZERO, &transmit, workload.identity(tag), 0, 0)
}

fn kind(injection: &Injection) -> Kind {
    let flags = injection.flags;
    if flags.rst() {
        Kind::Rst
    } else if flags.contains(Flags::SYN | Flags::ACK) {
        Kind::SynAck
    } else if flags.syn() {
        Kind::Syn
    } else if injection.payload > 0 {
        Kind::Data
    } else if flags.fin() {
        Kind::Fin
    } else {
        Kind::Ack
    }
}

fn trigger(plan: &Plan, injection: &Injection, number: u32) -> Trigger {
    let later = injection.spacing.saturating_mul(number);
    match &injection.moment {
        Moment::At(at) => Trigger::At(Instant::ZERO.saturating_add(at.saturating_add(later))),
        Moment::Enters { host, phase, plus } => Trigger::Signal {
            name: signal_name(*host, *phase),
            subject: injection.connection.map_or(Subject::Any, |connection| {
                Subject::Fixed(Workload::scripted_tag(connection.0).0)
            }),
            plus: plus.saturating_add(later),
        },
        Moment::Fate {
            fault,
            ending,
            plus,
        } => Trigger::Fault {
            id: plan.faults[*fault].id.clone(),
            ending: *ending,
            plus: plus.saturating_add(later),
        },
    }
}

/// Gives an injected frame its numbers and its time. `false` if it counts from an initial sequence
/// number that nobody has chosen yet: there is nothing to inject.
pub(super) fn complete(
    now: Instant,
    plan: &Plan,
    recorder: &SharedRecorder,
    frame: &mut Datagram,
) -> bool {
    let Some(injection) = Workload::injection(plan, frame.tag()) else {
        return true;
    };
    let recorder = recorder.borrow();
    let number = |expression| recorder.sequence_number(injection.connection, expression);
    let Some(seq) = number(injection.seq) else {
        return false;
    };
    let ack = match injection.ack {
        None => 0,
        Some(expression) => match number(expression) {
            Some(ack) => ack,
            None => return false,
        },
    };
    frame.packet.segment.seq = SeqNum(seq);
    frame.packet.segment.ack = SeqNum(ack);
    frame.sent = now;
    true
}

/// The frame of a command that injects something new.
pub(super) fn forged(command: &mut Command<Datagram>) -> Option<&mut Datagram> {
    match command {
        Command::Inject {
            original: None,
            frame,
            ..
        } => Some(frame),
        Command::Inject { .. } | Command::Release(_) => None,
    }
}
