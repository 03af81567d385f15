//! How things stand at the moment of a scrape: browsers, seats, tabs, accounts, budgets, the ledger.

use std::{collections::BTreeMap, fmt};

use prometheus_client::{collector::Collector, encoding::DescriptorEncoder};
use tabway_protocol::message::{LaneState, SeatState};
use tabway_store::ledger::LedgerState;

use super::sheet::Sheet;
use crate::{
    app::App,
    call::{
        catalogue,
        places::{Standing, Why},
    },
    config::ALERT_RULES,
    health::{Vitals, score},
    nodes::{NodeView, SeatView},
};

type Counts<K> = BTreeMap<K, usize>;

/// What is counted anew for each scrape.
#[derive(Debug)]
pub(super) struct Moment {
    health: u8,
    nodes: Counts<&'static str>,
    seats: Counts<&'static str>,
    lanes: Counts<&'static str>,
    models: usize,
    waiting: usize,
    longest_wait: f64,
    accounts: Counts<(String, &'static str)>,
    budgets: Counts<&'static str>,
    alerts: Counts<&'static str>,
    /// The most that is used of any budget.
    budget_used: f64,
    ledger: LedgerState,
    open: usize,
    unread_bytes: u64,
}

/// From this share on a budget is nearly used up.
const NEAR: f64 = 0.8;

/// The providers whose accounts are counted by name.
const MAX_PROVIDERS: usize = 200;

impl Moment {
    pub(super) fn of(app: &App) -> Self {
        let nodes = app.nodes.nodes();
        let connected = || nodes.iter().filter(|node| node.connected);
        let seats = || connected().flat_map(|node| node.seats.iter().map(move |seat| (node, seat)));
        let lanes = seats().flat_map(|(_, seat)| &seat.lanes);
        let queue = app.nodes.queue();
        let longest = queue.iter().map(|one| one.waited).max().unwrap_or_default();
        let mut budgets = Counts::default();
        let mut budget_used: f64 = 0.0;
        app.keys.each_budget(|_, share| {
            *budgets.entry(budget_word(share)).or_default() += 1;
            budget_used = budget_used.max(share);
        });
        let ledger = app.store.ledger();
        Self {
            health: score(&Vitals::of(app)).score,
            nodes: count(nodes.iter().map(node_word)),
            seats: count(seats().map(|(node, seat)| seat_word(node, seat))),
            lanes: count(lanes.map(|lane| lane_word(lane.state))),
            models: catalogue::all(app).len(),
            waiting: queue.len(),
            longest_wait: longest.as_secs_f64(),
            accounts: accounts(app),
            budgets,
            alerts: app.alerts.counts(),
            budget_used,
            ledger: ledger.state(),
            open: ledger.in_flight(),
            unread_bytes: ledger.unread_bytes(),
        }
    }
}

impl Collector for Moment {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet::new(encoder);
        let version = [([("version", env!("CARGO_PKG_VERSION"))], 1.0)];
        sheet.gauges("build_info", "The program", version)?;
        sheet.gauge("health_score", "How well it does, of 100", f64::from(self.health))?;
        let families = [
            ("nodes", "Browsers that were seen since the start", &self.nodes),
            ("seats", "Seats of connected browsers", &self.seats),
            ("lanes", "Tabs of connected browsers", &self.lanes),
            ("budgets", "Keys with a budget, by what is used of it", &self.budgets),
        ];
        for (name, help, counts) in families {
            let samples = counts.iter().map(|(word, count)| ([("state", *word)], number(*count)));
            sheet.gauges(name, help, samples)?;
        }
        let alerts = ALERT_RULES.iter().map(|rule| {
            let count = self.alerts.get(rule).copied().unwrap_or_default();
            ([("rule", *rule)], number(count))
        });
        sheet.gauges("alerts_active", "What is wrong now, by rule", alerts)?;
        let accounts = self.accounts.iter().map(|((provider, word), count)| {
            ([("provider", provider.as_str()), ("state", *word)], number(*count))
        });
        sheet.gauges("accounts", "Accounts of providers", accounts)?;
        let states = [
            ("well", LedgerState::Well),
            ("database_behind", LedgerState::DatabaseBehind),
            ("spool_failed", LedgerState::SpoolFailed),
        ];
        let states = states
            .map(|(word, state)| ([("state", word)], if state == self.ledger { 1.0 } else { 0.0 }));
        sheet.gauges("ledger_state", "What the ledger can do", states)?;
        let help = "Bytes of the spool that the database does not have yet";
        sheet.gauge("ledger_unread_bytes", help, bytes(self.unread_bytes))?;
        sheet.gauge("ledger_open_requests", "Slots of the ledger in use", number(self.open))?;
        sheet.gauge("models", "Models that can be asked for", number(self.models))?;
        sheet.gauge("queue_length", "Turns that wait for a lane", number(self.waiting))?;
        let help = "How long the one that waits longest has waited";
        sheet.gauge("queue_longest_wait_seconds", help, self.longest_wait)?;
        let help = "The most that is used of any key's budget, as a share of it";
        sheet.gauge("budget_used_ratio_max", help, self.budget_used)
    }
}

