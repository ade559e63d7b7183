//! `runner matrix`: every policy in every scenario, whatever policies their files compare, as one
//! table: what an old segment costs and spoils under each handshake.

use std::fmt::Write as _;
use std::io;

use tcp_core::Handshake;

use crate::campaign::{Campaign, Point};
use crate::catalogue::{Catalogue, Entry};
use crate::cli::{MatrixArguments, exit};
use crate::console::{Console, Stop};
use crate::experiment::Experiment;
use crate::language::Language;
use crate::metrics::{Billionths, rounded};
use crate::overrides::Override;
use crate::paint::{WIDTH, beside, columns, left, wrapped};
use crate::plan::{Class, Counter, Metric, MetricKey, Period, Statistic};
use crate::results::{self, Files, Places, Recorded};

/// The scenarios that it shows unless others are named: group S.
const GROUP: &str = "s";
/// Name of its folder of results.
const NAME: &str = "matrix";
/// Columns of the scenarios' numbers.
const NUMBER: usize = 8;
/// Blanks between two policies.
const GAP: usize = 2;

/// What became of an old segment under one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    /// Connection-seconds of entries that no client wanted.
    wasted: Billionths,
    /// Connections handed to an application that no client wanted.
    accepts: Billionths,
    /// Bytes delivered again.
    repeated: Billionths,
    /// Unwanted connections that are left at the end of the run.
    left: Billionths,
    /// Unwanted connections that only a broken assumption about the network made possible.
    beyond: Billionths,
}

impl Cell {
    fn of(point: &Point) -> Cell {
        let get = |metric| {
            let period = Period::WholeRun;
            let summary = point.summary(MetricKey { period, metric });
            summary.map_or(0, |summary| summary.mean())
        };
        let area = |class| get(Metric::Class(class, Statistic::Area));
        let count = |counter| get(Metric::Counter(counter));
        Cell {
            wasted: area(Class::EmbryonicStale) + area(Class::OrphanEstablished),
            accepts: count(Counter::AppSpuriousAccepts),
            repeated: count(Counter::AppDuplicateBytes),
            left: get(Metric::Class(Class::OrphanEstablished, Statistic::Final)),
            beyond: count(Counter::AssumptionViolations),
        }
    }

    /// The worst that happened, in a word.
    fn verdict(&self, language: Language) -> &'static str {
        if self.accepts > 0 && self.beyond >= self.accepts {
            language.choose("assumption", "假设")
        } else if self.repeated > 0 {
            language.choose("TWICE", "重复")
        } else if self.left > 0 {
            language.choose("GHOST", "幽灵")
        } else if self.accepts > 0 {
            language.choose("woken", "惊动")
        } else if self.wasted > 0 {
            language.choose("waits", "空等")
        } else {
            "-"
        }
    }

    fn in_short(&self, language: Language) -> String {
        let numbers = [self.wasted, self.accepts, self.repeated].map(|number| rounded(number, 2));
        format!("{} {}", numbers.join("/"), self.verdict(language))
    }
}

/// What the words of the table mean.
const LEGEND: [&str; 2] = [ENGLISH, CHINESE];
const CHINESE: &str = "\
每格：浪费的连接·秒 / 交给应用程序而没有客户端想要的连接 / 应用程序第二次
得到的字节，以及其中最坏的：
  重复  旧数据再次被交付：该策略不能防范旧报文段
  幽灵  运行结束时仍有一端无人的连接
  惊动  应用程序得到了一端无人的连接，它在运行结束之前已终止
  假设  同上，但只因某个报文段的寿命超出了该策略的假设
  空等  应用程序毫无察觉；SYN 队列中的一个条目白白等待
  -     没有保留任何状态
";
const ENGLISH: &str = "\
Each cell: wasted connection-seconds / connections that an application was
handed and no client wanted / bytes that it got a second time, and the worst of
it:
  TWICE       old data was delivered again: not safe against old segments
  GHOST       a connection with nobody was still there at the end of the run
  woken       an application was handed one, which ended before the run did
  assumption  the same, only because a segment outlived what the policy assumes
  waits       no application noticed; an entry of the SYN queue waited in vain
  -           nothing was kept
";

