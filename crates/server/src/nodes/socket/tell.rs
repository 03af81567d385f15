//! What the node is told, and turns that nobody waits for any more.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Message;
use bytes::Bytes;
use tabway_dialects::ids::JobId;
use tabway_protocol::{
    frame::file_frames,
    message::{self, GatewayMessage, HEARTBEAT_SECONDS},
};
use tabway_store::Run;
use tokio::time::Instant;

use super::{
    Session,
    end::{End, SILENT},
};
use crate::nodes::{
    Nodes,
    handle::Job,
    link::{Outgoing, text},
};

/// A node that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_millis(HEARTBEAT_SECONDS * 1_000 * 5 / 2);

/// How long a page may go on after the client has its answer, before Stop is pressed.
const LEAVE_PATIENCE: Duration = Duration::from_secs(30);

/// How long a node may take to say that a stopped turn is over.
const CANCEL_PATIENCE: Duration = Duration::from_secs(10);

/// Ended turns about which late words are expected.
const REMEMBERED: usize = 64;

/// A turn that nobody waits for any more.
#[derive(Debug)]
pub(super) struct Orphan {
    pub(super) job: Arc<Job>,
    pub(super) at: Instant,
    cancelled: bool,
}

impl Session {
    pub(super) async fn tell(&mut self, outgoing: Option<Outgoing>) -> Result<(), End> {
        match outgoing {
            // The registry has let go of this socket.
            None => Err(End::Gone),
            Some(Outgoing::Say(words)) => Ok(self.socket.send(Message::Text(words)).await?),
            Some(Outgoing::Begin(job, order, files)) => {
                self.jobs.insert(job.id, job.clone());
                self.give(&job, *order, &files).await
            }
            Some(Outgoing::Harvest(job, order)) => {
                self.jobs.insert(job.id, job);
                self.say(&GatewayMessage::Harvest(*order)).await
            }
            Some(Outgoing::Test(job, waiting)) => self.begin_test(job, waiting).await,
            Some(Outgoing::Leave(job)) => {
                if !self.ended.contains(&job.id) {
                    let at = Instant::now() + LEAVE_PATIENCE;
                    self.orphans.push(Orphan { job, at, cancelled: false });
                }
                Ok(())
            }
            Some(Outgoing::Cancel(job)) => {
                if self.ended.contains(&job.id) {
                    Ok(())
                } else {
                    self.cancel(job).await
                }
            }
            Some(Outgoing::Close(farewell)) => Err(End::Close(farewell)),
        }
    }

    /// Gives the node a turn, its files first.
    pub(super) async fn give(
        &mut self,
        job: &Job,
        order: message::Job,
        files: &[Bytes],
    ) -> Result<(), End> {
        self.send_files(job.id, files).await?;
        // Before the node has it: whatever is killed from here on, it is not typed again.
        let nodes = self.nodes.clone();
        write_down(&nodes, job).await;
        job.turn().give();
        self.say(&GatewayMessage::Job(order)).await
    }

    /// The files of a turn, before its order.
    async fn send_files(&mut self, job: JobId, files: &[Bytes]) -> Result<(), End> {
        for (number, bytes) in (0..=u8::MAX).zip(files) {
            for frame in file_frames(job, number, bytes) {
                self.socket.send(Message::Binary(frame)).await?;
            }
        }
        Ok(())
    }

    /// Stop is pressed; the lane is free when the node says so, or after a while.
    pub(super) async fn cancel(&mut self, job: Arc<Job>) -> Result<(), End> {
        if self.leave_test(&job) {
            return Ok(());
        }
        let word = GatewayMessage::Cancel { job: job.id.to_string() };
        let at = Instant::now() + CANCEL_PATIENCE;
        self.orphans.retain(|orphan| orphan.job.id != job.id);
        self.orphans.push(Orphan { job, at, cancelled: true });
        self.say(&word).await
    }

    pub(super) async fn sweep(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let (due, rest) = std::mem::take(&mut self.orphans)
            .into_iter()
            .partition::<Vec<_>, _>(|orphan| orphan.at <= now);
        self.orphans = rest;
        for Orphan { job, cancelled, .. } in due {
            if cancelled {
                self.forget(&job);
                self.nodes.shared.released(&job);
            } else {
                job.turn().fail_lost("the page did not say that it was done");
                self.cancel(job).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn beat(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > SILENCE {
            return Err(SILENT);
        }
        self.say(&GatewayMessage::Heartbeat).await
    }

    pub(super) async fn say(&mut self, message: &GatewayMessage) -> Result<(), End> {
        Ok(self.socket.send(Message::Text(text(message))).await?)
    }

    pub(super) fn forget(&mut self, job: &Job) {
        self.jobs.remove(&job.id);
        self.orphans.retain(|orphan| orphan.job.id != job.id);
        self.remember(job.id);
    }

    pub(super) fn remember(&mut self, id: JobId) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back(id);
    }
}

async fn write_down(nodes: &Nodes, job: &Job) {
    let (Some(request), Some(print)) = (job.request, job.print) else { return };
    let (node, site) = (job.node, job.site.clone());
    let run = Run { job: job.id, request, node, site, lane: job.lane, print };
    if let Err(error) = nodes.store().runs().begin(&run).await {
        tracing::warn!(%error, job = %job.id, "a turn cannot be written down");
    }
}
