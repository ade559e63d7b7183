//! One connection: its state, what outlives every state, and the order in which things happen.
//!
//! | file | what it answers | RFC 9293 |
//! |---|---|---|
//! | [`state`] | which states there are and what each owns | 3.3.2 |
//! | [`call`] | what a user call does | 3.10.1 - 3.10.6 |
//! | [`syn_sent`] | a segment arrives in SYN-SENT | 3.10.7.3 |
//! | [`arrival`] | a segment arrives in any other state | 3.10.7.4 |
//! | [`acceptability`], [`acknowledgment`] | its first step; its fifth | 3.10.7.4, RFC 5961 |
//! | [`timer`], [`deadline`] | which timers there are; one runs out | 3.10.8 |
//! | [`output`] | what is sent, and with which header | 3.4, 3.8 |
//! | [`send`], [`receive`] | the two halves of the sequence space | 3.3.1, 3.4 |
//! | [`rtt`], [`congestion`] | how long to wait, how much to send | RFC 6298, RFC 5681 |
//! | [`rate_limiter`] | how many ACKs for what is unacceptable | RFC 5961 section 7 |

mod acceptability;
mod acknowledgment;
mod arrival;
mod call;
mod congestion;
mod deadline;
mod output;
mod rate_limiter;
mod receive;
mod rtt;
mod send;
mod state;
mod syn_sent;
mod timer;

pub use self::call::{CloseError, ReceiveError, SendError, Status};
pub(crate) use self::rate_limiter::RateLimiter;
pub(crate) use self::receive::{Ended, Receive};
pub(crate) use self::rtt::backed_off;
pub(crate) use self::send::Send;
pub use self::state::Phase;
pub(crate) use self::state::{Origin, State, TimeWait};
pub(crate) use self::timer::Timer;
pub use self::timer::{RunningTimer, TimerKind};

use crate::address::Pair;
use crate::config::Config;
use crate::embryo::Embryo;
use crate::io::{ConnectionId, Event, Io, Outcome, Reason, Transition};
use crate::listener::ListenerId;
use crate::segment::{Flow, Segment, Tag};
use crate::seq::SeqNum;
use crate::time::{Instant, Stamp};

use self::state::{Established, SynReceived, SynSent};

/// What a step may use besides the connection: the time, the choices, and the only way out.
pub(crate) struct Turn<'a> {
    pub(crate) now: Instant,
    pub(crate) id: ConnectionId,
    pub(crate) flow: Flow,
    pub(crate) config: &'a Config,
    pub(crate) io: &'a mut Io,
    /// Whether a completed passive open finds room in the accept queue.
    pub(crate) room: Room,
}

/// What the accept queue says to one more connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is room.
    Free,
    /// It is full: the ACK is dropped and the entry stays in SYN-RECEIVED.
    Full,
    /// It is full, and the peer is to be told by a RST (Linux's `tcp_abort_on_overflow`).
    Reset,
}

/// How many segments of each kind were sent, which names each of them for an observer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ordinals {
    pub(crate) ack: u32,
    pub(crate) data: u32,
    pub(crate) fin: u16,
    pub(crate) probe: u16,
    pub(crate) syn: u8,
    pub(crate) syn_ack: u8,
    pub(crate) rst: u8,
}

/// The timestamps option once both ends have agreed on it (RFC 7323).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Stamps {
    /// TS.Recent.
    pub(crate) recent: u32,
    /// What is added to the clock (milliseconds) to make `TSval`.
    pub(crate) offset: u32,
    /// Last.ACK.sent.
    pub(crate) last_ack_sent: SeqNum,
}

/// Facts about a connection that are true or false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Marks(u16);

impl Marks {
    /// Timestamps were agreed on.
    pub(crate) const TIMESTAMPS: Marks = Marks(1);
    /// Opened, or to be opened, with TCP Fast Open.
    pub(crate) const FAST_OPEN: Marks = Marks(512);
    /// Window scaling was agreed on.
    pub(crate) const SCALED: Marks = Marks(256);
    /// SACK was permitted by both ends.
    pub(crate) const SACK: Marks = Marks(2);
    /// An ACK is owed and leaves at the next poll.
    pub(crate) const ACK_NOW: Marks = Marks(4);
    /// The user has let go: nobody will receive text any more.
    pub(crate) const RELEASED: Marks = Marks(8);
    /// The connection waits in the queue of those that have something to send.
    pub(crate) const READY: Marks = Marks(16);
    /// A zero-window probe is due.
    pub(crate) const PROBE: Marks = Marks(32);
    /// A passive open that no user has accepted yet.
    pub(crate) const UNACCEPTED: Marks = Marks(64);
    /// The earliest segment is to be sent again at once (fast retransmit).
    pub(crate) const RESEND: Marks = Marks(128);

