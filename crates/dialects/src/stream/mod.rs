//! What every streamed dialect shares: framing of server-sent events, and the order of events.

mod order;
mod sse;

pub use order::Order;
pub use sse::{SseError, SseEvent, SseReader};
