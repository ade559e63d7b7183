//! What applications do: which incarnation opens when, and the part that each of its ends plays.
//!
//! Incarnations are numbered by their tags: the scripted connections first, then the forged
//! segments, then the OPENs of the loads, dealt out in turn. So a tag says everything, and no policy or fault changes it.

use std::net::SocketAddr;
use std::time::Duration;

use netsim::sample::{exponential, exponential_nanos, uniform};
use netsim::{ConfigError, Instant, Stream, Streams};
use tcp_core::{Flow, SeqNum, Tag};

use crate::flood::forged_source;
use crate::plan::{
    Arrivals, Close, Connection, End, Host, How, Injection, Load, Opening, Plan, Send, TransferSize,
};

/// Everything that applications do in one replication.
#[derive(Clone, Debug)]
pub struct Workload<'p> {
    plan: &'p Plan,
    loads: Vec<LoadDraws>,
    /// What names each injection in the keys of its frames.
    injections: Vec<u64>,
}

/// Where an incarnation comes from.
enum Origin<'p> {
    Scripted(&'p Connection),
    /// An injection, by its index.
    Forged(usize),
    /// An arrival of a load, by the load's index and its number.
    Load(usize, u64),
}

/// The random streams of one load.
#[derive(Clone, Copy, Debug)]
struct LoadDraws {
    arrivals: Stream,
    clients: Stream,
    sizes: Stream,
    isns: Stream,
    /// Where the identities of its connections begin, for the keys of their frames.
    identities: u64,
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
            loads.push(LoadDraws {
                arrivals: stream("arrivals")?,
                clients: stream("clients")?,
                sizes: stream("sizes")?,
                isns: stream("isns")?,
                identities: stream("frames")?.draw(0, 0),
            });
        }
        let mut injections = Vec::new();
        for injection in &plan.injections {
            let stream = streams.stream(&format!("inject {} / frames", injection.id))?;
            injections.push(stream.draw(0, 0));
        }
        Ok(Workload {
            plan,
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
        let loads = self.loads.len() as u64;
        let tag = number
            .checked_mul(loads)?
            .checked_add(load as u64 + Workload::singles(self.plan) as u64)?;
        u32::try_from(tag).ok().map(Tag)
    }

    /// What names an incarnation in the keys of its frames. Unlike its tag it does not depend on
    /// which other loads there are, so a load that is added leaves everybody's weather as it was.
    pub fn identity(&self, tag: Tag) -> u64 {
        match self.origin(tag) {
            Origin::Scripted(_) => u64::from(tag.0),
            Origin::Forged(index) => self.injections[index],
            Origin::Load(load, number) => {
                let first = self.loads.get(load).map_or(0, |draws| draws.identities);
                first.wrapping_add(number)
            }
        }
    }

    /// The number of incarnations that are written down one by one: their tags come first.
    pub fn singles(plan: &Plan) -> usize {
        plan.connections.len() + plan.injections.len()
    }

    fn origin(&self, tag: Tag) -> Origin<'p> {
        let index = tag.0 as usize;
        let scripted = self.plan.connections.len();
        if let Some(connection) = self.plan.connections.get(index) {
            return Origin::Scripted(connection);
        }
        match index.checked_sub(Workload::singles(self.plan)) {
            None => Origin::Forged(index - scripted),
            Some(beyond) => {
                let loads = self.loads.len().max(1);
                Origin::Load(beyond % loads, (beyond / loads) as u64)
            }
        }
    }

    /// Whether no client ever stands behind an incarnation: the SYN of a flood, or a segment that is
    /// forged.
    pub fn is_attack(&self, tag: Tag) -> bool {
        let is_flood = |load: &Load| matches!(load.opening, Opening::Flood(_));
        match self.origin(tag) {
            Origin::Scripted(_) => false,
            Origin::Forged(_) => true,
            Origin::Load(load, _) => self.plan.loads.get(load).is_some_and(is_flood),
        }
    }

    /// The part that an end of an incarnation plays. An end without a script does nothing.
    pub fn part(&self, tag: Tag, end: End) -> Part<'p> {
        match self.origin(tag) {
            Origin::Scripted(connection) => scripted_part(connection, end),
            Origin::Forged(_) => Part::NONE,
            Origin::Load(load, number) => match self.plan.loads.get(load) {
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
        let in_turn = number % u64::from(spec.clients);
        let (at, client) = match &spec.arrivals {
            Arrivals::Poisson(rate) => {
                let mean = rate.mean_interval().as_nanos() as u64;
                let wait = exponential_nanos(draws.arrivals.draw(number, 0), mean);
                let from = previous.map_or(start, |previous| previous.at);
                let client = uniform(draws.clients.draw(number, 0), u64::from(spec.clients));
                (from.saturating_add_nanos(wait), client)
            }
            Arrivals::Constant(rate) => {
                let at = start.saturating_add(rate.evenly_spaced(number + 1));
                (at, in_turn)
            }
            Arrivals::Trace(times) => {
                let after = usize::try_from(number).ok().and_then(|it| times.get(it))?;
                (start.saturating_add(*after), in_turn)
            }
            Arrivals::Burst(size) => {
                if number >= *size {
                    return None;
                }
                (start, in_turn)
            }
        };
        (at < Instant::ZERO.saturating_add(spec.stop)).then_some(Arrival {
            at,
            number,
            client: client as u32,
        })
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
