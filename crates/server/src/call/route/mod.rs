//! From a model's name to the candidates that can serve the request now, in order.

mod candidate;
pub mod explain;
mod need;
mod order;
mod passed;

use std::{cmp::Reverse, collections::VecDeque, sync::Arc};

use tabway_dialects::chat::{Failure, FailureClass};

pub(crate) use candidate::{At, Candidate};

use self::passed::Passed;
use super::{
    admit::Call,
    places::{Held, Place as PlaceState, Standing, chance},
};
use crate::{
    app::App,
    config::{Model, Place, Provider, Routing, Strategy, Target},
};

/// The most candidates of one model for one request.
const MAX_CANDIDATES: usize = 16;

/// Accounts of one provider that are looked at beyond the first that is free, so that a large pool
/// costs no more than a small one.
const MAX_LOOKS: usize = 64;

/// Tokens of an answer of usual length.
const USUAL_OUTPUT: u64 = 500;

/// What can be tried for a request, in order, and what was passed over.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    candidates: VecDeque<Candidate>,
    passed: Passed,
    /// Why the first one is the first.
    reason: &'static str,
    /// Which model's candidates come when these are used up, by its place in the chain.
    fallback: usize,
    /// Fallbacks are no pages' business.
    only_pages: bool,
}

/// What to try, in order.
pub(super) fn plan(call: &Call) -> Plan {
    let mut plan = Plan::default();
    plan.expand(call, &call.model);
    plan
}

impl Plan {
    /// The next candidate, with the reason why it is its turn.
    pub(in crate::call) fn next(&mut self, call: &Call) -> Option<Candidate> {
        while self.candidates.is_empty() && !self.only_pages {
            let name = call.model.fallbacks.get(self.fallback)?;
            self.fallback += 1;
            if !call.record.may_use(name) {
                self.passed.other(name, "is not for this key");
                continue;
            }
            let model = call.worker.app.config().model(name).cloned();
            if let Some(model) = model {
                self.expand(call, &model);
                self.reason = "fallback";
            }
        }
        let mut next = self.candidates.pop_front()?;
        next.why = std::mem::replace(&mut self.reason, "next").to_owned();
        let passed = self.passed.take();
        if !passed.is_empty() {
            next.why = format!("{}; {passed}", next.why);
        }
        Some(next)
    }

