//! Charts with two axes, as pictures: lines, steps, bands of confidence.
//!
//! All values are whole billionths and all places whole points, so that the bytes are the same on
//! every machine.

use maud::{Markup, html};

use super::{both, prose};
use crate::metrics::{Billionths, decimal, rounded};
use crate::plan::Prose;

const WIDTH: i128 = 640;
const HEIGHT: i128 = 280;
/// The area between the axes.
const LEFT: i128 = 70;
const RIGHT: i128 = WIDTH - 14;
const TOP: i128 = 12;
const BOTTOM: i128 = HEIGHT - 44;
/// One, in billionths.
pub(super) const ONE: Billionths = 1_000_000_000;
/// Colours and dashes that can be told apart.
pub(super) const INKS: usize = 8;
/// Marks on an axis, at most.
const MOST_MARKS: i128 = 6;

/// A name in both languages.
pub(super) type Name = (String, String);

/// One curve.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    pub(super) name: Prose,
    /// From left to right.
    pub(super) points: Vec<[Billionths; 2]>,
    /// Lower and upper end of the interval of each point, if it has one.
    pub(super) bands: Vec<[Billionths; 2]>,
    pub(super) shape: Shape,
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// From point to point, within its band.
    Line,
    /// Each value holds until the next one, as in a distribution.
    Step,
    /// Points by themselves, each with its interval.
    Marks,
}

/// A chart.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub(super) title: Name,
    pub(super) across: Name,
    /// Names of the places 0, 1, 2, ... of the axis, if it is not one of numbers.
    pub(super) labels: Vec<String>,
    pub(super) up: Name,
    pub(super) curves: Vec<Curve>,
    /// Rows of the table behind it, at most; of more every n-th is shown.
    pub(super) most_rows: usize,
}

/// One axis.
#[derive(Clone, Copy, Debug)]
struct Axis {
    low: Billionths,
    high: Billionths,
    step: Billionths,
    from: i128,
    to: i128,
}

impl Axis {
    /// An axis that covers these values, marked at round numbers.
    fn new(values: impl Iterator<Item = Billionths>, from: i128, to: i128) -> Axis {
        let (mut low, mut high) = (i128::MAX, i128::MIN);
        for value in values {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0, 1);
        }
        // Zero belongs to the picture unless that would squeeze everything into a corner.
        if low > 0 && low < (high - low) * 2 {
            low = 0;
        }
        let step = round_step(high - low);
        let low = low.div_euclid(step) * step;
        let high = (high.div_euclid(step) + i128::from(high.rem_euclid(step) != 0)) * step;
        let high = high.max(low + step);
        Axis {
            low,
            high,
            step,
            from,
            to,
        }
    }

    fn place(&self, value: Billionths) -> i128 {
        self.from + (value - self.low) * (self.to - self.from) / (self.high - self.low)
    }

    fn marks(&self) -> impl Iterator<Item = Billionths> {
        let (low, step) = (self.low, self.step);
        (0..=(self.high - low) / step).map(move |index| low + index * step)
    }
}

/// One, two or five times a power of ten, such that few steps make up the span.
fn round_step(span: Billionths) -> Billionths {
    let mut power = 1;
    loop {
        for factor in [1, 2, 5] {
            if span <= power * factor * MOST_MARKS {
                return power * factor;
            }
        }
        power *= 10;
    }
}

impl Chart {
    /// The figure: picture, legend, table.
    pub(super) fn figure(&self) -> Markup {
        html! {
            figure {
                figcaption { (both(&self.title.0, &self.title.1)) }
                (self.picture())
                @if self.curves.len() > 1 { (self.legend()) }
                (self.table())
            }
        }
    }

