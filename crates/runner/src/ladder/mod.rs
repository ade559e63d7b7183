//! The ladder: every segment of one four-tuple between two vertical lines, the states of both ends
//! at the margins.
//!
//! Rows are made in two steps. First each departure, arrival and change of state is a row of its
//! own, in the order of time. Then a departure and its arrival become one row wherever the times at
//! both margins still run downwards; segments that cross keep two rows.

mod arrow;
mod scale;
pub mod svg;
mod text;
mod words;

use netsim::{FrameId, Instant};
use tcp_core::{Phase, Reason};

use crate::passage::{Passage, Passages, Source, mark_stale};
use crate::plan::{End, Plan};
use crate::story::Story;
use crate::trace::{Entry, Move, What};

pub use text::draw;
use words::Note;
pub(crate) use words::Words;

/// What happens at one margin in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    at: Instant,
    /// The state that is entered, if one is.
    phase: Option<Phase>,
}

/// What stands between the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Middle {
    /// A segment leaves; it arrives in another row or never.
    Departs(FrameId),
    /// A segment arrives that left in another row or was made by the network.
    Arrives(FrameId),
    /// A segment leaves and arrives.
    Crosses(FrameId),
    /// Words, at the line of the end that they are about.
    Note(End, Note),
    /// Only a change of state.
    Nothing,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// By [`End`].
    marks: [Option<Mark>; 2],
    middle: Middle,
}

/// A ladder, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Ladder<'s> {
    plan: &'s Plan,
    story: &'s Story<'s>,
    passages: Passages,
    rows: Vec<Row>,
    end: Instant,
    /// The states at the end of the run, by [`End`].
    last: [Phase; 2],
}

impl<'s> Ladder<'s> {
    /// The ladder of a story that ends when the run does.
    pub fn new(plan: &'s Plan, story: &'s Story<'s>) -> Ladder<'s> {
        let passages = passages(story);
        let mut builder = Builder {
            story,
            passages: &passages,
            rows: Vec::new(),
            waiting: Vec::new(),
        };
        for entry in story.entries() {
            builder.take(entry);
        }
        builder.flush_all();
        let rows = merge(builder.rows, story, &passages);
        let last = [End::Client, End::Server].map(|end| {
            let stays = story.stays(end);
            stays.last().map_or(Phase::Closed, |stay| stay.phase)
        });
        Ladder {
            plan,
            story,
            passages,
            rows,
            end: Instant::ZERO.saturating_add(plan.run.until),
            last,
        }
    }
}

/// Every passage of a story.
fn passages(story: &Story<'_>) -> Passages {
    let mut passages = Passages::new();
    let mut last_delivered = None;
    for entry in story.entries() {
        let at = entry.at;
        let (id, change): (FrameId, &dyn Fn(&mut Passage)) = match &entry.what {
            What::Sent(link, id, frame) => {
                passages.insert(*id, Passage::new(at, *link, Source::Host, *frame));
                continue;
            }
            What::Copied(link, _, id, frame) => {
                passages.insert(*id, Passage::new(at, *link, Source::Copy, *frame));
                continue;
            }
            What::Replayed(link, id, frame) => {
                passages.insert(*id, Passage::new(at, *link, Source::Replay, *frame));
                continue;
            }
            What::Forged(link, id, frame) => {
                passages.insert(*id, Passage::new(at, *link, Source::Forgery, *frame));
                continue;
            }
            What::Held(id, fault) => (*id, &|passage| passage.held = Some((at, *fault))),
            What::Released(id) => (*id, &|passage| passage.released = Some(at)),
            What::Damaged(id) => (*id, &|passage| passage.is_damaged = true),
            What::Rewritten(id, fault) => (*id, &|passage| passage.rewritten = Some(*fault)),
            What::Dropped(id, reason, fault) => (*id, &|passage| {
                passage.dropped = Some((at, *reason, *fault));
            }),
            What::Delivered(id) => {
                last_delivered = Some(*id);
                (*id, &|passage| passage.arrived = Some(at))
            }
            What::Unheard(deafness) => match last_delivered {
                Some(id) => (id, &|passage| passage.unheard = Some(*deafness)),
                None => continue,
            },
            What::Changed(_)
            | What::Accepted { .. }
            | What::SpuriousError(_)
            | What::PowerOff(_)
            | What::Restart(_) => continue,
        };
        if let Some(passage) = passages.get_mut(&id) {
            change(passage);
        }
    }
    mark_stale(&mut passages);
    passages
}

/// The end that a segment comes from.
fn sender(story: &Story<'_>, passage: &Passage) -> End {
    if passage.frame.packet.source == story.flow.local {
        End::Client
    } else {
        End::Server
    }
}

impl Ladder<'_> {
    /// What the letters of one end stand for, such as `k = 5000, k2 = 2850326857`.
    fn origins(&self, end: End) -> String {
        let letter = match end {
            End::Client => 'j',
            End::Server => 'k',
        };
        let numbers = self.story.origins(end).iter().enumerate();
        let each = numbers.map(|(index, iss)| match index {
            0 => format!("{letter} = {iss}"),
            _ => format!("{letter}{} = {iss}", index + 1),
        });
        each.collect::<Vec<_>>().join(", ")
    }
}

