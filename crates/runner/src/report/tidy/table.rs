//! A table as text, with what each column holds.

use crate::metrics::{Billionths, decimal};
use crate::statistics::moments::billionths;
use crate::statistics::{Estimate, Interval, Method};

/// What the cells of a column are, if they are not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Truth,
    /// A whole number of 64 bits with a sign.
    Whole,
    /// A decimal number, perhaps with an exponent.
    Real,
}

impl Kind {
    /// What all these texts are. Whole numbers of more than 64 bits are text: nothing is rounded.
    pub(super) fn of(texts: &[&str]) -> Kind {
        let is = |kind: Kind| texts.iter().all(|text| kind.has(text));
        let kinds = [Kind::Truth, Kind::Whole, Kind::Real];
        kinds
            .into_iter()
            .find(|kind| is(*kind))
            .unwrap_or(Kind::Text)
    }

    /// What it is called in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Text => "a text",
            Kind::Truth => "true or false",
            Kind::Whole => "a whole number",
            Kind::Real => "a number",
        }
    }

    fn has(self, text: &str) -> bool {
        let is_whole = text.parse::<i64>().is_ok();
        match self {
            Kind::Text => true,
            Kind::Truth => matches!(text, "true" | "false"),
            Kind::Whole => is_whole,
            Kind::Real => {
                let has_fraction = text.contains(['.', 'e', 'E']);
                // "inf" and "nan" are words, too.
                let is_finite = text.parse().is_ok_and(f64::is_finite);
                is_whole || has_fraction && is_finite
            }
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As it stands in the first row.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
}

impl Column {
    pub(super) fn new(name: impl Into<String>, kind: Kind) -> Column {
        let name = name.into();
        Column { name, kind }
    }
}

/// A table: its columns, and all of it as comma-separated values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// From left to right.
    pub columns: Vec<Column>,
    /// RFC 4180, with the names in the first row. What was not measured is empty.
    pub csv: Vec<u8>,
}

/// A table that grows row by row.
pub(super) struct Rows {
    columns: Vec<Column>,
    writer: csv::Writer<Vec<u8>>,
}

impl Rows {
    pub(super) fn new(columns: Vec<Column>) -> Rows {
        let writer = csv::Writer::from_writer(Vec::new());
        let mut rows = Rows { columns, writer };
        let names: Vec<String> = rows.columns.iter().map(|it| it.name.clone()).collect();
        rows.row(names);
        rows
    }

    pub(super) fn row<T: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.writer
            .write_record(cells)
            .expect("memory takes any row of the same length");
    }

    pub(super) fn into_table(self) -> Table {
        Table {
            columns: self.columns,
            csv: self.writer.into_inner().expect("memory takes any text"),
        }
    }
}

/// Exactly; empty if there is none.
pub(super) fn number(value: Option<Billionths>) -> String {
    value.map(decimal).unwrap_or_default()
}

/// What is known of a mean: the confidence, half the width of its interval, the ends, the method.
pub(super) fn known(estimate: Option<Estimate>, confidence: f64) -> [String; 5] {
    let method = estimate.and_then(|it| it.method);
    [
        number(method.map(|_| billionths(confidence * 1e9))),
        number(estimate.and_then(|it| it.half_width)),
        number(estimate.and_then(|it| it.low())),
        number(estimate.and_then(|it| it.high())),
        method.map_or("", Method::name).to_owned(),
    ]
}

/// Half the width of an interval, its lower end and its upper end.
pub(super) fn ends(interval: Option<Interval>) -> [String; 3] {
    [
        number(interval.and_then(|it| it.half_width)),
        number(interval.and_then(|it| it.low())),
        number(interval.and_then(|it| it.high())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_of_the_narrowest_kind_that_takes_all_of_it() {
        for (texts, kind) in [
            (["true", "false"], Kind::Truth),
            (["-1", "20"], Kind::Whole),
            (["1", "0.5"], Kind::Real),
            (["1", "1e-3"], Kind::Real),
            (["1", "true"], Kind::Text),
            (["1", "5%"], Kind::Text),
            (["1", "inf"], Kind::Text),
            (["1", "18446744073709551615"], Kind::Text),
        ] {
            assert_eq!(Kind::of(&texts), kind, "{texts:?}");
        }
    }
}
