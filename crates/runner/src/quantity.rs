//! Quantities with units, written as `tc` writes them: `"100ms"`, `"1%"`, `"1mbit"`, `"5/s"`.
//!
//! Everything is decimal and exact: a quantity is an integer number of its smallest part, never a
//! float, so that the same text means the same number on every machine. A number without a unit
//! is an error wherever a unit is meaningful, because `delay = 50` has meant seconds, milliseconds
//! and microseconds to different readers.

mod measure;
mod written;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub use measure::{Measure, measure};

/// Parts of one: quantities are kept in billionths (10⁻⁹) of their unit.
pub const NANO: u128 = 1_000_000_000;

/// The longest time that an experiment may mention: one hundred years.
///
/// Virtual time is a count of nanoseconds in 64 bits (584 years), so a sum of a few such times
/// cannot overflow.
pub const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// Why a text is not the quantity that was asked for, as the words that follow "expected ...".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QuantityError(pub(crate) String);

fn error<T>(text: impl Into<String>) -> Result<T, QuantityError> {
    Err(QuantityError(text.into()))
}

/// Reads an unsigned decimal such as `1.5` as billionths of one.
///
/// # Errors
/// The text is not a decimal, has a non-zero digit after the ninth decimal place, or is too large.
pub(crate) fn billionths(text: &str) -> Result<u128, QuantityError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return error(format!("`{text}` is not a number"));
    }
    let (kept, lost) = fraction.split_at(fraction.len().min(9));
    if lost.bytes().any(|byte| byte != b'0') {
        return error(format!("`{text}` has more than nine decimal places"));
    }
    let whole: u64 = if whole.is_empty() {
        Ok(0)
    } else {
        whole.parse()
    }
    .map_err(|_| QuantityError(format!("`{text}` is too large")))?;
    let fraction: u64 = format!("{kept:0<9}").parse().unwrap_or(0);
    Ok(u128::from(whole) * NANO + u128::from(fraction))
}

/// Splits `"1.5ms"` into its number and its unit.
fn split_unit(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

/// A length of virtual time: `"100ms"`, `"1.5s"`, `"2min"`. Whole nanoseconds, at most [`LONGEST`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub Duration);

impl FromStr for Time {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Time, QuantityError> {
        let (number, unit) = split_unit(text);
        if text.starts_with('-') {
            return error(format!("`{text}` is negative; a time is zero or more"));
        }
        let nanoseconds: u128 = match unit {
            "ns" | "nsec" | "nsecs" => 1,
            "us" | "µs" | "usec" | "usecs" => 1_000,
            "ms" | "msec" | "msecs" => 1_000_000,
            "s" | "sec" | "secs" => NANO,
            "min" => 60 * NANO,
            "h" => 3_600 * NANO,
            "d" => 86_400 * NANO,
            "" if billionths(number).is_ok() => {
                return error(format!(
                    "`{text}` has no unit; write \"{text}ms\" or \"{text}s\""
                ));
            }
            _ => {
                return error(format!(
                    "`{text}` is no time such as \"100ms\", \"1.5s\" or \"2min\""
                ));
            }
        };
        let too_long = || QuantityError(format!("`{text}` is longer than one hundred years"));
        let product = (billionths(number)?.checked_mul(nanoseconds)).ok_or_else(too_long)?;
        if !product.is_multiple_of(NANO) {
            return error(format!("`{text}` is finer than one nanosecond"));
        }
        match u64::try_from(product / NANO).map(Duration::from_nanos) {
            Ok(time) if time <= LONGEST => Ok(Time(time)),
            _ => Err(too_long()),
        }
    }
}

/// Prints a time in the largest unit that needs no more than nine decimals: `1.05s`, `100ms`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.as_nanos();
        let (unit, name) = match nanoseconds {
            0 => (NANO, "s"),
            n if n < 1_000 => (1, "ns"),
            n if n < 1_000_000 => (1_000, "us"),
            n if n < NANO => (1_000_000, "ms"),
            _ => (NANO, "s"),
        };
        let text = format!(
            "{}.{:09}",
            nanoseconds / unit,
            nanoseconds % unit * (NANO / unit)
        );
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))?;
        f.write_str(name)
    }
}

