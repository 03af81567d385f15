//! How the registry speaks to a socket: a bounded queue into the task that owns it.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use tabway_protocol::message::{self, GatewayMessage};
use tokio::sync::mpsc;

use super::{handle::Job, self_test::Waiting};

/// Messages that may wait for a socket. A node that does not even read this many is not served.
const QUEUE: usize = 256;

/// What the socket's task is told.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// Say this.
    Say(Utf8Bytes),
    /// A turn of this node: give it the files' bytes and the order, and hear what it says of it.
    Begin(Arc<Job>, Box<message::Job>, Vec<Bytes>),
    /// A turn like it, once a look at the lane's page shows what the adapter's self-test names.
    Test(Arc<Job>, Waiting),
    /// The answer of a lost turn is to be read.
    Harvest(Arc<Job>, Box<message::Harvest>),
    /// The client needs nothing more; the page may end in peace.
    Leave(Arc<Job>),
    /// The client is gone or a deadline has passed: Stop is to be pressed.
    Cancel(Arc<Job>),
    /// Say this last word and close.
    Close(Farewell),
}

/// Why a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Farewell {
    /// The close code.
    pub(super) code: u16,
    /// Words for the log of the extension.
    pub(super) words: &'static str,
    /// Code of a `refused` message that goes before.
    pub(super) refusal: Option<&'static str>,
}

/// The registry's end.
#[derive(Debug, Clone)]
pub(super) struct Link {
    /// The socket's number.
    pub(super) epoch: u64,
    queue: mpsc::Sender<Outgoing>,
}

impl Link {
    pub(super) fn new(epoch: u64) -> (Self, mpsc::Receiver<Outgoing>) {
        let (queue, end) = mpsc::channel(QUEUE);
        (Self { epoch, queue }, end)
    }

    /// Hands something to the socket's task; false where it does not read or is gone.
    pub(super) fn tell(&self, outgoing: Outgoing) -> bool {
        self.queue.try_send(outgoing).is_ok()
    }

    pub(super) fn say(&self, message: &GatewayMessage) -> bool {
        self.tell(Outgoing::Say(text(message)))
    }
}

/// A message as it travels.
pub(super) fn text(message: &GatewayMessage) -> Utf8Bytes {
    // Our own types hold nothing that JSON cannot carry.
    serde_json::to_string(message).unwrap_or_default().into()
}
