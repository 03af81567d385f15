//! Chat dialects as pure codecs: no runtime, no I/O, no clock.
//!
//! A *dialect* is a wire language for chat. Every dialect meets the others in one canonical
//! [`chat::ChatRequest`] and one [`chat::Event`] grammar, so a new one costs two half codecs and
//! not a translator for each pair. A page that a person chats with speaks the upstream half only:
//! [`site_chat`].

pub mod chat;
pub mod emulate;
pub mod ids;
pub mod openai_chat;
pub mod patch;
pub mod site_chat;
pub mod stream;
mod strict;