/// A share of one hundred: `"1%"`, `"0.05%"`. Between 0 % and 100 %, in billionths of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    /// Billionths of one: 1 % is 10,000,000. At most 1,000,000,000.
    pub billionths: u32,
}

impl Percent {
    /// All of it: 100 %.
    pub const ALL: Percent = Percent {
        billionths: 1_000_000_000,
    };
}

impl From<&Percent> for netsim::Probability {
    fn from(percent: &Percent) -> netsim::Probability {
        let whole = u64::from(Percent::ALL.billionths);
        // A percentage is at most 100 %, which is all that could be refused.
        netsim::Probability::new(u64::from(percent.billionths), whole)
            .unwrap_or(netsim::Probability::ONE)
    }
}

impl Percent {
    /// What a text without a percent sign may have meant: a share of one, or a percentage.
    fn without_sign(text: &str) -> QuantityError {
        let Ok(number) = billionths(text) else {
            return QuantityError(format!(
                "`{text}` is no percentage such as \"1%\" or \"0.5%\""
            ));
        };
        let share = u32::try_from(number)
            .ok()
            .filter(|it| *it <= Percent::ALL.billionths);
        let meant = match share.map(|billionths| Percent { billionths }) {
            Some(share) if share.billionths > 0 && share < Percent::ALL => {
                format!("\"{share}\" or \"{text}%\"")
            }
            Some(share) if share == Percent::ALL => format!("\"{text}%\" or \"{share}\""),
            _ => format!("\"{text}%\""),
        };
        QuantityError(format!("`{text}` has no percent sign; write {meant}"))
    }
}

impl FromStr for Percent {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Percent, QuantityError> {
        let Some(number) = text.strip_suffix('%') else {
            return Err(Percent::without_sign(text));
        };
        let number = number.trim_end();
        if number.starts_with('-') {
            return error(format!(
                "`{text}` is negative; a percentage is between 0% and 100%"
            ));
        }
        let hundredfold = billionths(number)?;
        if !hundredfold.is_multiple_of(100) {
            return error(format!("`{text}` has more than seven decimal places"));
        }
        match u32::try_from(hundredfold / 100) {
            Ok(billionths) if billionths <= Percent::ALL.billionths => Ok(Percent { billionths }),
            _ => error(format!(
                "`{text}` is more than 100%; a percentage is between 0% and 100%"
            )),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!(
            "{}.{:07}",
            self.billionths / 10_000_000,
            self.billionths % 10_000_000
        );
        write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A transmission rate in bits per second, as tc writes it: `"1mbit"`, `"256kbit"`, `"10mbps"`
/// (bytes per second), `"1mibit"`. More than zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitRate {
    /// Bits per second.
    pub bits_per_second: u64,
}

impl FromStr for BitRate {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<BitRate, QuantityError> {
        let (number, unit) = split_unit(text);
        let lower = unit.to_ascii_lowercase();
        let (prefix, scale) = if let Some(prefix) = lower.strip_suffix("bit") {
            (prefix, 1)
        } else if let Some(prefix) = lower.strip_suffix("bps") {
            (prefix, 8)
        } else if lower.is_empty() && billionths(number).is_ok() {
            return error(format!(
                "`{text}` has no unit; write \"{text}bit\" or \"{text}kbit\""
            ));
        } else {
            return error(format!(
                "`{text}` is no rate such as \"256kbit\" or \"1mbit\""
            ));
        };
        let factor: u128 = match prefix {
            "" => 1,
            "k" => 1_000,
            "m" => 1_000_000,
            "g" => 1_000_000_000,
            "t" => 1_000_000_000_000,
            "ki" => 1 << 10,
            "mi" => 1 << 20,
            "gi" => 1 << 30,
            "ti" => 1 << 40,
            _ => {
                return error(format!(
                    "`{text}` is no rate such as \"256kbit\" or \"1mbit\""
                ));
            }
        };
        let bits = billionths(number)?.checked_mul(factor * scale);
        match bits.and_then(|bits| u64::try_from(bits / NANO).ok()) {
            Some(0) => error(format!("`{text}` is no rate: nothing would ever be sent")),
            Some(bits_per_second) => Ok(BitRate { bits_per_second }),
            None => error(format!("`{text}` is too fast")),
        }
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scale, unit) = match self.bits_per_second {
            rate if rate % 1_000_000_000 == 0 => (1_000_000_000, "gbit"),
            rate if rate % 1_000_000 == 0 => (1_000_000, "mbit"),
            rate if rate % 1_000 == 0 => (1_000, "kbit"),
            _ => (1, "bit"),
        };
        write!(f, "{}{unit}", self.bits_per_second / scale)
    }
}

/// How often something arrives: `"5/s"`, `"90/min"`, `"0.2/s"`. More than zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArrivalRate {
    /// Billionths of an arrival in each [`per`](Self::per): `"0.2/s"` is 200,000,000.
    pub billionths: u64,
    /// The period: one second, one minute or one hour.
    pub per: Duration,
}

