//! What a model asks of an experiment: arrivals, holding times, and a network that disturbs neither.
//!
//! Each function answers with what it found, or with the reason why the model does not apply, as
//! the end of a sentence that begins "not checked, because".

use netsim::{LinkConfig, LossConfig};
use tcp_core::{GiveUp, ListenConfig};

use super::schedule::Schedule;
use crate::plan::{Arrivals, Host, HostId, Link, Load, Opening, Plan, Prose, Responds};

/// Why a model does not apply, in both languages.
pub(super) type Reason = Prose;

/// A model is of one load.
pub(super) fn several_loads() -> Reason {
    Reason::new("there are several loads", "有多个负载")
}

/// A model is of a link that delays and loses, and does nothing else.
pub(super) fn does_more(link: &str) -> Reason {
    Reason::new(
        format!("link `{link}` does more than delay and lose"),
        format!("链路 `{link}` 不只是延迟和丢失"),
    )
}

/// A model is of a constant delay.
pub(super) fn delay_varies(link: &str) -> Reason {
    Reason::new(
        format!("the delay of link `{link}` varies"),
        format!("链路 `{link}` 的延迟会变化"),
    )
}

/// A model is of a load that goes on all the time.
pub(super) fn is_not_steady(load: &Load) -> Reason {
    let name = &load.name;
    Reason::new(
        format!("load `{name}` does not last from the start of the run to its end"),
        format!("负载 `{name}` 没有从运行开始持续到结束"),
    )
}

/// A listener to which SYNs come as Poisson processes.
pub(super) struct Listener<'p> {
    pub(super) host: &'p Host,
    pub(super) streams: Vec<Stream<'p>>,
    /// How its SYN,ACKs are repeated.
    pub(super) schedule: Schedule,
}

/// First SYNs of one kind.
pub(super) struct Stream<'p> {
    pub(super) load: &'p Load,
    /// Arrivals per second.
    pub(super) rate: f64,
    /// From the SYN's arrival to that of the answer to its SYN,ACK, in seconds; `None` if nobody
    /// answers.
    pub(super) round_trip: Option<f64>,
}

impl Stream<'_> {
    /// Whether a client stands behind the SYNs.
    pub(super) fn is_of_clients(&self) -> bool {
        self.load.opening == Opening::Connect
    }
}

