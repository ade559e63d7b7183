//! What applications do: which incarnation opens when, and the part that each of its ends plays.
//!
//! Incarnations are numbered by their tags: the scripted connections first, then the OPENs of the
//! loads, dealt out in turn. So a tag says everything, and no policy or fault changes it.

use std::net::SocketAddr;
use std::time::Duration;

use netsim::sample::{exponential, exponential_nanos, uniform};
use netsim::{ConfigError, Instant, Stream, Streams};
use tcp_core::{Flow, SeqNum, Tag};

use crate::flood::forged_source;
use crate::plan::{Arrivals, Close, Connection, End, Load, Plan, Send, TransferSize};

/// Everything that applications do in one replication.
#[derive(Clone, Debug)]
pub struct Workload<'p> {
    plan: &'p Plan,
    loads: Vec<LoadDraws>,
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
        Ok(Workload { plan, loads })
    }

    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// The tag of a scripted connection.
    pub fn scripted_tag(connection: usize) -> Tag {
        Tag(connection as u32)
    }

    /// The tag of a load's arrival; `None` beyond 2^32 incarnations.
    pub fn load_tag(&self, load: usize, number: u64) -> Option<Tag> {
        let loads = self.loads.len() as u64;
        let tag = number
            .checked_mul(loads)?
            .checked_add(load as u64 + self.plan.connections.len() as u64)?;
        u32::try_from(tag).ok().map(Tag)
    }

    /// What names an incarnation in the keys of its frames. Unlike its tag it does not depend on
    /// which other loads there are, so a load that is added leaves everybody's weather as it was.
    pub fn identity(&self, tag: Tag) -> u64 {
        match self.origin(tag) {
            Ok(_) => u64::from(tag.0),
            Err((load, number)) => {
                let first = self.loads.get(load).map_or(0, |draws| draws.identities);
                first.wrapping_add(number)
            }
        }
    }

    /// The scripted connection of this tag, or the load and number of the arrival.
    fn origin(&self, tag: Tag) -> Result<&'p Connection, (usize, u64)> {
        let index = tag.0 as usize;
        self.plan.connections.get(index).ok_or_else(|| {
            let beyond = index - self.plan.connections.len();
            let loads = self.loads.len().max(1);
            (beyond % loads, (beyond / loads) as u64)
        })
    }

    /// The part that an end of an incarnation plays. An end without a script does nothing.
    pub fn part(&self, tag: Tag, end: End) -> Part<'p> {
        match self.origin(tag) {
            Ok(connection) => scripted_part(connection, end),
            Err((load, number)) => match self.plan.loads.get(load) {
                Some(spec) => self.load_part(spec, load, number, end),
                None => Part {
                    sends: Sends::AtOnce(0),
                    expects: 0,
                    close: None,
                },
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
            close: Some(close_when(&load.close, end, CloseWhen::Transferred)),
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
        let (at, client) = match spec.arrivals {
            Arrivals::Poisson(rate) => {
                let mean = rate.mean_interval().as_nanos() as u64;
                let wait = exponential_nanos(draws.arrivals.draw(number, 0), mean);
                let from = previous.map_or(start, |previous| previous.at);
                let client = uniform(draws.clients.draw(number, 0), u64::from(spec.clients));
                (from.saturating_add_nanos(wait), client)
            }
            Arrivals::Constant(rate) => {
                let at = start.saturating_add(rate.evenly_spaced(number + 1));
                (at, number % u64::from(spec.clients))
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
        let source = plan.host(connection.from).addresses.first()?;
        let target = plan.host(connection.to.host).addresses.first()?;
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
        close: connection
            .close
            .as_ref()
            .map(|close| close_when(close, end, CloseWhen::Established)),
    }
}

fn close_when(close: &Close, end: End, first: impl Fn(Duration) -> CloseWhen) -> CloseWhen {
    if close.first == end {
        first(close.after)
    } else {
        CloseWhen::PeerClosed(close.second_after)
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
