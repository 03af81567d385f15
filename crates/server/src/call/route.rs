//! From a model's name to the candidates that can serve the request now, in order.

use std::{sync::Arc, time::Duration};

use tabway_dialects::chat::{Failure, FailureClass};

use super::places::Place as PlaceState;
use crate::{
    app::App,
    config::{Model, Place, Provider, Strategy, Target},
};

/// One thing to try.
#[derive(Debug, Clone)]
pub(crate) enum Candidate {
    /// A provider with one of its accounts.
    Provider {
        /// The provider.
        provider: Arc<Provider>,
        /// Index of the account.
        account: usize,
        /// The model's name there.
        model: String,
        /// How the place is doing.
        state: Arc<PlaceState>,
    },
    /// A page.
    Site {
        /// The site's name.
        site: String,
        /// The model's name there.
        model: String,
        /// How the place is doing.
        state: Arc<PlaceState>,
    },
}

impl Candidate {
    /// Provider or site.
    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Provider { provider, .. } => &provider.name,
            Self::Site { site, .. } => site,
        }
    }

    /// The model's name there.
    pub(crate) fn model(&self) -> &str {
        match self {
            Self::Provider { model, .. } | Self::Site { model, .. } => model,
        }
    }

    /// `place/model`, as headers and ledger have it.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.place(), self.model())
    }

    /// How the place is doing.
    pub(crate) fn state(&self) -> &Arc<PlaceState> {
        match self {
            Self::Provider { state, .. } | Self::Site { state, .. } => state,
        }
    }

    pub(crate) fn is_provider(&self) -> bool {
        matches!(self, Self::Provider { .. })
    }
}

/// What to try, in order.
///
/// # Errors
/// `upstream_rate_limited` with the time to wait, when every account of every target rests.
pub(crate) fn candidates(app: &App, model: &Model) -> Result<Vec<Candidate>, Failure> {
    let mut found = Vec::with_capacity(model.targets.len());
    let mut shortest_rest: Option<Duration> = None;
    for target in ordered(app, model) {
        match &target.place {
            Place::Site(site) => found.push(Candidate::Site {
                site: site.clone(),
                model: target.model.clone(),
                state: app.places.get(site, 1),
            }),
            Place::Provider(provider) => {
                let state = app.places.get(&provider.name, provider.accounts.len());
                for account in state.accounts() {
                    if let Some(rest) = state.rests_for(account) {
                        shortest_rest = Some(shortest_rest.map_or(rest, |least| least.min(rest)));
                        continue;
                    }
                    found.push(Candidate::Provider {
                        provider: provider.clone(),
                        account,
                        model: target.model.clone(),
                        state: state.clone(),
                    });
                }
            }
        }
    }
    match (found.is_empty(), shortest_rest) {
        (true, Some(rest)) => {
            let ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX);
            let words = "every account behind this model rests after a limit";
            Err(Failure::new(FailureClass::UpstreamRateLimited, words).with_retry_after_ms(ms))
        }
        _ => Ok(found),
    }
}

fn ordered<'m>(app: &App, model: &'m Model) -> Vec<&'m Target> {
    let mut targets: Vec<&Target> = model.targets.iter().collect();
    match model.strategy {
        Strategy::Priority => {}
        Strategy::Weighted => {
            let first = weighted_first(&targets, random());
            targets[..=first].rotate_right(1);
        }
        Strategy::LeastBusy => targets.sort_by_cached_key(|target| load(app, target)),
    }
    targets
}

fn load(app: &App, target: &Target) -> usize {
    let accounts = match &target.place {
        Place::Provider(provider) => provider.accounts.len(),
        Place::Site(_) => 1,
    };
    app.places.get(target.place.name(), accounts).load()
}

/// The index that the ticket falls on; the others stay in their order behind it.
fn weighted_first(targets: &[&Target], ticket: u64) -> usize {
    let total: u64 = targets.iter().map(|target| u64::from(target.weight)).sum();
    let mut left = ticket % total.max(1);
    for (at, target) in targets.iter().enumerate() {
        let weight = u64::from(target.weight);
        if left < weight {
            return at;
        }
        left -= weight;
    }
    0
}

pub(super) fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without random bytes the first target takes all: a worse share, not a failure.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str, weight: u32) -> Target {
        Target { place: Place::Site(name.to_owned()), model: "m".to_owned(), weight }
    }

    #[test]
    fn weights_are_shares() {
        let (one, three) = (target("a", 1), target("b", 3));
        let targets = [&one, &three];
        let firsts: Vec<_> = (0..8).map(|ticket| weighted_first(&targets, ticket)).collect();
        assert_eq!(firsts, [0, 1, 1, 1, 0, 1, 1, 1]);
    }
}
