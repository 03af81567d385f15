//! Ending a request on its owner's word: in the queue, or in the lane that has it.

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::RequestId,
};

use super::Nodes;

/// What was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cancelled {
    /// It waited for a lane.
    Waiting,
    /// A lane had it; Stop is pressed there.
    Running,
}

impl Nodes {
    /// Ends a request that waits for a lane or has one. `None` where no page has to do with it.
    #[must_use]
    pub fn cancel(&self, request: RequestId) -> Option<Cancelled> {
        let failure = || Failure::new(FailureClass::Cancelled, "the gateway's owner ended it");
        let mut registry = self.shared.registry();
        if let Some(delivery) = registry.cancel_waiting(request, failure()) {
            drop(registry);
            self.shared.deliver(vec![delivery]);
            return Some(Cancelled::Waiting);
        }
        let job = registry.job_of(request)?;
        drop(registry);
        job.turn().fail(failure());
        job.wake();
        self.shared.abandon(&job);
        Some(Cancelled::Running)
    }
}