    fn picture(&self) -> Markup {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let bands = self.curves.iter().flat_map(|curve| &curve.bands).flatten();
        let x = Axis::new(points().map(|point| point[0]), LEFT, RIGHT);
        let y = Axis::new(
            points().map(|point| point[1]).chain(bands.copied()),
            BOTTOM,
            TOP,
        );
        let names: Vec<&str> = self
            .curves
            .iter()
            .map(|curve| curve.name.en.as_str())
            .collect();
        let label = format!("{}: {}", self.title.0, names.join(", "));
        html! {
            svg class="chart" role="img" aria-label=(label) viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) {
                @for mark in y.marks() {
                    path class="grid" d=(format!("M{LEFT} {}H{RIGHT}", y.place(mark))) {}
                    text class="end" x=(LEFT - 8) y=(y.place(mark) + 4) { (decimal(mark)) }
                }
                @for (place, name) in self.marks(&x) {
                    path class="axis" d=(format!("M{place} {BOTTOM}v5")) {}
                    text class="middle" x=(place) y=(BOTTOM + 19) { (name) }
                }
                path class="axis" d=(format!("M{LEFT} {TOP}V{BOTTOM}H{RIGHT}")) {}
                text class="middle en" x=(i128::midpoint(LEFT, RIGHT)) y=(HEIGHT - 6) { (self.across.0) }
                text class="middle zh" x=(i128::midpoint(LEFT, RIGHT)) y=(HEIGHT - 6) { (self.across.1) }
                @for (index, curve) in self.curves.iter().enumerate() {
                    g class=(format!("c{}", index % INKS)) {
                        @if curve.shape == Shape::Marks {
                            path class="whisker" d=(intervals(curve, &x, &y)) { title { (curve.name.en) } }
                        } @else {
                            @if curve.bands.len() == curve.points.len() {
                                path class="band" d=(band(curve, &x, &y)) {}
                            }
                            path class="line" d=(line(curve, &x, &y)) { title { (curve.name.en) } }
                        }
                        @if curve.points.len() <= 30 && curve.shape != Shape::Step {
                            @for point in &curve.points {
                                circle class="dot" cx=(x.place(point[0])) cy=(y.place(point[1])) r="3" {}
                            }
                        }
                    }
                }
            }
            p class="faint" { (both(&self.up.0, &self.up.1)) }
        }
    }

    /// What stands below the axis, and where.
    fn marks(&self, x: &Axis) -> Vec<(i128, String)> {
        if self.labels.is_empty() {
            return x
                .marks()
                .map(|mark| (x.place(mark), decimal(mark)))
                .collect();
        }
        let places = (0..).map(|index| x.place(index * ONE));
        places.zip(self.labels.iter().cloned()).collect()
    }

    /// The name of a place of the axis, for the table.
    fn name_at(&self, value: Billionths) -> String {
        let index = usize::try_from(value / ONE).unwrap_or(usize::MAX);
        let label = self.labels.get(index).cloned();
        label.unwrap_or_else(|| rounded(value, 6))
    }

    fn legend(&self) -> Markup {
        html! {
            ul class="legend" {
                @for (index, curve) in self.curves.iter().enumerate() {
                    li class=(format!("c{}", index % INKS)) {
                        svg class="chart" viewBox="0 0 34 10" aria-hidden="true" {
                            @if curve.shape == Shape::Marks {
                                path class="whisker" d=(whisker(17, 0, 10)) {}
                                circle class="dot" cx="17" cy="5" r="3" {}
                            } @else {
                                path class="line" d="M0 5H34" {}
                            }
                        }
                        (prose(&curve.name))
                    }
                }
            }
        }
    }

    /// The numbers, so that nobody has to measure the picture.
    fn table(&self) -> Markup {
        let skip = |curve: &Curve| curve.points.len().div_ceil(self.most_rows).max(1);
        html! {
            details {
                summary { (both("the numbers", "数据")) }
                div class="wide" { table {
                    thead { tr {
                        th { (both("curve", "曲线")) } th { (both(&self.across.0, &self.across.1)) }
                        th { (both(&self.up.0, &self.up.1)) }
                        @if self.curves.iter().any(|curve| !curve.bands.is_empty()) {
                            th { (both("from", "下限")) } th { (both("to", "上限")) }
                        }
                    } }
                    tbody { @for curve in &self.curves {
                        @for (index, point) in curve.points.iter().enumerate().step_by(skip(curve)) { tr {
                            th scope="row" { (prose(&curve.name)) }
                            td { (self.name_at(point[0])) } td { (rounded(point[1], 6)) }
                            @for value in curve.bands.get(index).into_iter().flatten() {
                                td { (rounded(*value, 6)) }
                            }
                        } }
                    } }
                } }
            }
        }
    }
}

fn line(curve: &Curve, x: &Axis, y: &Axis) -> String {
    let mut path = String::new();
    let mut last: Option<(i128, i128)> = None;
    for point in &curve.points {
        let here = (x.place(point[0]), y.place(point[1]));
        let piece = match last {
            None => format!("M{} {}", here.0, here.1),
            Some(before) if before == here => continue,
            Some(_) if curve.shape == Shape::Step => format!("H{}V{}", here.0, here.1),
            Some(_) => format!("L{} {}", here.0, here.1),
        };
        path.push_str(&piece);
        last = Some(here);
    }
    path
}

/// An upright line for each interval, with its ends marked.
fn intervals(curve: &Curve, x: &Axis, y: &Axis) -> String {
    let places = curve.points.iter().zip(&curve.bands);
    let lines = places.map(|(point, [low, high])| {
        let (from, to) = (y.place(*low), y.place(*high));
        whisker(x.place(point[0]), from, to)
    });
    lines.collect()
}

fn whisker(x: i128, from: i128, to: i128) -> String {
    let (left, wide) = (x - 4, 8);
    format!("M{x} {from}V{to}M{left} {from}h{wide}M{left} {to}h{wide}")
}

fn band(curve: &Curve, x: &Axis, y: &Axis) -> String {
    let places = || curve.points.iter().zip(&curve.bands);
    let upper = places().map(|(point, band)| (x.place(point[0]), y.place(band[1])));
    let lower = places()
        .rev()
        .map(|(point, band)| (x.place(point[0]), y.place(band[0])));
    let pieces = upper.chain(lower).map(|(x, y)| format!("{x} {y}"));
    format!("M{}z", pieces.collect::<Vec<_>>().join("L"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_marked_at_round_numbers() {
        let axis = Axis::new([0, 63_000_000_000].into_iter(), 0, 100);
        let marks: Vec<String> = axis.marks().map(decimal).collect();
        assert_eq!(marks, ["0", "20", "40", "60", "80"]);
        let axis = Axis::new([1_000_000_000, 1_100_000_000].into_iter(), 0, 100);
        assert_eq!((axis.low, axis.high), (1_000_000_000, 1_100_000_000));
        // Nothing to show, or one value only, is no division by zero.
        assert_eq!(Axis::new([].into_iter(), 0, 100).place(0), 0);
        let axis = Axis::new([7, 7].into_iter(), 0, 100);
        assert!(axis.high > axis.low);
    }
}
