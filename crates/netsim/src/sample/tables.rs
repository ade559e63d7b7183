//! The tables of iproute2, computed from the formulas of its generators.

use std::sync::{Arc, OnceLock};

use super::quantile::quantile_normal;

/// Steps of a netem table to one standard deviation (`NETEM_DIST_SCALE`).
pub(crate) const TABLE_SCALE: i64 = 8192;
/// Entries of the tables that come with iproute2.
const STANDARD_ENTRIES: usize = 4096;

/// iproute2's `normal.dist`, computed once per process from the formula of its generator.
pub(crate) fn normal_table() -> &'static Arc<[i16]> {
    static TABLE: OnceLock<Arc<[i16]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        (0..STANDARD_ENTRIES)
            .map(|i| saturate(normal_entry(i)))
            .collect()
    })
}

/// iproute2's `pareto.dist`.
pub(crate) fn pareto_table() -> &'static Arc<[i16]> {
    static TABLE: OnceLock<Arc<[i16]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        (0..STANDARD_ENTRIES)
            .map(|i| saturate(pareto_entry(i)))
            .collect()
    })
}

/// iproute2's `paretonormal.dist`.
pub(crate) fn pareto_normal_table() -> &'static Arc<[i16]> {
    static TABLE: OnceLock<Arc<[i16]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mixed = |i| (normal_entry(i) + 3 * pareto_entry(i)) / 4;
        (0..STANDARD_ENTRIES).map(|i| saturate(mixed(i))).collect()
    })
}

/// The generator steps x by 5e-5 through the distribution function in units of 2^-14 and keeps the
/// last x that rounds to an entry: that is the upper edge of the entry's cell, rounded down to a
/// step. The rounding errors of its 400,000 additions, which are not repeated here, change no entry.
fn normal_entry(index: usize) -> i32 {
    let cell = f64::from(4 * index as u32);
    let edge = quantile_normal((cell + 0.5) / 16384.0);
    let step = libm::floor((edge + 10.0) / 5e-5);
    libm::rint((step * 5e-5 - 10.0) * scale()) as i32
}

/// The Pareto quantile with exponent 3, less its mean 3/2, times 4/3 as in iproute2 (2/sqrt(3)
/// would normalise the deviation).
fn pareto_entry(index: usize) -> i32 {
    let survival = f64::from(65536 - 16 * index as u32) / 65536.0;
    let value = (1.0 / libm::pow(survival, 1.0 / 3.0) - 1.5) * (4.0 / 3.0) * scale();
    libm::rint(value.min(32767.0)) as i32
}

fn scale() -> f64 {
    f64::from(TABLE_SCALE as i32)
}

fn saturate(value: i32) -> i16 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a over the 16-bit entries that iproute2's generators print, by their own algorithm.
    #[test]
    fn the_entries_are_those_of_iproute2() {
        for (table, digest) in [
            (normal_table(), 0x3f19_8b60_14c3_b3b8),
            (pareto_table(), 0x209e_1d3c_8618_19fa),
            (pareto_normal_table(), 0x468c_e9c9_62a5_ecf9),
        ] {
            let bytes = table.iter().flat_map(|entry| entry.to_le_bytes());
            let found = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            assert_eq!(found, digest, "{found:#x}");
        }
    }

    #[test]
    fn standard_tables_are_monotone_and_end_at_four_deviations() {
        for table in [normal_table(), pareto_table(), pareto_normal_table()] {
            assert_eq!(table.len(), STANDARD_ENTRIES);
            assert!(table.is_sorted());
        }
        assert_eq!(normal_table()[0], i16::MIN);
        assert_eq!(
            normal_table()[2048],
            0,
            "the median's cell ends at 0.0000766, below half a unit"
        );
        assert_eq!(pareto_table()[0], -5461, "-2/3 of a jitter");
        assert_eq!(pareto_table()[STANDARD_ENTRIES - 1], i16::MAX);
    }
}
