//! What a roll-up counts: numbers that add up, so that two stretches of time make a longer one.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Finished;

/// The columns of a roll-up behind its names, in order.
pub(super) const COLUMNS: [&str; WIDTH] = [
    "requests",
    "ok",
    "refused",
    "limited",
    "human",
    "timed_out",
    "gone",
    "failed",
    "attempts",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost_micro_usd",
    "estimated",
    "unpriced",
    "first_0",
    "first_1",
    "first_2",
    "first_3",
    "first_4",
    "first_5",
    "first_6",
    "first_7",
    "first_8",
    "first_9",
    "first_10",
    "first_11",
    "total_0",
    "total_1",
    "total_2",
    "total_3",
    "total_4",
    "total_5",
    "total_6",
    "total_7",
    "total_8",
    "total_9",
    "total_10",
    "total_11",
];

const WIDTH: usize = TOTAL + BUCKETS;

/// Columns before the histograms.
const PLAIN: usize = 17;

const ATTEMPTS: usize = 8;
const TOKENS: usize = 9;
const COST: usize = 14;
const ESTIMATED: usize = 15;
const UNPRICED: usize = 16;
const FIRST: usize = PLAIN;
const TOTAL: usize = FIRST + BUCKETS;

/// Buckets of a histogram; the last has no bound.
const BUCKETS: usize = 12;

/// The greatest milliseconds of each bucket but the last.
const BOUNDS: [u64; BUCKETS - 1] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000];

/// Sums over some requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums(pub(super) [i64; WIDTH]);

impl Default for Sums {
    fn default() -> Self {
        Self([0; WIDTH])
    }
}

impl Sums {
    /// Those of one request.
    pub(super) fn of(row: &Finished) -> Self {
        let mut sums = Self::default();
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let Finished { attempts, ended, .. } = row;
        let usage = &ended.usage;
        sums.0[0] = 1;
        sums.0[class_of(&ended.outcome)] = 1;
        sums.0[ATTEMPTS] = i64::try_from(attempts.len()).unwrap_or(i64::MAX);
        let tokens =
            [usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning];
        for (slot, tokens) in sums.0[TOKENS..COST].iter_mut().zip(tokens) {
            *slot = whole(tokens);
        }
        sums.0[COST] = whole(ended.cost_micro_usd);
        let answered = ended.outcome == "ok";
        sums.0[ESTIMATED] = i64::from(answered && usage.estimated);
        sums.0[UNPRICED] = i64::from(answered && !ended.priced);
        if let Some(ms) = ended.first_byte_ms {
            sums.0[FIRST + bucket_of(ms)] = 1;
        }
        if answered {
            sums.0[TOTAL + bucket_of(ended.total_ms)] = 1;
        }
        sums
    }

    /// Adds others.
    pub(super) fn add(&mut self, more: &Self) {
        for (slot, more) in self.0.iter_mut().zip(more.0) {
            *slot = slot.saturating_add(more);
        }
    }

    /// Takes others away that are among these.
    pub(super) fn take(&mut self, less: &Self) {
        for (slot, less) in self.0.iter_mut().zip(less.0) {
            *slot = slot.saturating_sub(less).max(0);
        }
    }

    /// How many requests.
    #[must_use]
    pub fn requests(&self) -> i64 {
        self.0[0]
    }

    /// How many ended well.
    #[must_use]
    pub fn ok(&self) -> i64 {
        self.0[1]
    }

    /// All tokens, in and out.
    #[must_use]
    pub fn tokens(&self) -> i64 {
        // Reasoning is a share of the output.
        self.0[TOKENS..TOKENS + 4].iter().fold(0, |sum, more| sum.saturating_add(*more))
    }

    /// Micro-USD.
    #[must_use]
    pub fn cost_micro_usd(&self) -> i64 {
        self.0[COST]
    }

    /// Milliseconds to the first byte that such a share of the answers did not exceed.
    #[must_use]
    pub fn first_byte_ms(&self, share: f64) -> Option<u64> {
        percentile(&self.0[FIRST..TOTAL], share)
    }

    /// Milliseconds of a whole answer that such a share of the answers did not exceed.
    #[must_use]
    pub fn total_ms(&self, share: f64) -> Option<u64> {
        percentile(&self.0[TOTAL..], share)
    }
}

