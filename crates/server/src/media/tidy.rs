//! What has outlived its time goes.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;

/// How often it is looked for. What is over is not given in between either.
const EVERY: Duration = Duration::from_secs(60);

/// Removes expired media, uploads and kept texts, until it is dropped.
pub(crate) async fn keep_tidy(app: Arc<App>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for files in [app.store.media(), app.store.uploads(), app.store.bodies()] {
            if let Err(error) = files.remove_expired().await {
                tracing::warn!(%error, "expired files were not removed");
            }
        }
    }
}
