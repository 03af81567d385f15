//! The ledger, kept as small as its owner wants it.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;

/// How often old rows are looked for.
const EVERY: Duration = Duration::from_secs(300);

/// Deletes what is too old or too much, until it is dropped.
pub(super) async fn keep_tidy(app: Arc<App>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let keep = app.config().ledger.keep;
        match app.store.ledger().tidy(keep).await {
            Ok(tidied) if tidied.requests > 0 => {
                let longest_ms = tidied.longest.as_millis();
                tracing::info!(requests = tidied.requests, longest_ms, "old requests were deleted");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "old requests were not deleted"),
        }
    }
}
