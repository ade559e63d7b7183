//! What applications do: which incarnation opens when, and the part that each of its ends plays.
//!
//! Incarnations are numbered by their tags, which say everything; no policy or fault changes them.

mod numbering;

use std::net::SocketAddr;
use std::time::Duration;

use netsim::sample::{exponential, exponential_nanos, uniform};
use netsim::{ConfigError, Instant, Stream, Streams};
use tcp_core::{Flow, SeqNum, Tag};

use self::numbering::Origin;
use crate::flood::forged_source;
use crate::plan::{
    Arrivals, Close, Connection, End, Host, How, Injection, Load, Opening, Plan, Send, TransferSize,
};

pub use numbering::{Attempt, Numbering};

/// Everything that applications do in one replication.
#[derive(Clone, Debug)]
pub struct Workload<'p> {
    plan: &'p Plan,
    numbering: Numbering,
    loads: Vec<LoadDraws>,
    /// What names each injection in the keys of its frames.
    injections: Vec<u64>,
}

/// The random streams of one load.
#[derive(Clone, Copy, Debug)]
struct LoadDraws {
    arrivals: Stream,
    clients: Stream,
    sizes: Stream,
    isns: Stream,
    /// What names its connections in the keys of their frames.
    frames: Stream,
    /// Where the names of first OPENs begin.
    identities: u64,
}

impl LoadDraws {
    /// What names an OPEN in the keys of its frames: first ones are numbered, those that follow are
    /// named by chance.
    fn identity(&self, attempt: Attempt) -> u64 {
        match attempt.earlier {
            0 => self.identities.wrapping_add(attempt.number),
            earlier => self.frames.draw(attempt.number, earlier.into()),
        }
    }
}

/// What one end of a connection does once it is ESTABLISHED.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'p> {
    /// What it sends.
    pub sends: Sends<'p>,
    /// Bytes that the other end's part has in store for it.
    pub expects: u64,
    /// When it closes; `None`: never.
    pub close: Option<CloseWhen>,
    /// What it calls then.
    pub how: How,
}

impl Part<'_> {
    /// Nothing at all.
    const NONE: Part<'static> = Part {
        sends: Sends::AtOnce(0),
        expects: 0,
        close: None,
        how: How::Close,
    };
}

/// What an end sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends<'p> {
    /// The calls of this end in a script.
    Scripted(&'p [Send], End),
    /// So many bytes, at once.
    AtOnce(u64),
}

impl Sends<'_> {
    /// Time from ESTABLISHED to each call, and its bytes.
    pub fn calls(&self) -> impl Iterator<Item = (Duration, u64)> {
        let (scripted, from, once) = match *self {
            Sends::Scripted(list, from) => (list, from, 0),
            Sends::AtOnce(bytes) => (&[][..], End::Client, bytes),
        };
        let own = scripted.iter().filter(move |send| send.from == from);
        let once = (once > 0).then_some((Duration::ZERO, once));
        own.map(|send| (send.after, send.bytes)).chain(once)
    }

    /// Bytes in all.
    pub fn total(&self) -> u64 {
        self.calls()
            .fold(0, |sum, (_, bytes)| sum.saturating_add(bytes))
    }
}

/// When an end closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseWhen {
    /// So long after ESTABLISHED.
    Established(Duration),
    /// So long after it has handed over and read everything.
    Transferred(Duration),
    /// So long after it has read the other end's FIN.
    PeerClosed(Duration),
}

/// An OPEN that a load makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: Instant,
    /// Its number within the load, from 0.
    pub number: u64,
    /// Which of the load's clients opens.
    pub client: u32,
}

