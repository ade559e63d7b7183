//! Blackouts and partitions: windows in which a link does not work.

use crate::error::ConfigError;
use crate::time::{Instant, Window};

/// Windows in order of their beginning, with those that have passed left behind.
#[derive(Clone, Debug)]
pub(crate) struct Outage {
    windows: Vec<Window>,
    /// Windows before this one are over.
    first: usize,
}

impl Outage {
    pub(crate) fn new(windows: &[Window]) -> Outage {
        let mut windows = windows.to_vec();
        windows.sort_by_key(|window| window.from);
        Outage { windows, first: 0 }
    }

    /// The first moment of `from..=to` that lies in a window.
    #[inline]
    pub(crate) fn first_within(&mut self, from: Instant, to: Instant) -> Option<Instant> {
        while self
            .windows
            .get(self.first)
            .is_some_and(|window| window.is_over(from))
        {
            self.first += 1;
        }
        self.windows[self.first..]
            .iter()
            .take_while(|window| window.from <= to)
            .find(|window| !window.is_over(from))
            .map(|window| window.from.max(from))
    }
}

pub(crate) fn check(field: &str, windows: &[Window]) -> Result<(), ConfigError> {
    for (index, window) in windows.iter().enumerate() {
        if window.is_empty() {
            return Err(ConfigError::new(
                format!("{field}[{index}]"),
                "a window that ends after it begins",
                format!("{window:?}"),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn the_first_moment_inside_any_window_is_found() {
        let window = |from, until| Window {
            from: at(from),
            until: Some(at(until)),
        };
        let mut outage = Outage::new(&[window(50, 60), window(10, 100), window(20, 30)]);
        assert_eq!(outage.first_within(at(0), at(9)), None);
        assert_eq!(outage.first_within(at(0), at(10)), Some(at(10)));
        assert_eq!(outage.first_within(at(35), at(36)), Some(at(35)));
        assert_eq!(outage.first_within(at(99), at(200)), Some(at(99)));
        assert_eq!(outage.first_within(at(100), at(200)), None);
    }
}
