//! Probabilities as integers: an exact fraction in the configuration, a threshold on a 64-bit draw
//! in the running network. No float decides whether a frame lives.

use std::fmt;
use std::str::FromStr;

use crate::error::ConfigError;

/// An exact probability from 0 to 1, written `1%`, `0.5%` or `1/1000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Probability {
    numerator: u64,
    denominator: u64,
}

impl Probability {
    /// Never.
    pub const ZERO: Probability = Probability {
        numerator: 0,
        denominator: 1,
    };
    /// Always.
    pub const ONE: Probability = Probability {
        numerator: 1,
        denominator: 1,
    };

    /// `numerator / denominator`.
    ///
    /// # Errors
    /// If the denominator is zero or the fraction exceeds 1.
    pub fn new(numerator: u64, denominator: u64) -> Result<Probability, ConfigError> {
        if denominator == 0 || numerator > denominator {
            return Err(bad(&format!("{numerator}/{denominator}")));
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Ok(Probability {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        })
    }

    /// `percent` %.
    ///
    /// # Errors
    /// If it exceeds 100.
    pub fn percent(percent: u64) -> Result<Probability, ConfigError> {
        Probability::new(percent, 100)
    }

    /// `1 - self`.
    #[must_use]
    pub fn complement(self) -> Probability {
        Probability {
            numerator: self.denominator - self.numerator,
            ..self
        }
    }

    /// Whether this is more than `other`, exactly.
    pub(crate) fn exceeds(self, other: Probability) -> bool {
        u128::from(self.numerator) * u128::from(other.denominator)
            > u128::from(other.numerator) * u128::from(self.denominator)
    }

    /// Whether this is 0.
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// Whether this is 1.
    pub fn is_one(self) -> bool {
        self.numerator == self.denominator
    }

    /// As a float, for reports and closed forms only.
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_arithmetic,
        reason = "for reports only"
    )]
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// The percentage to eight decimals, rounded to nearest.
    pub(crate) fn rounded_percent(self) -> String {
        const DECIMALS: u128 = 100_000_000;
        let denominator = u128::from(self.denominator);
        let scaled = u128::from(self.numerator) * 100 * DECIMALS + denominator / 2;
        let percent = scaled / denominator;
        format!("{}.{:08}%", percent / DECIMALS, percent % DECIMALS)
    }

    /// The nearest fraction of 2^32, at most 2^32 - 1: what netem stores.
    pub(crate) fn as_u32(self) -> u32 {
        let scaled =
            u128::from(self.numerator) * u128::from(u32::MAX) + u128::from(self.denominator / 2);
        (scaled / u128::from(self.denominator)) as u32
    }

    /// The threshold that a uniform 64-bit draw is compared with.
    pub fn threshold(self) -> Threshold {
        let scaled = (u128::from(self.numerator) << 63) / u128::from(self.denominator);
        Threshold(scaled as u64)
    }
}

/// A probability as a share of 2^63, so that 0 and 1 are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(u64);

impl Threshold {
    /// Whether the event happens under this uniform draw.
    #[inline]
    pub fn admits(self, draw: u64) -> bool {
        draw >> 1 < self.0
    }

    /// The sum of two exclusive events' probabilities, at most 1.
    #[must_use]
    pub fn or_else(self, other: Threshold) -> Threshold {
        Threshold(self.0.saturating_add(other.0).min(1 << 63))
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a.max(1)
    } else {
        greatest_common_divisor(b, a % b)
    }
}

fn bad(found: &str) -> ConfigError {
    ConfigError::new(
        "",
        "a probability from 0 to 1 such as \"1%\", \"0.5%\" or \"1/1000\"",
        format!("{found:?}"),
    )
}

impl FromStr for Probability {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Probability, ConfigError> {
        let parsed = if let Some(percent) = text.strip_suffix('%') {
            parse_percent(percent.trim_end())
        } else if let Some((numerator, denominator)) = text.split_once('/') {
            digits(numerator.trim()).zip(digits(denominator.trim()))
        } else {
            None
        };
        let (numerator, denominator) = parsed.ok_or_else(|| bad(text))?;
        Probability::new(numerator, denominator).map_err(|_| bad(text))
    }
}

/// `12.5` as 125 / 1000: decimals of a percentage, exactly.
fn parse_percent(text: &str) -> Option<(u64, u64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut denominator: u64 = 100;
    let mut numerator = digits(whole.trim_start())?;
    for digit in fraction.bytes() {
        if !digit.is_ascii_digit() {
            return None;
        }
        denominator = denominator.checked_mul(10)?;
        numerator = numerator
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))?;
    }
    (!fraction.is_empty()).then_some((numerator, denominator))
}

/// Plain decimal digits; `u64::from_str` alone would accept a plus sign.
fn digits(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// A percentage where that is exact (`0.5%`), else a fraction (`1/3`).
impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredfold = u128::from(self.numerator) * 100;
        let denominator = u128::from(self.denominator);
        let mut decimals = String::new();
        let mut rest = hundredfold % denominator;
        while rest != 0 && decimals.len() < 18 {
            rest *= 10;
            decimals.push(char::from(b'0' + (rest / denominator) as u8));
            rest %= denominator;
        }
        match (rest, decimals.is_empty()) {
            (0, true) => write!(f, "{}%", hundredfold / denominator),
            (0, false) => write!(f, "{}.{decimals}%", hundredfold / denominator),
            _ => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_are_read_exactly_and_written_back() {
        for (text, numerator, denominator, shown) in [
            ("1%", 1, 100, "1%"),
            ("0.5%", 1, 200, "0.5%"),
            ("100%", 1, 1, "100%"),
            ("0%", 0, 1, "0%"),
            ("1/1000", 1, 1000, "0.1%"),
            ("1/3", 1, 3, "1/3"),
            ("12.125 %", 97, 800, "12.125%"),
        ] {
            let probability: Probability = text.parse().expect(text);
            assert_eq!(
                probability,
                Probability {
                    numerator,
                    denominator
                },
                "{text}"
            );
            assert_eq!(probability.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for text in [
            "", "1", "0.5", "%", "101%", "-1%", "+1%", "1/0", "3/2", "1.%", ".5%", "1e2%", "NaN%",
        ] {
            assert!(text.parse::<Probability>().is_err(), "{text}");
        }
        assert!("0.00000000000000000000001%".parse::<Probability>().is_err());
    }

    #[test]
    fn zero_and_one_are_exact_for_every_draw() {
        for draw in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(!Probability::ZERO.threshold().admits(draw));
            assert!(Probability::ONE.threshold().admits(draw));
        }
        let half: Probability = "50%".parse().expect("a percentage");
        assert!(half.threshold().admits(u64::MAX / 2));
        assert!(!half.threshold().admits(u64::MAX / 2 + 1));
        assert_eq!(half.complement(), half);
    }
}
