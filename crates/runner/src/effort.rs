//! What a run costs: how much there was to do, and the processor time and memory that it took.
//!
//! Nothing here is ever part of a result: it goes to standard error and to the timing file.

use std::fs;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::language::Language;

/// How much there was to do: the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// OPENs that succeeded, and SYNs that were sent in floods.
    pub connections: u64,
    /// Events that the simulator handled, and frames that were sent.
    pub events: u64,
}

impl AddAssign for Effort {
    fn add_assign(&mut self, other: Effort) {
        self.connections += other.connections;
        self.events += other.events;
    }
}

/// Measures the processor time of this process, from its start on.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    started: Option<ProcessTime>,
    at: Instant,
}

impl Meter {
    /// Starts to measure.
    pub fn start() -> Meter {
        #[expect(
            clippy::disallowed_methods,
            reason = "the wall time goes to standard error and to the timing file only"
        )]
        let at = Instant::now();
        Meter {
            at,
            started: ProcessTime::try_now().ok(),
        }
    }

    /// What it took since then to do this much, beside so many runs whose rows were known before.
    pub fn stop(self, effort: Effort, known_runs: u64) -> Usage {
        Usage {
            effort: Some(effort),
            known_runs,
            cpu: self.started.and_then(|started| started.try_elapsed().ok()),
            wall: self.at.elapsed(),
            peak_memory: peak_memory(),
        }
    }
}

/// What it took to do so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What was done; `None` if what others have done was only put together.
    pub effort: Option<Effort>,
    /// Runs whose rows were known before.
    pub known_runs: u64,
    /// Processor time of all threads, user and system; `None` if the system does not tell.
    pub cpu: Option<Duration>,
    /// Time that passed.
    pub wall: Duration,
    /// The most memory that was resident since the process began, in bytes; known on Linux only.
    pub peak_memory: Option<u64>,
}

impl Usage {
    /// The timing file: a JSON object, with `null` for what is unknown.
    pub fn timing(&self, jobs: usize) -> String {
        let rates = self.rates();
        let object = json!({
            "wall_seconds": seconds(self.wall),
            "jobs": jobs,
            "connections": self.effort.map(|effort| effort.connections),
            "events": self.effort.map(|effort| effort.events),
            "known_runs": self.known_runs,
            "cpu_seconds": self.cpu.map(seconds),
            "connections_per_cpu_second": rates.map(|rates| rates[0]),
            "events_per_cpu_second": rates.map(|rates| rates[1]),
            "peak_resident_bytes": self.peak_memory,
        });
        format!("{object}\n")
    }

    /// Connections and events in each second of processor time, if there were any.
    fn rates(&self) -> Option<[u64; 2]> {
        let effort = self.effort.filter(|effort| effort.events > 0)?;
        let nanos = self.cpu?.as_nanos();
        let rate = |count: u64| {
            let rate = (u128::from(count) * 1_000_000_000).checked_div(nanos)?;
            u64::try_from(rate).ok()
        };
        Some([rate(effort.connections)?, rate(effort.events)?])
    }

    /// What was done.
    fn work(&self, language: Language) -> String {
        let known = grouped(self.known_runs);
        let Some(effort) = self.effort else {
            return language.choose(
                format!("{known} runs put together"),
                format!("合并了 {known} 次运行"),
            );
        };
        let plural = if effort.connections == 1 { "" } else { "s" };
        let (connections, events) = (grouped(effort.connections), grouped(effort.events));
        let work = language.choose(
            format!("{connections} connection{plural}, {events} events"),
            format!("{connections} 个连接，{events} 个事件"),
        );
        if self.known_runs == 0 {
            return work;
        }
        work + &language.choose(
            format!(" beside {known} runs that were done before"),
            format!("（另有 {known} 次运行此前已完成）"),
        )
    }

