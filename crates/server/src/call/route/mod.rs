//! From a model's name to the candidates that can serve the request now, in order.

mod candidate;
mod order;
mod passed;

use std::{collections::VecDeque, sync::Arc};

use tabway_dialects::chat::{Failure, FailureClass};

pub(crate) use candidate::{At, Candidate};

use self::passed::Passed;
use crate::{
    app::App,
    config::{Model, Place, Provider, Routing, Strategy, Target},
};

/// The most candidates of one request.
const MAX_CANDIDATES: usize = 16;

/// Accounts of one provider that are looked at beyond the first that is free, so that a large pool
/// costs no more than a small one.
const MAX_LOOKS: usize = 64;

/// What can be tried for a request, in order, and what was passed over.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    candidates: VecDeque<Candidate>,
    passed: Passed,
    /// Why the first one is the first.
    reason: &'static str,
}

/// What to try, in order.
pub(crate) fn plan(app: &App, model: &Model) -> Plan {
    let reason = match model.strategy {
        _ if model.targets.len() == 1 => "the only target",
        Strategy::Priority => "priority",
        Strategy::Weighted => "weighted",
        Strategy::LeastBusy => "least busy",
    };
    let mut plan = Plan { reason, ..Plan::default() };
    for target in order::ordered(app, model) {
        match &target.place {
            Place::Site(site) => plan.push(Candidate {
                at: At::Site(site.clone()),
                model: target.model.clone(),
                place: app.places.of_site(site),
                why: String::new(),
            }),
            Place::Provider(provider) => plan.add_accounts(app, provider, target),
        }
        if plan.candidates.len() >= MAX_CANDIDATES {
            break;
        }
    }
    plan
}

impl Plan {
    /// The next candidate, with the reason why it is its turn.
    pub(crate) fn next(&mut self) -> Option<Candidate> {
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
        self
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// A candidate that takes nothing now, although it did when the plan was made.
    pub(crate) fn pass_over(&mut self, candidate: &Candidate, now: u64) {
        if let Some(account) = candidate.account() {
            self.passed.rests(&candidate.label(), account.name(), account.standing(now));
        }
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

    fn push(&mut self, candidate: Candidate) {
        self.candidates.push_back(candidate);
    }

    /// The accounts that take a request now, another one first each time.
    fn add_accounts(&mut self, app: &App, provider: &Arc<Provider>, target: &Target) {
        let place = app.places.of(provider);
        let (accounts, now, first) = (place.accounts(), app.places.now(), place.turn());
        let mut found = false;
        for look in 0..accounts.len() {
            if found && look >= MAX_LOOKS || self.candidates.len() >= MAX_CANDIDATES {
                break;
            }
            let at = (first + look) % accounts.len();
            let standing = accounts[at].standing(now);
            if !standing.is_open() {
                self.passed.rests(&target.to_string(), accounts[at].name(), standing);
                continue;
            }
            found = true;
            self.push(Candidate {
                at: At::Provider(provider.clone(), at),
                model: target.model.clone(),
                place: place.clone(),
                why: String::new(),
            });
        }
    }
}
