//! Scenarios about stale SYNs against what a Linux 6.18 kernel did in the same situation, segment by
//! segment: order, control bits, relative numbers, and the nominal times of the kernel's own timers.

use std::fs;
use std::path::Path;

use runner::campaign::Campaign;
use runner::experiment::Experiment;
use runner::overrides::Override;

/// A scenario and a trace of the kernel that tell the same story.
struct Pair {
    scenario: &'static str,
    /// What makes the end that is compared into Linux.
    settings: &'static [&'static str],
    connection: usize,
    /// The link of the end that is compared, and the part of the run in which all that it sends is:
    /// from this time to before that one.
    link: &'static str,
    ours: (f64, f64),
    trace: &'static str,
    /// The part of the trace: from this time to before that one.
    part: (f64, f64),
    /// Each segment as the trace has it, and as the scenario has it.
    segments: &'static [(&'static str, &'static str)],
    /// Whether the kernel's timers, and not its peer, decide when the segments leave.
    is_timed: bool,
}

const LINUX: &str = "host.server.profile=linux-6";
const END: f64 = f64::INFINITY;
const SYN_ACK: (&str, &str) = ("SYN,ACK 0 1", "SYN,ACK seq=k2 ack=j+1");

const PAIRS: &[Pair] = &[
    Pair {
        scenario: "s01-stale-syn-client-closed",
        settings: &[LINUX],
        connection: 0,
        link: "s2c",
        ours: (1.7, END),
        trace: "stale_syn_reset",
        part: (1.0, END),
        segments: &[SYN_ACK],
        is_timed: true,
    },
    Pair {
        scenario: "s02-stale-syn-client-silent",
        settings: &[LINUX],
        connection: 0,
        link: "s2c",
        ours: (1.7, END),
        trace: "stale_syn_silence",
        part: (1.0, END),
        segments: &[SYN_ACK, SYN_ACK, SYN_ACK, SYN_ACK, SYN_ACK, SYN_ACK],
        is_timed: true,
    },
    Pair {
        scenario: "s02-stale-syn-client-silent",
        settings: &[LINUX, "host.server.synack_retries=0"],
        connection: 0,
        link: "s2c",
        ours: (1.7, END),
        trace: "stale_syn_silence_no_retries",
        part: (1.0, END),
        segments: &[SYN_ACK],
        is_timed: true,
    },
    Pair {
        scenario: "s06-stale-syn-vs-syn-sent",
        settings: &[LINUX],
        connection: 1,
        link: "s2c",
        ours: (2.0, END),
        trace: "old_duplicate_syn",
        part: (0.0, END),
        segments: &[
            ("SYN,ACK 0 91", "SYN,ACK seq=k2 ack=j+1"),
            ("SYN,ACK 0 101", "SYN,ACK seq=k3 ack=j2+1"),
        ],
        is_timed: false,
    },
    Pair {
        scenario: "s06d-stale-syn-race-linux-refuses",
        settings: &[],
        connection: 1,
        link: "c2s",
        ours: (2.07, 2.15),
        trace: "syn_sent_bad_syn_ack",
        // The answer to the first of three bad segments at one instant, and the SYN that follows.
        part: (0.000_5, 0.2),
        segments: &[("RST -65536", "RST seq=j+1"), ("SYN 0", "SYN seq=j2")],
        is_timed: true,
    },
    Pair {
        scenario: "s07-stale-syn-vs-established",
        settings: &[LINUX],
        connection: 1,
        link: "s2c",
        ours: (2.5, END),
        trace: "dup_syn_established",
        part: (2.2, 2.8),
        segments: &[("ACK 1 1", "ACK seq=k2+1 ack=j2+1")],
        is_timed: false,
    },
    Pair {
        scenario: "s07-stale-syn-vs-established",
        settings: &[LINUX],
        connection: 3,
        link: "s2c",
        ours: (2.5, END),
        trace: "dup_syn_established",
        part: (1.6, 2.2),
        segments: &[("ACK 1 1", "ACK seq=k2+1 ack=j2+1")],
        is_timed: false,
    },
];

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the kernel sent in a part of a trace: time, and control bits with numbers. Of several
/// segments of one kind at one instant, answers to a series of probes, the first is taken.
fn kernel(pair: &Pair) -> Vec<(f64, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tcp-core/tests/data/linux-6");
    let text = read(&folder.join(format!("{}.trace", pair.trace)));
    let mut sent: Vec<(f64, String)> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(time) = words.next().and_then(|word| word.parse::<f64>().ok()) else {
            continue;
        };
        if words.next() != Some(">") || time < pair.part.0 || time >= pair.part.1 {
            continue;
        }
        let is_number = |word: &&str| word.parse::<i64>().is_ok();
        let flags = words.next().expect("control bits");
        let numbers: Vec<&str> = words.take_while(is_number).collect();
        let segment = format!("{flags} {}", numbers.join(" "));
        if sent
            .last()
            .is_none_or(|(at, last)| (at - time).abs() > 1e-9 || !last.starts_with(flags))
        {
            sent.push((time, segment));
        }
    }
    sent
}

