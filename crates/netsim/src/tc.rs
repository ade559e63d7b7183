//! A link's settings as a `tc qdisc` command for Linux, and where that cannot say the same.

use std::fmt;
use std::time::Duration;

use crate::distribution::Distribution;
use crate::link::LinkConfig;
use crate::link::delay::DelayConfig;
use crate::link::loss::LossConfig;
use crate::link::rate::RateConfig;
use crate::link::slot::{SlotConfig, SlotSpacing};
use crate::probability::Probability;

/// What to type on Linux for the same link, and what then differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcEquivalent {
    /// The command, for the sending host's device.
    pub command: String,
    /// What tc cannot express, or netem does otherwise; empty if the link behaves alike.
    pub caveats: Vec<String>,
}

/// The command, then each caveat as a shell comment.
impl fmt::Display for TcEquivalent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.command)?;
        self.caveats
            .iter()
            .try_for_each(|caveat| write!(f, "\n# {caveat}"))
    }
}

impl LinkConfig {
    /// The `tc qdisc add dev DEVICE root netem` command of iproute2 6.x that sets this link up.
    pub fn as_tc(&self, device: &str) -> TcEquivalent {
        let mut tc = Writer {
            words: Vec::new(),
            caveats: Vec::new(),
        };
        // netem's own default is 1000 packets.
        tc.option("limit", &[self.limit.unwrap_or(u32::MAX).to_string()]);
        if let Some(delay) = &self.delay {
            tc.delay(delay);
        }
        if let Some(loss) = &self.loss {
            tc.loss(loss);
        }
        if self.ecn {
            tc.option("ecn", &[]);
        }
        if let Some(corrupt) = &self.corrupt {
            tc.share("corrupt", corrupt.percent, corrupt.correlation);
        }
        if let Some(duplicate) = &self.duplicate {
            tc.share("duplicate", duplicate.percent, duplicate.correlation);
        }
        if let Some(reorder) = &self.reorder {
            tc.share("reorder", reorder.percent, reorder.correlation);
            tc.option("gap", &[reorder.gap.to_string()]);
        }
        if let Some(rate) = &self.rate {
            tc.rate(rate);
        }
        if let Some(slot) = &self.slot {
            tc.slot(slot);
        }
        if let Some(seed) = self.seed {
            tc.option("seed", &[seed.to_string()]);
            tc.caveat("seed: netem draws from another generator");
        }
        self.beyond_netem(&mut tc);
        let command = format!(
            "tc qdisc add dev {device} root netem {}",
            tc.words.join(" ")
        );
        TcEquivalent {
            command,
            caveats: tc.caveats,
        }
    }

    fn beyond_netem(&self, tc: &mut Writer) {
        if self.duplicate.is_some() && self.loss.is_some() {
            tc.caveat("duplicate: in netem a loss cancels the duplicate and spares the original");
        }
        if self.queue.is_some() {
            tc.caveat("queue: netem has no limit on what waits for its rate alone");
        }
        for (name, windows) in [("blackout", &self.blackout), ("partition", &self.partition)] {
            for window in windows {
                let until = window
                    .until
                    .map_or("the end".to_owned(), |until| until.to_string());
                tc.caveat(&format!(
                    "{name}: tc has no times; change to \"loss 100%\" from {} until {until}",
                    window.from
                ));
            }
        }
        if !self.partition.is_empty() {
            tc.caveat("partition: netem still delivers what it is delaying");
        }
        if self.fifo {
            tc.caveat("fifo: netem's jitter reorders, unless there is a rate");
        }
        if self.max_lifetime.is_some() {
            tc.caveat("max_lifetime: netem knows no age of packets");
        }
    }
}

/// The options and caveats so far.
struct Writer {
    words: Vec<String>,
    caveats: Vec<String>,
}

impl Writer {
    fn option(&mut self, name: &str, values: &[String]) {
        self.words.push(name.to_owned());
        self.words.extend_from_slice(values);
    }

    fn caveat(&mut self, text: &str) {
        self.caveats.push(text.to_owned());
    }

    fn share(&mut self, name: &str, percent: Probability, correlation: Probability) {
        let percent = self.percent(percent);
        self.words.extend([name.to_owned(), percent]);
        if !correlation.is_zero() {
            let correlation = self.percent(correlation);
            self.words.push(correlation);
        }
    }

