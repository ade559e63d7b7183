//! Links: which hosts they join, and what they do to a segment.

use netsim::{
    CorruptConfig, DelayConfig, Distribution, DistributionTable, DuplicateConfig, LinkConfig,
    LossConfig, NodeId, QueueConfig, RateConfig, ReorderConfig, SlotConfig, SlotSpacing, Window,
};

use crate::diagnostic::Diagnostic;
use crate::quantity::{Percent, Time};
use crate::spec::{
    DelaySpec, DistributionSpec, LinkSpec, LossSpec, Named, OutageSpec, RateSpec, ReorderSpec,
    ShareSpec, Short, SlotSpec, Spanned,
};

use super::super::{HostId, Link};
use super::{Findings, Names, check_names};

/// All links of the file, in the order of `names`.
pub(super) fn resolve_all(
    table: &Named<LinkSpec>,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Option<Vec<Link>> {
    check_names(table, "a link", findings);
    let links: Vec<Option<Link>> = table
        .iter()
        .map(|(name, spec)| {
            let link = resolve_one(name, spec, names, findings);
            findings.take(link)
        })
        .collect();
    let links: Vec<Link> = links.into_iter().collect::<Option<_>>()?;
    // In the order of the text, so that the later of two is blamed.
    let mut places: Vec<(&Spanned<String>, &Link)> = table.keys().zip(&links).collect();
    places.sort_by_key(|(name, _)| name.span().start);
    for (index, (name, link)) in places.iter().enumerate() {
        let same = |other: &&(_, &Link)| other.1.from == link.from && other.1.to == link.to;
        if let Some((_, other)) = places[..index].iter().find(same) {
            let (from, to) = (&names.hosts[link.from.0], &names.hosts[link.to.0]);
            let title = format!(
                "links `{}` and `{}` both lead from `{from}` to `{to}`",
                other.name(),
                link.name(),
            );
            findings.problem(
                Diagnostic::at(name.span(), title)
                    .help("there is one link in each direction between two hosts"),
            );
            return None;
        }
    }
    Some(links)
}

fn resolve_one(
    name: &Spanned<String>,
    spec: &LinkSpec,
    names: &Names,
    findings: &mut Findings<'_>,
) -> Result<Link, Diagnostic> {
    let (from, to) = ends(name, spec, names)?;
    let node = |host: HostId| NodeId(u32::try_from(host.0).unwrap_or(u32::MAX));
    let mut config = LinkConfig::new(name.get_ref(), node(from), node(to));
    config.delay = spec
        .delay
        .as_ref()
        .map(|delay| self::delay(&delay.get_ref().0, findings))
        .transpose()?;
    config.loss = spec.loss.as_ref().map(loss).transpose()?;
    config.ecn = spec.ecn.as_ref().is_some_and(|ecn| *ecn.get_ref());
    config.duplicate = spec.duplicate.as_ref().map(
        |Short(ShareSpec {
             percent,
             correlation,
         })| {
            DuplicateConfig {
                percent: percent.into(),
                correlation: share(*correlation),
            }
        },
    );
    config.corrupt = spec.corrupt.as_ref().map(
        |Short(ShareSpec {
             percent,
             correlation,
         })| {
            CorruptConfig {
                percent: percent.into(),
                correlation: share(*correlation),
            }
        },
    );
    config.reorder = spec.reorder.as_ref().map(|reorder| {
        let ReorderSpec {
            percent,
            correlation,
            gap,
        } = reorder.get_ref().0;
        ReorderConfig {
            percent: (&percent).into(),
            correlation: share(correlation),
            gap: gap.unwrap_or(1),
        }
    });
    config.rate = spec.rate.as_ref().map(|rate| self::rate(&rate.get_ref().0));
    config.slot = spec
        .slot
        .as_ref()
        .map(|spec| slot(spec, findings))
        .transpose()?;
    config.limit = spec.limit.as_ref().map(|limit| *limit.get_ref());
    config.queue = spec.queue.as_ref().map(|queue| QueueConfig {
        bytes: queue.get_ref().bytes,
        packets: queue.get_ref().packets,
    });
    config.blackout = outages(spec.blackout.as_ref())?;
    config.partition = outages(spec.partition.as_ref())?;
    config.fifo = spec.fifo.as_ref().is_some_and(|fifo| *fifo.get_ref());
    config.max_lifetime = spec.max_lifetime.as_ref().map(|time| time.get_ref().0);
    config.check().map_err(|error| {
        let span = place(&error.field, spec).unwrap_or_else(|| name.span());
        let title = format!(
            "`{}` needs {}, found {}",
            error.field, error.expected, error.found
        );
        Diagnostic::at(span, title)
    })?;
    Ok(Link { from, to, config })
}

/// The two hosts; the names `c2s` and `s2c` imply them.
fn ends(
    name: &Spanned<String>,
    spec: &LinkSpec,
    names: &Names,
) -> Result<(HostId, HostId), Diagnostic> {
    let implied = match name.get_ref().as_str() {
        "c2s" => Some(("client", "server")),
        "s2c" => Some(("server", "client")),
        _ => None,
    };
    let end = |written: &Option<Spanned<String>>, implied: Option<&str>, key: &str| match (
        written, implied,
    ) {
        (Some(host), _) => names.host(host.get_ref(), host.span()),
        (None, Some(host)) => names.host(host, name.span()),
        (None, None) => Err(Diagnostic::at(
            name.span(),
            format!(
                "link `{}` does not say where it leads {key}",
                name.get_ref()
            ),
        )
        .help("write `from` and `to`; only the names `c2s` and `s2c` imply them")),
    };
    let from = end(&spec.from, implied.map(|(from, _)| from), "from")?;
    let to = end(&spec.to, implied.map(|(_, to)| to), "to")?;
    if from == to {
        let title = format!("link `{}` leads from a host to itself", name.get_ref());
        return Err(Diagnostic::at(name.span(), title));
    }
    Ok((from, to))
}

/// The key of a link that a path such as `delay.jitter` lies below, and its place.
fn place(field: &str, spec: &LinkSpec) -> Option<std::ops::Range<usize>> {
    let key = field.split(['.', '[']).next().unwrap_or(field);
    match key {
        "delay" => spec.delay.as_ref().map(Spanned::span),
        "loss" => spec.loss.as_ref().map(Spanned::span),
        "ecn" => spec.ecn.as_ref().map(Spanned::span),
        "reorder" => spec.reorder.as_ref().map(Spanned::span),
        "rate" => spec.rate.as_ref().map(Spanned::span),
        "slot" => spec.slot.as_ref().map(Spanned::span),
        "limit" => spec.limit.as_ref().map(Spanned::span),
        "queue" => spec.queue.as_ref().map(Spanned::span),
        "blackout" => spec.blackout.as_ref().map(Spanned::span),
        "partition" => spec.partition.as_ref().map(Spanned::span),
        "fifo" => spec.fifo.as_ref().map(Spanned::span),
        "max_lifetime" => spec.max_lifetime.as_ref().map(Spanned::span),
        _ => None,
    }
}

fn delay(spec: &DelaySpec, findings: &mut Findings<'_>) -> Result<DelayConfig, Diagnostic> {
    Ok(DelayConfig {
        time: spec.time.0,
        jitter: spec.jitter.unwrap_or_default().0,
        correlation: spec.correlation.as_ref().map(Into::into),
        distribution: distribution(spec.distribution.as_ref(), findings)?,
    })
}

fn distribution(
    spec: Option<&Spanned<DistributionSpec>>,
    findings: &mut Findings<'_>,
) -> Result<Distribution, Diagnostic> {
    let Some(spec) = spec else {
        return Ok(Distribution::Uniform);
    };
    Ok(match spec.get_ref() {
        DistributionSpec::Uniform => Distribution::Uniform,
        DistributionSpec::Normal => Distribution::Normal,
        DistributionSpec::Pareto => Distribution::Pareto,
        DistributionSpec::ParetoNormal => Distribution::ParetoNormal,
        DistributionSpec::Exponential => Distribution::Exponential,
        DistributionSpec::LogNormal => Distribution::LogNormal,
        DistributionSpec::Table(name) => {
            let text = findings.read_named(name, &spec.span()).map_err(|why| {
                let title = format!("cannot read the table `{name}`: {why}");
                Diagnostic::at(spec.span(), title)
            })?;
            let table = DistributionTable::parse(&text).map_err(|error| {
                let title = format!("`{name}` is no table of netem's: {error}");
                Diagnostic::at(spec.span(), title)
            })?;
            Distribution::Table(table)
        }
        DistributionSpec::Weibull { shape } => Distribution::Weibull {
            shape: shape
                .to_string()
                .parse()
                .map_err(|error: netsim::ConfigError| {
                    let title = format!("expected {}, found {shape}", error.expected);
                    Diagnostic::at(spec.span(), title)
                })?,
        },
    })
}

fn loss(spec: &Spanned<Short<LossSpec>>) -> Result<LossConfig, Diagnostic> {
    let optional = |percent: &Option<Percent>| percent.as_ref().map(Into::into);
    let Short(models) = spec.get_ref();
    match (&models.random, &models.state, &models.gemodel) {
        (Some(Short(model)), None, None) => Ok(LossConfig::Random {
            percent: (&model.percent).into(),
            correlation: share(model.correlation),
        }),
        (None, Some(model), None) => Ok(LossConfig::state(
            (&model.p13).into(),
            optional(&model.p31),
            optional(&model.p32),
            optional(&model.p23),
            optional(&model.p14),
        )),
        (None, None, Some(model)) => Ok(LossConfig::gilbert_elliott(
            (&model.p).into(),
            optional(&model.r),
            optional(&model.bad_loss),
            optional(&model.good_loss),
        )),
        _ => Err(
            Diagnostic::at(spec.span(), "a link has exactly one model of loss")
                .help("models: random, state, gemodel"),
        ),
    }
}

fn rate(spec: &RateSpec) -> RateConfig {
    RateConfig {
        bits_per_second: spec.rate.bits_per_second,
        packet_overhead: spec.packetoverhead.unwrap_or(0),
        cell_size: spec.cellsize.unwrap_or(0),
        cell_overhead: spec.celloverhead.unwrap_or(0),
    }
}

fn slot(spec: &Spanned<SlotSpec>, findings: &mut Findings<'_>) -> Result<SlotConfig, Diagnostic> {
    let SlotSpec {
        min_delay,
        max_delay,
        delay,
        jitter,
        distribution,
        packets,
        bytes,
    } = spec.get_ref();
    let bounds = min_delay.is_some() || max_delay.is_some();
    let shape = delay.is_some() || jitter.is_some() || distribution.is_some();
    let spacing = match (bounds, shape) {
        (true, false) => {
            let min_delay = min_delay.unwrap_or_default().0;
            let max_delay = max_delay.map_or(min_delay, |time| time.0);
            SlotSpacing::Uniform {
                min_delay,
                max_delay,
            }
        }
        (false, true) => SlotSpacing::Distribution {
            delay: delay.unwrap_or_default().0,
            jitter: jitter.unwrap_or_default().0,
            distribution: self::distribution(distribution.as_ref(), findings)?,
        },
        _ => {
            return Err(Diagnostic::at(
                spec.span(),
                "a slot has either `min_delay` and `max_delay`, or `delay`, `jitter` and \
                 `distribution`",
            ));
        }
    };
    Ok(SlotConfig {
        spacing,
        packets: *packets,
        bytes: *bytes,
    })
}

fn outages(list: Option<&Spanned<Vec<Spanned<OutageSpec>>>>) -> Result<Vec<Window>, Diagnostic> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    if list.get_ref().is_empty() {
        return Err(Diagnostic::at(list.span(), "the list of windows is empty")
            .help("write windows such as { from = \"1s\", until = \"2s\" }, or delete the key"));
    }
    list.get_ref()
        .iter()
        .map(|outage| window(outage.get_ref().from, outage.get_ref().until, outage.span()))
        .collect()
}

/// A window of virtual time, which must hold at least one moment.
pub(super) fn window(
    from: Option<Time>,
    until: Option<Time>,
    span: std::ops::Range<usize>,
) -> Result<Window, Diagnostic> {
    let instant = |time: Time| {
        netsim::Instant::from_nanos(u64::try_from(time.0.as_nanos()).unwrap_or(u64::MAX))
    };
    let window = Window {
        from: from.map_or(netsim::Instant::ZERO, instant),
        until: until.map(instant),
    };
    if window.is_empty() {
        return Err(Diagnostic::at(span, "a window must end after it begins"));
    }
    Ok(window)
}

/// A share that is zero unless it is written.
fn share(percent: Option<Percent>) -> netsim::Probability {
    percent
        .as_ref()
        .map_or(netsim::Probability::ZERO, Into::into)
}
