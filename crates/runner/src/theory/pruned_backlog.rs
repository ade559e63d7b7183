//! `pruned-backlog`: the share of first SYNs that Linux's SYN queue turns away although it gives
//! old entries up early.
//!
//! The kernel's rule (`reqsk_timer_handler` in `net/ipv4/inet_connection_sock.c`): at each timeout
//! of an entry in a queue that is more than half full an entry has the fewer tries left the more
//! young ones there are. Holding times then depend on the queue, and Erlang's formula is far off. No
//! closed form is known, so the model is the rule alone, simulated from its text: numbers of
//! entries and their ages and clients that try again, no segments, no state machine, randomness of
//! its own. The value has a standard error, which the comparison takes into account.

use std::collections::VecDeque;

use netsim::sample::{exponential, unit};
use netsim::{Seed, Stream};
use tcp_core::{GiveUp, Handshake};

use super::schedule::Schedule;
use super::setting::{Listener, Reason, window};
use super::{Estimator, Prediction, Quantity};
use crate::plan::{Counter, Metric, Plan};

/// Independent runs of the rule.
const RUNS: u32 = 16;
/// Below this length of the queue the kernel prunes nothing, however short the backlog is.
const LEAST_HALF: u32 = 8;
/// Tries that every entry has.
const LEAST_TRIES: u32 = 2;

/// The listener, if the model's assumptions hold under this policy.
pub(super) fn listener(plan: &Plan, policy: Handshake) -> Result<Listener<'_>, Reason> {
    if policy != Handshake::ThreeWay {
        return Err(Reason::new(
            "the policy does not simply turn away what finds the SYN queue full",
            "该策略并非简单地拒绝遇到 SYN 队列已满的报文段",
        ));
    }
    let listener = Listener::of(plan)?;
    listener.check_steady(plan)?;
    listener.check_distinct(plan)?;
    if listener.check_unpruned().is_ok() {
        let name = &listener.host.name;
        return Err(Reason::new(
            format!(
                "host `{name}` gives no entry up early (syn_queue_prune, and a number of \
                 synack_retries)"
            ),
            format!("主机 `{name}` 不提前放弃条目（syn_queue_prune，以及若干次 synack_retries）"),
        ));
    }
    Ok(listener)
}

pub(super) fn predict(plan: &Plan, policy: Handshake) -> Result<Vec<Prediction>, Reason> {
    let listener = listener(plan, policy)?;
    let queue = Queue::of(plan, &listener);
    let (from, length) = window(plan);
    let shares: Vec<f64> = (0..RUNS)
        .map(|run| {
            let seed = Seed {
                root: plan.run.seed,
                replication: run,
            };
            let stream = seed.stream("theory / pruned-backlog");
            queue.clone().run(stream, from, from + length)
        })
        .collect();
    let count = f64::from(RUNS);
    let mean = shares.iter().sum::<f64>() / count;
    let squares: f64 = shares
        .iter()
        .map(|share| (share - mean) * (share - mean))
        .sum();
    let standard_error = (squares / (count - 1.0) / count).sqrt();
    let each = [
        (
            true,
            Counter::BacklogDropLegit,
            Quantity::new(
                "first SYNs of clients turned away",
                "被拒绝的客户端首个 SYN 的比例",
            ),
        ),
        (
            false,
            Counter::BacklogDropAttack,
            Quantity::new("SYNs of the flood turned away", "被拒绝的洪泛 SYN 的比例"),
        ),
    ];
    let predictions = each
        .into_iter()
        .filter_map(|(is_of_clients, counter, quantity)| {
            let streams = listener.streams.iter();
            let rate: f64 = streams
                .filter(|stream| stream.is_of_clients() == is_of_clients)
                .map(|stream| stream.rate)
                .sum();
            (rate > 0.0).then(|| Prediction {
                standard_error,
                trials: Some(rate * length),
                cluster: rate * listener.longest_hold(),
                ..Prediction::exact(quantity, Estimator::Mean(Metric::Counter(counter)), mean)
            })
        });
    Ok(predictions.collect())
}

/// The queue of the rule.
#[derive(Clone, Debug)]
struct Queue {
    places: u32,
    backlog: u32,
    retries: u32,
    /// The wait after so many timeouts, in seconds.
    waits: Vec<f64>,
    sources: Vec<Source>,
    /// When entries that are answered go, for each stream; these see no timeout.
    answered: Vec<VecDeque<f64>>,
    /// When entries see their next timeout, by the number of those that they have had.
    silent: Vec<VecDeque<f64>>,
}