/// A change of state that no row shows yet.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    at: Instant,
    end: End,
    from: Phase,
    to: Phase,
    reason: Option<Reason>,
}

/// Makes one row of each thing that happened.
struct Builder<'b> {
    story: &'b Story<'b>,
    passages: &'b Passages,
    rows: Vec<Row>,
    /// Changes of state that no row shows yet, in order.
    waiting: Vec<Waiting>,
}

impl Builder<'_> {
    fn take(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.what {
            What::Changed(change) => {
                let Move {
                    end,
                    from,
                    to,
                    reason,
                    ..
                } = *change;
                let waiting = Waiting {
                    at,
                    end,
                    from,
                    to,
                    reason,
                };
                self.change(waiting);
            }
            What::Sent(_, id, _) => self.depart(at, *id),
            What::Delivered(id) => self.arrive(at, *id),
            What::Accepted { host, is_spurious } => {
                if *is_spurious && *host == self.story.host(End::Server) {
                    self.note(at, End::Server, Note::SpuriousAccept);
                }
            }
            What::SpuriousError(_) => {
                self.note(at, End::Server, Note::SpuriousError);
            }
            What::PowerOff(host) => {
                for end in [End::Client, End::Server] {
                    if self.story.host(end) == *host {
                        self.note(at, end, Note::PowerOff);
                    }
                }
            }
            What::Restart(host) => {
                for end in [End::Client, End::Server] {
                    if self.story.host(end) == *host {
                        self.note(at, end, Note::Restart);
                    }
                }
            }
            What::Unheard(_)
            | What::Replayed(..)
            | What::Forged(..)
            | What::Copied(..)
            | What::Held(..)
            | What::Released(_)
            | What::Damaged(_)
            | What::Rewritten(..)
            | What::Dropped(..) => {}
        }
    }

    /// A change of state belongs to the arrival that caused it, else to what is sent with it.
    fn change(&mut self, waiting: Waiting) {
        let end = waiting.end;
        if self.waiting.iter().all(|earlier| earlier.end != end)
            && let Some(row) = self.rows.last_mut()
            && matches!(row.middle, Middle::Arrives(_))
            && let Some(mark) = &mut row.marks[end as usize]
            && mark.at == waiting.at
            && mark.phase.is_none()
        {
            mark.phase = Some(waiting.to);
            return;
        }
        self.waiting.push(waiting);
    }

    /// The state that an end has entered last, if it did at this moment and no row shows it yet.
    fn entered(&mut self, at: Instant, end: End) -> Option<Phase> {
        let last = self.waiting.iter().rposition(|waiting| waiting.end == end);
        let position = last.filter(|&position| self.waiting[position].at == at)?;
        Some(self.waiting.remove(position).to)
    }

    fn depart(&mut self, at: Instant, id: FrameId) {
        let Some(passage) = self.passages.get(&id) else {
            return;
        };
        let end = sender(self.story, passage);
        let phase = self.entered(at, end);
        self.flush_all();
        let mut marks = [None; 2];
        marks[end as usize] = Some(Mark { at, phase });
        let middle = Middle::Departs(id);
        self.rows.push(Row { marks, middle });
    }

    fn arrive(&mut self, at: Instant, id: FrameId) {
        self.flush_all();
        let Some(passage) = self.passages.get(&id) else {
            return;
        };
        let mut marks = [None; 2];
        marks[sender(self.story, passage).peer() as usize] = Some(Mark { at, phase: None });
        let middle = Middle::Arrives(id);
        self.rows.push(Row { marks, middle });
    }

    fn note(&mut self, at: Instant, end: End, note: Note) {
        let phase = self.entered(at, end);
        self.flush_all();
        let mut marks = [None; 2];
        marks[end as usize] = Some(Mark { at, phase });
        let middle = Middle::Note(end, note);
        self.rows.push(Row { marks, middle });
    }

    /// Gives rows of their own to the changes of state that nothing else shows.
    fn flush_all(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            let mut marks = [None; 2];
            marks[waiting.end as usize] = Some(Mark {
                at: waiting.at,
                phase: Some(waiting.to),
            });
            let middle = match explain(&waiting) {
                Some(note) => Middle::Note(waiting.end, note),
                None => Middle::Nothing,
            };
            self.rows.push(Row { marks, middle });
        }
    }
}