    /// What it took, in a line.
    pub fn line(&self, language: Language) -> String {
        let mut text = self.work(language);
        if let Some(cpu) = self.cpu {
            let seconds = cpu.as_secs_f64();
            text += &language.choose(
                format!(", {seconds:.3} s of CPU time"),
                format!("，CPU 时间 {seconds:.3} s"),
            );
            if !self.wall.is_zero() {
                let wall = self.wall.as_secs_f64();
                let speed_up = seconds / wall;
                text += &language.choose(
                    format!(" in {wall:.3} s: speed-up {speed_up:.2}"),
                    format!("，历时 {wall:.3} s：加速比 {speed_up:.2}"),
                );
            }
        }
        if let Some(rates) = self.rates() {
            let [connections, events] = rates.map(grouped);
            text += &language.choose(
                format!(" ({connections} connections/s, {events} events/s)"),
                format!("（每秒 {connections} 个连接、{events} 个事件）"),
            );
        }
        if let Some(bytes) = self.peak_memory {
            let mebibytes = bytes.div_ceil(1 << 20);
            text += &language.choose(
                format!(", {mebibytes} MiB at most"),
                format!("，内存至多 {mebibytes} MiB"),
            );
        }
        text
    }
}

/// Seconds to three decimal places.
fn seconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e3).round() / 1e3
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The high-water mark of the resident set (`VmHWM` of proc(5)).
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    high_water_mark(&status)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USAGE: Usage = Usage {
        effort: Some(Effort {
            connections: 1_000,
            events: 12_345,
        }),
        known_runs: 0,
        cpu: Some(Duration::from_millis(500)),
        wall: Duration::from_micros(250_400),
        peak_memory: Some(3 << 20),
    };

    #[test]
    fn rates_are_per_second_of_processor_time() {
        assert_eq!(
            USAGE.line(Language::En),
            "1,000 connections, 12,345 events, 0.500 s of CPU time in 0.250 s: speed-up 2.00 (2,000 \
             connections/s, 24,690 events/s), 3 MiB at most"
        );
        assert_eq!(
            USAGE.line(Language::Zh),
            "1,000 个连接，12,345 个事件，CPU 时间 0.500 s，历时 0.250 s：加速比 2.00\
             （每秒 2,000 个连接、24,690 个事件），内存至多 3 MiB"
        );
        let timing = USAGE.timing(2);
        let object: serde_json::Value = serde_json::from_str(&timing).expect("JSON");
        assert_eq!(object["wall_seconds"], 0.25);
        assert_eq!(object["connections_per_cpu_second"], 2_000);
        assert_eq!(object["peak_resident_bytes"], 3 << 20);
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        let usage = Usage {
            cpu: None,
            peak_memory: None,
            ..USAGE
        };
        assert_eq!(usage.line(Language::En), "1,000 connections, 12,345 events");
        let no_time = Usage {
            cpu: Some(Duration::ZERO),
            ..USAGE
        };
        assert_eq!(no_time.rates(), None);
    }

    #[test]
    fn what_was_done_before_is_told_apart_and_has_no_rate() {
        let bare = Usage {
            known_runs: 1_200,
            wall: Duration::ZERO,
            peak_memory: None,
            ..USAGE
        };
        assert_eq!(
            bare.line(Language::En),
            "1,000 connections, 12,345 events beside 1,200 runs that were done before, 0.500 s of \
             CPU time (2,000 connections/s, 24,690 events/s)"
        );
        let merged = Usage {
            effort: None,
            ..bare
        };
        let line = "1,200 runs put together, 0.500 s of CPU time";
        assert_eq!(merged.line(Language::En), line);
        let object: serde_json::Value = serde_json::from_str(&merged.timing(2)).expect("JSON");
        let (events, runs) = (&object["events_per_cpu_second"], &object["known_runs"]);
        assert!(events.is_null() && runs == 1_200, "{object}");
    }

    #[test]
    fn the_high_water_mark_is_read_as_linux_writes_it() {
        let status = "Name:\trunner\nVmPeak:\t  9000 kB\nVmHWM:\t    1234 kB\n";
        assert_eq!(high_water_mark(status), Some(1234 * 1024));
        assert_eq!(high_water_mark("VmHWM:\t many kB\n"), None);
        assert_eq!(high_water_mark(""), None);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
