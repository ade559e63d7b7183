//! The points of a sweep: curves with bands of confidence, and where two settings vary, phase
//! diagrams.

use maud::{Markup, html};

use super::chart::{Chart, Curve, ONE, Shape};
use super::{both, cell};
use crate::campaign::{Campaign, Point};
use crate::experiment::Experiment;
use crate::metrics::{Billionths, rounded};
use crate::plan::{MetricKey, Prose};
use crate::report::selection::{of_sweep, percent};
use crate::statistics::Estimate;

/// Curves of one chart, at most; of more the phase diagrams and the table tell.
const MOST_CURVES: usize = 8;

/// A setting that is swept, and its values in the order of the file.
struct Parameter {
    key: String,
    values: Vec<String>,
}

/// Everything that is drawn of one metric.
struct View<'c> {
    experiment: &'c Experiment,
    campaign: &'c Campaign,
    parameters: Vec<Parameter>,
    key: MetricKey,
}

/// The figures of a sweep.
pub(super) fn section(experiment: &Experiment, campaign: &Campaign) -> Markup {
    let keys = of_sweep(&experiment.plan, campaign);
    let percent = percent(experiment.plan.run.confidence());
    html! {
        section {
            h2 { (both("Over the sweep", "参数扫描")) }
            @if campaign.points.iter().any(|point| point.replications.len() > 1) { p class="faint" { (both(
                format!("Means over the replications; bands are confidence intervals at {percent} %."),
                format!("各次重复运行的平均值；阴影为 {percent}% 置信区间。")
            )) } } @else { p class="faint" { (both("One run each.", "各运行一次。")) } }
            @for key in keys { (View::new(experiment, campaign, key).figures()) }
        }
    }
}

/// The settings of a sweep.
fn parameters(experiment: &Experiment) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for point in &experiment.points {
        for setting in &point.settings {
            let known = parameters.iter().position(|found| found.key == setting.key);
            let index = known.unwrap_or_else(|| {
                let (key, values) = (setting.key.clone(), Vec::new());
                parameters.push(Parameter { key, values });
                parameters.len() - 1
            });
            let values = &mut parameters[index].values;
            if !values.contains(&setting.value) {
                values.push(setting.value.clone());
            }
        }
    }
    parameters
}

