use std::collections::BTreeMap;

use super::*;

fn seat(lanes: &[(u64, LaneState)]) -> Seat {
    restored(lanes, None)
}

fn restored(lanes: &[(u64, LaneState)], kept: Option<Kept>) -> Seat {
    let report = Report {
        site: "s".to_owned(),
        state: SeatState::Ready,
        detail: String::new(),
        lanes: lanes.iter().map(|&(lane, state)| Lane { lane, state, after: None }).collect(),
        models: vec![],
        told: BTreeMap::new(),
        picture: false,
        harvests: true,
    };
    Seat::new(report, true, kept, Moment::here())
}

fn limits(min_gap_ms: u64, per_hour: u32) -> Limits {
    Limits { min_gap_ms, per_hour, ..Limits::default() }
}

fn free(seat: &Seat, limits: &Limits, claimed: &[u64], now: Instant) -> Option<u64> {
    match seat.verdict(limits, Some(QuotaKind::Text), |lane| claimed.contains(&lane), now) {
        Verdict::Free(lane) => Some(lane),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn the_gap_belongs_to_the_seat_and_not_to_the_lane() {
    let mut seat = seat(&[(1, LaneState::Idle), (2, LaneState::Idle)]);
    let (limits, now) = (limits(1_000, 0), Instant::now());
    assert_eq!(free(&seat, &limits, &[], now), Some(1));
    seat.start(&limits, now);
    let Verdict::Later(at, failure) = seat.verdict(&limits, None, |lane| lane == 1, now) else {
        panic!("paced");
    };
    assert_eq!(at - now, Duration::from_secs(1));
    assert_eq!(failure.class, FailureClass::SiteRateLimited);
    assert_eq!(free(&seat, &limits, &[1], now + Duration::from_secs(1)), Some(2));
}

#[tokio::test(start_paused = true)]
async fn the_cap_of_an_hour_slides() {
    let mut seat = seat(&[(1, LaneState::Idle)]);
    let (limits, now) = (limits(0, 2), Instant::now());
    let minutes = |n: u64| now + Duration::from_secs(60 * n);
    seat.start(&limits, minutes(0));
    seat.start(&limits, minutes(30));
    assert_eq!(free(&seat, &limits, &[], minutes(59)), None);
    assert_eq!(free(&seat, &limits, &[], minutes(60)), Some(1));
    seat.start(&limits, minutes(60));
    assert_eq!(free(&seat, &limits, &[], minutes(89)), None);
    assert_eq!(free(&seat, &limits, &[], minutes(90)), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_needs_its_human_rests_longer_each_time_until_it_is_mended() {
    let mut seat = seat(&[(1, LaneState::Idle)]);
    let (limits, now) = (limits(0, 0), Instant::now());
    let failure = Failure::new(FailureClass::PageChanged, "send");
    seat.failed(NodeFailureClass::PageChanged, QuotaKind::Text, &failure, now);
    assert_eq!(seat.rests_for(now), Some(FIRST_REST));
    seat.failed(NodeFailureClass::PageChanged, QuotaKind::Text, &failure, now);
    assert_eq!(seat.rests_for(now), Some(FIRST_REST * 2));
    assert_eq!(free(&seat, &limits, &[], now), None);
    let mut report = seat.report.clone();
    report.state = SeatState::PageChanged;
    seat.update(report.clone(), true);
    report.state = SeatState::Ready;
    seat.update(report, true);
    assert_eq!(free(&seat, &limits, &[], now), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_limit_rests_the_seat_for_as_long_as_the_client_was_told() {
    let mut seat = seat(&[(1, LaneState::Idle)]);
    let (limits, now) = (limits(0, 0), Instant::now());
    let told = Failure::new(FailureClass::SiteQuota, "used up").with_retry_after_ms(90_000);
    seat.failed(NodeFailureClass::Quota, QuotaKind::Text, &told, now);
    let almost = now + Duration::from_secs(89);
    let Verdict::Never(refused) = seat.verdict(&limits, Some(QuotaKind::Text), |_| false, almost)
    else {
        panic!("rests");
    };
    assert_eq!((refused.class, refused.retry_after_ms), (FailureClass::SiteQuota, Some(1_000)));
    assert_eq!(free(&seat, &limits, &[], now + Duration::from_secs(90)), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_its_human_uses_is_left_alone() {
    let seat = seat(&[(1, LaneState::Yielded)]);
    let verdict = seat.verdict(&limits(0, 0), None, |_| false, Instant::now());
    let Verdict::Soon(failure) = verdict else { panic!("soon") };
    assert_eq!(failure.class, FailureClass::HumanBusy);
}

#[tokio::test(start_paused = true)]
async fn a_used_up_quota_rests_alone() {
    let mut seat = seat(&[(1, LaneState::Idle)]);
    let (limits, now) = (limits(0, 0), Instant::now());
    let told = Failure::new(FailureClass::SiteQuota, "no more images").with_retry_after_ms(60_000);
    seat.failed(NodeFailureClass::Quota, QuotaKind::Image, &told, now);
    assert!(seat.offer.rests(QuotaKind::Image) && !seat.offer.rests(QuotaKind::Text));
    assert_eq!(free(&seat, &limits, &[], now), Some(1));
    let verdict = seat.verdict(&limits, Some(QuotaKind::Image), |_| false, now);
    let Verdict::Never(refused) = verdict else { panic!("rests") };
    assert_eq!((refused.class, refused.retry_after_ms), (FailureClass::SiteQuota, Some(60_000)));
    assert_eq!(seat.changes(&limits, now), Some(now + Duration::from_secs(60)));
    seat.settle(now + Duration::from_secs(60));
    assert!(!seat.offer.rests(QuotaKind::Image));
    // A limit on speed is the account's: all of it rests.
    seat.failed(NodeFailureClass::RateLimited, QuotaKind::Image, &told, now);
    assert_eq!(free(&seat, &limits, &[], now), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_written_of_a_seat_holds_its_pacing_and_its_rests() {
    let mut seat = seat(&[(1, LaneState::Idle)]);
    let (limits, now) = (limits(1_000, 2), Instant::now());
    seat.start(&limits, now);
    seat.start(&limits, now);
    let told = Failure::new(FailureClass::SiteQuota, "used up").with_retry_after_ms(7_200_000);
    seat.failed(NodeFailureClass::Quota, QuotaKind::Video, &told, now);
    let text = serde_json::to_string(&seat.kept(Moment::new(now, 1_000_000))).expect("JSON");
    let read = |unix_ms| {
        let kept = serde_json::from_str(&text).expect("its own JSON");
        let report = seat.report.clone();
        Seat::new(report, true, Some(kept), Moment::new(now, unix_ms))
    };
    // Ten minutes later, in another life.
    let later = read(1_600_000);
    let Verdict::Later(at, _) = later.verdict(&limits, None, |_| false, now) else {
        panic!("its hour is used up")
    };
    assert_eq!(at - now, Duration::from_secs(3_000));
    let verdict = later.verdict(&limits, Some(QuotaKind::Video), |_| false, now);
    let Verdict::Never(refused) = verdict else { panic!("rests") };
    assert_eq!(refused.retry_after_ms, Some(6_600_000));
    assert_eq!(later.health.report(vec![], now).reasons[0].code, "limited");
}

/// N7: what a restart reads of the clock may be a day off in either direction.
#[tokio::test(start_paused = true)]
async fn n7_a_clock_that_jumped_makes_no_rest_longer_and_a_seat_no_faster() {
    const DAY_MS: i64 = 86_400_000;
    let mut seat = seat(&[(1, LaneState::Idle)]);
    let (limits, now) = (limits(1_000, 2), Instant::now());
    seat.start(&limits, now);
    seat.start(&limits, now);
    let told = Failure::new(FailureClass::SiteQuota, "used up").with_retry_after_ms(300_000);
    seat.failed(NodeFailureClass::Quota, QuotaKind::Video, &told, now);
    let kept = seat.kept(Moment::new(now, 10 * DAY_MS));
    let read = |unix_ms| {
        Seat::new(seat.report.clone(), true, Some(kept.clone()), Moment::new(now, unix_ms))
    };
    for back in [1, DAY_MS, 10 * DAY_MS] {
        let seat = read(10 * DAY_MS - back);
        let Verdict::Later(at, _) = seat.verdict(&limits, None, |_| false, now) else {
            panic!("its hour is used up")
        };
        assert_eq!(at - now, Duration::from_secs(3_600), "all of it, and no more");
        let verdict = seat.verdict(&limits, Some(QuotaKind::Video), |_| false, now);
        let Verdict::Never(refused) = verdict else { panic!("rests") };
        assert_eq!(refused.retry_after_ms, Some(300_000), "all of it, and no more");
    }
    // Forward it is as if the time had passed; nothing is owed for it.
    let ahead = read(11 * DAY_MS);
    assert_eq!(free(&ahead, &limits, &[], now), Some(1));
    assert!(ahead.rests().quotas.values().all(|rest| rest.until <= now));
}
