//! Which class a unit is in: decided by the two states alone.

use tcp_core::Phase;

use crate::plan::{Class, End};

/// What an end's state means to its unit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Absent,
    /// Opened actively and not synchronised.
    Opening,
    /// SYN-RECEIVED from LISTEN.
    Received,
    /// Nothing of its own would end it.
    Lasting,
    /// Its own FIN is not acknowledged.
    Finishing,
    Waiting,
}

const fn stage(end: End, phase: Option<Phase>) -> Stage {
    match (phase, end) {
        (None | Some(Phase::Closed | Phase::Listen), _) => Stage::Absent,
        (Some(Phase::SynSent), _) | (Some(Phase::SynReceived), End::Client) => Stage::Opening,
        (Some(Phase::SynReceived), End::Server) => Stage::Received,
        (Some(Phase::Established | Phase::FinWait2 | Phase::CloseWait), _) => Stage::Lasting,
        (Some(Phase::FinWait1 | Phase::Closing | Phase::LastAck), _) => Stage::Finishing,
        (Some(Phase::TimeWait), _) => Stage::Waiting,
    }
}

/// The class of a unit: decided by the two states alone, never by what is in flight.
///
/// `server_was_past` says whether the server was ever past SYN-RECEIVED in this unit. Of an
/// embryonic unit this is the part, such as `embryonic.stale`. `None` if both ends are absent.
pub fn class(client: Option<Phase>, server: Option<Phase>, server_was_past: bool) -> Option<Class> {
    CLASSES[state(client)][state(server)][usize::from(server_was_past)]
}

const fn decide(
    client: Option<Phase>,
    server: Option<Phase>,
    server_was_past: bool,
) -> Option<Class> {
    use Stage::{Absent, Finishing, Lasting, Opening, Received, Waiting};
    let both_established = matches!(
        (client, server),
        (Some(Phase::Established), Some(Phase::Established))
    );
    Some(
        match (stage(End::Client, client), stage(End::Server, server)) {
            (Absent, Absent) => return None,
            (Absent, Received) => Class::EmbryonicStale,
            (Opening, Received) => Class::EmbryonicOpening,
            (_, Received) => Class::EmbryonicClientOpen,
            (Opening, _) | (_, Opening) => Class::Opening,
            (Absent, Lasting) => Class::OrphanEstablished,
            (Lasting, Absent) if server_was_past => Class::OrphanEstablished,
            (Lasting, Absent) => Class::ClientOnly,
            (Absent, Finishing) | (Finishing, Absent) => Class::OrphanClosing,
            (Absent | Waiting, Waiting) | (Waiting, Absent) => Class::TimeWait,
            (Lasting, Lasting) if both_established => Class::Open,
            (Lasting, Lasting) => Class::HalfClosed,
            // The client's stage is never Received: that needs a LISTEN.
            (Received, _)
            | (Lasting | Finishing, Finishing | Waiting)
            | (Finishing, Lasting)
            | (Waiting, Lasting | Finishing) => Class::Closing,
        },
    )
}

/// What an end can be in: nothing, or one of the states.
const STATES: usize = Phase::ALL.len() + 1;

/// Every case of [`decide`], since each change of state asks for several.
static CLASSES: [[[Option<Class>; 2]; STATES]; STATES] = {
    let mut classes = [[[None; 2]; STATES]; STATES];
    let mut cell = 0;
    while cell < STATES * STATES {
        let (client, server) = (cell / STATES, cell % STATES);
        let ends = (phase_of(client), phase_of(server));
        classes[client][server] = [decide(ends.0, ends.1, false), decide(ends.0, ends.1, true)];
        cell += 1;
    }
    classes
};

/// The place of a state in the table.
fn state(phase: Option<Phase>) -> usize {
    phase.map_or(0, |phase| phase as usize + 1)
}

/// The state at a place in the table.
const fn phase_of(state: usize) -> Option<Phase> {
    match state.checked_sub(1) {
        Some(index) => Some(Phase::ALL[index].0),
        None => None,
    }
}
