//! The task that owns a node's socket: what the node says, what it is told, its signs of life.

mod end;
mod hear;
mod looks;
mod tell;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use axum::extract::ws::{Message, WebSocket};
use tabway_dialects::ids::JobId;
use tabway_protocol::message::{GatewayMessage, HEARTBEAT_SECONDS};
use tokio::{sync::mpsc, time::Instant};

use self::{
    end::{End, STOPPING},
    tell::Orphan,
};
use super::{
    Nodes,
    handle::Job,
    handshake::close_with,
    link::{Outgoing, text},
    node::NodeFacts,
    self_test::Waiting,
};
use crate::shutdown::Shutdown;

/// A node that is in.
pub(super) struct Session {
    nodes: Nodes,
    facts: NodeFacts,
    epoch: u64,
    socket: WebSocket,
    outgoing: mpsc::Receiver<Outgoing>,
    /// Turns that this socket speaks for.
    jobs: HashMap<JobId, Arc<Job>>,
    /// Those of them that wait for a look at their page; the node has not heard of them.
    testing: HashMap<JobId, Waiting>,
    ended: VecDeque<JobId>,
    orphans: Vec<Orphan>,
    strikes: u8,
    heard: Instant,
    /// Moment up to which the allowance for chatter is used up.
    chatter: Instant,
}

impl Session {
    pub(super) fn new(
        nodes: Nodes,
        facts: NodeFacts,
        epoch: u64,
        socket: WebSocket,
        outgoing: mpsc::Receiver<Outgoing>,
    ) -> Self {
        let now = Instant::now();
        Self {
            nodes,
            facts,
            epoch,
            socket,
            outgoing,
            jobs: HashMap::new(),
            testing: HashMap::new(),
            ended: VecDeque::new(),
            orphans: Vec::new(),
            strikes: 0,
            heard: now,
            chatter: now,
        }
    }

    /// Serves the socket until it ends.
    pub(super) async fn run(mut self, shutdown: &Shutdown) {
        let end = self.serve(shutdown).await;
        self.drop_tests();
        // First the registry, so that no turn is given to a socket that says goodbye.
        self.nodes.shared.lose(self.facts.id, self.epoch);
        if let End::Close(farewell) = end {
            tracing::info!(node = %self.facts.id, code = farewell.code, "closed: {}", farewell.words);
            if let Some(code) = farewell.refusal {
                let (code, message) = (code.to_owned(), farewell.words.to_owned());
                let refused = text(&GatewayMessage::Refused { code, message });
                let _ = self.socket.send(Message::Text(refused)).await;
            }
            close_with(&mut self.socket, farewell.code, farewell.words).await;
        }
    }

    async fn serve(&mut self, shutdown: &Shutdown) -> End {
        let mut beat = heartbeat();
        let mut stopping = std::pin::pin!(shutdown.draining());
        let mut draining = false;
        loop {
            if draining && self.jobs.is_empty() {
                return STOPPING;
            }
            let sweep = self.orphans.iter().map(|orphan| orphan.at).min();
            let outcome = tokio::select! {
                incoming = self.socket.recv() => self.hear(incoming).await,
                outgoing = self.outgoing.recv() => self.tell(outgoing).await,
                _ = beat.tick() => self.beat().await,
                () = at(sweep) => self.sweep().await,
                () = &mut stopping, if !draining => {
                    draining = true;
                    Ok(())
                }
            };
            if let Err(end) = outcome {
                return end;
            }
        }
    }
}

/// Signs of life, at a moment of its own for each node.
fn heartbeat() -> tokio::time::Interval {
    let period = Duration::from_secs(HEARTBEAT_SECONDS);
    let mut share = [0; 1];
    // Without random bytes all beat together: worse, not wrong.
    let _ = aws_lc_rs::rand::fill(&mut share);
    let first = Instant::now() + period.mul_f64(f64::from(share[0]) / 256.0);
    let mut beat = tokio::time::interval_at(first, period);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    beat
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
