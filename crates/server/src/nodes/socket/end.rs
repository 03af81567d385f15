//! How a socket's life ends.

use tabway_protocol::message::close;

use crate::nodes::{handshake::fault, link::Farewell};

/// Why the loop ends.
#[derive(Debug)]
pub(super) enum End {
    /// We close, and say why.
    Close(Farewell),
    /// The other side is gone.
    Gone,
}

impl From<axum::Error> for End {
    fn from(error: axum::Error) -> Self {
        fault(&error).map_or(Self::Gone, |(code, words)| farewell(code, words))
    }
}

const fn farewell(code: u16, words: &'static str) -> End {
    End::Close(Farewell { code, words, refusal: None })
}

pub(super) const BAD_MESSAGE: End = farewell(
    close::BAD_MESSAGE,
    "a message that this gateway does not know; update it or the extension",
);
pub(super) const FOREIGN: End = farewell(close::BAD_MESSAGE, "messages about turns of nobody");
pub(super) const CHATTER: End = farewell(1008, "too many messages");
pub(super) const SILENT: End = farewell(1001, "nothing was heard from the browser");
pub(super) const STOPPING: End = farewell(close::GOING_AWAY, "the gateway is stopping");
