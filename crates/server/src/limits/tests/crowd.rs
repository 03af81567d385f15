//! Many threads at one meter.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    thread,
};

use super::{at, period, rolling};
use crate::limits::{Gate, Period};

const THREADS: u64 = 200;
const ROUNDS: u64 = 100;

/// Runs a piece of work in every thread, all from the same moment on.
fn crowd(work: impl Fn(u64) + Send + Sync) {
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for seed in 0..THREADS {
            let (start, work) = (&start, &work);
            scope.spawn(move || {
                start.wait();
                (0..ROUNDS).for_each(|round| work(seed * ROUNDS + round));
            });
        }
    });
}

#[test]
fn two_hundred_at_once_never_hold_more_than_the_limit() {
    const LIMIT: u64 = 1_000;
    let meter = period(LIMIT, Period::Day);
    let (held, spent) = (AtomicU64::new(0), AtomicU64::new(0));
    crowd(|seed| {
        let amount = 1 + seed % 37;
        let Ok(reservation) = meter.try_reserve(amount, at(0)) else { return };
        let now = held.fetch_add(amount, Ordering::SeqCst) + amount;
        assert!(now <= LIMIT, "{now} held at once");
        thread::yield_now();
        held.fetch_sub(amount, Ordering::SeqCst);
        // A third leaves, the others use one.
        if seed % 3 == 0 {
            drop(reservation);
        } else {
            spent.fetch_add(1, Ordering::SeqCst);
            reservation.settle(1);
        }
    });
    let spent = spent.load(Ordering::SeqCst);
    assert!(spent <= LIMIT);
    assert_eq!(meter.left(at(0)), LIMIT - spent, "all but what was spent is there again");
    let rest: Vec<_> = (0..LIMIT - spent).map(|_| meter.try_reserve(1, at(0)).unwrap()).collect();
    assert!(meter.try_reserve(1, at(0)).is_err());
    drop(rest);
}

#[test]
fn exactly_the_limit_passes_a_crowd() {
    let meter = period(1_000, Period::Day);
    let passed = AtomicU64::new(0);
    crowd(|_| {
        if let Ok(reservation) = meter.try_reserve(1, at(0)) {
            passed.fetch_add(1, Ordering::SeqCst);
            reservation.settle(1);
        }
    });
    assert_eq!(passed.load(Ordering::SeqCst), 1_000);
}

#[test]
fn nothing_is_lost_while_the_window_turns_under_a_crowd() {
    for meter in [rolling(500, 12), period(500, Period::Minute)] {
        let clock = AtomicI64::new(0);
        let spent = AtomicU64::new(0);
        crowd(|seed| {
            let now = clock.fetch_add(7, Ordering::SeqCst);
            if let Ok(reservation) = meter.try_reserve(1 + seed % 5, at(now)) {
                thread::yield_now();
                match seed % 3 {
                    0 => drop(reservation),
                    1 => reservation.settle(0),
                    _ => {
                        spent.fetch_add(9, Ordering::SeqCst);
                        reservation.settle(9);
                    }
                }
            }
        });
        assert!(spent.load(Ordering::SeqCst) > 500, "more than one window was used");
        let later = clock.load(Ordering::SeqCst) + 120_000;
        assert_eq!(meter.left(at(later)), 500, "{:?}", meter.window());
    }
}

#[test]
fn a_gate_lets_no_more_in_than_it_says() {
    let gate = Gate::new(7);
    let refused = AtomicU64::new(0);
    crowd(|_| match gate.enter() {
        Some(permit) => {
            assert!(gate.inside() <= 7);
            thread::yield_now();
            drop(permit);
        }
        None => drop(refused.fetch_add(1, Ordering::SeqCst)),
    });
    assert_eq!(gate.inside(), 0);
    let inside: Vec<_> = std::iter::from_fn(|| gate.enter()).collect();
    assert_eq!(inside.len(), 7);
    gate.resize(8);
    assert!(gate.enter().is_some(), "the bound was moved");
    assert_eq!(Arc::strong_count(&gate), 8);
}