    /// Nothing but pages.
    pub(crate) fn only_pages(mut self) -> Self {
        self.candidates.retain(|candidate| !candidate.is_provider());
        self.only_pages = true;
        self
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// A candidate that takes nothing now, although it did when the plan was made.
    pub(crate) fn pass_over(&mut self, candidate: &Candidate, standing: Standing) {
        self.passed.rests(&candidate.label(), candidate.account_name(), standing);
    }

    /// A candidate that is not tried after what happened before it.
    pub(crate) fn skip(&mut self, candidate: &Candidate, reason: &str) {
        self.passed.other(&candidate.label(), reason);
    }

    /// What the client is told where nothing could be tried.
    pub(crate) fn failure(&self, rules: &Routing) -> Failure {
        self.passed.failure(rules).unwrap_or_else(|| {
            let words = "the model has no target that could be tried";
            Failure::new(FailureClass::Internal, words)
        })
    }

    /// Adds the candidates of a model.
    fn expand(&mut self, call: &Call, model: &Arc<Model>) {
        let app = &call.worker.app;
        self.reason = match model.targets.len() {
            1 => "the only target",
            _ => model.strategy.name(),
        };
        let smallest = model.targets.iter().filter_map(|target| target.context_window).min();
        let tokens = match (smallest, model.strategy) {
            (Some(window), _) => need::tokens(&call.body, window),
            (None, Strategy::Cost) => need::tokens(&call.body, u64::MAX),
            (None, _) => 0,
        };
        let mut targets = order::ordered(app, model, tokens);
        if smallest.is_some() {
            for target in order::fitting(&mut targets, tokens) {
                let words = format!("has too small a context for about {tokens} tokens");
                self.passed.other(&target.to_string(), &words);
            }
        }
        let conversation = conversation(call, model);
        let held = conversation.and_then(|number| app.places.affinity.of(number, app.places.now()));
        if let Some(held) = held {
            self.stay_with(app, model, &mut targets, held);
        }
        for target in targets {
            self.add(app, model, target, (conversation, held));
            if self.candidates.len() >= MAX_CANDIDATES {
                break;
            }
        }
    }

    /// Under a strategy that spreads requests a conversation stays with its target; where the
    /// order is the owner's (priority, cost) it only stays with its account there.
    fn stay_with(&mut self, app: &App, model: &Model, targets: &mut [&Target], held: Held) {
        let spreads =
            matches!(model.strategy, Strategy::Weighted | Strategy::LeastBusy | Strategy::Latency);
        let holds = |target: &&Target| match &target.place {
            Place::Provider(provider) => app.places.of(provider).holds(held),
            Place::Site(_) => false,
        };
        if let Some(at) = targets.iter().position(holds).filter(|_| spreads) {
            targets[..=at].rotate_right(1);
            self.reason = "its account has answered this conversation";
        }
    }

    fn add(
        &mut self,
        app: &App,
        model: &Model,
        target: &Target,
        (conversation, held): (Option<u64>, Option<Held>),
    ) {
        let candidate = |at, place: &Arc<PlaceState>| Candidate {
            at,
            model: target.model.clone(),
            place: place.clone(),
            pace: (model.strategy == Strategy::Latency).then(|| place.pace(&target.model)),
            context_window: target.context_window,
            conversation,
            why: String::new(),
        };
        match &target.place {
            Place::Site(site) => {
                let place = app.places.of_site(site);
                self.candidates.push_back(candidate(At::Site(site.clone()), &place));
            }
            Place::Provider(provider) => {
                let place = app.places.of(provider);
                let room = MAX_CANDIDATES.saturating_sub(self.candidates.len());
                let accounts = self.accounts(app, model, (target, provider, &place), held, room);
                let all = accounts.into_iter();
                self.candidates
                    .extend(all.map(|at| candidate(At::Provider(provider.clone(), at), &place)));
            }
        }
    }

    /// The accounts that take a request now, the one to try first at the head: the one that has
    /// answered the conversation, then by the strategy, then what would be lost soonest, and equal
    /// ones by turns.
    fn accounts(
        &mut self,
        app: &App,
        model: &Model,
        (target, provider, place): (&Target, &Provider, &PlaceState),
        held: Option<Held>,
        room: usize,
    ) -> Vec<usize> {
        let (all, now, first) = (place.accounts(), app.places.now(), place.turn());
        let held = held.filter(|held| place.holds(*held)).map(|held| held.at);
        let mut open = Vec::with_capacity(all.len().min(room));
        let turns = (0..all.len()).map(|look| (first + look) % all.len());
        let looks = held.into_iter().chain(turns.filter(|at| Some(*at) != held));
        for (look, at) in looks.enumerate() {
            if look >= MAX_LOOKS && !open.is_empty() {
                break;
            }
            let standing = all[at].standing(now);
            if standing.is_open() {
                open.push(at);
            } else {
                self.passed.rests(&target.to_string(), all[at].name(), standing);
            }
        }
        if open.len() > 1 {
            let rank = |at: &usize| {
                let by_strategy = match model.strategy {
                    Strategy::LeastBusy => whole(all[*at].load()),
                    Strategy::Weighted => ticket(provider, *at),
                    _ => 0,
                };
                (Some(*at) != held, by_strategy, Reverse(all[*at].urgency()))
            };
            open.sort_by_cached_key(rank);
        }
        open.truncate(room);
        open
    }
}

/// About how many tokens a request takes, its answer among them, before anybody has counted them.
pub(super) fn about(call: &Call) -> u64 {
    need::tokens(&call.body, u64::MAX).saturating_add(USUAL_OUTPUT)
}

/// The number of the request's conversation, where several accounts may have answered it.
fn conversation(call: &Call, model: &Model) -> Option<u64> {
    let pool = |target: &Target| match &target.place {
        Place::Provider(provider) => provider.accounts.len(),
        Place::Site(_) => 0,
    };
    if !model.affinity || model.targets.iter().map(pool).sum::<usize>() < 2 {
        return None;
    }
    let messages = call.body.get(call.peek.messages.clone()?)?;
    let beginning = need::beginning(messages);
    let affinity = &call.worker.app.places.affinity;
    Some(affinity.conversation(&call.owner, &model.name, beginning))
}

/// A number by chance: smaller the heavier the account is, so that the smallest one falls on each
/// in proportion to its weight.
fn ticket(provider: &Provider, at: usize) -> u64 {
    let weight = provider.accounts.get(at).map_or(1, |account| account.terms.weight);
    let waits = -chance().max(f64::MIN_POSITIVE).ln() / f64::from(weight.max(1));
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 745 times a million: far below where a double loses a whole number"
    )]
    let waits = (waits * 1e6) as u64;
    waits
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