impl<'p> Workload<'p> {
    /// The workload of a plan under the randomness of one replication.
    ///
    /// # Errors
    /// If the names of two loads lead to the same random stream.
    pub fn new(plan: &'p Plan, streams: &mut Streams) -> Result<Workload<'p>, ConfigError> {
        let mut loads = Vec::new();
        for load in &plan.loads {
            let mut stream =
                |purpose: &str| streams.stream(&format!("load {} / {purpose}", load.name));
            let frames = stream("frames")?;
            loads.push(LoadDraws {
                arrivals: stream("arrivals")?,
                clients: stream("clients")?,
                sizes: stream("sizes")?,
                isns: stream("isns")?,
                frames,
                identities: frames.draw(0, 0),
            });
        }
        let mut injections = Vec::new();
        for injection in &plan.injections {
            let stream = streams.stream(&format!("inject {} / frames", injection.id))?;
            injections.push(stream.draw(0, 0));
        }
        Ok(Workload {
            plan,
            numbering: Numbering::new(plan),
            loads,
            injections,
        })
    }

    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// The tag of a scripted connection.
    pub fn scripted_tag(connection: usize) -> Tag {
        Tag(connection as u32)
    }

    /// The tag of an injection.
    pub fn forged_tag(&self, injection: usize) -> Tag {
        Tag((self.plan.connections.len() + injection) as u32)
    }

    /// The injection of this tag, if it is one's.
    pub fn injection(plan: &Plan, tag: Tag) -> Option<&Injection> {
        let index = (tag.0 as usize).checked_sub(plan.connections.len())?;
        plan.injections.get(index)
    }

    /// The tag of a load's arrival; `None` beyond 2^32 incarnations.
    pub fn load_tag(&self, load: usize, number: u64) -> Option<Tag> {
        self.numbering.tag(Attempt {
            load,
            number,
            earlier: 0,
        })
    }

    /// The OPEN of a load that this tag stands for, if it is a load's.
    pub fn attempt(&self, tag: Tag) -> Option<Attempt> {
        match self.numbering.origin(tag) {
            Origin::Load(attempt) => Some(attempt),
            Origin::Scripted(_) | Origin::Forged(_) => None,
        }
    }

    /// How long the application waits for this OPEN; `None`: as long as TCP does.
    pub fn connect_timeout(&self, tag: Tag) -> Option<Duration> {
        match self.numbering.origin(tag) {
            Origin::Scripted(index) => self.plan.connections.get(index)?.connect_timeout,
            Origin::Forged(_) => None,
            Origin::Load(attempt) => self.plan.loads.get(attempt.load)?.connect_timeout,
        }
    }

    /// The OPEN that follows when this one has failed, and after which time; `None` if its user
    /// does not try again.
    pub fn retry(&self, tag: Tag) -> Option<(Duration, Tag)> {
        let next = self.numbering.next(tag)?;
        let retry = self.plan.loads.get(self.attempt(next)?.load)?.retry?;
        Some((retry.after, next))
    }

    /// What names an incarnation in the keys of its frames. Unlike its tag it does not depend on
    /// which other loads there are, so a load that is added leaves everybody's weather as it was.
    pub fn identity(&self, tag: Tag) -> u64 {
        match self.numbering.origin(tag) {
            Origin::Scripted(_) => u64::from(tag.0),
            Origin::Forged(index) => self.injections[index],
            Origin::Load(attempt) => {
                let draws = self.loads.get(attempt.load);
                draws.map_or(0, |draws| draws.identity(attempt))
            }
        }
    }

    /// The number of incarnations that are written down one by one: their tags come first.
    pub fn singles(plan: &Plan) -> usize {
        Numbering::new(plan).singles()
    }

    /// Whether no client ever stands behind an incarnation: the SYN of a flood, or a segment that is
    /// forged.
    pub fn is_attack(&self, tag: Tag) -> bool {
        let is_flood = |load: &Load| matches!(load.opening, Opening::Flood(_));
        match self.numbering.origin(tag) {
            Origin::Scripted(_) => false,
            Origin::Forged(_) => true,
            Origin::Load(attempt) => self.plan.loads.get(attempt.load).is_some_and(is_flood),
        }
    }

    /// The part that an end of an incarnation plays. An end without a script does nothing.
    pub fn part(&self, tag: Tag, end: End) -> Part<'p> {
        match self.numbering.origin(tag) {
            Origin::Scripted(index) => scripted_part(&self.plan.connections[index], end),
            Origin::Forged(_) => Part::NONE,
            // Whoever tries again wants the same.
            Origin::Load(Attempt { load, number, .. }) => match self.plan.loads.get(load) {
                Some(spec) => self.load_part(spec, load, number, end),
                None => Part::NONE,
            },
        }
    }

