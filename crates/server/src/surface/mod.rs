//! Inbound dialects mounted on their routes. A surface extracts, asks the call, and shapes the
//! answer; it is the one place where failures become status codes.

pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod images;
mod limits;
pub(crate) mod media;
pub(crate) mod models;
pub(crate) mod openai_chat;
