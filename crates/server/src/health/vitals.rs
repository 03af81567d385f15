//! How things stand, as the score wants to know it.

use std::path::Path;

use tabway_protocol::message::SeatState;
use tabway_store::ledger::LedgerState;
use tokio::time::Instant;

use crate::{
    app::App,
    call::{
        catalogue,
        places::{Standing, Why},
    },
    metrics::Totals,
    nodes::{NodeView, SeatView},
};

/// How things stand.
#[derive(Debug, Clone)]
pub(crate) struct Vitals {
    /// Requests of the last minutes.
    pub(crate) recent: Totals,
    /// Models that can be asked for.
    pub(crate) models: usize,
    /// The sites, and whether a page of each can take a prompt.
    pub(crate) sites: Vec<SiteVital>,
    /// Connected browsers.
    pub(crate) browsers: usize,
    /// Tabs: at work, and all.
    pub(crate) lanes: (usize, usize),
    /// Turns that wait for one.
    pub(crate) waiting: usize,
    /// Connections: open, and as many as there may be.
    pub(crate) connections: (usize, usize),
    /// `provider#account`s whose credential is refused or whose quota is used up.
    pub(crate) accounts_out: Vec<String>,
    /// Providers without another one.
    pub(crate) providers_out: usize,
    /// Seats whose page is not what the adapter knows, `site in browser`.
    pub(crate) adapters_broken: Vec<String>,
    /// Seats that need a person.
    pub(crate) needs_human: Vec<String>,
    /// Bytes that are free where the data folder is, where the system says so.
    pub(crate) disk_free: Option<u64>,
    /// What the ledger can do.
    pub(crate) ledger: LedgerState,
    /// Bytes that were served and are not in the database yet.
    pub(crate) unread_bytes: u64,
    /// Whether the configuration file could not be read again.
    pub(crate) config_error: bool,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SiteVital {
    pub(crate) name: String,
    pub(crate) ready: bool,
}

impl Vitals {
    /// How things stand now.
    pub(crate) fn of(app: &App) -> Self {
        let nodes = app.nodes.nodes();
        let connected: Vec<_> = nodes.iter().filter(|node| node.connected).collect();
        let seats: Vec<(&NodeView, &SeatView)> =
            connected.iter().flat_map(|node| node.seats.iter().map(|seat| (*node, seat))).collect();
        let site = |name: &str| SiteVital {
            name: name.to_owned(),
            ready: seats.iter().any(|(node, seat)| seat.site == name && can_serve(node, seat)),
        };
        let named = |wanted: fn(&SeatView) -> bool| {
            let found = seats.iter().filter(|(_, seat)| wanted(seat));
            found.map(|(node, seat)| format!("{} in {}", seat.site, node.label)).collect()
        };
        let lanes = || seats.iter().flat_map(|(_, seat)| &seat.lanes);
        let config = app.config_snapshot();
        let (accounts_out, providers_out) = accounts_out(app);
        let ledger = app.store.ledger();
        let open = usize::try_from(app.metrics.connections.get()).unwrap_or_default();
        Self {
            recent: app.metrics.recent(Instant::now()),
            models: catalogue::all(app).len(),
            sites: app.nodes.sites().iter().map(|known| site(&known.name)).collect(),
            browsers: connected.len(),
            lanes: (lanes().filter(|lane| lane.job.is_some()).count(), lanes().count()),
            waiting: app.nodes.queue().len(),
            connections: (open, config.limits.max_connections),
            accounts_out,
            providers_out,
            adapters_broken: named(is_broken),
            needs_human: named(|seat| seat.need.is_some()),
            disk_free: disk_free(&config.data_dir),
            ledger: ledger.state(),
            unread_bytes: ledger.unread_bytes(),
            config_error: app.reloads.last().error.is_some(),
        }
    }

    /// How much of what there is room for is in use: connections, or tabs with those who wait.
    pub(crate) fn capacity_percent(&self) -> usize {
        let (busy, lanes) = self.lanes;
        let (open, most) = self.connections;
        let percent = |used: usize, all: usize| used.saturating_mul(100) / all.max(1);
        // One tab at work is no crowd; turns that wait are.
        let tabs = if self.waiting > 0 { percent(busy + self.waiting, lanes.max(1)) } else { 0 };
        percent(open, most).max(tabs).min(100)
    }
}

fn can_serve(node: &NodeView, seat: &SeatView) -> bool {
    !node.paused
        && seat.state == SeatState::Ready
        && seat.rests_ms.is_none()
        && !seat.lanes.is_empty()
}

/// Whether a seat's page is not what its adapter knows.
pub(crate) fn is_broken(seat: &SeatView) -> bool {
    seat.state == SeatState::PageChanged || seat.self_test.as_ref().is_some_and(|test| !test.passed)
}

fn accounts_out(app: &App) -> (Vec<String>, usize) {
    let (config, now) = (app.config_snapshot(), app.places.now());
    let is_out = |standing| matches!(standing, Standing::Rests(Why::Refused | Why::Quota, _));
    let (mut names, mut providers) = (Vec::new(), 0);
    for provider in &config.providers {
        let place = app.places.of(provider);
        let out = place.accounts().iter().filter(|account| is_out(account.standing(now)));
        let before = names.len();
        names.extend(out.map(|account| format!("{}#{}", provider.name, account.name())));
        if names.len() > before && names.len() - before == place.accounts().len() {
            providers += 1;
        }
    }
    (names, providers)
}

#[cfg(unix)]
fn disk_free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn disk_free(_: &Path) -> Option<u64> {
    None
}
