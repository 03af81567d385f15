//! OpenAI's chat completions, `POST /v1/chat/completions`.
//! Source: <https://platform.openai.com/docs/api-reference/chat>.

mod error;
mod tap;
mod usage;

pub use error::{decode_error, encode_error, error_event};
pub use tap::{Ending, Step, Tap, inspect};
