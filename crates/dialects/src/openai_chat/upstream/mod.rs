//! The upstream half: requests for an upstream that speaks this dialect, and its answers.

mod answer;
mod calls;
mod encode;
mod messages;
mod stream;

pub use encode::{EncodedRequest, Quirks, encode_request};
pub use stream::{StreamDecoder, decode_reply};
