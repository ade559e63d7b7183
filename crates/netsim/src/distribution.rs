//! Shapes of delay variation: netem's tables, and distributions whose tail is not cut.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::ConfigError;

/// Most entries that tc accepts (`MAX_DIST` of iproute2).
const MOST_ENTRIES: usize = 16 * 1024;

/// How delay varies around its mean.
///
/// The first five are netem's; their tables end at four standard deviations (`jitter`). The last
/// three have their whole tail, so that a frame may be late beyond any bound; they have mean `time`
/// and standard deviation `jitter`, up to the clamping of negative delays to zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Distribution {
    /// Uniform over `time - jitter ..= time + jitter`: netem's default.
    #[default]
    Uniform,
    /// iproute2's table of the normal distribution.
    Normal,
    /// iproute2's table of the Pareto distribution with exponent 3, from -2/3 to 4 jitters.
    Pareto,
    /// iproute2's quarter normal and three quarters Pareto.
    ParetoNormal,
    /// A table of the user's.
    Table(DistributionTable),
    /// An exponential part with mean `jitter`, above a constant `time - jitter`.
    Exponential,
    /// The log-normal with mean `time` and standard deviation `jitter`: never negative.
    LogNormal,
    /// A Weibull part with standard deviation `jitter`, shifted to the mean `time`; a shape below 1
    /// has a tail heavier than the exponential's.
    Weibull {
        /// The exponent.
        shape: Shape,
    },
}

/// The inverse distribution function as netem has it: entry i of n is the value at (i + 1/2) / n,
/// in units of 1 / 8192 of the jitter, around the mean 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionTable {
    values: Arc<[i16]>,
}

impl DistributionTable {
    /// Reads netem's format (`/usr/lib/tc/*.dist`): integers of 16 bits between white space; `#`
    /// begins a comment line.
    ///
    /// # Errors
    /// With the line in `field`: at what is no such integer, and if there are none or more than
    /// 16384.
    pub fn parse(text: &str) -> Result<DistributionTable, ConfigError> {
        let mut values = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line_name = format!("line {}", index + 1);
            if line.trim_start().starts_with('#') {
                continue;
            }
            for word in line.split_whitespace() {
                let value = word.parse::<i16>().map_err(|_| {
                    ConfigError::new(
                        line_name.as_str(),
                        "integers from -32768 to 32767",
                        format!("{word:?}"),
                    )
                })?;
                values.push(value);
                if values.len() > MOST_ENTRIES {
                    return Err(ConfigError::new(
                        line_name.as_str(),
                        format!("at most {MOST_ENTRIES} entries, as tc"),
                        "more",
                    ));
                }
            }
        }
        if values.is_empty() {
            let last = format!("line {}", text.lines().count().max(1));
            return Err(ConfigError::new(
                last,
                "at least one entry",
                "the end of the file",
            ));
        }
        Ok(DistributionTable {
            values: values.into(),
        })
    }

    pub(crate) fn values(&self) -> &Arc<[i16]> {
        &self.values
    }
}

/// The shape of a Weibull distribution, from 0.1 to 100, exact to a thousandth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    thousandths: u32,
}

impl Shape {
    /// `thousandths / 1000`.
    ///
    /// # Errors
    /// Outside 0.1 to 100, where the moments leave the range in which a float holds them well.
    pub fn from_thousandths(thousandths: u32) -> Result<Shape, ConfigError> {
        if (100..=100_000).contains(&thousandths) {
            Ok(Shape { thousandths })
        } else {
            Err(Shape::bad(&format!("{thousandths}/1000")))
        }
    }

    pub(crate) fn thousandths(self) -> u32 {
        self.thousandths
    }

    fn bad(found: &str) -> ConfigError {
        let expected = "a shape from 0.1 to 100 with at most three decimals";
        ConfigError::new("shape", expected, format!("{found:?}"))
    }
}

impl FromStr for Shape {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Shape, ConfigError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(decimals) || decimals.len() > 3 {
            return Err(Shape::bad(text));
        }
        let thousandths = format!("{whole}{decimals:0<3}")
            .parse()
            .map_err(|_| Shape::bad(text))?;
        Shape::from_thousandths(thousandths).map_err(|_| Shape::bad(text))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:03}", self.thousandths % 1000);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{}", self.thousandths / 1000),
            decimals => write!(f, "{}.{decimals}", self.thousandths / 1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_file_is_read_or_refused_with_its_line() {
        let table = DistributionTable::parse("# mine\n -32768 0\n\n 32767\n").expect("a table");
        assert_eq!(&table.values()[..], [i16::MIN, 0, i16::MAX]);
        for (text, line) in [
            ("", "line 1"),
            ("# only a comment\n# another\n", "line 2"),
            ("1 2\n3 x\n", "line 2"),
            ("1\n\n40000", "line 3"),
            ("1.5", "line 1"),
        ] {
            let error = DistributionTable::parse(text).expect_err(text);
            assert_eq!(error.field, line, "{text:?}");
        }
        let endless = "0 ".repeat(MOST_ENTRIES + 1);
        assert!(DistributionTable::parse(&endless).is_err());
    }

    #[test]
    fn shapes_are_exact_to_a_thousandth() {
        for (text, shown) in [
            ("0.5", "0.5"),
            ("1", "1"),
            ("2.250", "2.25"),
            ("100", "100"),
        ] {
            assert_eq!(text.parse::<Shape>().expect(text).to_string(), shown);
        }
        for text in [
            "",
            "0",
            "0.05",
            "101",
            "-1",
            "1e2",
            "1.2345",
            ".5",
            "9999999999",
        ] {
            assert!(text.parse::<Shape>().is_err(), "{text}");
        }
    }
}