impl Serialize for Sums {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, number) in COLUMNS.iter().zip(self.0).take(PLAIN) {
            map.serialize_entry(name, &number)?;
        }
        map.serialize_entry("first_byte_ms_p50", &self.first_byte_ms(0.5))?;
        map.serialize_entry("first_byte_ms_p95", &self.first_byte_ms(0.95))?;
        map.serialize_entry("total_ms_p50", &self.total_ms(0.5))?;
        map.serialize_entry("total_ms_p95", &self.total_ms(0.95))?;
        map.end()
    }
}

/// The column of an outcome's class.
fn class_of(outcome: &str) -> usize {
    const REFUSED: &[&str] = &[
        "invalid_json",
        "invalid_request",
        "body_too_large",
        "permission_denied",
        "model_not_found",
        "unsupported_by_target",
        "upstream_rejected",
        "context_length_exceeded",
        "content_filter",
        "moderated",
        "attachment_too_large",
        "attachment_refused",
        "no_image",
    ];
    const LIMITED: &[&str] = &["saturated", "busy", "queue_full"];
    const HUMAN: &[&str] =
        &["no_node", "node_outdated", "signed_out", "challenge", "consent", "human_busy"];
    let limit = |word| outcome.contains(word);
    match outcome {
        "ok" => 1,
        _ if REFUSED.contains(&outcome) => 2,
        _ if LIMITED.contains(&outcome) || ["limit", "quota", "budget"].into_iter().any(limit) => 3,
        _ if HUMAN.contains(&outcome) => 4,
        _ if outcome.ends_with("_timeout") => 5,
        "client_gone" | "cancelled" => 6,
        _ => 7,
    }
}

fn bucket_of(ms: u64) -> usize {
    BOUNDS.iter().position(|bound| ms <= *bound).unwrap_or(BUCKETS - 1)
}

/// Within its bucket a value is taken to lie evenly. Nothing where nothing was counted.
fn percentile(counts: &[i64], share: f64) -> Option<u64> {
    let all: i64 = counts.iter().sum();
    if all <= 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of a count is an estimate")]
    let wanted = all as f64 * share;
    let (mut below, mut lower) = (0.0, 0_u64);
    for (at, count) in counts.iter().enumerate() {
        let Some(upper) = BOUNDS.get(at).copied() else { break };
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        let here = *count as f64;
        if here > 0.0 && below + here >= wanted {
            let part = ((wanted - below) / here).clamp(0.0, 1.0);
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between two small bounds"
            )]
            let within = ((upper - lower) as f64 * part).round() as u64;
            return Some(lower + within);
        }
        below += here;
        lower = upper;
    }
    BOUNDS.last().copied()
}

#[cfg(test)]
mod tests {
    use tabway_dialects::chat::FailureClass;

    use super::*;

    #[test]
    fn the_columns_are_where_they_are_said_to_be() {
        assert_eq!(COLUMNS[ATTEMPTS], "attempts");
        assert_eq!(COLUMNS[TOKENS], "input_tokens");
        assert_eq!(COLUMNS[COST], "cost_micro_usd");
        assert_eq!((COLUMNS[ESTIMATED], COLUMNS[UNPRICED]), ("estimated", "unpriced"));
        assert_eq!((COLUMNS[FIRST], COLUMNS[TOTAL]), ("first_0", "total_0"));
        assert_eq!(COLUMNS[WIDTH - 1], "total_11");
    }

    #[test]
    fn every_outcome_has_a_class() {
        let of = |outcome| COLUMNS[class_of(outcome)];
        assert_eq!(of("ok"), "ok");
        assert_eq!(of("upstream_rate_limited"), "limited");
        assert_eq!(of("budget_exhausted"), "limited");
        assert_eq!(of("silence_timeout"), "timed_out");
        assert_eq!(of("challenge"), "human");
        assert_eq!(of("interrupted"), "failed");
        assert_eq!(of("context_length_exceeded"), "refused");
        for class in FailureClass::ALL {
            assert!((2..ATTEMPTS).contains(&class_of(class.code())), "{}", class.code());
        }
    }

    #[test]
    fn percentiles_lie_in_their_bucket() {
        let mut sums = Sums::default();
        assert_eq!(sums.total_ms(0.5), None);
        for ms in [10, 20, 30, 40, 400_000] {
            sums.0[TOTAL + bucket_of(ms)] += 1;
        }
        assert_eq!(sums.total_ms(0.4), Some(25));
        assert_eq!(sums.total_ms(0.99), Some(300_000), "at least so long");
        assert_eq!(bucket_of(50), 0);
        assert_eq!(bucket_of(51), 1);
    }
}
