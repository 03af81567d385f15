//! Latencies in buckets: 64 to each power of two, so a quantile is off by less than 2 %.

use serde_json::{Value, json};

const SUB_BITS: u32 = 6;
const SUB: u64 = 1 << SUB_BITS;

/// Counts of nanosecond values.
#[derive(Debug, Clone)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; ((64 - SUB_BITS as usize) + 1) << SUB_BITS], count: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, ns: u64) {
        self.buckets[bucket(ns)] += 1;
        self.count += 1;
        self.max = self.max.max(ns);
    }

    /// Adds all counts of another.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The value below which this share of all values lies, in nanoseconds; 0 when empty.
    #[must_use]
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return lower_edge(index).min(self.max);
            }
        }
        self.max
    }

    /// Quantiles in microseconds.
    #[must_use]
    pub fn summary(&self) -> Value {
        let us = |share| self.quantile(share) as f64 / 1e3;
        json!({
            "count": self.count,
            "p50_us": us(0.5),
            "p90_us": us(0.9),
            "p99_us": us(0.99),
            "max_us": self.max as f64 / 1e3,
        })
    }
}

fn bucket(ns: u64) -> usize {
    let power = (63 - ns.max(1).leading_zeros()).saturating_sub(SUB_BITS);
    let sub = ns >> power;
    ((u64::from(power) << SUB_BITS) + sub) as usize
}

fn lower_edge(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * SUB {
        return bucket;
    }
    let power = (bucket >> SUB_BITS) - 1;
    ((bucket & (SUB - 1)) + SUB) << power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_close_below_their_values() {
        for value in [0, 1, 63, 64, 127, 128, 1_000, 123_456, 987_654_321, u64::MAX / 3] {
            let edge = lower_edge(bucket(value));
            assert!(edge <= value, "{value}: {edge}");
            assert!(value - edge <= value / 64 + 1, "{value}: {edge}");
        }
    }

    #[test]
    fn quantiles_of_an_even_spread() {
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|value| histogram.record(value * 1000));
        assert_eq!(histogram.count(), 1000);
        for (share, expected) in [(0.5, 500_000.0), (0.99, 990_000.0)] {
            let off = histogram.quantile(share) as f64 / expected;
            assert!((0.98..=1.01).contains(&off), "{share}: {off}");
        }
    }
}
