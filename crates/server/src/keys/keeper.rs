//! What is done about keys beside the requests: those that expire are ended, changes of the
//! database are taken over, and budgets get their past from the ledger.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tabway_store::StoreError;

use super::{Keys, meters::Budget};
use crate::{app::App, limits::Now};

/// How often keys are looked at: an open answer ends this long after its key at most.
const EVERY: Duration = Duration::from_secs(1);

/// Looks after the keys until the gateway ends.
pub(crate) async fn keep(app: Arc<App>) {
    loop {
        // What was told meanwhile ends the wait at once.
        let _ = tokio::time::timeout(EVERY, app.keys.changed.notified()).await;
        app.keys.refresh();
        app.keys.end_expired();
        if let Err(error) = app.keys.recall().await {
            tracing::error!(%error, "what keys have spent cannot be read; budgets begin at zero");
        }
    }
}

impl Keys {
    pub(super) fn end_expired(&self) {
        let index = self.index.load();
        let now = Now::read().wall_ms;
        let over = index.expiring.partition_point(|(end, _)| *end <= now);
        index.expiring[..over].iter().for_each(|(_, key)| key.meters.end.come());
    }

    /// Adds to the budgets that are new here what the ledger has of their period. At the start that
    /// is exact. After a reload, requests in flight that began before their budget are not counted,
    /// and those that end in the moment of the reading may be counted twice.
    ///
    /// # Errors
    /// When the database refuses; it is tried again.
    pub(crate) async fn recall(&self) -> Result<(), StoreError> {
        let index = self.index.load_full();
        let now = Now::read();
        // One reading for all keys of a calendar.
        let mut wanted: BTreeMap<i64, Vec<(&str, &Budget)>> = BTreeMap::new();
        for key in index.all() {
            if let Some(budget) = key.meters.budget.as_ref().filter(|one| one.wants_recall()) {
                wanted.entry(budget.period_start(now)).or_default().push((&key.name, budget));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let ledger = self.store.ledger();
        ledger.flush().await;
        while let Some((from_ms, budgets)) = wanted.pop_first() {
            let totals = match ledger.key_totals_since(from_ms).await {
                Ok(totals) => totals,
                Err(error) => {
                    let left = wanted.into_values().flatten().chain(budgets);
                    left.for_each(|(_, budget)| budget.recall_failed());
                    return Err(error);
                }
            };
            for (name, budget) in budgets {
                let spent = totals.get(name).map_or(0, |totals| totals.cost_micro_usd);
                budget.meter.charge(spent, now);
            }
        }
        Ok(())
    }
}