    pub(crate) fn has(self, mark: Marks) -> bool {
        self.0 & mark.0 != 0
    }

    pub(crate) fn set(&mut self, mark: Marks, on: bool) {
        self.0 = if on {
            self.0 | mark.0
        } else {
            self.0 & !mark.0
        };
    }

    /// Takes a mark away and says whether it was there.
    pub(crate) fn take(&mut self, mark: Marks) -> bool {
        let had = self.has(mark);
        self.set(mark, false);
        had
    }
}

/// A connection: everything that the endpoint keeps for it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) state: State,
    pub(crate) pair: Pair,
    pub(crate) config: u8,
    pub(crate) serial: u32,
    pub(crate) tag: Tag,
    pub(crate) irs: SeqNum,
    /// Octets received in order that the user has not taken.
    pub(crate) unread: u32,
    pub(crate) timers: [Stamp; Timer::ALL.len()],
    /// The deadline of this connection's entry in the endpoint's heap; END if it has none.
    pub(crate) armed: Stamp,
    /// When a segment arrived last, for keep-alive.
    heard: Stamp,
    pub(crate) limiter: RateLimiter,
    pub(crate) stamps: Stamps,
    pub(crate) ordinals: Ordinals,
    pub(crate) marks: Marks,
    /// Keep-alive probes without an answer.
    probes: u8,
}

impl Connection {
    /// A connection without a state yet.
    pub(crate) fn blank(pair: Pair, config: u8, tag: Tag, irs: SeqNum) -> Connection {
        Connection {
            state: State::Closed,
            pair,
            config,
            serial: 0,
            tag,
            irs,
            unread: 0,
            timers: [Instant::END.into(); Timer::ALL.len()],
            armed: Instant::END.into(),
            heard: Stamp::default(),
            limiter: RateLimiter::default(),
            stamps: Stamps::default(),
            ordinals: Ordinals::default(),
            marks: Marks::default(),
            probes: 0,
        }
    }

    /// The active OPEN (RFC 9293 section 3.10.1): a connection about to send its SYN.
    pub(crate) fn active(
        pair: Pair,
        config_id: u8,
        config: &Config,
        tag: Tag,
        iss: SeqNum,
    ) -> Connection {
        let mut connection = Connection::blank(pair, config_id, tag, SeqNum(0));
        connection.state = State::SynSent(SynSent {
            snd: Send::new(iss, config),
        });
        connection
    }

    /// A SYN queue entry made into a connection in SYN-RECEIVED, as if it had been one all along.
    #[inline]
    pub(crate) fn from_embryo(
        pair: Pair,
        config_id: u8,
        config: &Config,
        embryo: &Embryo,
        listener: ListenerId,
    ) -> Connection {
        let mut connection = Connection::blank(pair, config_id, embryo.tag, embryo.irs);
        let (mut snd, rcv) = embryo.halves(config);
        // Whatever opens it, the first segment behind the SYN updates the window.
        snd.set_window(0, embryo.irs, embryo.iss);
        if embryo.timeouts > 0 {
            snd.syn_was_lost(config);
        } else if embryo.syn_acks == 1 {
            // The entry's timer has run since its only SYN,ACK left.
            snd.time_from(embryo.born(config));
        }
        connection.state = State::SynReceived(SynReceived {
            snd,
            rcv,
            origin: Origin::Passive(listener),
        });
        connection.limiter = embryo.limiter;
        connection.ordinals.syn_ack = embryo.syn_acks;
        connection.ordinals.ack = u32::from(embryo.acks);
        connection.stamps.recent = embryo.ts_recent;
        connection.stamps.last_ack_sent = embryo.irs + 1;
        connection.marks = embryo.marks();
        connection.marks.set(Marks::UNACCEPTED, true);
        connection
    }

