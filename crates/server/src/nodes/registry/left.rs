//! What an earlier life of the gateway left on pages, until its client asks again.

use tabway_dialects::ids::{JobId, NodeId};
use tabway_protocol::message::GatewayMessage;
use tabway_store::Run;

use super::Registry;
use crate::nodes::{left::LeftTurn, order::LostTurn};

impl Registry {
    /// What was written.
    pub(in crate::nodes) fn restore_runs(&mut self, runs: Vec<Run>) {
        self.left = runs;
    }

    /// Whether the node is to hold on to a turn that runs for nobody yet.
    pub(in crate::nodes) fn is_left(&self, node: NodeId, job: JobId) -> bool {
        self.left.iter().any(|run| run.node == node && run.job == job)
    }

    /// Whether the request has such a turn at another site.
    pub(in crate::nodes) fn is_left_elsewhere(&self, print: &[u8; 32], site: &str) -> bool {
        self.left.iter().any(|run| run.print == *print && run.site != site)
    }

    /// The turn of a request that is asked again; from here on it is awaited.
    pub(in crate::nodes) fn take_left(&mut self, print: &[u8; 32], site: &str) -> Option<LeftTurn> {
        let at = self.left.iter().position(|run| run.print == *print && run.site == site)?;
        let run = self.left.swap_remove(at);
        let lost = LostTurn { job: run.job, node: run.node, lane: run.lane };
        self.await_harvest(lost, site);
        Some(LeftTurn { lost, run })
    }

    /// Nobody came for these: their pages are stopped.
    pub(in crate::nodes) fn give_up_left(&mut self) -> Vec<Run> {
        let runs = std::mem::take(&mut self.left);
        for run in &runs {
            if let Some(link) = self.link(run.node) {
                link.say(&GatewayMessage::Stop { job: run.job.to_string() });
            }
        }
        runs
    }
}
