//! Faults of an upstream that one request shows.

use std::time::Duration;

use mock_upstream::{Behaviour, Done, Fault, Lines, Stop};

use super::{
    case::{
        Case, Seen,
        Seen::{Event, Failure, Nothing, Passes, Whole},
        Upstream,
        Upstream::{At, BlackHole, Mock, NotTls, Refuses, Spoilt},
    },
    contents,
    run::run,
};
use crate::v1::chat::CANARY;

/// Why a stream's fault has no buffered form.
pub const NO_EVENTS: Seen = Nothing("a buffered answer has no events");

pub fn plain() -> Behaviour {
    Behaviour::default()
}

pub fn fails(status: u16) -> Behaviour {
    Behaviour { status, ..plain() }
}

pub fn spoilt(fault: Fault) -> Upstream {
    Spoilt(plain(), fault)
}

/// A whole HTTP answer.
pub fn says(head: &str, body: &str) -> Upstream {
    spoilt(Fault::instead(format!("{head}\r\n\r\n{body}")))
}

/// In the second event of a stream, and before the end of a buffered answer.
const IN_THE_MIDDLE: usize = 400;

/// Every fault that one request shows.
pub fn cases() -> Vec<Case> {
    [
        reach(),
        breaks(),
        refusals(),
        odd_answers(),
        limits(),
        contents::lengths(),
        contents::contents(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn reach() -> Vec<Case> {
    let unreachable = Failure(502, "upstream_unreachable");
    let soon = "limits = { connect_timeout = \"300ms\" }";
    vec![
        Case::new("U1", "connection refused", Refuses, unreachable),
        Case::new("U2", "connections are dropped without a word", BlackHole, unreachable)
            .limits(soon)
            .words("no connection within"),
        Case::new(
            "U3",
            "a name that does not resolve, or not in time",
            At("http://nowhere.invalid/v1"),
            unreachable,
        )
        .limits(soon),
        Case::new(
            "U3",
            "an address that may not be dialled",
            At("http://169.254.169.254/v1"),
            unreachable,
        )
        .words("may be dialled"),
        Case::new("U4", "no TLS where TLS is spoken", NotTls, unreachable).words("TLS"),
    ]
}

fn breaks() -> Vec<Case> {
    let gone = Failure(502, "upstream_error");
    let broken = Event("upstream_error");
    let patience = "first_byte_timeout = \"150ms\"\nidle_timeout = \"150ms\"";
    let stall = |byte| spoilt(Fault::stop_at(byte, Stop::Stall));
    vec![
        Case::new("U5", "reset before the head", spoilt(Fault::stop_at(0, Stop::Reset)), gone),
        Case::new("U5", "reset in the head", spoilt(Fault::stop_at(20, Stop::Reset)), gone),
        Case::new(
            "U5",
            "reset in the body",
            spoilt(Fault::stop_at(IN_THE_MIDDLE, Stop::Reset)),
            gone,
        )
        .streamed(broken)
        .words("broke off"),
        Case::new("U5", "closed before the head", spoilt(Fault::stop_at(0, Stop::Close)), gone),
        Case::new(
            "U5",
            "closed in the body",
            spoilt(Fault::stop_at(IN_THE_MIDDLE, Stop::Close)),
            gone,
        )
        .streamed(broken)
        .words("broke off"),
        Case::new("U6", "taken, then silence", stall(0), Failure(504, "first_token_timeout"))
            .model(patience),
        Case::new(
            "U6",
            "the mock never answers",
            Mock(Behaviour { silent: true, ..plain() }),
            Failure(504, "first_token_timeout"),
        )
        .model(patience),
        Case::new(
            "U7",
            "silence in the body",
            stall(IN_THE_MIDDLE),
            Failure(504, "silence_timeout"),
        )
        .streamed(Event("silence_timeout"))
        .model(patience),
        Case::new(
            "U7",
            "longer than the silence that is allowed, with comments in between",
            Spoilt(
                Behaviour { comments: true, ..plain() },
                Fault { pieces: Some(60), pause: Duration::from_millis(20), ..Fault::default() },
            ),
            Whole,
        )
        .model("idle_timeout = \"400ms\""),
        Case::new(
            "U18",
            "one byte after the other",
            spoilt(Fault { pieces: Some(1), ..Fault::default() }),
            Whole,
        ),
        Case::new(
            "U6",
            "late, but within the first-token deadline",
            spoilt(Fault { first_after: Duration::from_millis(300), ..Fault::default() }),
            Whole,
        )
        .model("first_byte_timeout = \"10s\"\nidle_timeout = \"100ms\""),
    ]
}

fn refusals() -> Vec<Case> {
    let limited = Failure(429, "upstream_rate_limited");
    let retry = |after: &str| Mock(Behaviour { retry_after: Some(after.to_owned()), ..fails(429) });
    let error_in_ok = Mock(Behaviour { error_in_ok: true, ..plain() });
    let mut cases = vec![
        Case::new("U8", "429 that says how long", retry("40"), limited),
        Case::new("U8", "429 until a date", retry("Sat, 06 Feb 2106 06:28:30 GMT"), limited),
        Case::new("U8", "429 with a negative wait", retry("-5"), limited),
        Case::new("U8", "429 for 31 years", retry("1000000000"), limited),
        Case::new("U8", "429 that says nothing", Mock(fails(429)), limited),
        Case::new("U9", "401", Mock(fails(401)), Failure(502, "upstream_auth")),
        Case::new("U9", "403", Mock(fails(403)), Failure(502, "upstream_auth")),
        Case::new("U11", "200 with an error in it", error_in_ok, Failure(502, "upstream_error")),
        Case::new(
            "U11",
            "200 without a body",
            says("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0", ""),
            Failure(502, "upstream_bad_response"),
        ),
        Case::new(
            "U11",
            "200 with a stream without an event",
            says("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream", ""),
            Failure(502, "upstream_bad_response"),
        )
        .streamed(Failure(502, "upstream_error")),
        Case::new("U11", "204", Mock(fails(204)), Failure(502, "upstream_bad_response")),
        Case::new(
            "U11",
            "100 continues, then nothing",
            says(&"HTTP/1.1 102 Processing\r\n\r\n".repeat(5_000), ""),
            Failure(502, "upstream_error"),
        ),
    ];
    for status in ["500", "502", "503", "529"] {
        let code = status.parse().unwrap_or(500);
        cases.push(Case::new("U10", status, Mock(fails(code)), Failure(502, "upstream_error")));
    }
    for status in ["301", "302", "303", "307", "308"] {
        let code = status.parse().unwrap_or(301);
        let headers = [("location".to_owned(), "http://127.0.0.1:1/".to_owned())].into();
        let redirects = Mock(Behaviour { headers, ..fails(code) });
        cases.push(Case::new("U11", status, redirects, Failure(502, "upstream_bad_response")));
    }
    cases
}

fn odd_answers() -> Vec<Case> {
    let done = |done| Mock(Behaviour { done, ..plain() });
    let lines = |lines| Mock(Behaviour { lines, ..plain() });
    let stream = |fault: &'static str, upstream, seen| {
        Case::new("U12", fault, upstream, NO_EVENTS).streamed(seen)
    };
    let events = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream";
    let html = Behaviour {
        content_type: Some("text/html".to_owned()),
        error_body: Some(format!("<html><h1>Sign in</h1> {CANARY}")),
        error_in_ok: true,
        ..plain()
    };
    vec![
        stream("no `[DONE]`", done(Done::Missing), Passes("whole, and ended as the upstream did")),
        stream("`[DONE]` twice", done(Done::Double), Whole),
        stream("data after `[DONE]`", done(Done::ThenData), Whole),
        stream("comments", Mock(Behaviour { comments: true, ..plain() }), Whole),
        stream("a character in two pieces", Mock(Behaviour { split_utf8: true, ..plain() }), Whole),
        stream("CR LF", lines(Lines::Crlf), Whole),
        stream("CR LF and LF by turns", lines(Lines::Mixed), Whole),
        stream(
            "no field that is known",
            says(events, "hello\n\nworld\n\n"),
            Event("upstream_error"),
        ),
        stream(
            "no finish",
            says(events, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"),
            Event("upstream_error"),
        ),
        stream(
            "a finish that is cut",
            says(events, "data: {\"choices\":[{\"delta\":{},\"finish_rea"),
            Failure(502, "upstream_error"),
        ),
        Case::new("U13", "a page to sign in on", Mock(html), Failure(502, "upstream_bad_response"))
            .words("<html><h1>Sign in</h1> [redacted]"),
        Case::new(
            "U13",
            "another content type on a good answer",
            Mock(Behaviour { content_type: Some("text/plain".to_owned()), ..plain() }),
            Whole,
        )
        .streamed(Failure(502, "upstream_bad_response")),
    ]
}

fn limits() -> Vec<Case> {
    let zipped = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip";
    let zipped_stream =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip";
    let long = "limits = { max_answer_bytes = 100000 }";
    let endless = || Mock(Behaviour { endless: true, ..plain() });
    vec![
        Case::new(
            "U14",
            "gzip that nobody asked for",
            says(zipped, "\u{1f}\u{8b}\u{8}"),
            Failure(502, "upstream_bad_response"),
        ),
        Case::new(
            "U14",
            "a stream in gzip",
            says(zipped_stream, "\u{1f}\u{8b}\u{8}"),
            Nothing("as the row above"),
        )
        .streamed(Failure(502, "upstream_bad_response")),
        Case::new(
            "U14",
            "a chunk of 1 GB, as it says",
            says(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked",
                &format!("40000000\r\n{}", "x".repeat(200_000)),
            ),
            Failure(502, "answer_too_large"),
        )
        .streamed(Nothing("as the row below"))
        .limits(long),
        Case::new(
            "U14",
            "a line of 100 MB",
            Mock(Behaviour { giant_line: Some(100 << 20), ..plain() }),
            Nothing("a buffered answer has no lines"),
        )
        .streamed(Failure(502, "upstream_bad_response")),
        Case::new("U14", "a stream that never ends", endless(), NO_EVENTS)
            .streamed(Event("answer_too_large"))
            .limits(long),
        Case::new(
            "U14",
            "a slow stream that never ends",
            Mock(Behaviour { endless: true, chunk_ms: 5, ..plain() }),
            NO_EVENTS,
        )
        .streamed(Event("total_timeout"))
        .model("total_timeout = \"300ms\""),
        Case::new(
            "U14",
            "an answer that is too large",
            Mock(Behaviour { answer: Some("x".repeat(200_000)), chunks: 100, ..plain() }),
            Failure(502, "answer_too_large"),
        )
        .streamed(Event("answer_too_large"))
        .limits(long),
    ]
}

/// Runs the cases of a row.
async fn row(row: &str) {
    for case in cases().iter().filter(|case| case.row == row) {
        run(case).await;
    }
}

macro_rules! rows {
    ($($test:ident $row:literal),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $test() {
                row($row).await;
            }
        )*

        /// The tests of this file.
        pub const TESTS: &[&str] = &[$(stringify!($test)),*];

        /// The test of a row.
        pub fn test_of(row: &str) -> &'static str {
            match row {
                $($row => concat!("faults::upstream::", stringify!($test)),)*
                _ => "",
            }
        }
    };
}

rows! {
    u1_refused "U1", u2_black_hole "U2", u3_names "U3", u4_tls "U4", u5_breaks "U5",
    u6_silence "U6", u7_stalls "U7", u8_limits "U8", u9_credentials "U9", u10_overload "U10",
    u11_odd_statuses "U11", u12_odd_events "U12", u13_content_types "U13", u14_too_much "U14",
    u15_odd_contents "U15", u16_lengths "U16", u18_drips "U18", u22_echoes "U22", u23_kinds "U23",
}