    /// A passive open that needs no acknowledgment: ESTABLISHED with SND.UNA = ISS, the SYN,ACK
    /// about to be sent and never timed.
    pub(crate) fn established_on_syn(mut self, now: Instant, window: u16) -> Connection {
        let State::SynReceived(SynReceived { mut snd, rcv, .. }) = self.state else {
            unreachable!("a thawed entry is in SYN-RECEIVED");
        };
        snd.cursor = snd.iss;
        snd.set_window(u32::from(window), self.irs, snd.iss);
        snd.restart_r2(now);
        self.state = State::Established(Established { snd, rcv });
        self
    }

    /// A passive open by a cookie: ESTABLISHED, its SYN,ACK long sent; the ACK comes next.
    pub(crate) fn opened_by_cookie(mut self, now: Instant) -> Connection {
        let State::SynReceived(SynReceived { mut snd, rcv, .. }) = self.state else {
            unreachable!("a thawed entry is in SYN-RECEIVED");
        };
        snd.set_window(0, self.irs, snd.iss); // The ACK is newer and brings the window.
        snd.restart_r2(now);
        self.state = State::Established(Established { snd, rcv });
        self
    }

    /// A passive open by a Fast Open cookie: SYN-RECEIVED, but its user may send and receive.
    pub(crate) fn opened_fast(mut self, now: Instant, window: u16) -> Connection {
        let State::SynReceived(SynReceived { snd, .. }) = &mut self.state else {
            unreachable!("a thawed entry is in SYN-RECEIVED");
        };
        snd.cursor = snd.iss;
        snd.set_window(u32::from(window), self.irs, snd.iss);
        snd.restart_r2(now);
        self.marks.set(Marks::FAST_OPEN, true);
        self
    }