fn count<K: Ord>(words: impl Iterator<Item = K>) -> Counts<K> {
    let mut counts = Counts::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

fn accounts(app: &App) -> Counts<(String, &'static str)> {
    let (config, now) = (app.config_snapshot(), app.places.now());
    let mut counts = Counts::new();
    for (at, provider) in config.providers.iter().enumerate() {
        let name = if at < MAX_PROVIDERS { &*provider.name } else { super::named::OTHER };
        for account in app.places.of(provider).accounts() {
            let key = (name.to_owned(), account_word(account.standing(now)));
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

fn node_word(node: &NodeView) -> &'static str {
    match node {
        NodeView { connected: false, .. } => "away",
        NodeView { paused: true, .. } => "paused",
        NodeView { flapping: true, .. } => "flapping",
        _ => "connected",
    }
}

fn seat_word(node: &NodeView, seat: &SeatView) -> &'static str {
    match seat.state {
        SeatState::Ready if node.paused => "paused",
        SeatState::Ready if seat.rests_ms.is_some() => "resting",
        SeatState::Ready if seat.lanes.is_empty() => "no_tab",
        SeatState::Ready => "ready",
        SeatState::Loading => "loading",
        SeatState::NoTab => "no_tab",
        SeatState::NotPermitted => "not_permitted",
        SeatState::SignedOut => "signed_out",
        SeatState::Challenge => "challenge",
        SeatState::Consent => "consent",
        SeatState::Error => "error",
        SeatState::PageChanged => "page_changed",
        SeatState::Maintenance => "maintenance",
    }
}

fn lane_word(state: LaneState) -> &'static str {
    match state {
        LaneState::Idle => "idle",
        LaneState::Busy => "busy",
        LaneState::Yielded => "yielded",
        LaneState::Unready => "unready",
    }
}

fn account_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Well => "well",
        Standing::Due(_) | Standing::OnTrial(_) => "on_trial",
        Standing::Rests(Why::Limit, _) => "limited",
        Standing::Rests(Why::Quota, _) => "quota_used",
        Standing::Rests(Why::Refused, _) => "refused",
        Standing::Rests(Why::Failures, _) => "failing",
        Standing::Full(_) => "full",
    }
}

fn budget_word(share: f64) -> &'static str {
    match share {
        share if share >= 1.0 => "used",
        share if share >= NEAR => "near",
        _ => "well",
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// Bytes as a gauge has them: exact up to 4 GiB, then as whole MiB.
fn bytes(count: u64) -> f64 {
    match u32::try_from(count) {
        Ok(count) => f64::from(count),
        Err(_) => f64::from(u32::try_from(count >> 20).unwrap_or(u32::MAX)) * 1_048_576.0,
    }
}
