//! Faults in what an upstream says: its lengths, its counts, its words.

use mock_upstream::{Behaviour, Edit, Fault, Shape, UsageStyle};

use super::{
    case::{
        Case, Seen,
        Seen::{Event, Failure, Nothing, Passes, Whole},
        Upstream,
        Upstream::Mock,
    },
    upstream::{NO_EVENTS, fails, plain, says, spoilt},
};
use crate::v1::chat::CANARY;

const NO_LENGTH: Seen = Nothing("a streamed answer has no content-length");

fn shaped(shape: Shape) -> Upstream {
    Mock(Behaviour { shape, ..plain() })
}

/// A whole HTTP answer that is not text.
fn wrong(head: &str, body: &[u8]) -> Upstream {
    let answer = [head.as_bytes(), b"\r\n\r\n", body].concat();
    spoilt(Fault::instead(answer))
}

/// Lies about lengths.
pub fn lengths() -> Vec<Case> {
    let lie = |edit| spoilt(Fault::lie(edit));
    let gone = Failure(502, "upstream_error");
    let json = "content-type: application/json";
    let reply = crate::support::edge::reply();
    let closes = says(&format!("HTTP/1.0 200 OK\r\n{json}"), &reply);
    let length = reply.len();
    let trailers = format!("{length:x}\r\n{reply}\r\n0\r\nx-more: 1\r\n\r\n");
    let trailers =
        says(&format!("HTTP/1.1 200 OK\r\n{json}\r\ntransfer-encoding: chunked"), &trailers);
    vec![
        Case::new(
            "U16",
            "a content-length that is too long",
            lie(Edit::Length(9)),
            Failure(504, "silence_timeout"),
        )
        .streamed(NO_LENGTH)
        .model("idle_timeout = \"300ms\""),
        Case::new(
            "U16",
            "a content-length that is too short",
            lie(Edit::Length(-9)),
            Failure(502, "upstream_bad_response"),
        )
        .streamed(NO_LENGTH),
        Case::new("U16", "two content-lengths that differ", lie(Edit::TwoLengths), gone)
            .streamed(NO_LENGTH),
        Case::new("U16", "a content-length beside chunks", lie(Edit::BothFramings), gone)
            .streamed(Whole),
        Case::new(
            "U16",
            "a chunk whose size is no number",
            lie(Edit::BadChunkSize),
            Nothing("a buffered answer has no chunks"),
        )
        .streamed(gone),
        Case::new(
            "U16",
            "a chunk that is longer than it says",
            lie(Edit::LongChunk),
            Nothing("a buffered answer has no chunks"),
        )
        .streamed(Event("upstream_error")),
        Case::new(
            "U16",
            "a chunk that comes twice",
            lie(Edit::DoubledChunk),
            Nothing("a buffered answer has no chunks"),
        )
        .streamed(Passes("the event comes twice too: nothing says that it should not")),
        Case::new("U16", "trailers", trailers, Passes("whole; trailers stay here"))
            .streamed(Nothing("as the whole answer")),
        Case::new("U16", "HTTP/1.0 that ends by closing", closes, Passes("whole"))
            .streamed(Nothing("as the whole answer")),
    ]
}

/// Odd counts and words.
pub fn contents() -> Vec<Case> {
    let told = |usage| Mock(Behaviour { usage, ..plain() });
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
    let odd = r#"{"choices":[{"index":"0","message":{"content":"x"},"finish_reason":"stop","finish_reason":7}],"usage":[],"Usage":1}"#;
    let echo = |status| {
        let body = format!("{{\"error\":{{\"message\":\"wrong key {CANARY}\"}}}}");
        Mock(Behaviour { error_body: Some(body), error_in_ok: status == 200, ..fails(status) })
    };
    vec![
        Case::new("U15", "JSON that is cut", says(json, "{\"choices\":[{\"mess"), Failure(502, "upstream_bad_response"))
            .streamed(Nothing("as `a finish that is cut` of U12")),
        Case::new("U15", "fields that are odd or there twice", says(json, odd), Failure(502, "upstream_bad_response"))
            .streamed(Nothing("a line that makes no sense passes as it came")),
        Case::new("U15", "no usage", told(UsageStyle::Never), Whole),
        Case::new("U15", "usage of zero", told(UsageStyle::Zero), Whole),
        Case::new("U15", "usage below zero", told(UsageStyle::Negative), Whole),
        Case::new("U15", "usage beyond all measure", told(UsageStyle::Huge), Whole),
        Case::new("U15", "usage that grows with each chunk", told(UsageStyle::Growing), Whole),
        Case::new("U15", "a byte of the head that is wrong", spoilt(Fault { corrupt: Some(2), ..Fault::default() }), Failure(502, "upstream_error")),
        Case::new("U15", "text that is not UTF-8", wrong(json, b"{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}"), Passes("as it came"))
            .streamed(Nothing("as a line that makes no sense")),
        Case::new("U22", "400 that repeats our key", echo(400), Failure(400, "upstream_rejected")),
        Case::new("U22", "500 that repeats our key", echo(500), Failure(502, "upstream_error")),
        Case::new("U22", "200 that repeats our key in an error", echo(200), Failure(502, "upstream_error")),
        Case::new("U22", "an error event that repeats our key", Mock(Behaviour { error_after: Some(2), error_body: Some(format!("{{\"error\":{{\"message\":\"key {CANARY}\"}}}}")), ..plain() }), NO_EVENTS)
            .streamed(Event("upstream_error")),
        Case::new("U23", "a tool call", shaped(Shape::ToolCall), Passes("as it came")),
        Case::new("U23", "reasoning", shaped(Shape::Reasoning), Whole),
        Case::new("U23", "an answer without text", shaped(Shape::EmptyAnswer), Passes("as it came")),
        Case::new("U23", "a role without text, and no finish on the pieces", shaped(Shape::Sparse), Whole),
        Case::new("U23", "events of a kind that nobody knows", says("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream", "event: new\nid: 7\nretry: 1\ndata: {\"new\":1}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"), NO_EVENTS)
            .streamed(Passes("as it came")),
    ]
}