impl<'p> Listener<'p> {
    /// The one listener of an experiment whose network neither loses, reorders nor varies.
    pub(super) fn of(plan: &'p Plan) -> Result<Listener<'p>, Reason> {
        let host = only_target(plan)?;
        let streams = plan.loads.iter().map(|load| {
            let rate = poisson_rate(load)?;
            let round_trip = match load.opening {
                Opening::Flood(Responds::Never) => None,
                Opening::Flood(Responds::Rst) | Opening::Connect => Some(
                    constant_delay(plan, load.from, load.to.host)?
                        + constant_delay(plan, load.to.host, load.from)?,
                ),
            };
            Ok(Stream {
                load,
                rate,
                round_trip,
            })
        });
        let schedule = Schedule::of_syn_ack(&host.config);
        let streams = streams.collect::<Result<Vec<_>, Reason>>()?;
        let first_wait = schedule.repeats().next().unwrap_or(schedule.gives_up);
        if let Some(slow) = streams.iter().find(|stream| {
            stream
                .round_trip
                .is_some_and(|round_trip| round_trip >= first_wait)
        }) {
            let name = &slow.load.name;
            return Err(Reason::new(
                format!("the SYN,ACK to load `{name}` is repeated before it can be answered"),
                format!("发给负载 `{name}` 的 SYN,ACK 在可能得到应答之前就已重传"),
            ));
        }
        Ok(Listener {
            host,
            streams,
            schedule,
        })
    }

    /// How long an entry is held whose SYN came in this stream, in seconds.
    pub(super) fn hold(&self, stream: &Stream<'_>) -> f64 {
        stream.round_trip.unwrap_or(self.schedule.gives_up)
    }

    /// The longest of these times.
    pub(super) fn longest_hold(&self) -> f64 {
        let holds = self.streams.iter().map(|stream| self.hold(stream));
        holds.fold(0.0, f64::max)
    }

    /// The offered load: the number of entries that an endless queue would hold on average.
    pub(super) fn offered(&self) -> f64 {
        let each = self.streams.iter();
        each.map(|stream| stream.rate * self.hold(stream)).sum()
    }

    /// Arrivals per second of all streams together.
    pub(super) fn rate(&self) -> f64 {
        self.streams.iter().map(|stream| stream.rate).sum()
    }

    /// The most entries of its SYN queue.
    pub(super) fn limit(&self) -> u32 {
        limit(&self.host.listen)
    }

    /// The arrivals go on from the beginning of the run to its end.
    pub(super) fn check_steady(&self, plan: &Plan) -> Result<(), Reason> {
        let is_steady = |load: &Load| load.start.is_zero() && load.stop == plan.run.until;
        match self.streams.iter().find(|stream| !is_steady(stream.load)) {
            None => Ok(()),
            Some(stream) => Err(is_not_steady(stream.load)),
        }
    }

    /// Entries leave by an answer or their last timeout, not because the queue is long.
    pub(super) fn check_unpruned(&self) -> Result<(), Reason> {
        let by_retries = matches!(self.host.config.give_up_synack, GiveUp::Retries(_));
        if self.host.listen.syn_queue_prune && by_retries {
            let name = &self.host.name;
            return Err(Reason::new(
                format!(
                    "host `{name}` gives old entries up early when its SYN queue is half full \
                     (syn_queue_prune)"
                ),
                format!("主机 `{name}` 的 SYN 队列半满时会提前放弃旧条目（syn_queue_prune）"),
            ));
        }
        Ok(())
    }

    /// No SYN of a live host comes from a four-tuple whose entry may still be there.
    pub(super) fn check_distinct(&self, plan: &Plan) -> Result<(), Reason> {
        for stream in &self.streams {
            if stream.load.opening == Opening::Flood(Responds::Rst) {
                check_ports(
                    plan,
                    stream.load,
                    stream.rate * self.schedule.gives_up * 2.0,
                )?;
            }
        }
        Ok(())
    }
}

/// The most entries of a listener's SYN queue: its backlog, or where `max_syn_backlog` has less
/// than a quarter left.
pub(super) fn limit(listen: &ListenConfig) -> u32 {
    let own = listen
        .backlog
        .saturating_add(u32::from(listen.backlog_plus_one));
    let shared = listen.max_syn_backlog.map(|max| max - max / 4 + 1);
    shared.map_or(own, |shared| own.min(shared))
}

/// The host that all loads go to; they are all that happens.
pub(super) fn only_target(plan: &Plan) -> Result<&Host, Reason> {
    let scripted = [
        ("[[connection]]", plan.connections.len()),
        ("[[fault]]", plan.faults.len()),
        ("[[inject]]", plan.injections.len()),
    ];
    if let Some((table, _)) = scripted.iter().find(|(_, count)| *count > 0) {
        return Err(Reason::new(
            format!("the file has a {table}, which the model knows nothing of"),
            format!("文件中有 {table}，该模型不考虑它"),
        ));
    }
    if let Some(host) = plan.hosts.iter().find(|host| host.power_off.is_some()) {
        let name = &host.name;
        return Err(Reason::new(
            format!("host `{name}` loses power"),
            format!("主机 `{name}` 会断电"),
        ));
    }
    let nothing = || Reason::new("the file has no [load.NAME]", "文件中没有 [load.NAME]");
    let first = plan.loads.first().ok_or_else(nothing)?;
    if plan.loads.iter().any(|load| load.to != first.to) {
        return Err(Reason::new(
            "the loads go to several listeners",
            "各负载连接到不同的监听者",
        ));
    }
    let host = plan.host(first.to.host);
    if host.accept_rate.is_some() {
        let name = &host.name;
        return Err(Reason::new(
            format!("the applications of host `{name}` accept slowly (accept_rate)"),
            format!("主机 `{name}` 的应用程序接受连接很慢（accept_rate）"),
        ));
    }
    Ok(host)
}

/// The rate of a load that arrives as a Poisson process, per second.
pub(super) fn poisson_rate(load: &Load) -> Result<f64, Reason> {
    let name = &load.name;
    let Arrivals::Poisson(rate) = load.arrivals else {
        return Err(Reason::new(
            format!("load `{name}` does not arrive as a Poisson process"),
            format!("负载 `{name}` 的到达不是泊松过程"),
        ));
    };
    if load.count.is_some() {
        return Err(Reason::new(
            format!("load `{name}` ends after a number of arrivals"),
            format!("负载 `{name}` 在若干次到达之后结束"),
        ));
    }
    if load.attempts() > 1 {
        return Err(Reason::new(
            format!(
                "the users of load `{name}` try again, so that their SYNs are no Poisson process"
            ),
            format!("负载 `{name}` 的用户会重试，因此他们的 SYN 不是泊松过程"),
        ));
    }
    Ok(1.0 / rate.mean_interval().as_secs_f64())
}

/// The delay from one host to another, in seconds; nothing else befalls a segment there.
pub(super) fn constant_delay(plan: &Plan, from: HostId, to: HostId) -> Result<f64, Reason> {
    let link = link(plan, from, to)?;
    let (delay, loss) = lossy_delay(link)?;
    if loss > 0.0 {
        let name = link.name();
        return Err(Reason::new(
            format!("link `{name}` loses segments"),
            format!("链路 `{name}` 会丢失报文段"),
        ));
    }
    Ok(delay)
}

/// The delay from one host to another, in seconds, and the probability that a segment is lost
/// there, each by itself; nothing else befalls it.
pub(super) fn independent_loss(
    plan: &Plan,
    from: HostId,
    to: HostId,
) -> Result<(f64, f64), Reason> {
    lossy_delay(link(plan, from, to)?)
}

fn link(plan: &Plan, from: HostId, to: HostId) -> Result<&Link, Reason> {
    let found = plan.link_between(from, to).map(|id| plan.link(id));
    found.ok_or_else(|| {
        let (from, to) = (&plan.host(from).name, &plan.host(to).name);
        Reason::new(
            format!("no link leads directly from `{from}` to `{to}`"),
            format!("没有链路从 `{from}` 直接通向 `{to}`"),
        )
    })
}

fn lossy_delay(link: &Link) -> Result<(f64, f64), Reason> {
    let config = &link.config;
    let known = LinkConfig {
        seed: config.seed,
        delay: config.delay.clone(),
        loss: config.loss.clone(),
        ..LinkConfig::new(config.name.clone(), config.from, config.to)
    };
    let name = link.name();
    if *config != known {
        return Err(does_more(name));
    }
    let delay = match &config.delay {
        None => 0.0,
        Some(delay) if delay.jitter.is_zero() => delay.time.as_secs_f64(),
        Some(_) => return Err(delay_varies(name)),
    };
    let loss = match &config.loss {
        None => 0.0,
        Some(LossConfig::Random {
            percent,
            correlation,
        }) if correlation.is_zero() => percent.as_f64(),
        Some(_) => {
            return Err(Reason::new(
                format!("losses on link `{name}` depend on each other"),
                format!("链路 `{name}` 上的丢失互相依赖"),
            ));
        }
    };
    Ok((delay, loss))
}

/// A load has at least so many four-tuples.
pub(super) fn check_ports(plan: &Plan, load: &Load, wanted: f64) -> Result<(), Reason> {
    let tuples = f64::from(load.clients) * f64::from(load.port_pool);
    if tuples >= wanted {
        return Ok(());
    }
    let (name, host) = (&load.name, &plan.host(load.from).name);
    Err(Reason::new(
        format!(
            "load `{name}` comes back to a port while its entry may still be there: it has \
             {tuples} four-tuples and needs {wanted:.0} (more `addresses` for `{host}`, more \
             `clients`)"
        ),
        format!(
            "负载 `{name}` 可能在条目尚存时再次使用同一端口：它有 {tuples} 个四元组，而需要 {wanted:.0} \
             个（为 `{host}` 增加 `addresses`，增加 `clients`）"
        ),
    ))
}

/// The part of the run in which is measured: where it begins and how long it is, in seconds.
pub(super) fn window(plan: &Plan) -> (f64, f64) {
    let (from, until) = (
        plan.run.warmup.time().as_secs_f64(),
        plan.run.until.as_secs_f64(),
    );
    (from, until - from)
}
