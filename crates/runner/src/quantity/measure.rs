//! What a text with a unit comes to in the units of the SI, whatever it is the setting of.

use super::{ArrivalRate, BitRate, NANO, Percent, Time};

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Billionths of the unit; rounded only where a rate of arrivals is not one of seconds.
    pub billionths: i128,
    /// `s`, `share` (0 to 1), `bit/s` or `1/s`.
    pub unit: &'static str,
}

/// Reads a time, a percentage, a rate of a link or a rate of arrivals; `None` of any other text. No
/// text is two of them.
pub fn measure(text: &str) -> Option<Measure> {
    let (billionths, unit) = if let Ok(Time(time)) = text.parse() {
        (time.as_nanos(), "s")
    } else if let Ok(percent) = text.parse::<Percent>() {
        (percent.billionths.into(), "share")
    } else if let Ok(rate) = text.parse::<BitRate>() {
        (u128::from(rate.bits_per_second) * NANO, "bit/s")
    } else {
        let rate: ArrivalRate = text.parse().ok()?;
        let period = u128::from(rate.per.as_secs());
        let billionths = u128::from(rate.billionths);
        ((billionths + period / 2) / period, "1/s")
    };
    let billionths = i128::try_from(billionths).ok()?;
    Some(Measure { billionths, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_become_numbers_of_si_units() {
        for (text, billionths, unit) in [
            ("50ms", 50_000_000, "s"),
            ("2min", 120_000_000_000, "s"),
            ("0.5%", 5_000_000, "share"),
            ("1mbit", 1_000_000_000_000_000, "bit/s"),
            ("2/s", 2_000_000_000, "1/s"),
            ("90/min", 1_500_000_000, "1/s"),
            ("1/h", 277_778, "1/s"),
        ] {
            assert_eq!(measure(text), Some(Measure { billionths, unit }), "{text}");
        }
        for text in ["off", "64", "linux-6", "{ p = \"1%\" }", ""] {
            assert_eq!(measure(text), None, "{text}");
        }
    }
}
