//! A scripted upstream that speaks OpenAI's chat API: the fake at the edge of the tests, of the
//! sites' own apps and of the benchmarks.
//!
//! It answers each prompt by [`expected_answer`], so that the right text of every answer is known,
//! and misbehaves exactly as [`Behaviour`] says. It is lenient: it is no judge of a request.
//! What breaks below HTTP is done by a [`FaultProxy`] in front of it.

mod behaviour;
mod body;
mod journal;
mod proxy;
mod reply;
mod server;
mod spoil;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};

pub use crate::{
    behaviour::{Behaviour, Done, ErrorBody, Lines, Shape, UsageStyle},
    journal::{Outcome, Received},
    proxy::FaultProxy,
    spoil::{Edit, Fault, Stop},
};

/// What the mock answers to a prompt (the text of the last user message).
#[must_use]
pub fn expected_answer(prompt: &str) -> String {
    format!("You said: «{prompt}» and that is all.")
}

/// How a mock is set up.
#[derive(Debug, Clone)]
pub struct MockConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The key that it wants as a bearer token; without one any is good.
    pub api_key: Option<String>,
    /// What `/v1/models` lists; any name is served.
    pub models: Vec<String>,
    /// Whether requests are remembered. Benchmarks leave it off.
    pub journal: bool,
}

impl Default for MockConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_key: None,
            models: vec!["mock-model".into()],
            journal: true,
        }
    }
}

/// A running mock. It ends, and its connections with it, when this is dropped.
#[derive(Debug)]
pub struct MockUpstream {
    /// Where it listens.
    pub addr: SocketAddr,
    shared: Arc<server::Shared>,
    task: JoinHandle<()>,
}

impl MockUpstream {
    /// Binds and serves on the current runtime.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(config: MockConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(server::Shared::new(config));
        let task = tokio::spawn(server::accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared, task })
    }

    /// Base URL of the API: what a provider's `base_url` says.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// The next chat request that comes is answered like this; pushed ones form a queue.
    pub fn push(&self, behaviour: Behaviour) {
        self.shared.push(behaviour);
    }

    /// Every request for this model is answered like this, where the queue is empty.
    pub fn set_model(&self, model: &str, behaviour: Behaviour) {
        self.shared.set_model(model, behaviour);
    }

    /// Every request with this key is answered like this, where the queue is empty.
    pub fn set_key(&self, key: &str, behaviour: Behaviour) {
        self.shared.set_key(key, behaviour);
    }

    /// Everything that was received, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Received> {
        self.shared.journal.entries()
    }

    /// Forgets what was received.
    pub fn clear_journal(&self) {
        self.shared.journal.clear();
    }

    /// Waits until the journal shows what is looked for; `None` when it does not within `limit`.
    pub async fn wait_for<T>(
        &self,
        limit: Duration,
        wanted: impl FnMut(&[Received]) -> Option<T>,
    ) -> Option<T> {
        tokio::time::timeout(limit, self.shared.journal.wait_for(wanted)).await.ok()
    }

    /// Serves until the process ends.
    pub async fn run(mut self) {
        // It ends only by abortion, and then there is nothing to say.
        let _ = (&mut self.task).await;
    }
}

impl Drop for MockUpstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}