/// Where SYNs come from.
#[derive(Clone, Debug)]
struct Source {
    /// First SYNs per second.
    rate: f64,
    /// The time until an answer to the SYN,ACK, if there is one.
    round_trip: Option<f64>,
    /// The waits between the SYNs of a client that gets no answer.
    waits: Vec<f64>,
    /// When clients try again, by the number of SYNs that they have sent beside the first.
    again: Vec<VecDeque<f64>>,
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// An entry of a source is answered.
    Answer(usize),
    /// An entry that has had so many timeouts has another.
    Timeout(usize),
    /// A client of a source tries again, for the n-th time counted from 0.
    Again(usize, usize),
}

impl Source {
    fn new(rate: f64, round_trip: Option<f64>, syn: Option<&Schedule>) -> Source {
        let sent = syn.map_or(&[][..], |syn| &syn.sent);
        let waits: Vec<f64> = sent.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Source {
            rate,
            round_trip,
            again: vec![VecDeque::new(); waits.len()],
            waits,
        }
    }

    /// A SYN found no place, the first or that of so many attempts more.
    fn turned_away(&mut self, now: f64, attempts: usize) {
        if let Some(wait) = self.waits.get(attempts) {
            self.again[attempts].push_back(now + wait);
        }
    }
}

impl Queue {
    fn of(plan: &Plan, listener: &Listener<'_>) -> Queue {
        let retries = match listener.host.config.give_up_synack {
            GiveUp::Retries(retries) => u32::from(retries),
            GiveUp::After(_) => 0,
        };
        let schedule = &listener.schedule;
        let ends = schedule.repeats().chain([schedule.gives_up]);
        let waits = schedule.sent.iter().zip(ends).map(|(from, to)| to - from);
        Queue {
            places: listener.limit(),
            backlog: listener.host.listen.backlog,
            retries,
            waits: waits.collect(),
            sources: listener
                .streams
                .iter()
                .map(|stream| {
                    let config = &plan.host(stream.load.from).config;
                    let syn = stream.is_of_clients().then(|| Schedule::of_syn(config));
                    Source::new(stream.rate, stream.round_trip, syn.as_ref())
                })
                .collect(),
            answered: vec![VecDeque::new(); listener.streams.len()],
            silent: vec![VecDeque::new(); schedule.sent.len()],
        }
    }

    /// The share of first SYNs between two times that find no place.
    fn run(mut self, stream: Stream, from: f64, until: f64) -> f64 {
        let rate: f64 = self.sources.iter().map(|source| source.rate).sum();
        let (mut now, mut arrivals, mut lost) = (0.0, 0_u64, 0_u64);
        for number in 0.. {
            let (wait, which) = stream.draw_pair(number, 0);
            now += exponential(wait) / rate;
            if now >= until {
                break;
            }
            self.advance(now);
            let source = self.source(unit(which) * rate);
            let is_lost = !self.offer(now, source);
            if is_lost {
                self.sources[source].turned_away(now, 0);
            }
            if now >= from {
                arrivals += 1;
                lost += u64::from(is_lost);
            }
        }
        super::ratio(lost, arrivals)
    }

    /// The source at this place of the sum of all rates.
    fn source(&self, mut at: f64) -> usize {
        for (index, source) in self.sources.iter().enumerate() {
            if at < source.rate {
                return index;
            }
            at -= source.rate;
        }
        self.sources.len() - 1
    }

    /// A SYN comes; says whether there is a place for it.
    fn offer(&mut self, now: f64, source: usize) -> bool {
        if self.len() >= self.places {
            return false;
        }
        match self.sources[source].round_trip {
            Some(round_trip) => self.answered[source].push_back(now + round_trip),
            None => self.silent[0].push_back(now + self.waits[0]),
        }
        true
    }

    fn len(&self) -> u32 {
        let all = self.answered.iter().chain(&self.silent);
        all.map(|entries| entries.len() as u32).sum()
    }

    /// Entries that have had no timeout.
    fn young(&self) -> u32 {
        let answered: usize = self.answered.iter().map(VecDeque::len).sum();
        (answered + self.silent[0].len()) as u32
    }

    /// Everything that happens before a moment.
    fn advance(&mut self, now: f64) {
        while let Some((at, next)) = self.next()
            && at <= now
        {
            match next {
                Next::Answer(stream) => {
                    self.answered[stream].pop_front();
                }
                Next::Timeout(timeouts) => self.time_out(at, timeouts),
                Next::Again(source, attempt) => {
                    self.sources[source].again[attempt].pop_front();
                    if !self.offer(at, source) {
                        self.sources[source].turned_away(at, attempt + 1);
                    }
                }
            }
        }
    }

