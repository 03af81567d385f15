use jiff::Timestamp;
use proptest::prelude::*;

use super::{Calendar, Period};

fn around(period: Period, zone: &str, moment: &str) -> (String, String) {
    let moment: Timestamp = moment.parse().unwrap();
    let (start, end) = Calendar::new(period, zone).unwrap().around(moment.as_millisecond());
    let text = |ms| Timestamp::from_millisecond(ms).unwrap().to_string();
    (text(start), text(end))
}

fn both(start: &str, end: &str) -> (String, String) {
    (start.to_owned(), end.to_owned())
}

#[test]
fn a_day_is_the_zones_own_whatever_its_length() {
    // 23 hours: the clocks go forward.
    assert_eq!(
        around(Period::Day, "Europe/Berlin", "2026-03-29T10:00:00Z"),
        both("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
    );
    // 25 hours: they go back.
    assert_eq!(
        around(Period::Day, "America/New_York", "2026-11-01T12:00:00Z"),
        both("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
    );
    // A midnight that does not exist.
    assert_eq!(
        around(Period::Day, "America/Havana", "2026-03-08T12:00:00Z"),
        both("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
    );
    // A day that does not exist: the one before it is followed by the one after it.
    assert_eq!(
        around(Period::Day, "Pacific/Apia", "2011-12-30T09:59:00Z"),
        both("2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
    );
}

#[test]
fn weeks_begin_on_monday_and_months_on_the_first() {
    assert_eq!(
        around(Period::Week, "UTC", "2026-11-22T23:59:59Z"),
        both("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
    );
    assert_eq!(
        around(Period::Month, "Asia/Shanghai", "2028-02-29T16:00:00Z"),
        both("2028-02-29T16:00:00Z", "2028-03-31T16:00:00Z"),
    );
    assert_eq!(
        around(Period::Month, "UTC", "2026-12-31T23:59:59Z"),
        both("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    );
}

#[test]
fn hours_are_the_zones_and_minutes_everybodys() {
    assert_eq!(
        around(Period::Hour, "Asia/Kolkata", "2026-11-21T12:40:00Z"),
        both("2026-11-21T12:30:00Z", "2026-11-21T13:30:00Z"),
    );
    assert_eq!(
        around(Period::Minute, "Asia/Kolkata", "2026-11-21T12:40:59.999Z"),
        both("2026-11-21T12:40:00Z", "2026-11-21T12:41:00Z"),
    );
}

#[test]
fn a_zone_that_nobody_knows_is_named() {
    let error = Calendar::new(Period::Day, "Europe/Atlantis").unwrap_err();
    assert!(error.to_string().contains("Europe/Atlantis"), "{error}");
}

proptest! {
    #[test]
    fn a_period_holds_its_moment_and_is_followed_by_another(
        period in prop::sample::select(Period::ALL.to_vec()),
        zone in prop::sample::select(vec![
            "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
            "America/Havana", "Africa/Casablanca", "Asia/Kathmandu",
        ]),
        ms in 0_i64..4_102_444_800_000,
    ) {
        let calendar = Calendar::new(period, zone).unwrap();
        let (start, end) = calendar.around(ms);
        prop_assert!(start <= ms && ms < end);
        prop_assert!(end - start <= 32 * 86_400_000);
        let (next, after) = calendar.around(end);
        prop_assert!(next <= end && end < after);
        if !matches!(period, Period::Hour) {
            // An hour of a zone that moves by half of one begins before the last one ended.
            prop_assert_eq!(next, end);
        }
    }
}

#[test]
fn a_clock_that_is_off_by_millennia_still_has_a_period() {
    for ms in [i64::MIN, -1, i64::MAX] {
        for period in Period::ALL {
            let (start, end) = Calendar::new(period, "UTC").unwrap().around(ms);
            assert!(start <= ms && ms <= end, "{period} around {ms}");
        }
    }
}
