//! The table of a sweep: a row for each point, a column for each metric and policy.

use super::{estimate, selection};
use crate::campaign::Campaign;
use crate::experiment::Experiment;
use crate::language::Language;
use crate::paint::{self, Ink, Page, WIDTH};
use crate::plan::{GridPoint, MetricKey};

/// Blanks between two columns of text.
const GAP: usize = 2;

/// Draws the table, or several if one would be too wide.
pub(super) fn draw(
    page: &mut Page,
    experiment: &Experiment,
    campaign: &Campaign,
    language: Language,
) {
    let keys = selection::of_sweep(&experiment.plan, campaign);
    let settings = settings(&experiment.points);
    let confidence = experiment.plan.run.confidence();
    for (short, point) in settings.iter().zip(&experiment.points[0].settings) {
        if short.heading != point.key {
            let is = language.choose("is", "即");
            page.line(Ink::Faint, &format!("{} {is} {}", short.heading, point.key));
        }
    }
    let groups: Vec<Group> = keys
        .iter()
        .map(|key| group(campaign, *key, confidence, language))
        .collect();
    let left: usize = settings.iter().map(|column| column.width() + GAP).sum();
    for table in fitting(&groups, WIDTH.saturating_sub(left)) {
        page.end_line();
        draw_table(page, &settings, &table);
    }
    page.wrap(Ink::Faint, &legend(campaign, confidence, language), 0);
    let points = campaign.points.iter();
    let cells = points.flat_map(|point| keys.iter().map(move |key| (point, *key)));
    estimate::legends(page, cells, confidence, language);
    if experiment.plan.comparison.is_some() && experiment.plan.run.policies.len() > 1 {
        let (en, zh) = (
            "paired differences between the policies, with their intervals: comparison.csv",
            "各策略的成对差值及其区间见 comparison.csv",
        );
        page.wrap(Ink::Faint, language.choose(en, zh), 0);
    }
}

/// What the cells are.
fn legend(campaign: &Campaign, confidence: f64, language: Language) -> String {
    let counts = || campaign.points.iter().map(|point| point.replications.len());
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    let runs = match (least, most) {
        (1, 1) => return language.choose("one run each", "各运行一次").to_owned(),
        (least, most) if least == most => most.to_string(),
        (least, most) => {
            language.choose(format!("{least} to {most}"), format!("{least} 至 {most}"))
        }
    };
    let percent = selection::percent(confidence);
    language.choose(
        format!("means of {runs} runs each, ± half of their {percent} % confidence interval"),
        format!("各为 {runs} 次运行的平均，± 为 {percent} % 置信区间的半宽"),
    )
}

/// A column of text.
struct Column {
    heading: String,
    cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| paint::columns(cell));
        cells.fold(paint::columns(&self.heading), usize::max)
    }
}

/// The columns of one metric.
struct Group {
    heading: String,
    columns: Vec<Column>,
}

/// The columns of the settings, each under as few of the last keys of its path as tell it from the
/// others.
fn settings(points: &[GridPoint]) -> Vec<Column> {
    let keys: Vec<&str> = points[0]
        .settings
        .iter()
        .map(|it| it.key.as_str())
        .collect();
    let column = |index: usize| Column {
        heading: short(&keys, index),
        cells: points
            .iter()
            .map(|point| point.settings[index].value.clone())
            .collect(),
    };
    (0..keys.len()).map(column).collect()
}

fn short(keys: &[&str], index: usize) -> String {
    let starts = keys[index].rmatch_indices('.').map(|(dot, _)| dot + 1);
    for start in starts {
        let tail = &keys[index][start..];
        let is_same = |key: &&str| *key == tail || key.ends_with(&keys[index][start - 1..]);
        if keys.iter().filter(|key| is_same(key)).count() == 1 {
            return tail.to_owned();
        }
    }
    keys[index].to_owned()
}

fn group(campaign: &Campaign, key: MetricKey, confidence: f64, language: Language) -> Group {
    let mut columns: Vec<Column> = Vec::new();
    for (row, site) in campaign.sites().enumerate() {
        for point in site {
            let name = point.policy.name();
            let position = columns.iter().position(|column| column.heading == name);
            let index = position.unwrap_or_else(|| {
                columns.push(Column {
                    heading: name.to_owned(),
                    cells: Vec::new(),
                });
                columns.len() - 1
            });
            // Where a policy did not run there is a gap.
            columns[index].cells.resize(row, String::new());
            columns[index]
                .cells
                .push(estimate::cell(point, key, confidence, language, 3));
        }
    }
    Group {
        heading: format!("{key} ({})", key.metric.unit().in_language(language)),
        columns,
    }
}

/// Tables of whole columns that are no wider than this, each column with the heading of its metric.
fn fitting(groups: &[Group], width: usize) -> Vec<Vec<(&str, Vec<&Column>)>> {
    let mut tables: Vec<Vec<(&str, Vec<&Column>)>> = Vec::new();
    let mut used = 0;
    for group in groups {
        let whole = group_width(&group.heading, &group.columns.iter().collect::<Vec<_>>());
        if tables.is_empty() || used + whole > width {
            tables.push(Vec::new());
            used = 0;
        }
        let mut part: Vec<&Column> = Vec::new();
        for column in &group.columns {
            part.push(column);
            if used + group_width(&group.heading, &part) > width && part.len() > 1 {
                part.pop();
                if let Some(table) = tables.last_mut() {
                    table.push((&group.heading, std::mem::take(&mut part)));
                }
                tables.push(Vec::new());
                used = 0;
                part.push(column);
            }
        }
        used += group_width(&group.heading, &part);
        if let Some(table) = tables.last_mut() {
            table.push((&group.heading, part));
        }
    }
    tables
}

/// The width of a metric's columns with the gap after them.
fn group_width(heading: &str, columns: &[&Column]) -> usize {
    let cells: usize = columns.iter().map(|column| column.width() + GAP).sum();
    cells.max(paint::columns(heading) + GAP)
}

fn draw_table(page: &mut Page, settings: &[Column], groups: &[(&str, Vec<&Column>)]) {
    let left: usize = settings.iter().map(|column| column.width() + GAP).sum();
    let mut line = " ".repeat(left);
    for (heading, columns) in groups {
        let width = group_width(heading, columns);
        line.push_str(&paint::left(heading, width));
    }
    page.line(Ink::Strong, line.trim_end());
    let rows = settings[0].cells.len();
    for row in std::iter::once(None).chain((0..rows).map(Some)) {
        let text = |column: &Column| match row {
            None => column.heading.clone(),
            Some(row) => column.cells.get(row).cloned().unwrap_or_default(),
        };
        let mut line = String::new();
        for column in settings {
            line.push_str(&paint::left(&text(column), column.width() + GAP));
        }
        for (heading, columns) in groups {
            let mut part = String::new();
            for column in columns {
                part.push_str(&paint::right(&text(column), column.width()));
                part.push_str(&" ".repeat(GAP));
            }
            line.push_str(&paint::left(&part, group_width(heading, columns)));
        }
        let ink = if row.is_none() {
            Ink::Strong
        } else {
            Ink::Plain
        };
        page.line(ink, line.trim_end());
    }
}
