//! OpenAI's chat completions, `POST /v1/chat/completions`.
//! Source: <https://platform.openai.com/docs/api-reference/chat>.

mod attached;
mod content;
mod decode;
mod encode;
mod error;
mod gauge;
mod tap;
mod upstream;
mod usage;

pub use decode::decode_request;
pub use encode::{ReplyHead, StreamEncoder, encode_reply};
pub use error::{decode_error, encode_error, error_event};
pub use gauge::estimate_output;
pub use tap::{Ending, Step, Tap, inspect};
pub use upstream::{EncodedRequest, Quirks, StreamDecoder, decode_reply, encode_request};

#[cfg(test)]
mod tests;
