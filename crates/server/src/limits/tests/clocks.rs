use std::time::Duration;

use super::{at, period, rolling};
use crate::limits::{Now, Period};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The wall says something else, and time goes on.
fn wall(ms: i64) -> Now {
    Now { wall_ms: at(ms).wall_ms, steady_ms: 0 }
}

#[test]
fn a_rolling_window_does_not_look_at_the_wall() {
    let meter = rolling(1, 60);
    meter.try_reserve(1, at(0)).unwrap().settle(1);
    for jump in [-10 * DAY, 0, 3_650 * DAY] {
        let now = Now { wall_ms: at(jump).wall_ms, steady_ms: 30_000 };
        let full = meter.try_reserve(1, now).unwrap_err();
        assert_eq!(full.retry_after, Some(Duration::from_secs(35)));
    }
    meter.try_reserve(1, at(65_000)).unwrap();
}

#[test]
fn a_small_step_back_over_midnight_gives_yesterdays_budget_to_nobody() {
    let meter = period(10, Period::Day);
    meter.try_reserve(10, at(0)).unwrap().settle(10);
    meter.try_reserve(3, at(12 * HOUR)).unwrap().settle(3);
    for now in [at(12 * HOUR - 5), at(12 * HOUR + 5), at(11 * HOUR + 1)] {
        assert_eq!(meter.left(now), 7);
    }
}

#[test]
fn a_clock_that_is_set_back_refuses_until_the_end_of_that_period_at_most() {
    let meter = period(10, Period::Day);
    meter.try_reserve(10, wall(400 * DAY)).unwrap().settle(10);
    // It was a wrong clock. What was spent under it counts today.
    let full = meter.try_reserve(1, wall(0)).unwrap_err();
    assert_eq!(full.retry_after, Some(Duration::from_secs(12 * 3_600)));
    assert!(!full.held);
    meter.try_reserve(10, wall(12 * HOUR)).unwrap();
}

#[test]
fn what_began_yesterday_changes_nothing_today() {
    let meter = period(10, Period::Day);
    let open = meter.try_reserve(6, at(0)).unwrap();
    let other = meter.try_reserve(4, at(0)).unwrap();
    let tomorrow = at(13 * HOUR);
    assert_eq!(meter.left(tomorrow), 10);
    open.settle(9);
    drop(other);
    assert_eq!(meter.left(tomorrow), 10);
}

#[test]
fn who_waits_for_requests_in_flight_is_told_to_come_back_soon() {
    let meter = period(10, Period::Day);
    let open = meter.try_reserve(8, at(0)).unwrap();
    let full = meter.try_reserve(3, at(0)).unwrap_err();
    assert_eq!((full.retry_after, full.held), (Some(Duration::from_secs(1)), true));
    open.settle(8);
    let full = meter.try_reserve(3, at(0)).unwrap_err();
    assert_eq!((full.retry_after, full.held), (Some(Duration::from_secs(12 * 3_600)), false));
    // More than there ever is.
    assert_eq!(meter.try_reserve(11, at(0)).unwrap_err().retry_after, None);
}

#[test]
fn what_is_charged_counts_beyond_the_limit_and_nothing_passes_when_it_is_reached() {
    let meter = period(10, Period::Day);
    meter.charge(10, at(0));
    assert!(meter.try_reserve(0, at(0)).is_err(), "even what costs nothing");
    meter.charge(5, at(0));
    assert_eq!((meter.left(at(0)), meter.used(at(0))), (0, 15));
    meter.resize(20);
    assert_eq!(meter.left(at(0)), 5);
    assert_eq!(meter.resets_at(at(0)), at(12 * HOUR).wall_ms);
}

#[test]
fn a_rolling_window_is_whole_again_when_its_newest_use_is_old() {
    let meter = rolling(100, 60);
    assert_eq!(meter.resets_in(at(0)), Duration::ZERO);
    meter.try_reserve(10, at(0)).unwrap().settle(10);
    meter.try_reserve(10, at(20_000)).unwrap().settle(10);
    assert_eq!(meter.resets_in(at(20_000)), Duration::from_secs(65));
    assert_eq!(meter.left(at(65_000)), 90);
    assert_eq!(meter.left(at(85_000)), 100);
    assert_eq!(meter.resets_in(at(85_000)), Duration::ZERO);
}