    fn load_part(&self, load: &Load, index: usize, number: u64, end: End) -> Part<'p> {
        let bytes = match load.transfer.size {
            TransferSize::Fixed(bytes) => bytes,
            TransferSize::Exponential { mean } => {
                exponential_bytes(self.loads[index].sizes.draw(number, 0), mean)
            }
        };
        let is_sender = load.transfer.first_sender == end;
        Part {
            sends: Sends::AtOnce(if is_sender { bytes } else { 0 }),
            expects: if is_sender { 0 } else { bytes },
            ..closing(load.close.as_ref(), end, CloseWhen::Transferred)
        }
    }

    /// The arrival of a load that follows `previous`, or its first; `None` when it has stopped.
    pub fn next_arrival(&self, load: usize, previous: Option<&Arrival>) -> Option<Arrival> {
        let (spec, draws) = (self.plan.loads.get(load)?, self.loads.get(load)?);
        let number = previous.map_or(0, |previous| previous.number + 1);
        if spec.count.is_some_and(|count| number >= count) {
            return None;
        }
        let start = Instant::ZERO.saturating_add(spec.start);
        let at = match &spec.arrivals {
            Arrivals::Poisson(rate) => {
                let mean = rate.mean_interval().as_nanos() as u64;
                let wait = exponential_nanos(draws.arrivals.draw(number, 0), mean);
                let from = previous.map_or(start, |previous| previous.at);
                from.saturating_add_nanos(wait)
            }
            Arrivals::Constant(rate) => start.saturating_add(rate.evenly_spaced(number + 1)),
            Arrivals::Trace(times) => {
                let after = usize::try_from(number).ok().and_then(|it| times.get(it))?;
                start.saturating_add(*after)
            }
            Arrivals::Burst(size) => {
                if number >= *size {
                    return None;
                }
                start
            }
        };
        (at < Instant::ZERO.saturating_add(spec.stop)).then(|| Arrival {
            at,
            number,
            client: self.client(load, number),
        })
    }

    /// Which of a load's clients an arrival is, by its number: any where arrivals are random, else
    /// they take turns.
    pub fn client(&self, load: usize, number: u64) -> u32 {
        let (Some(spec), Some(draws)) = (self.plan.loads.get(load), self.loads.get(load)) else {
            return 0;
        };
        let clients = u64::from(spec.clients);
        let client = match spec.arrivals {
            Arrivals::Poisson(_) => uniform(draws.clients.draw(number, 0), clients),
            Arrivals::Constant(_) | Arrivals::Trace(_) | Arrivals::Burst(_) => number % clients,
        };
        client as u32
    }

    /// The four-tuple of a client's connection number `ordinal` (from 0), as the client sees it.
    pub fn load_flow(&self, load: usize, client: u32, ordinal: u64) -> Option<Flow> {
        let spec = self.plan.loads.get(load)?;
        let addresses = &self.plan.host(spec.from).addresses;
        let count = addresses.len() as u32;
        let port = spec.port(client, ordinal, count);
        let target = self.plan.host(spec.to.host).addresses.first()?;
        Some(Flow {
            local: SocketAddr::new(addresses[(client % count) as usize], port),
            remote: SocketAddr::new(*target, spec.to.port),
        })
    }

    /// The four-tuple of a flood's SYN, if it comes from nowhere, as the client would see it.
    pub fn forged_flow(&self, load: usize, number: u64) -> Option<Flow> {
        let spec = self.plan.loads.get(load)?;
        let target = *self.plan.host(spec.to.host).addresses.first()?;
        Some(Flow {
            local: forged_source(target, number),
            remote: SocketAddr::new(target, spec.to.port),
        })
    }

    /// The sequence number of a flood's SYN.
    pub fn forged_iss(&self, load: usize, number: u64) -> SeqNum {
        let draws = self.loads.get(load);
        SeqNum(draws.map_or(0, |draws| draws.isns.draw(number, 0) as u32))
    }

    /// The four-tuple of a scripted connection, as its client sees it.
    pub fn scripted_flow(plan: &Plan, connection: &Connection) -> Option<Flow> {
        Workload::flow_between(&plan.hosts, connection)
    }

    /// The same of a plan that is not complete yet.
    pub fn flow_between(hosts: &[Host], connection: &Connection) -> Option<Flow> {
        let source = hosts.get(connection.from.0)?.addresses.first()?;
        let target = hosts.get(connection.to.host.0)?.addresses.first()?;
        Some(Flow {
            local: SocketAddr::new(*source, connection.from_port),
            remote: SocketAddr::new(*target, connection.to.port),
        })
    }
}

fn scripted_part(connection: &Connection, end: End) -> Part<'_> {
    let other = match end {
        End::Client => End::Server,
        End::Server => End::Client,
    };
    Part {
        sends: Sends::Scripted(&connection.send, end),
        expects: Sends::Scripted(&connection.send, other).total(),
        ..closing(connection.close.as_ref(), end, CloseWhen::Established)
    }
}

/// The part of an end that only closes.
fn closing(
    close: Option<&Close>,
    end: End,
    first: impl Fn(Duration) -> CloseWhen,
) -> Part<'static> {
    let Some(close) = close else {
        return Part::NONE;
    };
    let (when, how) = if close.first.includes(end) {
        (first(close.after), close.how)
    } else {
        (CloseWhen::PeerClosed(close.second_after), close.second_how)
    };
    Part {
        close: Some(when),
        how,
        ..Part::NONE
    }
}

/// An exponential number of bytes with this mean, rounded up.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a positive float; above 2^53 bytes the mean is rounded, and the cast saturates"
)]
fn exponential_bytes(draw: u64, mean: u64) -> u64 {
    (exponential(draw) * mean as f64).ceil() as u64
}
