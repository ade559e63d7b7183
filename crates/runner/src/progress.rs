//! How a campaign goes on, for whoever waits: a bar on a terminal, else a line every five seconds.
//!
//! All of it goes to standard error, and nothing of it is part of a result.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::campaign::{Reached, Watch};
use crate::metrics::rounded;

/// Time between two lines where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Watches a campaign and shows how it goes on until it is dropped.
pub struct Progress(Shape);

enum Shape {
    Hidden,
    Bar(ProgressBar),
    Lines(Lines),
}

impl Progress {
    /// Shows nothing.
    pub fn hidden() -> Progress {
        Progress(Shape::Hidden)
    }

    /// A bar on the terminal that is standard error, for so many runs.
    pub fn bar(name: &str, runs: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::stderr());
        let style = "{prefix} {wide_bar} {pos}/{len} runs, {per_sec}, {eta} left{msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Progress(Shape::Bar(bar.with_prefix(name.to_owned())))
    }

    /// A line on standard error every five seconds, for so many runs.
    pub fn lines(name: &str, runs: u64) -> Progress {
        Progress(Shape::Lines(Lines::start(name.to_owned(), runs)))
    }
}

impl Watch for Progress {
    fn ran(&self) {
        match &self.0 {
            Shape::Hidden => {}
            Shape::Bar(bar) => bar.inc(1),
            Shape::Lines(lines) => {
                lines.state.done.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn spared(&self, runs: u64) {
        match &self.0 {
            Shape::Hidden => {}
            Shape::Bar(bar) => bar.set_length(bar.length().unwrap_or(0).saturating_sub(runs)),
            Shape::Lines(lines) => {
                lines.state.wanted.fetch_sub(runs, Ordering::Relaxed);
            }
        }
    }

    fn estimated(&self, reached: &Reached) {
        let note = in_words(reached);
        match &self.0 {
            Shape::Hidden => {}
            Shape::Bar(bar) => bar.set_message(note),
            Shape::Lines(lines) => {
                *lines
                    .state
                    .note
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = note;
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shape::Bar(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// The metric that is known least: `; embryonic.mean 1.234 ± 5.1 % after 40 runs`.
fn in_words(reached: &Reached) -> String {
    let Reached {
        key,
        mean,
        relative_half_width,
        replications,
        ..
    } = reached;
    let width = if relative_half_width.is_finite() {
        format!(" ± {:.1} %", relative_half_width * 100.0)
    } else {
        String::new()
    };
    format!(
        "; {key} {}{width} after {replications} runs",
        rounded(*mean, 3)
    )
}

/// What the thread that prints lines looks at.
struct State {
    name: String,
    done: AtomicU64,
    wanted: AtomicU64,
    note: Mutex<String>,
}

impl State {
    fn line(&self, elapsed: Duration) -> String {
        let (done, wanted) = (
            self.done.load(Ordering::Relaxed),
            self.wanted.load(Ordering::Relaxed),
        );
        let rate = u128::from(done) * 1_000 / elapsed.as_millis().max(1);
        let left = u128::from(wanted.saturating_sub(done)) * elapsed.as_secs().max(1) as u128;
        let left = left.checked_div(u128::from(done));
        let left = left.map_or_else(String::new, |left| format!(", {left} s left"));
        let note = self.note.lock().unwrap_or_else(PoisonError::into_inner);
        format!(
            "{}: {done} of {wanted} runs, {rate}/s{left}{note}",
            self.name
        )
    }
}

/// A thread that prints a line now and then.
struct Lines {
    state: Arc<State>,
    /// Ends the thread when it is dropped.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    fn start(name: String, runs: u64) -> Lines {
        let state = Arc::new(State {
            name,
            done: AtomicU64::new(0),
            wanted: AtomicU64::new(runs),
            note: Mutex::default(),
        });
        let (end, ended) = mpsc::channel();
        let watched = Arc::clone(&state);
        let print = move || {
            #[expect(
                clippy::disallowed_methods,
                reason = "the wall time is shown to whoever waits, and nowhere else"
            )]
            let started = Instant::now();
            while ended.recv_timeout(BETWEEN_LINES) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{}", watched.line(started.elapsed()));
            }
        };
        // Without the thread there are no lines, which is no reason not to run.
        let thread = thread::Builder::new().spawn(print).ok();
        Lines {
            state,
            end: Some(end),
            thread,
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Class, Metric, MetricKey, Period, Statistic};

    #[test]
    fn a_line_tells_rate_and_time_left() {
        let progress = Progress::lines("x", 1_000);
        for _ in 0..250 {
            progress.ran();
        }
        progress.spared(500);
        progress.estimated(&Reached {
            key: MetricKey {
                period: Period::WholeRun,
                metric: Metric::Class(Class::Embryonic, Statistic::Mean),
            },
            policy: 0,
            mean: 1_234_500_000,
            unfinished: 0,
            relative_half_width: 0.0512,
            replications: 40,
        });
        let Shape::Lines(lines) = &progress.0 else {
            panic!("not lines")
        };
        assert_eq!(
            lines.state.line(Duration::from_secs(10)),
            "x: 250 of 500 runs, 25/s, 10 s left; embryonic.mean 1.235 ± 5.1 % after 40 runs"
        );
    }
}