impl<'c> View<'c> {
    fn new(experiment: &'c Experiment, campaign: &'c Campaign, key: MetricKey) -> View<'c> {
        View {
            experiment,
            campaign,
            parameters: parameters(experiment),
            key,
        }
    }

    fn name(&self) -> String {
        format!("{} [{}]", self.key, self.key.metric.unit().name())
    }

    fn figures(&self) -> Markup {
        let chart = self.curves();
        html! {
            h3 { (self.name()) }
            div class="figures" {
                @if let Some(chart) = chart { (chart.figure()) }
                @if let [down, across] = self.parameters.as_slice() {
                    @for &policy in &self.experiment.plan.run.policies {
                        (self.phases(policy.name(), down, across))
                    }
                }
            }
            @if self.parameters.len() > 2 { (self.table()) }
        }
    }

    /// The value of a setting at a point, as its position in the list.
    fn position(&self, point: &Point, parameter: usize) -> Option<usize> {
        let found = &self.experiment.points.get(point.at.0)?.settings;
        let Parameter { key, values } = self.parameters.get(parameter)?;
        let value = &found.iter().find(|setting| setting.key == *key)?.value;
        values.iter().position(|known| known == value)
    }

    fn estimate(&self, point: &Point) -> Option<Estimate> {
        point.estimate(self.key, self.experiment.plan.run.confidence())
    }

    /// A curve for each policy and each combination of all settings but the first.
    fn curves(&self) -> Option<Chart> {
        let first = self.parameters.first()?;
        let mut curves: Vec<Curve> = Vec::new();
        for point in &self.campaign.points {
            let (Some(index), Some(interval)) = (self.position(point, 0), self.estimate(point))
            else {
                continue;
            };
            let name = self.curve_name(point);
            let known = curves.iter().position(|curve| curve.name.en == name);
            let at = known.unwrap_or_else(|| {
                curves.push(Curve {
                    name: Prose::new(name.as_str(), name.as_str()),
                    points: Vec::new(),
                    bands: Vec::new(),
                    shape: Shape::Line,
                });
                curves.len() - 1
            });
            let curve = &mut curves[at];
            curve
                .points
                .push([index as Billionths * ONE, interval.mean]);
            let ends = (interval.low(), interval.high());
            let band = [
                ends.0.unwrap_or(interval.mean),
                ends.1.unwrap_or(interval.mean),
            ];
            curve.bands.push(band);
        }
        let is_readable = !curves.is_empty() && curves.len() <= MOST_CURVES;
        is_readable.then(|| Chart {
            title: (self.key.to_string(), self.key.to_string()),
            across: (first.key.clone(), first.key.clone()),
            labels: first.values.clone(),
            up: (self.name(), self.name()),
            curves,
            most_rows: 100,
        })
    }

    fn curve_name(&self, point: &Point) -> String {
        let settings = &self.experiment.points[point.at.0].settings;
        let rest = settings
            .iter()
            .filter(|it| it.key != self.parameters[0].key);
        let rest = rest.map(|it| format!(", {} = {}", short(&it.key), it.value));
        format!("{}{}", point.policy.name(), rest.collect::<String>())
    }

    /// A phase diagram: each combination of two settings is a cell, darker for greater means.
    fn phases(&self, policy: &str, down: &Parameter, across: &Parameter) -> Markup {
        const CELL: [usize; 2] = [78, 34];
        const LEFT: usize = 110;
        let all = || self.campaign.points.iter();
        let means = all().filter_map(|point| Some(self.estimate(point)?.mean));
        let most = means.max().unwrap_or(0).max(1);
        let cells = all().filter(|point| point.policy.name() == policy);
        let cells: Vec<(usize, usize, Billionths)> = cells
            .filter_map(|point| {
                let places = (self.position(point, 1)?, self.position(point, 0)?);
                Some((places.0, places.1, self.estimate(point)?.mean))
            })
            .collect();
        let (width, height) = (
            LEFT + CELL[0] * across.values.len(),
            CELL[1] * (down.values.len() + 1) + 22,
        );
        let label = format!(
            "{policy}: {} over {} and {}",
            self.key, down.key, across.key
        );
        html! {
            figure {
                figcaption { (policy) }
                svg class="chart phase" width=(width) role="img" aria-label=(label) viewBox=(format!("0 0 {width} {height}")) {
                    @for (column, row, mean) in &cells {
                        // The deepest colour is the greatest mean under any policy.
                        @let depth = mean * 100 / most;
                        rect class="cell" x=(LEFT + column * CELL[0]) y=(row * CELL[1])
                            width=(CELL[0]) height=(CELL[1])
                            fill-opacity=(format!("{}.{:02}", depth / 100, (depth % 100).abs())) {
                            title { (down.key) " = " (down.values[*row]) ", " (across.key) " = " (across.values[*column]) ": " (rounded(*mean, 6)) }
                        }
                        text class="middle value" x=(LEFT + column * CELL[0] + CELL[0] / 2) y=(row * CELL[1] + 22) {
                            (rounded(*mean, 3))
                        }
                    }
                    @for (row, value) in down.values.iter().enumerate() {
                        text class="end" x=(LEFT - 8) y=(row * CELL[1] + 22) { (value) }
                    }
                    @for (column, value) in across.values.iter().enumerate() {
                        text class="middle" x=(LEFT + column * CELL[0] + CELL[0] / 2)
                            y=(down.values.len() * CELL[1] + 18) { (value) }
                    }
                    text class="middle" x=(usize::midpoint(LEFT, width)) y=(height - 8) { (across.key) }
                }
                p class="faint" { "↓ " (down.key) }
                details {
                    summary { (both("the numbers", "数据")) }
                    div class="wide" { table {
                        thead { tr { th { (down.key) } th { (across.key) } th { (self.name()) } } }
                        tbody { @for (column, row, mean) in &cells { tr {
                            th scope="row" { (down.values[*row]) } td { (across.values[*column]) }
                            td { (rounded(*mean, 6)) }
                        } } }
                    } }
                }
            }
        }
    }

    /// Every point in a row, for sweeps that no picture can hold.
    fn table(&self) -> Markup {
        html! {
            details {
                summary { (both("all points", "全部参数点")) }
                div class="wide" { table {
                    thead { tr {
                        @for parameter in &self.parameters { th { (parameter.key) } }
                        th { (both("policy", "策略")) } th { (self.name()) }
                    } }
                    tbody { @for point in &self.campaign.points { tr {
                        @for setting in &self.experiment.points[point.at.0].settings { td { (setting.value) } }
                        th scope="row" { (point.policy.name()) }
                        td { (cell(point, self.key, self.experiment.plan.run.confidence())) }
                    } } }
                } }
            }
        }
    }
}

/// The last parts of a path: enough to tell settings apart in a legend.
fn short(key: &str) -> &str {
    let mut dots = key.rmatch_indices('.').map(|(index, _)| index + 1);
    dots.nth(1).map_or(key, |index| &key[index..])
}
