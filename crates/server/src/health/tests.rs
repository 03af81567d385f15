//! What takes how much from the score.

use std::time::Duration;

use tabway_store::ledger::LedgerState;

use super::{
    score::{Health, score},
    vitals::{SiteVital, Vitals},
};
use crate::metrics::{Timing, Totals};

fn well() -> Vitals {
    Vitals {
        recent: recent(1_000, 0, 1),
        models: 3,
        sites: vec![site("chat", true)],
        browsers: 1,
        lanes: (1, 4),
        waiting: 0,
        connections: (10, 100),
        accounts_out: Vec::new(),
        providers_out: 0,
        adapters_broken: Vec::new(),
        needs_human: Vec::new(),
        disk_free: Some(100 << 30),
        ledger: LedgerState::Well,
        unread_bytes: 0,
        config_error: false,
    }
}

fn site(name: &str, ready: bool) -> SiteVital {
    SiteVital { name: name.to_owned(), ready }
}

fn recent(ok: u64, failed: u64, seconds: u64) -> Totals {
    let timing = Timing::default();
    (0..ok + failed).for_each(|_| timing.observe(Duration::from_secs(seconds)));
    Totals { ok, failed, times: timing.read() }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("n{number}")).collect()
}

/// What a change to a gateway that is well takes from its score, by the words for programs.
fn takes(change: impl FnOnce(&mut Vitals)) -> Vec<(&'static str, u8)> {
    let mut vitals = well();
    change(&mut vitals);
    score(&vitals).reasons.iter().map(|reason| (reason.what, reason.minus)).collect()
}

#[test]
fn a_gateway_that_is_well_has_all_points() {
    let health = score(&well());
    assert_eq!(health, Health { score: 100, status: "healthy", reasons: Vec::new() });
}

#[test]
fn each_trouble_takes_its_points() {
    assert_eq!(takes(|v| v.recent = recent(89, 11, 1)), [("error_rate", 20)]);
    assert_eq!(takes(|v| v.recent = recent(94, 6, 1)), [("error_rate", 10)]);
    assert_eq!(takes(|v| v.recent = recent(95, 5, 1)), []);
    assert_eq!(takes(|v| v.recent = recent(9, 10, 100)), [], "too few to say anything");
    assert_eq!(takes(|v| v.recent = recent(100, 0, 50)), [("slow", 15)]);
    assert_eq!(takes(|v| v.recent = recent(100, 0, 20)), [("slow", 7)]);
    assert_eq!(takes(|v| v.recent = recent(100, 0, 9)), []);
    assert_eq!(takes(|v| v.browsers = 0), [("no_browser", 30)]);
    assert_eq!(
        takes(|v| {
            v.browsers = 0;
            v.sites.clear();
        }),
        [],
        "nobody misses browsers where there are no sites"
    );
    assert_eq!(takes(|v| v.sites.push(site("b", false))), [("sites_out", 10)]);
    assert_eq!(takes(|v| v.sites = vec![site("b", false); 9]), [("sites_out", 20)]);
    assert_eq!(takes(|v| v.accounts_out = names(1)), [("accounts_out", 5)]);
    assert_eq!(
        takes(|v| {
            v.accounts_out = names(1);
            v.providers_out = 1;
        }),
        [("accounts_out", 15)]
    );
    assert_eq!(takes(|v| v.accounts_out = names(100)), [("accounts_out", 25)]);
    assert_eq!(takes(|v| v.connections = (81, 100)), [("capacity", 10)]);
    assert_eq!(takes(|v| v.connections = (61, 100)), [("capacity", 5)]);
    assert_eq!(takes(|v| v.lanes = (4, 4)), [], "all at work, and nobody waits");
    assert_eq!(
        takes(|v| {
            v.lanes = (4, 4);
            v.waiting = 1;
        }),
        [("capacity", 10)]
    );
    assert_eq!(takes(|v| v.disk_free = Some(1 << 20)), [("disk", 40)]);
    assert_eq!(takes(|v| v.disk_free = Some(1 << 29)), [("disk", 20)]);
    assert_eq!(takes(|v| v.disk_free = None), []);
    assert_eq!(takes(|v| v.ledger = LedgerState::DatabaseBehind), [("ledger", 20)]);
    assert_eq!(takes(|v| v.ledger = LedgerState::SpoolFailed), [("ledger", 60)]);
    assert_eq!(takes(|v| v.unread_bytes = 1 << 30), [("ledger", 10)]);
    assert_eq!(takes(|v| v.adapters_broken = names(1)), [("adapter_broken", 10)]);
    assert_eq!(takes(|v| v.needs_human = names(4)), [("human_needed", 15)]);
    assert_eq!(takes(|v| v.models = 0), [("no_models", 40)]);
    assert_eq!(takes(|v| v.config_error = true), [("config_error", 5)]);
}

#[test]
fn troubles_add_up_the_worst_first_and_never_below_zero() {
    let mut vitals = well();
    vitals.config_error = true;
    vitals.browsers = 0;
    let health = score(&vitals);
    assert_eq!((health.score, health.status), (65, "degraded"));
    assert_eq!(health.reasons[0].what, "no_browser");
    vitals.ledger = LedgerState::SpoolFailed;
    vitals.models = 0;
    vitals.disk_free = Some(0);
    let health = score(&vitals);
    assert_eq!((health.score, health.status), (0, "unhealthy"));
}

#[test]
fn of_many_a_few_are_named() {
    let mut vitals = well();
    vitals.needs_human = names(7);
    let words = &score(&vitals).reasons[0].words;
    assert_eq!(words, "a person is needed: n0, n1, n2, n3, n4 and 2 more");
}
