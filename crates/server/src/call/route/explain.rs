//! Why a request for a model would go where it goes, and why not elsewhere.

use schemars::JsonSchema;
use serde::Serialize;
use tabway_protocol::message::SeatState;

use super::order;
use crate::{
    app::App,
    call::places::Standing,
    config::{Model, ModelFilter, Place, Provider, Strategy, Target},
};

/// The most accounts of one target that are shown.
const MAX_SHOWN: usize = 200;

/// Tokens of a request of usual length, for prices.
const USUAL_TOKENS: u64 = 1_000;

/// A model's candidates, in the order in which they would be tried now.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Explained {
    /// The model.
    pub model: String,
    /// How its targets are ordered.
    pub strategy: &'static str,
    /// Whether the key may ask for it.
    pub allowed: bool,
    /// The first one: `place/model`, and `#account` of a provider. Nothing where none is open.
    pub taken: Option<String>,
    /// All of them.
    pub candidates: Vec<Shown>,
}

/// One candidate.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Candidate")]
pub struct Shown {
    /// The model that it stands behind: the one asked for, or one of its fallbacks.
    pub model: String,
    /// `place/model`.
    pub target: String,
    /// The provider's account.
    pub account: Option<String>,
    /// `taken`, `next` or `not`.
    pub verdict: &'static str,
    /// Why.
    pub reason: String,
    /// Requests in flight there.
    pub in_flight: usize,
    /// Milliseconds until it is open again, where known.
    pub wait_ms: Option<u64>,
}

/// Explains what would happen to a request that comes now, of the key with these models.
#[must_use]
pub fn explain(app: &App, model: &Model, key: Option<&ModelFilter>) -> Explained {
    let may_use = |name: &str| key.is_none_or(|models| models.allows(name));
    let mut explaining = Explaining { app, taken: None, shown: Vec::new() };
    let config = app.config_snapshot();
    let fallbacks = model.fallbacks.iter().filter_map(|name| config.model(name));
    for one in std::iter::once(model).chain(fallbacks.map(AsRef::as_ref)) {
        explaining.model(one, may_use(&one.name));
    }
    Explained {
        model: model.name.clone(),
        strategy: model.strategy.name(),
        allowed: may_use(&model.name),
        taken: explaining.taken,
        candidates: explaining.shown,
    }
}

struct Explaining<'a> {
    app: &'a App,
    taken: Option<String>,
    shown: Vec<Shown>,
}

impl Explaining<'_> {
    fn model(&mut self, model: &Model, allowed: bool) {
        let targets = match model.strategy {
            // By chance each time: they are shown as they stand.
            Strategy::Weighted => model.targets.iter().collect(),
            _ => order::ordered(self.app, model, USUAL_TOKENS),
        };
        for target in targets {
            match &target.place {
                Place::Site(site) => self.site(model, target, site, allowed),
                Place::Provider(provider) => self.provider(model, target, provider, allowed),
            }
        }
    }

    fn provider(
        &mut self,
        model: &Model,
        target: &Target,
        provider: &std::sync::Arc<Provider>,
        allowed: bool,
    ) {
        let place = self.app.places.of(provider);
        let (now, why) = (self.app.places.now(), self.figure(model, target));
        for account in place.accounts().iter().take(MAX_SHOWN) {
            let (closed, wait_ms) = match account.standing(now) {
                Standing::Well => (None, None),
                Standing::Due(_) => (None, Some(0)),
                Standing::OnTrial(was) => {
                    let words = format!("one request finds out whether it is well: {}", was.word());
                    (Some(words), None)
                }
                Standing::Full(ms) => {
                    let words = format!("full for {} s by its limits", ms.div_ceil(1_000));
                    (Some(words), Some(ms))
                }
                Standing::Rests(was, ms) => {
                    let words = format!("rests {} s: {}", ms.div_ceil(1_000), was.word());
                    (Some(words), Some(ms))
                }
            };
            let account_name = Some(account.name().to_owned());
            let closed = if allowed { closed } else { Some(FOREIGN.to_owned()) };
            let left = account.left();
            let why = if left.is_empty() { why.clone() } else { format!("{why}; {left}") };
            self.add(model, target, (account_name, account.load()), closed, (&why, wait_ms));
        }
    }

    fn site(&mut self, model: &Model, target: &Target, site: &str, allowed: bool) {
        let seats = self.app.nodes.seats();
        let seats: Vec<_> = seats.iter().filter(|seat| seat.site == site).collect();
        let ready = |seat: &&&crate::nodes::SeatView| {
            seat.state == SeatState::Ready && seat.rests_ms.is_none() && seat.need.is_none()
        };
        let open = seats.iter().filter(ready).count();
        let first_back = seats.iter().filter_map(|seat| seat.rests_ms).min();
        let closed = match (seats.len(), open) {
            _ if !allowed => Some(FOREIGN.to_owned()),
            (0, _) => Some("no paired browser serves the site".to_owned()),
            (_, 0) => {
                let why = seats.iter().find_map(|seat| {
                    let need = seat.need.as_ref().map(|need| need.problem.to_owned());
                    need.or_else(|| seat.rests.first().map(|rest| format!("rests: {}", rest.code)))
                });
                Some(why.unwrap_or_else(|| "none of its seats is ready".to_owned()))
            }
            _ => None,
        };
        let why =
            format!("{}; {open} of {} seats are ready", self.figure(model, target), seats.len());
        let load = self.app.places.of_site(site).load();
        let wait_ms = if open == 0 { first_back } else { None };
        self.add(model, target, (None, load), closed, (&why, wait_ms));
    }

    /// What the strategy goes by.
    fn figure(&self, model: &Model, target: &Target) -> String {
        let window = target.context_window.map(|tokens| format!("; up to {tokens} tokens"));
        let figure = match model.strategy {
            _ if model.targets.len() == 1 => "the only target".to_owned(),
            Strategy::Priority => "by priority".to_owned(),
            Strategy::Weighted => format!("weight {}", target.weight),
            Strategy::LeastBusy => "by requests in flight".to_owned(),
            Strategy::Latency => {
                let place = match &target.place {
                    Place::Provider(provider) => self.app.places.of(provider),
                    Place::Site(site) => self.app.places.of_site(site),
                };
                match place.pace(&target.model).expected(self.app.places.now()) {
                    0 => "its latency is not known yet".to_owned(),
                    us => format!("about {} ms to its first byte", us.div_ceil(1_000)),
                }
            }
            Strategy::Cost => match order::price(self.app, target, USUAL_TOKENS) {
                u64::MAX => "its price is not known".to_owned(),
                price => format!("{} micro-USD for a usual request", price.div_ceil(1_000_000)),
            },
        };
        figure + &window.unwrap_or_default()
    }

    fn add(
        &mut self,
        model: &Model,
        target: &Target,
        (account, in_flight): (Option<String>, usize),
        closed: Option<String>,
        (why, wait_ms): (&str, Option<u64>),
    ) {
        let target = target.to_string();
        let verdict = match (&closed, &self.taken) {
            (Some(_), _) => "not",
            (None, Some(_)) => "next",
            (None, None) => {
                let account = account.as_ref().map(|name| format!("#{name}")).unwrap_or_default();
                self.taken = Some(format!("{target}{account}"));
                "taken"
            }
        };
        let reason = closed.unwrap_or_else(|| why.to_owned());
        let model = model.name.clone();
        self.shown.push(Shown { model, target, account, verdict, reason, in_flight, wait_ms });
    }
}

/// Why a model of another key's is not tried.
const FOREIGN: &str = "this key may not use the model";
