//! Samplers: recorded digests, and Kolmogorov-Smirnov tests against `rand_distr`.

use netsim::{Seed, sample};
use rand_distr::Distribution;
use rand_distr::{Exp1, StandardNormal, Weibull};

use crate::estimate::{count, kolmogorov_smirnov};

const DRAWS: u64 = 20_000;

fn ours(name: &str, sampler: impl Fn(u64) -> f64) -> Vec<f64> {
    let stream = Seed {
        root: 7,
        replication: 0,
    }
    .stream(name);
    (0..DRAWS)
        .map(|entity| sampler(stream.draw(entity, 0)))
        .collect()
}

fn theirs(distribution: &impl Distribution<f64>) -> Vec<f64> {
    use rand_chacha::rand_core::SeedableRng;
    let mut generator = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    (0..DRAWS)
        .map(|_| distribution.sample(&mut generator))
        .collect()
}

fn assert_same_distribution(what: &str, left: Vec<f64>, right: Vec<f64>) {
    // The critical value for a significance of 1e-4 and two samples of equal size.
    let critical = 2.225 * (2.0 / count(&left)).sqrt();
    let distance = kolmogorov_smirnov(left, right);
    assert!(
        distance < critical,
        "{what}: distance {distance}, critical {critical}"
    );
}

#[test]
fn samplers_agree_with_rand_distr() {
    let weibull = |shape| Weibull::new(1.0, shape).expect("a shape");
    assert_same_distribution("exponential", ours("e", sample::exponential), theirs(&Exp1));
    assert_same_distribution("normal", ours("n", sample::normal), theirs(&StandardNormal));
    for shape in [0.5, 2.0] {
        let left = ours("w", |draw| sample::weibull(draw, shape));
        assert_same_distribution("weibull", left, theirs(&weibull(shape)));
    }
}

#[test]
fn a_wrong_sampler_would_be_found() {
    let left = ours("e", |draw| 1.1 * sample::exponential(draw));
    let critical = 2.225 * (2.0 / count(&left)).sqrt();
    assert!(kolmogorov_smirnov(left, theirs(&Exp1)) > critical);
}

/// FNV-1a over the bits: a change means that every recorded result changes on some machine.
fn digest(values: &[f64]) -> u64 {
    values
        .iter()
        .flat_map(|value| value.to_bits().to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}

#[test]
fn recorded_digests() {
    let digests = [
        digest(&ours("unit", sample::unit)),
        digest(&ours("exponential", sample::exponential)),
        digest(&ours("normal", sample::normal)),
        digest(&ours("weibull", |draw| sample::weibull(draw, 0.7))),
    ];
    let recorded = [
        0x81cb_cbfd_74be_5e5d,
        0xbfad_db0c_4000_a760,
        0x89b0_1884_2327_0910,
        0x1f99_5608_b5cc_0e2c,
    ];
    assert_eq!(digests, recorded, "{digests:#x?}");
}

#[test]
fn uniform_integers_cover_their_range_evenly() {
    let stream = Seed {
        root: 7,
        replication: 0,
    }
    .stream("uniform");
    let mut counts = [0_u32; 10];
    for entity in 0..DRAWS {
        counts[sample::uniform(stream.draw(entity, 0), 10) as usize] += 1;
    }
    // Chi-squared with nine degrees of freedom: 33.7 at 1e-4.
    let squares = counts
        .iter()
        .map(|&n| (f64::from(n) - 2000.0).powi(2) / 2000.0);
    assert!(squares.sum::<f64>() < 33.7, "{counts:?}");
}