/// Why a state changes without a segment.
fn explain(change: &Waiting) -> Option<Note> {
    match change.reason? {
        Reason::Timeout => Some(Note::GivesUp),
        Reason::KeepAlive => Some(Note::KeepAlive),
        Reason::Expired => Some(Note::Expired(change.from)),
        Reason::Evicted => Some(Note::Evicted),
        Reason::Abort => Some(Note::Abort),
        Reason::Open | Reason::Syn | Reason::Ack | Reason::Fin | Reason::Rst | Reason::Close => {
            None
        }
    }
}

/// A way across.
#[derive(Clone, Copy, Debug)]
struct Way {
    from: End,
    arrived: Instant,
}

/// Joins departures and arrivals where the margins allow it.
fn merge(rows: Vec<Row>, story: &Story<'_>, passages: &Passages) -> Vec<Row> {
    // Rows that are gone leave a gap: closing it each time would move all that follow.
    let mut rows: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
    for index in 0..rows.len() {
        let Some(Middle::Departs(id)) = rows[index].as_ref().map(|row| &row.middle) else {
            continue;
        };
        let id = *id;
        let Some(passage) = passages.get(&id) else {
            continue;
        };
        let Some(arrived) = passage.arrived.filter(|_| !passage.was_held()) else {
            continue;
        };
        let from = sender(story, passage);
        let Some((arrival, free)) = free_way(&rows, index, id, Way { from, arrived }) else {
            continue;
        };
        let (kept, gone) = if free == from.peer() {
            (index, arrival)
        } else {
            (arrival, index)
        };
        let other = rows[gone].take();
        if let (Some(row), Some(other)) = (&mut rows[kept], other) {
            join(row, &other, id);
        }
    }
    rows.into_iter().flatten().collect()
}

/// The row in which the segment that departs at `index` arrives, and the margin along which one of
/// the two can move to the other. The search ends where both margins are taken, so it looks only
/// at what is under way together.
fn free_way(rows: &[Option<Row>], index: usize, id: FrameId, way: Way) -> Option<(usize, End)> {
    let Way { from, arrived } = way;
    let (own, peer) = (from as usize, from.peer() as usize);
    let (mut is_own_free, mut is_peer_free) = (true, true);
    // Segments that leave together arrive together, each answered before the next is taken. What
    // happens at one instant has no order that times could show, so an arrival may pass it.
    let mut is_peer_level = true;
    for (position, row) in rows.iter().enumerate().skip(index + 1) {
        let Some(row) = row else {
            continue;
        };
        if row.middle == Middle::Arrives(id) {
            let is_silent = row.marks[peer].is_none_or(|mark| mark.phase.is_none());
            let is_upward = is_peer_free || is_peer_level && is_silent;
            let end = if is_upward { from.peer() } else { from };
            return (is_upward || is_own_free).then_some((position, end));
        }
        is_own_free &= row.marks[own].is_none();
        is_peer_free &= row.marks[peer].is_none();
        is_peer_level &= row.marks[peer].is_none_or(|mark| {
            let is_segment = !matches!(row.middle, Middle::Note(..) | Middle::Nothing);
            is_segment && mark.at == arrived && mark.phase.is_none()
        });
        if !is_own_free && !is_peer_level {
            return None;
        }
    }
    None
}

fn join(row: &mut Row, other: &Row, id: FrameId) {
    for (mark, found) in row.marks.iter_mut().zip(other.marks) {
        *mark = mark.or(found);
    }
    row.middle = Middle::Crosses(id);
}
