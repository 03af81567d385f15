//! In which order a model's targets are tried.

use super::USUAL_OUTPUT;
use crate::{
    app::App,
    call::places::random,
    config::{Model, Place, Strategy, Target},
};

/// A model's targets, the one to try first at the head.
pub(super) fn ordered<'m>(app: &App, model: &'m Model, tokens: u64) -> Vec<&'m Target> {
    let mut targets: Vec<&Target> = model.targets.iter().collect();
    if targets.len() == 1 {
        return targets;
    }
    match model.strategy {
        Strategy::Priority => {}
        Strategy::Weighted => {
            let first = weighted_first(&targets, random());
            targets[..=first].rotate_right(1);
        }
        Strategy::LeastBusy => targets.sort_by_cached_key(|target| load(app, target)),
        Strategy::Latency => {
            let now = app.places.now();
            targets
                .sort_by_cached_key(|target| place(app, target).pace(&target.model).expected(now));
        }
        Strategy::Cost => targets.sort_by_cached_key(|target| price(app, target, tokens)),
    }
    targets
}

/// Leaves out the targets whose context is too small, where another one is left; else the largest
/// stays, since the count is an estimate. Gives those that were left out.
pub(super) fn fitting<'m>(targets: &mut Vec<&'m Target>, tokens: u64) -> Vec<&'m Target> {
    let window = |target: &Target| target.context_window.unwrap_or(u64::MAX);
    let largest = targets.iter().map(|target| window(target)).max().unwrap_or(u64::MAX);
    let least = tokens.min(largest);
    let (fit, small): (Vec<_>, _) = targets.drain(..).partition(|target| window(target) >= least);
    *targets = fit;
    small
}

/// What the load of a target is, for least busy.
fn load(app: &App, target: &Target) -> usize {
    place(app, target).load()
}

/// What a request of usual length costs there, micro-USD. A page costs nothing; a price that
/// nobody knows comes last.
pub(super) fn price(app: &App, target: &Target, tokens: u64) -> u64 {
    let Place::Provider(provider) = &target.place else { return 0 };
    let Some(price) = app.prices.load().of(&provider.name, &target.model) else { return u64::MAX };
    let input = price.input.saturating_mul(tokens.max(1));
    input.saturating_add(price.output.saturating_mul(USUAL_OUTPUT))
}

fn place(app: &App, target: &Target) -> std::sync::Arc<crate::call::places::Place> {
    match &target.place {
        Place::Provider(provider) => app.places.of(provider),
        Place::Site(site) => app.places.of_site(site),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str, weight: u32, context_window: Option<u64>) -> Target {
        let place = Place::Site(name.to_owned());
        Target { place, model: "m".to_owned(), weight, context_window }
    }

    #[test]
    fn weights_are_shares() {
        let (one, three) = (target("a", 1, None), target("b", 3, None));
        let targets = [&one, &three];
        let firsts: Vec<_> = (0..8).map(|ticket| weighted_first(&targets, ticket)).collect();
        assert_eq!(firsts, [0, 1, 1, 1, 0, 1, 1, 1]);
    }

    #[test]
    fn who_is_too_small_is_left_out_while_another_one_fits() {
        let (small, large) = (target("small", 1, Some(8)), target("large", 1, Some(32)));
        let names = |tokens, all: &[&Target]| {
            let mut targets = all.to_vec();
            let left_out = fitting(&mut targets, tokens).len();
            let names = targets.iter().map(|target| target.place.name().to_owned());
            (names.collect::<Vec<_>>().join(" "), left_out)
        };
        let both = [&small, &large];
        assert_eq!(names(8, &both), ("small large".to_owned(), 0));
        assert_eq!(names(9, &both), ("large".to_owned(), 1));
        assert_eq!(names(99, &both), ("large".to_owned(), 1), "the count is an estimate");
        let unknown = target("unknown", 1, None);
        assert_eq!(names(99, &[&small, &unknown]), ("unknown".to_owned(), 1));
        assert_eq!(names(99, &[&small]), ("small".to_owned(), 0));
    }
}