impl ArrivalRate {
    /// The expected number of nanoseconds from one arrival to the next, rounded down, at least 1.
    pub fn mean_interval(self) -> Duration {
        let nanoseconds = self.per.as_nanos() * NANO / u128::from(self.billionths);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX).max(1))
    }

    /// The time of arrival number `ordinal` (from 1) when arrivals are evenly spaced, rounded down.
    pub fn evenly_spaced(self, ordinal: u64) -> Duration {
        let nanoseconds = self
            .per
            .as_nanos()
            .saturating_mul(NANO)
            .saturating_mul(ordinal.into());
        let at = nanoseconds / u128::from(self.billionths);
        Duration::from_nanos(u64::try_from(at).unwrap_or(u64::MAX))
    }
}

impl FromStr for ArrivalRate {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<ArrivalRate, QuantityError> {
        let form = || QuantityError(format!("`{text}` is no arrival rate such as \"5/s\""));
        let Some((number, period)) = text.split_once('/') else {
            return if billionths(text).is_ok() {
                error(format!(
                    "`{text}` has no unit; write \"{text}/s\" or \"{text}/min\""
                ))
            } else {
                Err(form())
            };
        };
        let per = match period.trim() {
            "s" => Duration::from_secs(1),
            "min" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            _ => return Err(form()),
        };
        match u64::try_from(billionths(number.trim())?) {
            Ok(0) => error(format!(
                "`{text}` is no arrival rate: nothing would ever arrive"
            )),
            Ok(billionths) => Ok(ArrivalRate { billionths, per }),
            Err(_) => error(format!(
                "`{text}` is more than 18 billion arrivals in a period"
            )),
        }
    }
}

