//! `/metrics`. Labels come from closed lists and from names that the owner configured, never from
//! a client's words, so the number of series is bounded.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Seconds; wide, since a page may take minutes.
const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1_800.0];

/// How a request or an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    /// `ok` or a failure's code.
    pub outcome: &'static str,
}

/// How an attempt at a place ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AttemptLabels {
    /// Provider or site.
    pub place: String,
    /// `ok` or a failure's code.
    pub outcome: &'static str,
}

/// The gateway's figures.
pub struct Metrics {
    registry: Registry,
    /// Open connections of clients and nodes.
    pub connections: Gauge,
    /// Chat requests in flight.
    pub in_flight: Gauge,
    /// Chat requests by how they ended.
    pub requests: Family<Outcome, Counter>,
    /// The commonest of them, found without a lookup.
    pub requests_ok: Counter,
    /// Attempts by place and how they ended.
    pub attempts: Family<AttemptLabels, Counter>,
    /// Attempts beyond a request's first.
    pub retries: Counter,
    /// Attempts that the retry budget did not allow.
    pub retries_refused: Counter,
    /// Seconds from the request to its first byte of answer.
    pub first_byte: Histogram,
    /// Seconds from the request to its end.
    pub duration: Histogram,
    /// Tokens that upstreams counted, input and output.
    pub tokens_in: Counter,
    /// See [`Metrics::tokens_in`].
    pub tokens_out: Counter,
}

impl Metrics {
    /// Nothing counted yet. `decisions` is counted where turns are given to lanes.
    #[must_use]
    pub fn new(decisions: Histogram) -> Self {
        let mut registry = Registry::with_prefix("tabway");
        let start: Gauge<f64, AtomicU64> = Gauge::default();
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        start.set(since.map_or(0.0, |since| since.as_secs_f64()));
        registry.register("start_time_seconds", "When the gateway started, Unix time", start);

        let requests = Family::<Outcome, Counter>::default();
        let metrics = Self {
            connections: Gauge::default(),
            in_flight: Gauge::default(),
            requests_ok: requests.get_or_create_owned(&Outcome { outcome: "ok" }),
            requests,
            attempts: Family::default(),
            retries: Counter::default(),
            retries_refused: Counter::default(),
            first_byte: Histogram::new(SECONDS),
            duration: Histogram::new(SECONDS),
            tokens_in: Counter::default(),
            tokens_out: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("connections", "Open connections", metrics.connections.clone());
        registry.register(
            "requests_in_flight",
            "Chat requests in flight",
            metrics.in_flight.clone(),
        );
        registry.register("requests", "Chat requests by how they ended", metrics.requests.clone());
        registry.register("attempts", "Attempts by place and outcome", metrics.attempts.clone());
        registry.register("retries", "Attempts beyond the first", metrics.retries.clone());
        registry.register(
            "retries_refused",
            "Attempts that the retry budget did not allow",
            metrics.retries_refused.clone(),
        );
        registry.register(
            "first_byte_seconds",
            "From the request to the first byte of its answer",
            metrics.first_byte.clone(),
        );
        registry.register(
            "request_seconds",
            "From the request to its end",
            metrics.duration.clone(),
        );
        registry.register(
            "scheduling_seconds",
            "Until it is decided which lane takes a page's turn, or that it waits",
            decisions,
        );
        registry.register("input_tokens", "Input tokens", metrics.tokens_in.clone());
        registry.register("output_tokens", "Output tokens", metrics.tokens_out.clone());
        Self { registry, ..metrics }
    }

    /// Counts the end of a request.
    pub fn request_ended(&self, outcome: &'static str) {
        if outcome == "ok" {
            self.requests_ok.inc();
        } else {
            self.requests.get_or_create(&Outcome { outcome }).inc();
        }
    }

    /// Counts the end of an attempt.
    pub fn attempt_ended(&self, place: &str, outcome: &'static str) {
        self.attempts.get_or_create(&AttemptLabels { place: place.to_owned(), outcome }).inc();
    }

    /// All figures in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
