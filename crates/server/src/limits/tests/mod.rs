mod calendar;
mod clocks;
mod crowd;
mod model;

use std::{sync::Arc, time::Duration};

use super::{Calendar, Limit, Meter, Now, Period, What, Window};

/// 2026-11-21 12:00 UTC.
const NOON: i64 = 1_795_262_400_000;

fn at(ms: i64) -> Now {
    Now { wall_ms: NOON + ms, steady_ms: ms }
}

fn rolling(amount: u64, seconds: u64) -> Arc<Meter> {
    let window = Window::Rolling(Duration::from_secs(seconds));
    Meter::new(&Limit { what: What::Tokens, amount, window }, at(0))
}

fn period(amount: u64, period: Period) -> Arc<Meter> {
    let window = Window::Calendar(Calendar::new(period, "UTC").unwrap());
    Meter::new(&Limit { what: What::MicroUsd, amount, window }, at(0))
}
