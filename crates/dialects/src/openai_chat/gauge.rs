//! How long an answer is, by estimate, for upstreams that do not say and answers that break off.

use serde_json::Value;

/// Bytes that are counted as a token.
const BYTES_OF_TOKEN: u64 = 4;

/// The most of an event that is taken for its envelope: ids, names, an empty delta.
const ENVELOPE: u64 = 256;

/// Counts a stream's events and bytes, and nothing else.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    events: u64,
    bytes: u64,
    shortest: u64,
}

impl Gauge {
    /// An event's data has come.
    pub(super) fn note(&mut self, data: &[u8]) {
        let length = data.len() as u64;
        self.shortest = if self.events == 0 { length } else { self.shortest.min(length) };
        self.events += 1;
        self.bytes += length;
    }

    /// Tokens so far: an event is one at least, and more where it is longer than an envelope is.
    pub(super) fn tokens(&self) -> u64 {
        let envelopes = self.events.saturating_mul(self.shortest.min(ENVELOPE));
        self.events.max(self.bytes.saturating_sub(envelopes) / BYTES_OF_TOKEN)
    }
}

/// Tokens of a whole reply, by the length of what its messages say.
#[must_use]
pub fn estimate_output(body: &[u8]) -> u64 {
    let reply: Value = serde_json::from_slice(body).unwrap_or_default();
    let choices = reply["choices"].as_array().into_iter().flatten();
    choices.map(|choice| texts(&choice["message"])).sum::<u64>().div_ceil(BYTES_OF_TOKEN)
}

/// The bytes of all texts.
fn texts(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(texts).sum(),
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| *name != "role").map(|(_, value)| texts(value)).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(pieces: &[String]) -> u64 {
        let mut gauge = Gauge::default();
        for piece in pieces {
            let event = format!(
                "{{\"id\":\"chatcmpl-1\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{piece}\"}},\"finish_reason\":null}}]}}"
            );
            gauge.note(event.as_bytes());
        }
        gauge.tokens()
    }

    #[test]
    fn an_event_is_a_token_and_a_long_one_as_many_as_it_is_long() {
        assert_eq!(tokens(&[]), 0);
        let words: Vec<String> = (0..100).map(|_| "word ".to_owned()).collect();
        assert_eq!(tokens(&words), 100);
        let mut blocks = vec![String::new()];
        blocks.extend((0..10).map(|_| "x".repeat(400)));
        assert_eq!(tokens(&blocks), 1_000);
        let one = tokens(&["x".repeat(4_000)]);
        assert!((900..=1_000).contains(&one), "{one}");
    }

    #[test]
    fn a_whole_reply_is_as_long_as_what_it_says() {
        let reply = |message: &str| format!("{{\"choices\":[{{\"message\":{message}}}]}}");
        let text = reply("{\"role\":\"assistant\",\"content\":\"12345678\"}");
        assert_eq!(estimate_output(text.as_bytes()), 2);
        let call = reply(
            "{\"tool_calls\":[{\"function\":{\"name\":\"abcd\",\"arguments\":\"12345678\"}}]}",
        );
        assert_eq!(estimate_output(call.as_bytes()), 3);
        assert_eq!(estimate_output(b"<html>"), 0);
    }
}
