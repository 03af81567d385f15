//! Meters against a model that keeps every use by itself.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;

use super::{at, period, rolling};
use crate::limits::{Meter, Period, Reservation};

const LIMIT: u64 = 100;
const WINDOW_MS: i64 = 12_000;
const PART_MS: i64 = 1_000;
const PARTS: i64 = 12;

#[derive(Debug, Clone)]
enum Step {
    Reserve(u64),
    Settle(usize, u64),
    Drop(usize),
    Wait(i64),
}

fn steps(longest: i64) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u64..60).prop_map(Step::Reserve),
        2 => (any::<usize>(), 0_u64..90).prop_map(|(which, actual)| Step::Settle(which, actual)),
        1 => any::<usize>().prop_map(Step::Drop),
        3 => (0..longest).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

/// Uses by the number of the part of time that they began in.
#[derive(Default)]
struct Model {
    uses: Vec<(i64, u64)>,
}

impl Model {
    fn used(&self, oldest: i64) -> u64 {
        self.uses.iter().filter(|(part, _)| *part >= oldest).map(|(_, amount)| amount).sum()
    }
}

/// Walks both through the same steps. `part_of` tells the part of time, `oldest` the first part
/// that still counts in another.
fn walk(
    meter: &Arc<Meter>,
    steps: &[Step],
    part_of: impl Fn(i64) -> i64,
    oldest: impl Fn(i64) -> i64,
) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    let mut open: Vec<(Reservation, usize)> = Vec::new();
    let mut now = 0;
    for step in steps {
        match step {
            Step::Wait(ms) => now += ms,
            Step::Reserve(amount) => {
                let used = model.used(oldest(part_of(now)));
                match meter.try_reserve(*amount, at(now)) {
                    Ok(reservation) => {
                        prop_assert!(used + (*amount).max(1) <= LIMIT, "{used} and {amount}");
                        open.push((reservation, model.uses.len()));
                        model.uses.push((part_of(now), *amount));
                    }
                    Err(full) => {
                        prop_assert!(used + (*amount).max(1) > LIMIT, "{used} and {amount}");
                        prop_assert!(full.retry_after.is_some());
                    }
                }
            }
            Step::Settle(which, actual) if !open.is_empty() => {
                let (reservation, index) = open.swap_remove(which % open.len());
                reservation.settle(*actual);
                model.uses[index].1 = *actual;
            }
            Step::Drop(which) if !open.is_empty() => {
                let (reservation, index) = open.swap_remove(which % open.len());
                drop(reservation);
                model.uses[index].1 = 0;
            }
            Step::Settle(..) | Step::Drop(_) => {}
        }
        prop_assert_eq!(meter.used(at(now)), model.used(oldest(part_of(now))));
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_rolling_window_is_its_model(steps in steps(4_000)) {
        let meter = rolling(LIMIT, 12);
        walk(&meter, &steps, |now| now / PART_MS, |part| part - PARTS)?;
    }

    #[test]
    fn a_period_is_its_model(steps in steps(30_000)) {
        let meter = period(LIMIT, Period::Minute);
        walk(&meter, &steps, |now| now / 60_000, |part| part)?;
    }

    #[test]
    fn no_window_holds_more_than_the_limit(steps in steps(4_000)) {
        let meter = rolling(LIMIT, 12);
        let (mut now, mut taken): (i64, Vec<(i64, u64)>) = (0, Vec::new());
        for step in &steps {
            match step {
                Step::Wait(ms) => now += ms,
                Step::Reserve(amount) => {
                    if let Ok(reservation) = meter.try_reserve(*amount, at(now)) {
                        reservation.settle(*amount);
                        taken.push((now, *amount));
                    }
                }
                Step::Settle(..) | Step::Drop(_) => {}
            }
            let window = taken.iter().filter(|(when, _)| *when > now - WINDOW_MS);
            prop_assert!(window.map(|(_, amount)| amount).sum::<u64>() <= LIMIT);
        }
    }

    #[test]
    fn who_comes_back_when_told_is_served(steps in steps(4_000), amount in 1..=LIMIT) {
        let meter = rolling(LIMIT, 12);
        let mut now = 0;
        for step in &steps {
            match step {
                Step::Wait(ms) => now += ms,
                Step::Reserve(amount) => {
                    if let Ok(reservation) = meter.try_reserve(*amount, at(now)) {
                        reservation.settle(*amount);
                    }
                }
                Step::Settle(..) | Step::Drop(_) => {}
            }
        }
        if let Err(full) = meter.try_reserve(amount, at(now)) {
            let wait = full.retry_after.unwrap();
            prop_assert!(wait <= Duration::from_secs(13));
            let then = now + i64::try_from(wait.as_millis()).unwrap();
            prop_assert!(meter.try_reserve(amount, at(then - 1)).is_err());
            prop_assert!(meter.try_reserve(amount, at(then)).is_ok());
        }
    }
}