    /// Takes the text of the SYN that a Fast Open cookie came with.
    pub(crate) fn take_early(&mut self, syn: &Segment, turn: &mut Turn<'_>) {
        let Some(rcv) = self.state.rcv_mut() else {
            return;
        };
        let text = syn.text.slice(0, rcv.ended().wnd());
        if !text.is_empty() {
            let early = Segment {
                seq: syn.seq + 1,
                text,
                ..Segment::default()
            };
            self.unread += rcv.take(&early).0;
            turn.io.events.push_back(Event::Readable(turn.id));
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// ISS and IRS as far as this state knows them: the ISS goes with the send half.
    pub(crate) fn isns(&self) -> (Option<SeqNum>, Option<SeqNum>) {
        let iss = self.state.snd().map(|snd| snd.iss);
        let irs = match self.state.phase() {
            Phase::SynSent | Phase::TimeWait | Phase::Closed | Phase::Listen => None,
            Phase::SynReceived
            | Phase::Established
            | Phase::FinWait1
            | Phase::FinWait2
            | Phase::CloseWait
            | Phase::Closing
            | Phase::LastAck => Some(self.irs),
        };
        (iss, irs)
    }

    /// Enters a state: stores it and reports the change.
    fn enter(&mut self, turn: &mut Turn<'_>, next: State, from: Phase, reason: Reason) {
        self.state = next;
        let (to, isns) = (self.state.phase(), self.isns());
        self.report(turn, isns, (from, to), reason);
    }

    /// Reports a change of state.
    fn report(
        &self,
        turn: &mut Turn<'_>,
        isns: (Option<SeqNum>, Option<SeqNum>),
        (from, to): (Phase, Phase),
        reason: Reason,
    ) {
        turn.io.transitions.push_back(Transition {
            id: turn.id.named(),
            tag: self.tag,
            flow: turn.flow,
            isns,
            from,
            to,
            reason,
        });
    }

    /// The listener at which a Fast Open cookie has opened this connection, while the connection
    /// waits for the ACK of its SYN,ACK.
    pub(crate) fn pending_fast_open(&self) -> Option<ListenerId> {
        match &self.state {
            State::SynReceived(SynReceived {
                origin: Origin::Passive(listener),
                ..
            }) if self.marks.has(Marks::FAST_OPEN) => Some(*listener),
            State::SynReceived(_)
            | State::Closed
            | State::SynSent(_)
            | State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => None,
        }
    }

    /// Leaves the current state for CLOSED and tells the user, if there still is one.
    fn finish(&mut self, turn: &mut Turn<'_>, reason: Reason, outcome: Outcome) {
        let from = self.phase();
        // "Return to LISTEN": the entry goes, the listener never left.
        let to_listen = matches!(
            &self.state,
            State::SynReceived(SynReceived {
                origin: Origin::Passive(_),
                ..
            })
        );
        let isns = self.isns();
        self.state = State::Closed;
        for timer in Timer::ALL {
            self.stop_timer(timer);
        }
        let to = if to_listen {
            Phase::Listen
        } else {
            Phase::Closed
        };
        self.report(turn, isns, (from, to), reason);
        let counters = &mut turn.io.counters;
        if matches!(from, Phase::SynSent | Phase::SynReceived) {
            counters.AttemptFails += 1;
        } else if matches!(from, Phase::Established | Phase::CloseWait) && reason == Reason::Rst {
            counters.EstabResets += 1;
        }
        let has_user = !to_listen || self.marks.has(Marks::FAST_OPEN);
        if has_user && !self.marks.has(Marks::RELEASED) {
            turn.io.events.push_back(Event::Closed(turn.id, outcome));
        }
    }

    /// What decides about its future besides state, timers and marks.
    pub(crate) fn rest(&self) -> (u32, u32, Instant, u8) {
        (
            self.irs.0,
            self.limiter.bits(),
            self.heard.into(),
            self.probes,
        )
    }

    /// Whether it entered TIME-WAIT (or began it anew) now, with nothing left to receive. One with
    /// unread text stays a connection to its end: a table entry could not wait any less than the
    /// whole time.
    pub(crate) fn has_just_entered_time_wait(&self, now: Instant, config: &Config) -> bool {
        matches!(self.state, State::TimeWait(_))
            && self.unread == 0
            && self.timer(Timer::Idle) == now + config.time_wait
    }

    /// Asks for a turn to send.
    pub(crate) fn wants_turn(&mut self) {
        self.marks.set(Marks::READY, true);
    }

    /// A passive open that is ESTABLISHED on the SYN: its SYN,ACK is to be sent.
    pub(crate) fn opened_on_syn(&mut self, turn: &mut Turn<'_>) {
        if let State::Established(Established { snd, rcv }) = &mut self.state {
            rcv.round_edge(turn.config, snd.mss);
            self.start_keepalive(turn);
        }
        self.wants_turn();
    }

    /// The configuration has changed under the connection, keep-alive perhaps (MUST-24).
    pub(crate) fn reconfigured(&mut self, turn: &mut Turn<'_>) {
        match &self.state {
            State::Established(_) | State::CloseWait(_) => {
                self.heard = turn.now.into();
                self.probes = 0;
                self.stop_timer(Timer::Idle);
                self.start_keepalive(turn);
            }
            State::Closed
            | State::SynSent(_)
            | State::SynReceived(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => {}
        }
        self.wants_turn();
    }

    /// Whether both ends have agreed on timestamps.
    pub(crate) fn uses_timestamps(&self) -> bool {
        self.marks.has(Marks::TIMESTAMPS)
    }

    /// Whether the user has let go.
    pub(crate) fn is_released(&self) -> bool {
        self.marks.has(Marks::RELEASED)
    }

    /// Whether the retransmission schedule of the current state is that of a SYN.
    fn schedule(&self) -> send::Schedule {
        match &self.state {
            State::SynSent(_) => send::Schedule::Syn,
            State::SynReceived(SynReceived {
                origin: Origin::Active,
                ..
            }) => send::Schedule::CrossedSynAck,
            State::SynReceived(SynReceived {
                origin: Origin::Passive(_),
                ..
            }) => send::Schedule::PassiveSynAck,
            State::Closed
            | State::Established(_)
            | State::FinWait1(_)
            | State::FinWait2(_)
            | State::CloseWait(_)
            | State::Closing(_)
            | State::LastAck(_)
            | State::TimeWait(_) => send::Schedule::Data {
                orphan: self.marks.has(Marks::RELEASED),
            },
        }
    }

    /// The receive half for a connection whose peer's SYN is `syn`.
    fn receive_half(config: &Config, syn: &Segment, scaled: bool) -> Receive {
        let shift = if scaled {
            config.window_scale.unwrap_or(0)
        } else {
            0
        };
        let window = config.receive_buffer.min(0xffff);
        Receive::new(syn.seq, window, shift)
    }
}
