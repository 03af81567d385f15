//! Waits for the seat of a lost turn to come back, and has the turn's answer read there.

use std::sync::Arc;

use tabway_dialects::chat::{Failure, FailureClass};
use tokio::time::{Instant, timeout_at};

use super::{
    handle::JobHandle,
    order::{JobOrder, LostTurn},
    registry::Blocked,
    shared::Shared,
};

/// Keeps other turns away from a seat while a harvest waits for it.
struct HeldSeat {
    shared: Arc<Shared>,
    lost: LostTurn,
}

impl HeldSeat {
    fn new(shared: &Arc<Shared>, lost: LostTurn, site: &str) -> Self {
        shared.registry().await_harvest(lost, site);
        // Who waits for the seat is told what for.
        shared.serve_all();
        Self { shared: shared.clone(), lost }
    }
}

impl Drop for HeldSeat {
    fn drop(&mut self) {
        self.shared.registry().end_await(self.lost);
        self.shared.serve_all();
    }
}

impl Shared {
    /// Begins to read the answer of a lost turn, once a lane of its seat is free.
    pub(super) async fn harvest(
        self: &Arc<Self>,
        order: JobOrder,
        lost: LostTurn,
    ) -> Result<JobHandle, Failure> {
        let give_up = Instant::now() + order.wait;
        let held = HeldSeat::new(self, lost, &order.site);
        let mut without_tab: Option<Instant> = None;
        loop {
            // Before the look, so that no change is missed.
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let begun = self.registry().begin_harvest(&order, lost, Instant::now());
            match begun {
                Ok(job) => {
                    drop(held);
                    return Ok(JobHandle::new(job, self.clone()));
                }
                Err(Blocked::Never(failure)) => return Err(failure),
                Err(Blocked::Wait(None, _)) => without_tab = None,
                Err(Blocked::Wait(Some(until), _)) => {
                    without_tab.get_or_insert(until);
                }
            }
            let patience = without_tab.map_or(give_up, |until| until.min(give_up));
            if timeout_at(patience, changed).await.is_err() {
                let words = "the page that had taken the prompt did not come back in time";
                return Err(Failure::new(FailureClass::OutcomeUnknown, words));
            }
        }
    }
}