/// `1.05s` or `20ms` in seconds.
fn seconds(text: &str) -> f64 {
    let (number, unit) = text.split_at(text.find(char::is_alphabetic).expect("a unit"));
    let number: f64 = number.parse().expect("a number");
    match unit {
        "s" => number,
        "ms" => number / 1e3,
        "us" => number / 1e6,
        "ns" => number / 1e9,
        _ => panic!("{text}"),
    }
}

/// What the end in question sent in the scenario, in the words of expectations.
fn ours(pair: &Pair) -> Vec<(f64, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let name = format!("scenarios/{}.toml", pair.scenario);
    // An expectation of nothing is answered with everything.
    let text = format!(
        "{}\n[[expect]]\npolicy = \"three-way\"\nconnection = {}\nwhole_run = {{ segments = [] }}\n",
        read(&root.join(&name)),
        pair.connection
    );
    let mut changes: Vec<Override> = pair
        .settings
        .iter()
        .map(|&set| Override::set(set))
        .collect();
    changes.push(Override::set("run.policies=[\"three-way\"]"));
    let experiment = match Experiment::parse(root.join(&name), &text, &changes) {
        Ok(experiment) => experiment,
        Err(rejection) => panic!("{}", rejection.render(false)),
    };
    let campaign = Campaign::run(&experiment.plan, None, &|| {}).expect("it runs");
    let point = campaign.points.last().expect("three-way ran");
    let verdict = point.verdicts.last().expect("the expectation of nothing");
    let all = verdict.observed.split("; ").map(|segment| {
        let mut words = segment.split(' ');
        let time = seconds(words.next().expect("a time"));
        let link = words.next().expect("a link");
        (time, link, words.collect::<Vec<_>>().join(" "))
    });
    let own = all
        .filter(|(time, link, _)| *link == pair.link && (pair.ours.0..pair.ours.1).contains(time));
    own.map(|(time, _, segment)| (time, segment)).collect()
}

#[test]
fn scenarios_go_as_the_kernel_went() {
    for pair in PAIRS {
        let (kernel, ours) = (kernel(pair), ours(pair));
        let what = format!("{} and {}", pair.scenario, pair.trace);
        let traced: Vec<&str> = kernel.iter().map(|(_, segment)| segment.as_str()).collect();
        let listed: Vec<&str> = pair.segments.iter().map(|(traced, _)| *traced).collect();
        assert_eq!(traced, listed, "the kernel's side of {what}");
        let sent: Vec<&str> = ours.iter().map(|(_, segment)| segment.as_str()).collect();
        let listed: Vec<&str> = pair.segments.iter().map(|(_, ours)| *ours).collect();
        assert_eq!(sent, listed, "our side of {what}");
        if !pair.is_timed {
            continue;
        }
        for (theirs, own) in kernel.iter().zip(&ours) {
            let (theirs, own) = (theirs.0 - kernel[0].0, own.0 - ours[0].0);
            assert!(
                (theirs - own).abs() < 1e-6,
                "{what}: {own} s, not {theirs} s"
            );
        }
    }
}
