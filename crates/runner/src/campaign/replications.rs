//! The numbers of many runs, metric by metric, in little memory.

use std::sync::LazyLock;

use crate::metrics::{Billionths, Measurements, Summary};
use crate::plan::{Metric, MetricKey, Period};

/// Every key of results, in ascending order.
static KEYS: LazyLock<Vec<MetricKey>> = LazyLock::new(|| {
    let periods = [Period::WholeRun, Period::AfterFault];
    let keys = periods
        .into_iter()
        .flat_map(|period| Metric::all().map(move |metric| MetricKey { period, metric }));
    let mut keys: Vec<MetricKey> = keys.collect();
    keys.sort_unstable();
    keys
});

/// What the replications of one policy have measured, in their order.
///
/// Most metrics of most experiments are always 0; a metric takes memory for each replication only
/// once it has had two values, and then eight bytes.
#[derive(Clone, Debug)]
pub struct Replications {
    count: u32,
    /// How many of them have a time after the fault.
    after_fault: u32,
    /// In the order of [`KEYS`].
    columns: Vec<Column>,
}

/// The values of one metric.
#[derive(Clone, Debug)]
enum Column {
    /// The same in every replication.
    Same(Option<i64>),
    /// [`NONE`] where nothing was measured.
    Narrow(Vec<i64>),
    /// Values beyond 64 bits are among them.
    Wide(Vec<Option<Billionths>>),
}

/// Stands for "not measured" in a narrow column.
const NONE: i64 = i64::MIN;

impl Default for Replications {
    fn default() -> Replications {
        Replications {
            count: 0,
            after_fault: 0,
            columns: vec![Column::Same(None); KEYS.len()],
        }
    }
}

impl Replications {
    /// Adds the next replication.
    pub fn push(&mut self, measured: &Measurements) {
        for (key, column) in KEYS.iter().zip(&mut self.columns) {
            column.push(self.count as usize, measured.get(*key));
        }
        self.count += 1;
        self.after_fault += u32::from(measured.has_time_after_fault());
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Forgets all but the first ones.
    pub(super) fn truncate(&mut self, count: u32) {
        // In which of the forgotten ones a segment was released is not known; one of the rest says
        // as much, as the counters of the period are measured wherever it exists.
        self.count = self.count.min(count);
        for column in &mut self.columns {
            column.truncate(count as usize);
        }
        let always = MetricKey {
            period: Period::AfterFault,
            metric: Metric::Counter(crate::plan::Counter::SegmentsSent),
        };
        self.after_fault = self.values(always).flatten().count() as u32;
    }

    /// Whether a held segment was released in any of them.
    pub fn has_time_after_fault(&self) -> bool {
        self.after_fault > 0
    }

    /// What one of them, counted from 0, measured; `None` if nothing was, or if there are fewer.
    pub fn get(&self, replication: u32, key: MetricKey) -> Option<Billionths> {
        self.values(key).nth(replication as usize).flatten()
    }

    /// What each of them measured; `None` where nothing was.
    pub fn values(&self, key: MetricKey) -> impl Iterator<Item = Option<Billionths>> + '_ {
        let column = KEYS.binary_search(&key).map(|index| &self.columns[index]);
        (0..self.count as usize).map(move |index| column.ok().and_then(|column| column.get(index)))
    }

    /// Whether each of them was over before what a metric measures was, so that all that is known is
    /// that it takes longer.
    pub fn unfinished(&self, key: MetricKey) -> impl Iterator<Item = bool> + '_ {
        let finished = key.finished();
        let values = self.values(finished.unwrap_or(key));
        values.map(move |value| finished.is_some() && value == Some(0))
    }

    /// A metric over all of them; `None` if none of them measured it.
    pub fn summary(&self, key: MetricKey) -> Option<Summary> {
        Summary::of(self.values(key))
    }

    /// Whether a metric was ever measured, and was 0 whenever it was.
    pub fn is_zero(&self, key: MetricKey) -> bool {
        self.summary(key)
            .is_some_and(|found| found.min == 0 && found.max == 0)
    }

    /// Whether a metric was ever measured and not 0.
    pub fn occurs(&self, key: MetricKey) -> bool {
        let Ok(index) = KEYS.binary_search(&key) else {
            return false;
        };
        match &self.columns[index] {
            Column::Same(value) => value.is_some_and(|value| value != 0),
            Column::Narrow(_) | Column::Wide(_) => {
                self.values(key).flatten().any(|value| value != 0)
            }
        }
    }
}

impl Column {
    fn get(&self, index: usize) -> Option<Billionths> {
        match self {
            Column::Same(value) => value.map(Billionths::from),
            Column::Narrow(values) => {
                let value = *values.get(index)?;
                (value != NONE).then(|| Billionths::from(value))
            }
            Column::Wide(values) => *values.get(index)?,
        }
    }

    /// Adds a value to the `count` that are there.
    fn push(&mut self, count: usize, value: Option<Billionths>) {
        let narrow = match value {
            None => Some(NONE),
            Some(value) => i64::try_from(value).ok().filter(|value| *value != NONE),
        };
        match (&mut *self, narrow) {
            (Column::Same(same), Some(narrow)) => {
                let narrow = (narrow != NONE).then_some(narrow);
                if count == 0 {
                    *same = narrow;
                } else if *same != narrow {
                    let mut values = vec![same.unwrap_or(NONE); count];
                    values.push(narrow.unwrap_or(NONE));
                    *self = Column::Narrow(values);
                }
            }
            (Column::Narrow(values), Some(narrow)) => values.push(narrow),
            (Column::Wide(values), _) => values.push(value),
            (_, None) => {
                let mut values: Vec<_> = (0..count).map(|index| self.get(index)).collect();
                values.push(value);
                *self = Column::Wide(values);
            }
        }
    }

    fn truncate(&mut self, count: usize) {
        match self {
            Column::Same(_) => {}
            Column::Narrow(values) => values.truncate(count),
            Column::Wide(values) => values.truncate(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_gives_back_what_it_was_given() {
        let large = Billionths::from(i64::MAX) + 1;
        let cases: [&[Option<Billionths>]; 5] = [
            &[None, None],
            &[Some(3), Some(3), Some(3)],
            &[Some(3), None, Some(i64::MIN.into())],
            &[Some(3), Some(large), None, Some(-1)],
            &[Some(large), Some(0)],
        ];
        for values in cases {
            let mut column = Column::Same(None);
            for (count, value) in values.iter().enumerate() {
                column.push(count, *value);
            }
            let found: Vec<_> = (0..values.len()).map(|index| column.get(index)).collect();
            assert_eq!(found, values);
            column.truncate(1);
            assert_eq!(column.get(0), values[0]);
        }
    }
}