    fn next(&self) -> Option<(f64, Next)> {
        let first = |queue: &VecDeque<f64>| queue.front().copied();
        let answers = self.answered.iter().enumerate();
        let answers =
            answers.filter_map(|(index, queue)| Some((first(queue)?, Next::Answer(index))));
        let timeouts = self.silent.iter().enumerate();
        let timeouts =
            timeouts.filter_map(|(index, queue)| Some((first(queue)?, Next::Timeout(index))));
        let sources = self.sources.iter().enumerate();
        let again = sources.flat_map(|(source, it)| {
            let queues = it.again.iter().enumerate();
            queues
                .filter_map(move |(index, queue)| Some((first(queue)?, Next::Again(source, index))))
        });
        answers
            .chain(timeouts)
            .chain(again)
            .min_by(|one, other| one.0.total_cmp(&other.0))
    }

    /// The first of the entries with so many timeouts sees another.
    fn time_out(&mut self, at: f64, timeouts: usize) {
        let tries = self.tries();
        self.silent[timeouts].pop_front();
        if (timeouts as u32) < tries {
            self.silent[timeouts + 1].push_back(at + self.waits[timeouts + 1]);
        }
    }

    /// Timeouts that an entry may have had when it sees one more.
    fn tries(&self) -> u32 {
        let len = self.len();
        if 2 * len <= self.backlog.max(LEAST_HALF) {
            return self.retries;
        }
        let (mut tries, mut young) = (self.retries, 2 * u64::from(self.young()));
        while tries > LEAST_TRIES && u64::from(len) >= young {
            tries -= 1;
            young *= 2;
        }
        tries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linux(backlog: u32, rate: f64) -> Queue {
        Queue {
            places: backlog + 1,
            backlog,
            retries: 5,
            waits: vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0],
            sources: vec![Source::new(rate, None, None)],
            answered: vec![VecDeque::new()],
            silent: vec![VecDeque::new(); 6],
        }
    }

    fn stream(replication: u32) -> Stream {
        let seed = Seed {
            root: 1,
            replication,
        };
        seed.stream("test")
    }

    #[test]
    fn a_burst_loses_nine_of_seventeen_entries_at_seven_seconds() {
        // As a Linux 6.18 kernel did with a backlog of 16.
        let mut queue = linux(16, 1.0);
        for number in 0..17 {
            assert!(queue.offer(f64::from(number) * 1e-4, 0));
        }
        let mut len_at = |time| {
            queue.advance(time);
            queue.len()
        };
        assert_eq!([6.9, 7.1, 62.9, 63.1].map(&mut len_at), [17, 8, 8, 0]);
    }

    #[test]
    fn without_pruning_it_is_erlangs_formula() {
        let mut queue = linux(7, 0.2);
        // A backlog of which no half is ever reached.
        queue.backlog = 1000;
        let runs = 40;
        let share = |run| queue.clone().run(stream(run), 189.0, 6489.0);
        let mean = (0..runs).map(share).sum::<f64>() / f64::from(runs);
        let expected = super::super::erlang_b::blocking(0.2 * 63.0, 8);
        assert!((mean - expected).abs() < 0.01, "{mean} for {expected}");
    }

    #[test]
    fn clients_that_are_turned_away_try_again() {
        // A queue without places: everybody comes back as often as its schedule says.
        let syn = Schedule {
            sent: vec![0.0, 1.0, 3.0],
            gives_up: 7.0,
        };
        let mut queue = linux(16, 1.0);
        (queue.places, queue.sources) = (0, vec![Source::new(1.0, Some(0.1), Some(&syn))]);
        assert!(!queue.offer(0.0, 0));
        queue.sources[0].turned_away(0.0, 0);
        let mut waiting_at = |time| {
            queue.advance(time);
            let again = &queue.sources[0].again;
            again.iter().map(VecDeque::len).collect::<Vec<_>>()
        };
        assert_eq!(waiting_at(0.9), [1, 0]);
        assert_eq!(waiting_at(2.9), [0, 1]);
        assert_eq!(waiting_at(3.1), [0, 0]);
        // Once there is a place, the next attempt takes it.
        queue.sources[0].turned_away(4.0, 0);
        queue.places = 1;
        queue.advance(5.05);
        assert_eq!(queue.len(), 1);
        queue.advance(5.2);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_pruned_queue_is_much_harder_to_fill() {
        for (rate, least, greatest) in [
            (2.5, 0.0, 0.0005),
            (10.0, 0.0, 0.005),
            (30.0, 0.55, 0.57),
            (100.0, 0.86, 0.88),
        ] {
            let share = linux(127, rate).run(stream(0), 189.0, 1890.0);
            assert!((least..=greatest).contains(&share), "{rate}/s: {share}");
        }
    }
}