    /// A percentage that tc reads; its resolution is 2^-32.
    fn percent(&mut self, probability: Probability) -> String {
        let exact = probability.to_string();
        if exact.ends_with('%') && exact.len() <= "12.12345678%".len() {
            return exact;
        }
        let rounded = probability.rounded_percent();
        self.caveat(&format!("{exact} is rounded to {rounded}"));
        rounded
    }

    fn delay(&mut self, delay: &DelayConfig) {
        self.option("delay", &[time(delay.time)]);
        if delay.jitter.is_zero() {
            return;
        }
        self.words.push(time(delay.jitter));
        if delay.jitter > LONGEST_JITTER {
            self.caveat("delay: netem cuts a jitter to 2.147483647 s");
        }
        if let Some(correlation) = delay
            .correlation
            .filter(|correlation| !correlation.is_zero())
        {
            let correlation = self.percent(correlation);
            self.words.push(correlation);
            self.caveat(
                "delay: netem takes a remainder of the draw, which loses most of the correlation",
            );
        }
        self.distribution("distribution", &delay.distribution);
    }

    fn distribution(&mut self, option: &str, distribution: &Distribution) {
        let name = match distribution {
            // netem's default, which has no name in tc.
            Distribution::Uniform => return,
            Distribution::Normal => "normal",
            Distribution::Pareto => "pareto",
            Distribution::ParetoNormal => "paretonormal",
            Distribution::Table(_) => {
                self.caveat("distribution: install the table as /usr/lib/tc/custom.dist");
                "custom"
            }
            Distribution::Exponential | Distribution::LogNormal | Distribution::Weibull { .. } => {
                self.caveat(
                    "distribution: netem's tables end at four jitters; pareto is the nearest",
                );
                "pareto"
            }
        };
        self.option(option, &[name.to_owned()]);
    }

    fn loss(&mut self, loss: &LossConfig) {
        let (model, parameters) = match loss {
            LossConfig::Random {
                percent,
                correlation,
            } => {
                return self.share("loss random", *percent, *correlation);
            }
            LossConfig::State {
                p13,
                p31,
                p32,
                p23,
                p14,
            } => ("loss state", vec![*p13, *p31, *p32, *p23, *p14]),
            LossConfig::GilbertElliott {
                p,
                r,
                bad_loss,
                good_loss,
            } => ("loss gemodel", vec![*p, *r, *bad_loss, *good_loss]),
        };
        let parameters: Vec<String> = parameters
            .into_iter()
            .map(|parameter| self.percent(parameter))
            .collect();
        self.option(model, &parameters);
    }

    fn rate(&mut self, rate: &RateConfig) {
        self.option("rate", &[format!("{}bit", rate.bits_per_second)]);
        if !rate.bits_per_second.is_multiple_of(8) {
            self.caveat("rate: netem counts whole bytes per second");
        }
        let overheads = [
            i64::from(rate.packet_overhead),
            i64::from(rate.cell_size),
            i64::from(rate.cell_overhead),
        ];
        let written = overheads
            .iter()
            .rposition(|&overhead| overhead != 0)
            .map_or(0, |last| last + 1);
        self.words
            .extend(overheads[..written].iter().map(i64::to_string));
    }

    fn slot(&mut self, slot: &SlotConfig) {
        match &slot.spacing {
            SlotSpacing::Uniform {
                min_delay,
                max_delay,
            } => {
                self.option("slot", &[time(*min_delay), time(*max_delay)]);
            }
            SlotSpacing::Distribution {
                delay,
                jitter,
                distribution,
            } => {
                if *distribution == Distribution::Uniform {
                    // tc wants a table's name here; without one the bounds say the same.
                    let bounds = [delay.saturating_sub(*jitter), delay.saturating_add(*jitter)];
                    self.option("slot", &bounds.map(time));
                } else {
                    self.distribution("slot distribution", distribution);
                    self.words.extend([time(*delay), time(*jitter)]);
                }
            }
        }
        if let Some(packets) = slot.packets {
            self.option("packets", &[packets.to_string()]);
        }
        if let Some(bytes) = slot.bytes {
            self.option("bytes", &[bytes.to_string()]);
        }
    }
}

/// The kernel keeps a jitter in 32 bits of nanoseconds.
const LONGEST_JITTER: Duration = Duration::from_nanos(i32::MAX as u64);

/// A time in the largest unit that keeps it whole.
fn time(span: Duration) -> String {
    let nanos = span.as_nanos();
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    match units
        .into_iter()
        .find(|(unit, _)| nanos.is_multiple_of(*unit))
    {
        Some((unit, name)) => format!("{}{name}", nanos / unit),
        None => format!("{nanos}ns"),
    }
}