/// Runs it; returns the exit code.
pub fn run(arguments: &MatrixArguments, mut console: Console<'_>) -> u8 {
    let Some(catalogue) = Catalogue::find() else {
        console.tell("error: there is no folder `scenarios` here or in a folder above\n");
        return exit::USAGE;
    };
    let entries = match chosen(&catalogue, &arguments.names) {
        Ok(entries) => entries,
        Err(name) => {
            console.tell(&format!(
                "error: no scenario's name is or begins with `{name}`; `runner list` shows all\n"
            ));
            return exit::USAGE;
        }
    };
    let mut rows = Vec::new();
    for entry in &entries {
        match row(entry, arguments, &mut console) {
            Ok(Some(cells)) => rows.push((entry.number(), cells)),
            Ok(None) => {}
            Err(Stop(code)) => return code,
        }
    }
    if rows.is_empty() {
        console.tell("error: sweeps have no row in the matrix, and nothing else was named\n");
        return exit::USAGE;
    }
    if let Err(Stop(code)) = console.print(&page(&rows, arguments.lang)) {
        return code;
    }
    // Only the whole matrix is a result to keep.
    if arguments.names.is_empty()
        && let Some(entry) = entries.first()
    {
        return record(entry, &rows, arguments, &mut console);
    }
    exit::GOOD
}

/// The scenarios that the names mean, each once; the name that means none is the error.
fn chosen<'c>(catalogue: &'c Catalogue, names: &[String]) -> Result<Vec<&'c Entry>, String> {
    let group = [GROUP.to_owned()];
    let names = if names.is_empty() { &group[..] } else { names };
    let mut entries: Vec<&Entry> = Vec::new();
    for name in names {
        let mut found = catalogue.matching(name);
        if name == GROUP {
            found.retain(|entry| entry.group().is_some());
        }
        if found.is_empty() {
            return Err(crate::diagnostic::visible(name));
        }
        found.retain(|entry| !entries.contains(entry));
        entries.extend(found);
    }
    Ok(entries)
}

/// One scenario under all policies; `None` of a sweep, which is a table already.
fn row(
    entry: &Entry,
    arguments: &MatrixArguments,
    console: &mut Console<'_>,
) -> Result<Option<Vec<Cell>>, Stop> {
    let names = Handshake::ALL.map(|(_, name)| name);
    let all = Override::option("matrix", "run.policies", format!("{names:?}"));
    let experiment = Experiment::read(&entry.path, &[all]).map_err(|rejection| {
        console.tell(&rejection.render(arguments.color.color.is_on(&io::stderr())));
        Stop(exit::USAGE)
    })?;
    if experiment.points.len() > 1 {
        return Ok(None);
    }
    let campaign = Campaign::run(&experiment.plan, arguments.jobs, &|| {}).map_err(|error| {
        console.tell(&format!("error: {}: {error}\n", entry.name));
        Stop(exit::FAILED)
    })?;
    Ok(Some(campaign.points.iter().map(Cell::of).collect()))
}

/// The table, and what its words mean.
fn page(rows: &[(&str, Vec<Cell>)], language: Language) -> String {
    let [en, zh] = LEGEND;
    format!("{}\n{}", table(rows, language), language.choose(en, zh))
}

/// A line for each scenario, a column for each policy, in as many tables as the width needs; policies
/// with equal columns share one.
fn table(rows: &[(&str, Vec<Cell>)], language: Language) -> String {
    let column = |policy: usize| rows.iter().map(move |(_, cells)| cells[policy]);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for policy in 0..Handshake::ALL.len() {
        let twin = groups
            .iter_mut()
            .find(|group| column(group[0]).eq(column(policy)));
        match twin {
            Some(group) => group.push(policy),
            None => groups.push(vec![policy]),
        }
    }
    let name = |policy: usize| Handshake::ALL[policy].1;
    let width = |group: &[usize]| {
        let cells = column(group[0]).map(|cell| columns(&cell.in_short(language)));
        cells.fold(name(group[0]).len(), usize::max)
    };
    let widths: Vec<usize> = groups.iter().map(|group| width(group) + GAP).collect();
    let mut lines = Vec::new();
    for part in beside(&widths, WIDTH - NUMBER) {
        let line = |number: &str, cell: &dyn Fn(usize) -> String| {
            let shown = part.clone().map(|index| (groups[index][0], widths[index]));
            let cells = shown.map(|(policy, width)| left(&cell(policy), width));
            format!("{number:NUMBER$}{}", cells.collect::<String>())
        };
        if part.start > 0 {
            lines.push(String::new());
        }
        lines.push(line("", &|policy| name(policy).to_owned()));
        for (number, cells) in rows {
            lines.push(line(number, &|policy| cells[policy].in_short(language)));
        }
    }
    for group in groups.iter().filter(|group| group.len() > 1) {
        let twins: Vec<&str> = group[1..].iter().map(|&policy| name(policy)).collect();
        let (one, twins) = (name(group[0]), (twins.join(", "), twins.join("、")));
        let text = language.choose(
            format!("{one} stands for {} too.", twins.0),
            format!("{one} 一栏也代表 {}。", twins.1),
        );
        lines.extend(wrapped(&text, WIDTH));
    }
    let trimmed = lines.iter().map(|line| format!("{}\n", line.trim_end()));
    trimmed.collect()
}