impl fmt::Display for ArrivalRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = u128::from(self.billionths);
        let text = format!("{}.{:09}", count / NANO, count % NANO);
        let period = match self.per.as_secs() {
            1 => "s",
            60 => "min",
            _ => "h",
        };
        write!(
            f,
            "{}/{period}",
            text.trim_end_matches('0').trim_end_matches('.')
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused<Q: FromStr<Err = QuantityError> + fmt::Debug>(text: &str, why: &str) {
        assert_eq!(text.parse::<Q>().expect_err(text).to_string(), why);
    }

    #[test]
    fn times_are_read_exactly_and_printed_back() {
        for (text, nanoseconds, printed) in [
            ("100ms", 100_000_000, "100ms"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("0s", 0, "0s"),
            ("2min", 120_000_000_000, "120s"),
            ("250us", 250_000, "250us"),
            ("7ns", 7, "7ns"),
            ("0.000001s", 1_000, "1us"),
            (".5ms", 500_000, "500us"),
            ("10 ms", 10_000_000, "10ms"),
        ] {
            let time: Time = text.parse().expect(text);
            assert_eq!(time.0.as_nanos(), nanoseconds, "{text}");
            assert_eq!(time.to_string(), printed);
        }
    }

    #[test]
    fn a_time_that_is_none_says_why() {
        refused::<Time>("50", "`50` has no unit; write \"50ms\" or \"50s\"");
        refused::<Time>("-1s", "`-1s` is negative; a time is zero or more");
        refused::<Time>("1.5ns", "`1.5ns` is finer than one nanosecond");
        refused::<Time>("40000d", "`40000d` is longer than one hundred years");
        // In billionths of nanoseconds these need more than 128 bits.
        for text in ["99999999999999999h", "4000000000000000d"] {
            refused::<Time>(text, &format!("`{text}` is longer than one hundred years"));
        }
        refused::<Time>(
            "99999999999999999999s",
            "`99999999999999999999` is too large",
        );
        refused::<Time>(
            "soon",
            "`soon` is no time such as \"100ms\", \"1.5s\" or \"2min\"",
        );
        refused::<Time>("", "`` is no time such as \"100ms\", \"1.5s\" or \"2min\"");
        refused::<Time>("1.2.3s", "`1.2.3` is not a number");
    }

    #[test]
    fn percentages_stay_between_nothing_and_all() {
        assert_eq!(
            "1%".parse(),
            Ok(Percent {
                billionths: 10_000_000
            })
        );
        assert_eq!("100%".parse(), Ok(Percent::ALL));
        assert_eq!(
            "0.05%".parse::<Percent>().expect("valid").to_string(),
            "0.05%"
        );
        let range = "a percentage is between 0% and 100%";
        refused::<Percent>("150%", &format!("`150%` is more than 100%; {range}"));
        refused::<Percent>("-1%", &format!("`-1%` is negative; {range}"));
        for (text, meant) in [
            ("5", "\"5%\""),
            ("0.05", "\"5%\" or \"0.05%\""),
            ("1", "\"1%\" or \"100%\""),
            ("0", "\"0%\""),
        ] {
            refused::<Percent>(
                text,
                &format!("`{text}` has no percent sign; write {meant}"),
            );
        }
        refused::<Percent>(
            "0.00000001%",
            "`0.00000001%` has more than seven decimal places",
        );
    }

    #[test]
    fn rates_follow_tc_in_bits_and_bytes() {
        for (text, bits) in [
            ("1mbit", 1_000_000),
            ("8bps", 64),
            ("1kibit", 1024),
            ("1.5Kbit", 1500),
        ] {
            assert_eq!(
                text.parse(),
                Ok(BitRate {
                    bits_per_second: bits
                }),
                "{text}"
            );
        }
        refused::<BitRate>("0mbit", "`0mbit` is no rate: nothing would ever be sent");
        let fast = "999999999999999999tbit";
        refused::<BitRate>(fast, &format!("`{fast}` is too fast"));
        refused::<BitRate>("9", "`9` has no unit; write \"9bit\" or \"9kbit\"");
        refused::<BitRate>("1mb", "`1mb` is no rate such as \"256kbit\" or \"1mbit\"");
    }

    #[test]
    fn even_arrivals_do_not_drift() {
        let rate: ArrivalRate = "3/s".parse().expect("valid");
        assert_eq!(rate.evenly_spaced(1), Duration::from_nanos(333_333_333));
        assert_eq!(rate.evenly_spaced(3_000), Duration::from_secs(1_000));
        assert_eq!(rate.mean_interval(), Duration::from_nanos(333_333_333));
        assert_eq!(
            "0.5/min".parse::<ArrivalRate>().expect("valid").to_string(),
            "0.5/min"
        );
        refused::<ArrivalRate>("0/s", "`0/s` is no arrival rate: nothing would ever arrive");
        refused::<ArrivalRate>("5", "`5` has no unit; write \"5/s\" or \"5/min\"");
        refused::<ArrivalRate>("often", "`often` is no arrival rate such as \"5/s\"");
    }
}
