//! `/metrics`. Labels come from closed lists and from names that the owner configured, never from
//! a client's words, so the number of series is bounded. On the path of a request figures are
//! atomics behind a handle; texts are made when somebody asks.

mod ends;
mod entity;
mod moment;
mod named;
mod recent;
mod sheet;
mod timing;

use std::sync::{Arc, atomic::AtomicU64};

use prometheus_client::{
    collector::Collector,
    encoding::{
        DescriptorEncoder,
        text::{encode_eof, encode_registry},
    },
    metrics::{counter::Counter, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use tabway_dialects::chat::FailureClass;
use tokio::time::Instant;

pub(crate) use self::{
    ends::{End, Outcome},
    entity::{Kind, ModelFigures, Totals},
    recent::WINDOW,
    timing::Timing,
};
use self::{entity::TargetFigures, named::Named, recent::Recent, sheet::Sheet};
use crate::app::App;

/// The gateway's figures.
pub struct Metrics {
    registry: Registry,
    /// Open connections of clients and nodes.
    pub connections: Gauge,
    /// Chat requests in flight.
    pub in_flight: Gauge,
    /// Attempts beyond a request's first.
    pub retries: Counter,
    /// Attempts that the retry budget did not allow.
    pub retries_refused: Counter,
    entities: Arc<Entities>,
    recent: Recent,
}

/// What is counted by model and by target.
#[derive(Debug)]
struct Entities {
    models: Named<ModelFigures>,
    targets: Named<TargetFigures>,
    /// How long turns waited for a lane.
    waits: Arc<Timing>,
}

impl Metrics {
    /// Nothing counted yet. `decisions` and `waits` are counted where turns are given to lanes.
    #[must_use]
    pub(crate) fn new(decisions: Histogram, waits: Arc<Timing>) -> Self {
        let mut registry = Registry::with_prefix("tabway");
        let start: Gauge<f64, AtomicU64> = Gauge::default();
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        start.set(since.map_or(0.0, |since| since.as_secs_f64()));
        registry.register("start_time_seconds", "When the gateway started, Unix time", start);

        let metrics = Self {
            connections: Gauge::default(),
            in_flight: Gauge::default(),
            retries: Counter::default(),
            retries_refused: Counter::default(),
            entities: Arc::new(Entities {
                models: Named::default(),
                targets: Named::default(),
                waits,
            }),
            recent: Recent::default(),
            registry: Registry::default(),
        };
        registry.register("connections", "Open connections", metrics.connections.clone());
        registry.register(
            "requests_in_flight",
            "Chat requests in flight",
            metrics.in_flight.clone(),
        );
        registry.register("retries", "Attempts beyond the first", metrics.retries.clone());
        registry.register(
            "retries_refused",
            "Attempts that the retry budget did not allow",
            metrics.retries_refused.clone(),
        );
        registry.register(
            "scheduling_seconds",
            "Until it is decided which lane takes a page's turn, or that it waits",
            decisions,
        );
        registry.register_collector(Box::new(metrics.entities.clone()));
        Self { registry, ..metrics }
    }

    /// The figures of a model. `is_listed` says whether its name is one of the owner's.
    pub(crate) fn of_model(
        &self,
        name: &str,
        is_listed: impl FnOnce() -> bool,
    ) -> Arc<ModelFigures> {
        self.entities.models.of(name, is_listed)
    }

    /// The figures of what was asked for in vain.
    pub(crate) fn of_no_model(&self) -> Arc<ModelFigures> {
        self.entities.models.other().clone()
    }

    /// Counts the end of an attempt at a target, `place/model`.
    pub(crate) fn attempt_ended(
        &self,
        target: &str,
        is_listed: impl FnOnce() -> bool,
        end: Option<FailureClass>,
    ) {
        self.entities.targets.of(target, is_listed).ends.count(end);
    }

    /// All requests of the last minutes together.
    pub(crate) fn recent(&self, now: Instant) -> Totals {
        let mut totals = Totals::default();
        for (_, model) in self.entities.models.all() {
            totals.add(&model);
        }
        self.recent.look(now, totals)
    }
}

/// All figures in the OpenMetrics text format.
pub(crate) fn text(app: &App) -> String {
    let mut text = String::new();
    let mut now = Registry::with_prefix("tabway");
    now.register_collector(Box::new(moment::Moment::of(app)));
    // Writing into a String does not fail.
    let _ = encode_registry(&mut text, &app.metrics.registry)
        .and_then(|()| encode_registry(&mut text, &now))
        .and_then(|()| encode_eof(&mut text));
    text
}

impl Collector for Entities {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut sheet = Sheet::new(encoder);
        let mut models = self.models.all();
        models.retain(|(_, model)| !model.is_new());
        let models = models.iter().map(|(name, model)| (&**name, &**model));

        let by_end = models.clone().flat_map(|(name, model)| {
            Kind::ALL.into_iter().flat_map(move |kind| {
                Outcome::ALL.into_iter().filter_map(move |outcome| {
                    let of_it = model.ends(kind).read();
                    let of_it = of_it.filter(|(end, _)| Outcome::of(*end) == outcome);
                    let count: u64 = of_it.map(|(_, count)| count).sum();
                    let labels =
                        [("model", name), ("kind", kind.word()), ("outcome", outcome.word())];
                    (count > 0).then_some((labels, count))
                })
            })
        });
        sheet.counters("requests", "Chat requests by model, kind and outcome", by_end)?;

        let errors = models.clone().flat_map(|(name, model)| {
            FailureClass::ALL.iter().filter_map(move |class| {
                let ends = Kind::ALL.into_iter().flat_map(|kind| model.ends(kind).read());
                let count: u64 =
                    ends.filter(|(end, _)| *end == Some(*class)).map(|(_, count)| count).sum();
                (count > 0).then_some(([("model", name), ("class", class.code())], count))
            })
        });
        sheet.counters("errors", "Chat requests that did not end well, by their code", errors)?;

        let durations =
            models.clone().map(|(name, model)| ([("model", name)], model.duration.read()));
        let help = "From the request to its end";
        sheet.histograms("request_duration_seconds", help, durations)?;
        let firsts =
            models.clone().map(|(name, model)| ([("model", name)], model.first_token.read()));
        let help = "From the request to the first byte of its answer";
        sheet.histograms("time_to_first_token_seconds", help, firsts)?;

        let tokens = models.flat_map(|(name, model)| {
            let (input, output) = model.tokens();
            let of = |direction| [("model", name), ("direction", direction)];
            [(of("input"), input), (of("output"), output)]
        });
        sheet.counters("tokens", "Tokens of answers that came", tokens)?;

        let targets = self.targets.all();
        let attempts = targets.iter().flat_map(|(name, target)| {
            target.ends.read().map(move |(end, count)| {
                let outcome = end.map_or("ok", FailureClass::code);
                ([("target", &**name), ("outcome", outcome)], count)
            })
        });
        sheet.counters("attempts", "Attempts by target and how they ended", attempts)?;

        let waits = [([("for", "lane")], self.waits.read())];
        sheet.histograms("queue_wait_seconds", "How long turns waited for a lane", waits)
    }
}