/// The same numbers for programs, a line for each cell.
fn tidy(rows: &[(&str, Vec<Cell>)]) -> String {
    let mut text = "scenario,policy,wasted_connection_seconds,app_spurious_accepts,\
                    app_duplicate_bytes,orphans_left,assumption_violations,verdict\n"
        .to_owned();
    for (number, cells) in rows {
        for (cell, (_, policy)) in cells.iter().zip(Handshake::ALL) {
            let Cell {
                wasted,
                accepts,
                repeated,
                left,
                beyond,
            } = *cell;
            let numbers = [wasted, accepts, repeated, left, beyond];
            let numbers = numbers.map(crate::metrics::decimal).join(",");
            // A verdict of nothing is an empty field.
            let verdict = cell.verdict(Language::En).trim_matches('-').to_lowercase();
            writeln!(text, "{number},{policy},{numbers},{verdict}")
                .expect("a String takes any text");
        }
    }
    text
}

/// The files are in English, whatever was printed.
fn record(
    entry: &Entry,
    rows: &[(&str, Vec<Cell>)],
    arguments: &MatrixArguments,
    console: &mut Console<'_>,
) -> u8 {
    let manifest = format!(
        "{{\n  \"tool\": \"{} {}\",\n  \"files\": [\"matrix.csv\", \"matrix.txt\"]\n}}\n",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    );
    let files = [
        ("manifest.json", manifest),
        ("matrix.csv", tidy(rows)),
        ("matrix.txt", page(rows, Language::En)),
    ];
    let files: Files = files
        .map(|(name, text)| (name.to_owned(), text.into_bytes()))
        .into();
    let folder = match (&arguments.out, Places::beside(&entry.path)) {
        (Some(out), _) => out.join(NAME),
        (None, Ok(places)) => places.results.join(NAME),
        (None, Err(error)) => {
            console.tell(&format!("error: {error}\n"));
            return exit::FAILED;
        }
    };
    let shown = folder.display();
    match results::record(&folder, &files, arguments.bless) {
        Ok(Recorded::Unchanged) => console.tell(&format!("results unchanged {shown}\n")),
        Ok(Recorded::Written { .. }) => console.tell(&format!("results written to {shown}\n")),
        Ok(Recorded::Differs(lines)) => {
            let lines = lines.join("\n  ");
            console.tell(&format!(
                "error: the results differ from those recorded in {shown}, which stay\n  {lines}\n  \
                 --bless puts the new ones in place of the recorded ones\n"
            ));
            return exit::FAILED;
        }
        Err(error) => {
            console.tell(&format!("error: {error}\n"));
            return exit::FAILED;
        }
    }
    exit::GOOD
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Cell = Cell {
        wasted: 0,
        accepts: 0,
        repeated: 0,
        left: 0,
        beyond: 0,
    };
    const ONE: Billionths = 1_000_000_000;

    #[test]
    fn the_verdict_is_the_worst_that_happened() {
        let waits = Cell {
            wasted: ONE / 10,
            ..NOTHING
        };
        let woken = Cell {
            accepts: ONE,
            ..waits
        };
        let ghost = Cell { left: ONE, ..woken };
        let twice = Cell {
            repeated: 10 * ONE,
            ..ghost
        };
        let assumption = Cell {
            beyond: ONE,
            ..twice
        };
        let cells = [NOTHING, waits, woken, ghost, twice, assumption];
        let verdicts = cells.map(|cell| cell.verdict(Language::En));
        assert_eq!(
            verdicts,
            ["-", "waits", "woken", "GHOST", "TWICE", "assumption"]
        );
        assert_eq!(twice.in_short(Language::En), "0.1/1/10 TWICE");
    }

    #[test]
    fn policies_with_equal_columns_share_one() {
        let mut cells = vec![NOTHING; Handshake::ALL.len()];
        cells[1].accepts = ONE;
        let text = table(&[("s01", cells.clone())], Language::En);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "        three-way  two-way");
        assert_eq!(lines[1], "s01     0/0/0 -    0/1/0 woken");
        assert!(lines[2].starts_with("three-way stands for two-way-memory, two-way-mpl, cookies"));
        // Two columns for each character.
        cells[0] = cells[1];
        cells[1] = NOTHING;
        let text = table(&[("s01", cells)], Language::Zh);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "        three-way   two-way");
        assert_eq!(lines[1], "s01     0/1/0 惊动  0/0/0 -");
        assert!(lines[2].starts_with("two-way 一栏也代表 two-way-memory、"));
    }
}
