//! The demo page's conversations. As on real sites each has an address, an answer is written to its
//! end whether its page is there or not, and Stop ends it. They are kept in memory, the last ones.

use std::{
    convert::Infallible,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, stream};
use serde_json::{Value, json};
use tokio::{sync::watch, task::AbortHandle};

use super::answer::Step;

/// The most conversations, and the most events of one.
const MOST_CHATS: usize = 100;
const MOST_EVENTS: usize = 200_000;

/// The conversations of this process.
static CHATS: LazyLock<Mutex<Named>> = LazyLock::new(Mutex::default);

/// Conversations by their names, the oldest first.
type Named = Vec<(String, Arc<Chat>)>;

/// One conversation: its prompts, and what was answered.
pub(super) struct Chat {
    events: Mutex<Vec<Value>>,
    /// How many events there are, and whether an answer is being written.
    grown: watch::Sender<(usize, bool)>,
    writing: Mutex<Option<AbortHandle>>,
}

impl Chat {
    fn new() -> Arc<Self> {
        let (grown, _) = watch::channel((0, false));
        Arc::new(Self { events: Mutex::default(), grown, writing: Mutex::default() })
    }

    fn push(&self, event: Value, writes: bool) {
        let mut events = lock(&self.events);
        if events.len() < MOST_EVENTS {
            events.push(event);
        }
        self.grown.send_replace((events.len(), writes));
    }

    /// Begins an answer. What it streams begins with this.
    pub(super) fn ask(self: &Arc<Self>, prompt: &str, steps: Vec<Step>) -> usize {
        self.stop();
        self.push(json!({ "kind": "prompt", "text": prompt }), true);
        let from = lock(&self.events).len();
        let this = self.clone();
        let task = tokio::spawn(async move {
            for step in steps {
                match step {
                    Step::Pause(time) => tokio::time::sleep(time).await,
                    // The page, or whoever waits for it, loses patience first.
                    Step::Silence => tokio::time::sleep(Duration::from_secs(3_600)).await,
                    Step::Event(event) => this.push(event, true),
                }
            }
            this.rest();
        });
        *lock(&self.writing) = Some(task.abort_handle());
        from
    }

    fn rest(&self) {
        self.grown.send_modify(|(_, writes)| *writes = false);
    }

    /// Ends the answer that is being written.
    pub(super) fn stop(&self) {
        if let Some(task) = lock(&self.writing).take() {
            task.abort();
        }
        self.rest();
    }

    /// The events from this number on, until no answer is being written.
    pub(super) fn follow(
        self: Arc<Self>,
        from: usize,
    ) -> impl Stream<Item = Result<Bytes, Infallible>> {
        let grown = self.grown.subscribe();
        stream::unfold((self, grown, from), |(chat, mut grown, at)| async move {
            let ready = |(count, writes): &(usize, bool)| *count > at || !writes;
            drop(grown.wait_for(ready).await.ok()?);
            let event = lock(&chat.events).get(at).cloned()?;
            Some((Ok(Bytes::from(format!("data: {event}\n\n"))), (chat, grown, at + 1)))
        })
    }
}

/// The conversation of that name.
pub(super) fn find(id: &str) -> Option<Arc<Chat>> {
    lock(&CHATS).iter().find(|(known, _)| known == id).map(|(_, chat)| chat.clone())
}

/// The conversation of that name, a new one where there is none.
pub(super) fn open(id: &str) -> Arc<Chat> {
    // A page without conversations: nobody goes on with it.
    if id.is_empty() {
        return Chat::new();
    }
    if let Some(chat) = find(id) {
        return chat;
    }
    let mut chats = lock(&CHATS);
    if chats.len() >= MOST_CHATS {
        let (_, oldest) = chats.remove(0);
        oldest.stop();
    }
    let chat = Chat::new();
    chats.push((id.to_owned(), chat.clone()));
    chat
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
