//! Turns that an earlier life of the gateway left on their pages: kept for clients that ask again.

use std::{sync::Arc, time::Duration};

use tabway_dialects::ids::RequestId;
use tabway_store::{Run, Store};
use tokio::time::sleep;

use super::{order::LostTurn, shared::Shared};

/// How long a page waits for its client to ask again.
const PATIENCE: Duration = Duration::from_secs(300);

/// A turn that a client took up again.
#[derive(Debug, Clone)]
pub struct LeftTurn {
    /// What is read.
    pub lost: LostTurn,
    /// The row that stands for it.
    pub run: Run,
}

impl Shared {
    /// Stops what nobody has asked for again. Runs once.
    pub(super) async fn stop_left(self: Arc<Self>, store: Arc<Store>) {
        sleep(PATIENCE).await;
        let runs = self.registry().give_up_left();
        for run in runs {
            forget(&store, run.request).await;
        }
    }
}

/// Nothing more is to be known of a request's turns.
pub(crate) async fn forget(store: &Store, request: RequestId) {
    if let Err(error) = store.runs().end(request).await {
        tracing::warn!(%error, "the row of a turn cannot be deleted");
    }
}
