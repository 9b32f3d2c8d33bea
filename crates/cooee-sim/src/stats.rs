//! Statistics over many runs.

use std::time::Duration;

/// Returns the chi-square statistic of samples against the uniform distribution over `low..=high`,
/// in buckets of equal width; infinite if a sample lies outside.
///
/// Compare with the critical value for `buckets - 1` degrees of freedom, see [`CHI_SQUARE_15`].
pub fn chi_square_uniform(
    samples: &[Duration],
    low: Duration,
    high: Duration,
    buckets: usize,
) -> f64 {
    let width = (high - low).as_secs_f64() / buckets as f64;
    let mut counts = vec![0u32; buckets];
    for &sample in samples {
        if !(low..=high).contains(&sample) {
            return f64::INFINITY;
        }
        let bucket = ((sample - low).as_secs_f64() / width) as usize;
        counts[bucket.min(buckets - 1)] += 1;
    }
    let expected = samples.len() as f64 / buckets as f64;
    counts
        .iter()
        .map(|&count| (f64::from(count) - expected).powi(2) / expected)
        .sum()
}

/// The chi-square value that uniform samples in 16 buckets exceed once in 1,000 times.
pub const CHI_SQUARE_15: f64 = 37.697;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::{ms, secs};

    #[test]
    fn uniform_samples_pass_and_skewed_or_strayed_ones_do_not() {
        let mut rng = Rng::new(4);
        let (low, high) = (ms(20), ms(120));
        let uniform: Vec<_> = (0..2_000).map(|_| rng.between(low, high)).collect();
        assert!(chi_square_uniform(&uniform, low, high, 16) < CHI_SQUARE_15);
        let skewed: Vec<_> = uniform
            .iter()
            .map(|&s| low + (s - low).mul_f64(0.9))
            .collect();
        assert!(chi_square_uniform(&skewed, low, high, 16) > CHI_SQUARE_15);
        let mut strayed = uniform;
        strayed.push(secs(1));
        assert!(chi_square_uniform(&strayed, low, high, 16).is_infinite());
    }
}
