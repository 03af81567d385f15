//! What a node says that its pages show, and the turns that wait for it.

use std::sync::Arc;

use tabway_dialects::ids::JobId;
use tabway_protocol::message::{Diagnosis, GatewayMessage};

use super::{Session, end::End};
use crate::nodes::{
    Seen, failure,
    handle::Job,
    self_test::{Look, Waiting},
};

impl Session {
    /// An answer, the look that a turn waits for, or one at the page of a turn that fails.
    pub(super) async fn hear_diagnosis(&mut self, diagnosis: Diagnosis) -> Result<(), End> {
        self.spend_chatter()?;
        let id = diagnosis.about.parse::<JobId>().ok();
        let job = id.and_then(|id| self.jobs.get(&id).cloned());
        let Some(seen) = self.nodes.shared.diagnosed(&self.facts, diagnosis, job.is_some()) else {
            return Ok(());
        };
        let Some(job) = job else { return Ok(()) };
        if let Some(waiting) = self.testing.remove(&job.id) {
            return self.after_test(&job, waiting, &seen).await;
        }
        let Seen { diagnosis: Diagnosis { site, state, .. }, summary, .. } = &seen;
        let node = self.facts.id;
        tracing::warn!(%node, site, job = %job.id, ?state, "the page of a turn that fails: {summary}");
        Ok(())
    }

    /// The page was looked at: the turn begins, or fails before anything is typed.
    async fn after_test(
        &mut self,
        job: &Arc<Job>,
        waiting: Waiting,
        seen: &Seen,
    ) -> Result<(), End> {
        let Some(objection) = self.nodes.shared.tested(job, seen, waiting.look) else {
            return self.give(job, *waiting.order, &waiting.files).await;
        };
        let (node, summary) = (self.facts.id, &seen.summary);
        tracing::warn!(%node, site = job.site, "a turn is not begun on its page: {summary}");
        let limit = self.nodes.shared.limit_left(&job.site, &objection);
        job.turn().fail(failure::of_node(&job.site, &objection, false, limit));
        self.forget(job);
        self.nodes.shared.concluded(job, Some(&objection));
        Ok(())
    }

    /// Asks for a look at the lane's page; the turn waits for it.
    pub(super) async fn begin_test(&mut self, job: Arc<Job>, waiting: Waiting) -> Result<(), End> {
        let question = GatewayMessage::Diagnose {
            request: job.id.to_string(),
            site: job.site.clone(),
            lane: Some(job.lane),
            adapter: None,
            // A page may build itself for a while; half of the turn's time is left to type in.
            wait_ms: (waiting.look == Look::SelfTest).then_some(waiting.order.accept_ms / 2),
        };
        self.testing.insert(job.id, waiting);
        self.jobs.insert(job.id, job);
        self.say(&question).await
    }

    /// Ends a turn that still waits: the node has not heard of it. Says whether it was one.
    pub(super) fn leave_test(&mut self, job: &Arc<Job>) -> bool {
        let waits = self.testing.remove(&job.id).is_some();
        if waits {
            self.forget(job);
            self.nodes.shared.released(job);
        }
        waits
    }

    /// The socket ends: what waits may go to another browser.
    pub(super) fn drop_tests(&mut self) {
        let waiting: Vec<JobId> = self.testing.keys().copied().collect();
        for job in waiting.iter().filter_map(|id| self.jobs.get(id).cloned()).collect::<Vec<_>>() {
            job.turn().fail_lost("the browser went away before its page was tested");
            self.leave_test(&job);
            job.wake();
        }
    }
}
