//! In which order a model's targets are tried.

use crate::{
    app::App,
    call::places::random,
    config::{Model, Place, Strategy, Target},
};

/// A model's targets, the one to try first at the head.
pub(super) fn ordered<'m>(app: &App, model: &'m Model) -> Vec<&'m Target> {
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
    }
    targets
}

fn load(app: &App, target: &Target) -> usize {
    match &target.place {
        Place::Provider(provider) => app.places.of(provider).load(),
        Place::Site(site) => app.places.of_site(site).load(),
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
